"""CPU work in child processes: a step that only computes runs there, spread over the cores, in order of its input.

A child that dies or hangs costs its own chunk: the children are started anew and the caller sees WorkerError, which
dead-letters the record that did it once it is alone in its chunk.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from rasid.domain.errors import RasidError
from rasid.ports import Message, Outputs, Record, Step

T = TypeVar("T")
_SECONDS = 120.0
_CHUNK = 25


class WorkerError(RasidError):
    """A worker process died or did not come back."""


class Workers:
    """A pool of processes for one step. Used from one event loop."""

    def __init__(self, step: Step, *, processes: int, preload: str) -> None:
        """`preload` names the module that the fork server imports before it forks the first worker."""
        self._step = step
        self._processes = processes
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([preload])
        self._pool = self._start()
        self._begun: Future[None] | None = None

    def begin(self) -> None:
        """Let the first child come up beside whatever else begins; without it, the first work lets it."""
        if self._begun is None:
            self._begun = Future()
            threading.Thread(target=_begin, args=(self._pool, self._begun), daemon=True).start()

    async def __call__(self, records: Sequence[Record]) -> Outputs:
        """Run the step over chunks of the records at once; give the outputs in the records' order."""
        chunks = [records[start : start + _CHUNK] for start in range(0, len(records), _CHUNK)]
        try:
            await self._ready()
            parts = await asyncio.gather(*(self._run(chunk) for chunk in chunks))
        except (BrokenProcessPool, TimeoutError) as error:
            self._restart()
            raise WorkerError(f"a worker process {'hung' if isinstance(error, TimeoutError) else 'died'}") from error
        joined: dict[str, list[Message]] = {}
        for part in parts:
            for topic, messages in part.items():
                joined.setdefault(topic, []).extend(messages)
        return joined

    async def call(self, function: Callable[..., T], *values: object) -> T:
        """Run one function in a child; raises WorkerError if the child dies or hangs."""
        try:
            await self._ready()
            running = asyncio.get_running_loop().run_in_executor(self._pool, function, *values)
            return await asyncio.wait_for(running, _SECONDS)
        except (BrokenProcessPool, TimeoutError) as error:
            self._restart()
            raise WorkerError(f"a worker process died or hung on {function.__name__}") from error

    def close(self) -> None:
        """End the children at once; what they were at is not committed and comes again."""
        self._kill()

    async def _run(self, chunk: Sequence[Record]) -> Outputs:
        running = asyncio.get_running_loop().run_in_executor(self._pool, self._step, chunk)
        return await asyncio.wait_for(running, _SECONDS)

    async def _ready(self) -> None:
        """Wait for the fork server: it loads its models before it answers, for seconds in which the caller of the
        executor stands still. In the event loop that would hold up the heartbeats of a consumer group.
        """
        self.begin()
        if self._begun is not None:
            await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self._begun)), _SECONDS)

    def _restart(self) -> None:
        self._kill()
        self._pool = self._start()
        self._begun = None

    def _start(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._processes, mp_context=self._context, initializer=_prepare)

    def _kill(self) -> None:
        processes = list((self._pool._processes or {}).values())  # noqa: SLF001 - the executor offers no way to end a hung child
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()


def _begin(pool: ProcessPoolExecutor, begun: Future[None]) -> None:
    try:
        pool.submit(_nothing).result()
    except BaseException as error:  # noqa: BLE001 - told to whoever waits for the pool
        begun.set_exception(error)
    else:
        begun.set_result(None)


def _nothing() -> None:
    """Work that shows that a child is there."""


def _prepare() -> None:
    """Leave signals to the service, and end when it does, however it does."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_service, daemon=True).start()


def _end_with_the_service() -> None:
    service = multiprocessing.parent_process()
    if service is not None:
        service.join()
    os._exit(1)
