"""`rasid parse`: feed documents in, entries out; offline, with no store."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from ingest.parse_pool import ParsePool
from ingest.parsing import ParsedFeed
from rasid.domain.article import Entry
from rasid.domain.errors import ParseError

_SECONDS: Final = 10.0  # per document
_MOST_WORKERS: Final = 4
_SHOWN: Final = 100  # characters of a text in the listing


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one file: a parsed feed or the reason why not."""

    file: str
    parsed: ParsedFeed | None
    reason: str = ""


def parse(
    files: Annotated[list[str], typer.Argument(help="Feed documents; - is standard input.", metavar="FILE...")],
    url: Annotated[str | None, typer.Option(help="Where the document came from: relative links build on it.")] = None,
    content_type: Annotated[str | None, typer.Option(help="The Content-Type it came with.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One entry a line, as JSON.")] = False,
) -> None:
    """Read feed documents (RSS, Atom, RDF, JSON Feed, news sitemaps) and print their entries.

    Exits with 1 if nothing could be read of one of them; the others are printed all the same.
    """
    failed = asyncio.run(_print_all(files, url, content_type, as_json=as_json))
    if failed:
        raise typer.Exit(1)


async def _print_all(files: list[str], url: str | None, content_type: str | None, *, as_json: bool) -> bool:
    failed = False
    async for outcome in _outcomes(files, url, content_type):
        if outcome.parsed is None:
            failed = True
            _tell(f"{outcome.file}: {outcome.reason}")
            continue
        for warning in outcome.parsed.warnings:
            _tell(f"{outcome.file}: warning: {warning}")
        lines = _json_lines(outcome.file, outcome.parsed.entries) if as_json else _listing(outcome.file, outcome.parsed)
        sys.stdout.buffer.write(b"".join(lines))
        sys.stdout.buffer.flush()
    return failed


async def _outcomes(files: list[str], url: str | None, content_type: str | None) -> AsyncIterator[_Outcome]:
    """Read several files at a time, give them in order, hold few."""
    workers = min(len(files), os.cpu_count() or 1, _MOST_WORKERS)
    running: deque[asyncio.Task[_Outcome]] = deque()
    async with ParsePool(workers=workers, seconds=_SECONDS) as pool:
        for file in files:
            if len(running) > 2 * workers:
                yield await running.popleft()
            running.append(asyncio.create_task(_outcome(pool, file, url, content_type)))
        while running:
            yield await running.popleft()


async def _outcome(pool: ParsePool, file: str, url: str | None, content_type: str | None) -> _Outcome:
    try:
        body = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return _Outcome(file, await pool.parse(body, feed=url or file, url=url, content_type=content_type))
    except OSError as error:
        return _Outcome(file, None, error.strerror or str(error))
    except ParseError as error:
        return _Outcome(file, None, str(error))


def _json_lines(file: str, entries: Iterable[Entry]) -> Iterable[bytes]:
    name = file.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    for entry in entries:
        yield msgspec.json.encode({"file": name, **msgspec.to_builtins(entry)}) + b"\n"


def _listing(file: str, parsed: ParsedFeed) -> Iterable[bytes]:
    title = f" · {parsed.title}" if parsed.title else ""
    yield f"{file}: {parsed.kind or 'feed'}{title} · {len(parsed.entries)} entries\n".encode("utf-8", "replace")
    for child in parsed.sitemaps:
        yield f"  {child}\n".encode()
    for entry in parsed.entries:
        at = entry.published_at.strftime("%Y-%m-%d %H:%M") if entry.published_at else "no date"
        title = entry.title or entry.text or entry.summary or "(no title)"
        title = title.replace("\n", " ")
        shown = title if len(title) <= _SHOWN else f"{title[: _SHOWN - 1]}…"
        yield f"  {at:16}  {shown}\n{'':20}{entry.url or entry.guid or ''}\n".encode("utf-8", "replace")


def _tell(line: str) -> None:
    sys.stderr.write(line.encode("utf-8", "backslashreplace").decode() + "\n")
