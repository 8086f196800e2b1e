"""`rasid feeds`: the feed list, and how its feeds are doing."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from rich.console import Console
from rich.table import Table

from ingest.discover import Found, discover
from ingest.feedlist import feed_id, is_feed_address, read_feeds, read_text
from ingest.feedlist_edit import replace_file, with_feeds, without_feed
from ingest.fetch import Fetcher, FetchSettings
from ingest.health import Health, health
from ingest.opml import from_opml, to_opml
from ingest.parse_pool import ParsePool
from rasid import settings as settings_module
from rasid.app.bootstrap import FeedsContext, open_feeds_context
from rasid.app.cli.common import AsJson, Config, DataDirectory, print_json, read_bytes, tell
from rasid.domain.errors import FeedsFileError, FetchError, ParseError, RasidError
from rasid.domain.feed import Feed, FeedState, Ownership, PollRecord

app = typer.Typer(no_args_is_help=True)
_AT_ONCE = 16
_COLOURS = {"ok": "green", "well": "green", "quiet": "yellow", "failing": "red", "gone": "red", "failed": "red"}


@app.command(name="list")
def show(config: Config = None, data_dir: DataDirectory = None, *, as_json: AsJson = False) -> None:
    """Show every feed and its health."""
    with closing_context(config, data_dir, remembering=True) as context:
        states, now = context.store.states(), datetime.now(UTC)
        feeds = read_feeds(context.feeds_file)
        rows = [(feed, states.get(feed.id), health(feed, states.get(feed.id), now)) for feed in feeds]
    if as_json:
        for feed, state, found in rows:
            print_json(_as_json(feed, state, found))
        return
    _print_table(
        ("health", "feed", "language", "what"),
        [(found.status, f"{feed.title}\n{feed.url}", feed.language or "", found.words) for feed, _, found in rows],
    )
    tell(f"{len(rows)} feeds in {context.feeds_file}")


@app.command()
def add(
    address: Annotated[str, typer.Argument(help="A feed's address, or a site's: its feeds are looked for.")],
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    title: Annotated[str | None, typer.Option(help="What people read.")] = None,
    source: Annotated[str | None, typer.Option(help="The house, one name for all its languages.")] = None,
    language: Annotated[str | None, typer.Option(help="A BCP 47 tag, like ar.")] = None,
    country: Annotated[str | None, typer.Option(help="ISO 3166-1 alpha-2, like SY.")] = None,
    ownership: Annotated[str | None, typer.Option(help=" | ".join(get_args(Ownership)))] = None,
    tag: Annotated[list[str] | None, typer.Option(help="A word; may be given again.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Add every feed that is found, not only the first.")] = False,
    unseen: Annotated[bool, typer.Option("--unseen", help="Add the address as it is, without trying it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Find the feeds at an address and write them into the feed list; comments and order there stay."""
    if ownership is not None and ownership not in get_args(Ownership):
        raise typer.BadParameter(f"{ownership}: one of {', '.join(get_args(Ownership))}", param_hint="--ownership")
    facts = {"title": title, "source": source, "language": language, "country": country, "ownership": ownership}
    given = {name: value for name, value in facts.items() if value is not None} | {"tags": tuple(tag or ())}
    with closing_context(config, data_dir, remembering=not unseen) as context:
        found = [_untried(address)] if unseen else asyncio.run(_discover(address, context.fetch_settings))
        feeds = [_feed(one, given) for one in (found if every else found[:1])]
        text = read_text(context.feeds_file)
        before = {feed.id for feed in read_feeds(context.feeds_file)}
        replace_file(context.feeds_file, with_feeds(text, feeds, str(context.feeds_file)))
        if not unseen:
            _revive(context, feeds)
    for feed in feeds:
        if as_json:
            print_json({"id": feed.id, "url": feed.url, "title": feed.title, "added": feed.id not in before})
        else:
            tell(f"{'is there already' if feed.id in before else 'added'}: {feed.title} {feed.url}")
    for other in () if every else found[1:]:
        tell(f"also found: {other.title or ''} {other.url} (--all adds it too)")


