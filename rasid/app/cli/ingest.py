"""`rasid ingest`: feed documents or JSON lines straight into the pipeline, as back-fill."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from ingest.identity import entry_id, entry_key
from ingest.parse_pool import ParsePool
from rasid import settings as settings_module
from rasid.app.bootstrap import Stores, existing_stores, locked_stores
from rasid.app.cli.common import AsJson, Config, DataDirectory, json_lines, print_json, read_bytes, tell
from rasid.app.embedded import drain
from rasid.app.stages import waiting
from rasid.codec import encode
from rasid.domain import topics
from rasid.domain.article import Entry, RawEntry
from rasid.domain.errors import InputError, ParseError, RasidError, StoreBusyError

_BATCH = 500
_LOOK_SECONDS = 0.2


def ingest(
    files: Annotated[
        list[str], typer.Argument(help="Feed documents, or with --jsonl JSON lines; - is standard input.")
    ],
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="One article a line: title, text, url?, published_at?, source?")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put articles through the pipeline; returns when all are indexed and matched, and prints counts."""
    settings = settings_module.load(config, data_dir=data_dir)
    failures: list[RasidError] = []
    entries = _entries(files, failures, jsonl=jsonl)
    try:
        with locked_stores(settings) as stores:
            counts = _through(stores, entries, lambda stores: asyncio.run(drain(settings, stores)))
    except StoreBusyError:
        # The service that runs there takes the articles through.
        with existing_stores(settings) as stores:
            counts = _through(stores, entries, _wait)
    counts["failed"] = len(failures)
    for failure in failures:
        tell(f"rasid: {failure}")
    if as_json:
        print_json(counts)
    else:
        typer.echo(", ".join(f"{name}: {count}" for name, count in counts.items()))
    if failures:
        raise typer.Exit(1)


def _through(
    stores: Stores, entries: Iterator[tuple[Entry, str]], finish: Callable[[Stores], object]
) -> dict[str, int]:
    """Publish, let the stages finish, and count what came of it."""
    articles, dead = stores.index.count(), stores.bus.lag("nobody", topics.DEAD.name)
    taken = _publish(stores, entries)
    finish(stores)
    return {
        "entries": taken,
        "articles": stores.index.count() - articles,
        "dead": stores.bus.lag("nobody", topics.DEAD.name) - dead,
    }


def _wait(stores: Stores) -> None:
    """Wait until the service has taken everything through that is in the log now."""
    while waiting(stores.bus):
        time.sleep(_LOOK_SECONDS)


def _publish(stores: Stores, entries: Iterator[tuple[Entry, str]]) -> int:
    taken = 0
    batch: list[RawEntry] = []
    for entry, source in entries:
        batch.append(RawEntry(entry=entry, seen_at=datetime.now(UTC), source=source, origin="backfill"))
        taken += 1
        if len(batch) == _BATCH:
            _append(stores, batch)
            batch = []
    _append(stores, batch)
    return taken


def _append(stores: Stores, batch: Sequence[RawEntry]) -> None:
    """Append to the back-fill topic; its event time is when the article says it was published."""
    messages = [encode(raw, key=raw.entry.key, time=raw.entry.published_at or raw.seen_at) for raw in batch]
    stores.bus.publish(topics.BACKFILL.name, messages)


def _entries(files: list[str], failures: list[RasidError], *, jsonl: bool) -> Iterator[tuple[Entry, str]]:
    for file in files:
        try:
            data = read_bytes(file)
        except InputError as error:
            failures.append(error)
            continue
        if jsonl:
            yield from _from_lines(file, data, failures)
        else:
            yield from _from_feed(file, data, failures)


def _from_feed(file: str, data: bytes, failures: list[RasidError]) -> Iterator[tuple[Entry, str]]:
    async def parsed() -> Any:
        async with ParsePool(workers=1) as pool:
            return await pool.parse(data, feed=f"file:{file}", url=None, content_type=None)

    try:
        found = asyncio.run(parsed())
    except ParseError as error:
        failures.append(InputError(str(error), source=file))
        return
    for entry in found.entries:
        yield entry, found.title or file


def _from_lines(file: str, data: bytes, failures: list[RasidError]) -> Iterator[tuple[Entry, str]]:
    for number, row in json_lines(file, data):
        if isinstance(row, InputError):
            failures.append(row)
            continue
        try:
            yield _entry(row, f"file:{file}", f"{file}:{number}"), str(row.get("source") or file)
        except (TypeError, ValueError) as error:
            failures.append(InputError(f"is no article: {error}", source=file, line=number))


def _entry(row: dict[str, Any], feed: str, place: str) -> Entry:
    for name in ("title", "text", "url", "published_at"):
        if not isinstance(row.get(name) or "", str):
            raise TypeError(f"{name} is not a text")
    guid = str(row.get("id") or place)
    key = entry_key(row.get("url"), guid, feed)
    published = datetime.fromisoformat(row["published_at"]) if row.get("published_at") else None
    if published is not None and published.tzinfo is None:
        published = published.replace(tzinfo=UTC)
    return Entry(
        id=entry_id(feed, key),
        feed=feed,
        key=key,
        url=row.get("url") or None,
        guid=guid,
        title=row.get("title") or "",
        text=row.get("text") or "",
        published_at=published,
        date_flags=() if published else ("absent",),
    )
