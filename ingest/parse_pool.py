"""Child processes that read feed documents under a clock and a memory limit.

A hostile document costs its own poll and nothing else: its process is ended and another takes its place. What comes
back is decoded as data of known types (msgspec), never unpickled.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

import ingest
from ingest.parsing import ParsedFeed
from ingest.parsing.worker import DONE, LENGTH, NO_MEMORY, READY, Request
from rasid.domain.errors import ParseError

_START_SECONDS: Final = 60.0  # to import the parsers on a machine under load
_LARGEST_ANSWER: Final = 256 << 20  # bytes
_BUFFER: Final = 1 << 20
_KEPT_ENVIRONMENT: Final = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ", "PYTHONTZPATH", "VIRTUAL_ENV")
_decoder: Final = msgspec.msgpack.Decoder(ParsedFeed)


class _DiedError(Exception):
    """The child ended without an answer."""


class _Worker:
    """One child process; it reads one document at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin  # noqa: S101 (asked for as a pipe below)
        assert process.stdout  # noqa: S101 (asked for as a pipe below)
        self._process = process
        self._stdin = process.stdin
        self._stdout = process.stdout

    @classmethod
    async def start(cls, seconds: float, memory_mb: int) -> _Worker:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "ingest.parsing.worker", str(seconds), str(memory_mb),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env=_environment(), limit=_BUFFER,
        )  # fmt: skip
        worker = cls(process)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await worker._wait_ready()
        except BaseException:
            await worker.end()
            raise
        return worker

    async def _wait_ready(self) -> None:
        if await self._stdout.read(1) != READY:
            raise ParseError(f"the parser process could not start (exit {await self._process.wait()})")

    async def ask(self, request: bytes) -> tuple[bytes, bytes]:
        """Give the outcome and content of the answer."""
        try:
            self._stdin.write(LENGTH.pack(len(request)))
            self._stdin.write(request)
            await self._stdin.drain()
            (length,) = LENGTH.unpack(await self._stdout.readexactly(LENGTH.size))
            if length > _LARGEST_ANSWER:
                raise _DiedError(f"it gives {length} bytes of entries, more than {_LARGEST_ANSWER} allowed")
            frame = await self._stdout.readexactly(length)
        except (OSError, asyncio.IncompleteReadError):
            raise _DiedError(_cause(await self._process.wait())) from None
        return frame[:1], frame[1:]

    async def end(self) -> None:
        """End the process, whatever it is doing."""
        with suppress(ProcessLookupError):
            self._process.kill()
        self._stdin.close()
        await self._process.wait()


def _environment() -> dict[str, str]:
    """Give the child what it needs to start and no secret of ours."""
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    paths = [str(Path(ingest.__file__).parents[1]), os.environ.get("PYTHONPATH")]
    return kept | {"PYTHONPATH": os.pathsep.join(path for path in paths if path), "PYTHONUTF8": "1"}


def _cause(code: int) -> str:
    if code == -signal.SIGALRM:
        return "reading it took too long"
    how = signal.Signals(-code).name if code < 0 else f"exit {code}"
    return f"its parser process ended ({how}), as it does when memory runs out"


class ParsePool:
    """Reads documents in child processes: `async with ParsePool() as pool: await pool.parse(...)`.

    At most `workers` documents at a time, each for at most `seconds` of wall-clock and `memory_mb` MiB of address
    space. Processes start with the first documents and stay. Used from one event loop.
    """

    def __init__(self, *, workers: int = 2, seconds: float = 10.0, memory_mb: int = 512) -> None:
        self._seconds = seconds
        self._memory_mb = memory_mb
        self._slots: asyncio.LifoQueue[_Worker | None] = asyncio.LifoQueue()
        self._workers: set[_Worker] = set()
        for _ in range(workers):
            self._slots.put_nowait(None)

    async def __aenter__(self) -> Self:
        """Give the pool itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every child process."""
        for worker in tuple(self._workers):
            await self._end(worker)

    async def parse(self, body: bytes, *, feed: str, url: str | None, content_type: str | None) -> ParsedFeed:
        """Read a document as `parse_document` does. Raises ParseError, also when time or memory ran out."""
        request = msgspec.msgpack.encode(Request(body, feed, url, content_type))
        worker = await self._slots.get()
        try:
            if worker is None:
                worker = await self._start()
            outcome, content = await self._ask(worker, request)
        except BaseException:  # also cancelled: the child is busy with what nobody waits for
            if worker:
                await self._end(worker)
            worker = None
            raise
        finally:
            self._slots.put_nowait(worker)
        return _read(outcome, content)

    async def _start(self) -> _Worker:
        worker = await _Worker.start(self._seconds, self._memory_mb)
        self._workers.add(worker)
        return worker

    async def _ask(self, worker: _Worker, request: bytes) -> tuple[bytes, bytes]:
        try:
            async with asyncio.timeout(self._seconds):
                outcome, content = await worker.ask(request)
        except TimeoutError:
            raise ParseError(f"reading the document took longer than {self._seconds:g} s and was given up") from None
        except _DiedError as error:
            raise ParseError(f"the document could not be read: {error}") from None
        if outcome == NO_MEMORY:
            raise ParseError(f"reading the document needs more than {self._memory_mb} MB of memory and was given up")
        return outcome, content

    async def _end(self, worker: _Worker) -> None:
        self._workers.discard(worker)
        await asyncio.shield(worker.end())


def _read(outcome: bytes, content: bytes) -> ParsedFeed:
    if outcome != DONE:
        raise ParseError(content.decode("utf-8", "replace"))
    return _decoder.decode(content)
