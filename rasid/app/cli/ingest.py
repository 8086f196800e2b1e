"""`rasid ingest`: feed documents or JSON lines straight into the pipeline, as back-fill."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

import typer

from ingest.identity import entry_id, entry_key
from ingest.parse_pool import ParsePool
from rasid import settings as settings_module
from rasid.app.bootstrap import Stores, existing_stores, locked_stores
from rasid.app.cli.common import AsJson, Config, DataDirectory, json_lines, print_json, read_bytes, tell
from rasid.app.cluster import cluster
from rasid.app.embedded import MOST_WAITING, drain
from rasid.app.log import follow_history, open_log
from rasid.app.stages import READS, waiting
from rasid.codec import begin_trace, decode, encode
from rasid.domain import topics
from rasid.domain.article import Entry, RawEntry
from rasid.domain.errors import InputError, ParseError, RasidError, StoreBusyError
from rasid.domain.known import KnownArticle
from rasid.ports import Bus
from rasid.settings import Settings

_BATCH = 500
_LOOK_SECONDS = 0.2
_COUNTING = "ingest"  # a group that commits nothing: its lag is the number of letters


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
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="In the cluster: return when all is through, or at once.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Put articles through the pipeline; returns when all are indexed and matched, and prints counts."""
    settings = settings_module.load(config, data_dir=data_dir)
    failures: list[RasidError] = []
    entries = _entries(files, failures, jsonl=jsonl)
    counts = _into_cluster(settings, entries, wait=wait) if settings.kafka else _embedded(settings, entries)
    counts["failed"] = len(failures)
    for failure in failures:
        tell(f"rasid: {failure}")
    if as_json:
        print_json(counts)
    else:
        typer.echo(", ".join(f"{name}: {count}" for name, count in counts.items()))
    if failures:
        raise typer.Exit(1)


def _into_cluster(settings: Settings, entries: Iterator[tuple[Entry, str]], *, wait: bool) -> dict[str, int]:
    """Publish beside live news, and wait for the daemons to take it through."""
    with open_log(settings) as bus:
        dead = bus.lag(_COUNTING, topics.DEAD.name)
        keys = _publish(bus, entries, lambda: None)
        if wait:
            follow_history(cluster(settings), lambda stage, left: tell(f"{stage}: {left} before it"))
        return {"entries": len(keys), "dead": bus.lag(_COUNTING, topics.DEAD.name) - dead}


def _embedded(settings: Settings, entries: Iterator[tuple[Entry, str]]) -> dict[str, int]:
    try:
        with locked_stores(settings) as stores:
            return _through(stores, entries, lambda: None, lambda: asyncio.run(drain(settings, stores)))
    except StoreBusyError:
        # The service that runs there takes the articles through.
        with existing_stores(settings) as stores:
            return _through(stores, entries, partial(_room, stores), partial(_wait, stores))


def _through(
    stores: Stores, entries: Iterator[tuple[Entry, str]], room: Callable[[], None], finish: Callable[[], object]
) -> dict[str, int]:
    """Publish, let the stages finish, and count what came of it."""
    began, dead = datetime.now(UTC), stores.bus.last(topics.DEAD.name)
    keys = _publish(stores.bus, entries, room)
    finish()
    return {
        "entries": len(keys),
        "articles": _new_articles(stores, keys, began),
        "dead": stores.bus.last(topics.DEAD.name) - dead,
    }


def _new_articles(stores: Stores, keys: Sequence[bytes], began: datetime) -> int:
    """Count the articles that these entries made, whatever else was coming in meanwhile."""
    new = 0
    distinct = list(dict.fromkeys(keys))
    for start in range(0, len(distinct), _BATCH):
        known = stores.bus.latest(topics.KNOWN.name, distinct[start : start + _BATCH]).values()
        new += sum(decode(record.message, KnownArticle).article.first_seen_at >= began for record in known)
    return new


def _wait(stores: Stores) -> None:
    """Follow what is in the log now from stage to stage, however much comes in behind it."""
    for stage, reads in READS.items():
        ends = {topic: stores.bus.last(topic) for topic in reads}
        while any(stores.bus.committed(stage, topic) < end for topic, end in ends.items()):
            time.sleep(_LOOK_SECONDS)


def _room(stores: Stores) -> None:
    """Wait while the stages have much before them: live news must not wait behind a back-fill."""
    while waiting(stores.bus) > MOST_WAITING:
        time.sleep(_LOOK_SECONDS)


def _publish(bus: Bus, entries: Iterator[tuple[Entry, str]], room: Callable[[], None]) -> list[bytes]:
    keys: list[bytes] = []
    batch: list[RawEntry] = []
    for entry, source in entries:
        batch.append(RawEntry(entry=entry, seen_at=datetime.now(UTC), source=source, origin="backfill"))
        keys.append(entry.key.encode())
        if len(batch) == _BATCH:
            room()
            _append(bus, batch)
            batch = []
    _append(bus, batch)
    return keys


def _append(bus: Bus, batch: Sequence[RawEntry]) -> None:
    """Append to the back-fill topic; its event time is when the article says it was published."""
    messages = [
        begin_trace(encode(raw, key=raw.entry.key, time=raw.entry.published_at or raw.seen_at)) for raw in batch
    ]
    bus.publish(topics.BACKFILL.name, messages)


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
    if not row.get("title") and not row.get("text"):
        raise ValueError("it has neither title nor text")
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
