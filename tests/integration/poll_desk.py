"""A poller on a site of its own, against a real server, a real parser process and a real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer

from ingest.feedlist import feed_id
from ingest.fetch import Fetcher, FetchLimits, FetchSettings
from ingest.pages import FullTexts
from ingest.parse_pool import ParsePool
from ingest.poller import Poller, PollEvent
from rasid.adapters.sqlite_feedstore import SqliteFeedStore
from rasid.domain.article import RawEntry
from rasid.domain.feed import Feed

ITEM = (
    "<item><title>{0}</title><link>https://news.example/{0}</link><guid>{0}</guid><description>{1}</description></item>"
)
TEXTS = ("شويغو يزور دمشق", "Shoigu visits Damascus", "Шойгу прибыл в Дамаск")
SETTINGS = FetchSettings(
    user_agent="Rasid-test/0 (+mailto:desk@example.org)",
    allowed_hosts=frozenset({"127.0.0.1", "127.0.0.2", "localhost"}),
    limits=FetchLimits(total_seconds=5, pause_seconds=0),
)


def rss(*names: str, text: str = "", extra: str = "") -> str:
    """Write a feed of the named items; the last letter decides on one of the three languages."""
    found = "".join(ITEM.format(name, text or TEXTS[(ord(name[-1]) - ord("a")) % 3]) for name in names)
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>سانا</title>{extra}{found}</channel></rss>'


@dataclass
class Site:
    """A web site whose pages a test sets; counts what was asked, and how many asked at the same time."""

    pages: dict[str, Callable[[web.Request], web.StreamResponse]] = field(default_factory=dict)
    asked: list[web.Request] = field(default_factory=list)
    now: int = 0
    most: int = 0
    delay: float = 0.0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer, and count."""
        self.asked.append(request)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(self.delay)
            return self.pages[request.path](request)
        finally:
            self.now -= 1

    def shows(self, path: str, body: str, status: int = 200, **headers: str) -> None:
        """Set what a path answers; with an ETag it answers a conditional request as a server should."""

        def answer(request: web.Request) -> web.StreamResponse:
            if headers.get("ETag") and request.headers.get("If-None-Match") == headers["ETag"]:
                return web.Response(status=304, headers=headers)
            return web.Response(body=body.encode(), status=status, content_type="application/rss+xml", headers=headers)

        self.pages[path] = answer


@dataclass
class MovableClock:
    """The real clock, moved by as much as a test says."""

    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Tell the moved time."""
        return datetime.now(UTC) + self.ahead


@dataclass
class Desk:
    """A poller with everything it needs, and what came out of it."""

    site: Site
    url: str
    store: SqliteFeedStore
    poller: Poller
    clock: MovableClock
    fetcher: Fetcher
    feeds: list[Feed] = field(default_factory=list)
    published: list[RawEntry] = field(default_factory=list)
    events: list[PollEvent] = field(default_factory=list)
    again: Callable[..., Poller] = lambda: None  # type: ignore[assignment,return-value]
    broken: Exception | None = None

    def feed(self, path: str, **changes: object) -> Feed:
        """Make a feed of the site."""
        url = self.url + path
        feed = Feed(
            id=feed_id(url), url=url, title="سانا", source="SANA", country="SY", language="ar", ownership="state"
        )
        return replace(feed, **changes)  # type: ignore[arg-type]

    def titles(self) -> list[str]:
        """Give the titles of what was published."""
        return [raw.entry.title for raw in self.published]


@asynccontextmanager
async def running_desk(place: Path) -> AsyncIterator[Desk]:
    """Give a site on loopback and a poller for it, with its memory in the directory `place`."""
    async with AsyncExitStack() as stack:
        site = Site()
        app = web.Application()
        app.router.add_route("*", "/{any:.*}", site.handle)
        server = await stack.enter_async_context(TestServer(app, host="127.0.0.1"))
        fetcher = await stack.enter_async_context(Fetcher(SETTINGS))
        pool = await stack.enter_async_context(ParsePool(workers=1))
        store = stack.enter_context(SqliteFeedStore(place / "feeds.db"))
        clock = MovableClock()
        feeds: list[Feed] = []

        async def publish(entries: Sequence[RawEntry]) -> None:
            if made.broken is not None:
                raise made.broken
            made.published.extend(entries)

        def poller(full_texts: FullTexts | None = None) -> Poller:
            def seen(event: PollEvent) -> None:
                made.events.append(event)

            one = Poller(
                feeds=lambda: tuple(feeds), store=store, publish=publish,
                fetcher=fetcher, pool=pool, clock=clock, full_texts=full_texts, on_event=seen,
            )  # fmt: skip
            stack.push_async_callback(one.close)
            return one

        made = Desk(
            site, str(server.make_url("")).rstrip("/"), store, poller(), clock, fetcher, feeds=feeds, again=poller
        )
        yield made


async def until(true: Callable[[], bool]) -> None:
    """Wait for something to become true; the test's own failure if it never does."""
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - what is waited for knows no event
            await asyncio.sleep(0.01)


class Running:
    """`async with Running(poller):` runs it and stops it cleanly."""

    def __init__(self, poller: Poller) -> None:
        self._stop = asyncio.Event()
        self._poller = poller

    async def __aenter__(self) -> None:
        """Start."""
        self._task = asyncio.create_task(self._poller.run(self._stop))

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        self._stop.set()
        await asyncio.wait_for(self._task, 5)