@app.command()
def remove(
    feed: Annotated[str, typer.Argument(help="A feed's address or id.")],
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Take a feed out of the feed list. What it brought stays."""
    with closing_context(config, data_dir) as context:
        path = context.feeds_file
        replace_file(path, without_feed(read_text(path), feed, str(path)))
    if as_json:
        print_json({"removed": feed})
    else:
        tell(f"removed: {feed}")


@app.command()
def check(
    which: Annotated[list[str] | None, typer.Argument(help="Addresses or ids; all feeds if none is given.")] = None,
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Try each feed once, within the limits of a poll; exit 1 if some fail. Nothing is published or remembered."""
    with closing_context(config, data_dir) as context:
        feeds = _chosen(read_feeds(context.feeds_file), which, context.feeds_file)
        tried = asyncio.run(_check(feeds, context.fetch_settings))
    if as_json:
        for one in tried:
            print_json(asdict(one))
    else:
        rows = [
            ("ok" if one.ok else "failed", f"{one.title}\n{one.url}", str(one.entries), one.newest or "", one.words)
            for one in tried
        ]
        _print_table(("result", "feed", "entries", "newest", "what"), rows)
    failed = sum(not one.ok for one in tried)
    tell(f"{len(tried) - failed} of {len(tried)} feeds answered")
    if failed:
        raise typer.Exit(1)


@app.command(name="import")
def take_in(
    file: Annotated[str, typer.Argument(help="An OPML file, - for standard input.")],
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Add the feeds of an OPML file to the feed list; those already there are passed over."""
    feeds = from_opml(read_bytes(file), file, tell)
    with closing_context(config, data_dir) as context:
        path = context.feeds_file
        before = len(read_feeds(path))
        replace_file(path, with_feeds(read_text(path), feeds, str(path)))
        added = len(read_feeds(path)) - before
    if as_json:
        print_json({"added": added, "already_there": len(feeds) - added})
    else:
        tell(f"{added} feeds added, {len(feeds) - added} were there already")


@app.command(name="export")
def give_out(
    file: Annotated[str, typer.Argument(help="Where to write the OPML; - for standard output.")] = "-",
    config: Config = None,
    data_dir: DataDirectory = None,
) -> None:
    """Write the feed list as OPML 2.0."""
    with closing_context(config, data_dir) as context:
        data = to_opml(read_feeds(context.feeds_file))
    if file == "-":
        sys.stdout.buffer.write(data)
        return
    try:
        Path(file).write_bytes(data)
    except OSError as error:
        raise FeedsFileError(f"cannot be written: {error.strerror}", source=file) from error


class closing_context(closing[Any]):  # noqa: N801 - used like a function
    """Open what the commands need, and close its store at the end.

    Without `remembering` they look at the feed list alone: on the cluster, Kafka is not asked then.
    """

    def __init__(self, config: Path | None, data_dir: Path | None, *, remembering: bool = False) -> None:
        settings = settings_module.load(config, data_dir=data_dir)
        if settings.kafka and remembering:
            from rasid.app.cluster_feeds import open_cluster_feeds  # noqa: PLC0415 - the embedded mode has no Kafka client

            self._context = open_cluster_feeds(settings)
        else:
            self._context = open_feeds_context(config, data_dir)
        super().__init__(self._context.store)

    def __enter__(self) -> FeedsContext:
        """Give the context."""
        return self._context


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What trying one feed showed; `newest` is a date, `seconds` the time of the answer."""

    id: str
    url: str
    title: str
    ok: bool
    entries: int = 0
    newest: str | None = None
    seconds: float | None = None
    words: str = ""


async def _check(feeds: Sequence[Feed], settings: FetchSettings) -> list[Tried]:
    async with AsyncExitStack() as stack:
        fetcher = await stack.enter_async_context(Fetcher(settings))
        pool = await stack.enter_async_context(ParsePool())
        slots = asyncio.Semaphore(_AT_ONCE)

        async def one(feed: Feed) -> Tried:
            async with slots:
                return await _try(feed, fetcher, pool)

        return list(await asyncio.gather(*(one(feed) for feed in feeds)))


async def _try(feed: Feed, fetcher: Fetcher, pool: ParsePool) -> Tried:
    base = Tried(id=feed.id, url=feed.url, title=feed.title, ok=False)
    try:
        answer = await fetcher.get(feed.url)
        parsed = await pool.parse(answer.body, feed=feed.id, url=answer.url, content_type=answer.content_type)
    except FetchError as error:
        return replace(base, words=error.reason)
    except ParseError as error:
        return replace(base, words=str(error))
    moved = f"moved for good to {answer.permanent_url}" if answer.permanent_url else ""
    dates = [entry.published_at for entry in parsed.entries if entry.published_at is not None]
    return replace(
        base,
        ok=True,
        entries=len(parsed.entries),
        newest=max(dates).date().isoformat() if dates else None,
        seconds=round(answer.seconds, 3),
        words="; ".join(part for part in (moved, *parsed.warnings[:2]) if part),
    )


async def _discover(address: str, settings: FetchSettings) -> list[Found]:
    async with Fetcher(settings) as fetcher, ParsePool() as pool:
        found = await discover(address, fetcher, pool)
    if not found:
        raise RasidError(f"{address}: no feed there, nor where feeds usually are; give the feed's own address")
    return found


def _untried(address: str) -> Found:
    if not is_feed_address(address):
        raise RasidError(f"{address} is not an http address; with --unseen the whole one is needed")
    return Found(url=address, title=None, kind="", language=None, entries=0)


def _feed(found: Found, given: dict[str, Any]) -> Feed:
    name = found.title or found.url.partition("://")[2].partition("/")[0]
    feed = Feed(id=feed_id(found.url), url=found.url, title=name, source=name, language=found.language)
    return replace(feed, **{"source": given.get("title", name), **given})


def _revive(context: FeedsContext, feeds: Sequence[Feed]) -> None:
    """Poll a feed again that its server had ended: it has just answered."""
    for feed in feeds:
        state = context.store.state(feed.id)
        if state is not None and state.gone:
            record = PollRecord(feed_id=feed.id, at=datetime.now(UTC), outcome="unchanged", status=200)
            fresh = FeedState(feed_id=feed.id, url=feed.url, interval=state.interval, title=state.title)
            context.store.save(fresh, record)


def _chosen(feeds: Sequence[Feed], which: Sequence[str] | None, path: Path) -> list[Feed]:
    if not which:
        return [feed for feed in feeds if feed.enabled]
    names = {name: feed for feed in feeds for name in (feed.id, feed.url)}
    for name in which:
        if name not in names:
            raise FeedsFileError(f"{name} is not in the list; `rasid feeds list` shows what is", source=str(path))
    return [names[name] for name in which]


def _as_json(feed: Feed, state: FeedState | None, found: Health) -> dict[str, Any]:
    remembered = (
        "url", "interval", "failures", "last_polled_at", "last_success_at", "last_new_at", "next_poll_at", "last_error",
    )  # fmt: skip
    facts = {name: getattr(state, name) if state is not None else None for name in remembered}
    facts["moved_to"] = None if state is None or state.url == feed.url else state.url
    del facts["url"]
    return asdict(feed) | facts | {"health": found.status, "words": found.words}


def _print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(
            f"[{_COLOURS.get(row[0], 'default')}]{row[0]}[/]", *(text.replace("[", r"\[") for text in row[1:])
        )
    Console(soft_wrap=False).print(table)
