"""The poller against a real server, a real parser process and a real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from ingest.feedlist import feed_id
from ingest.fetch import Fetcher, FetchLimits, FetchSettings, HostBlockedError
from ingest.pages import FullTexts, full_texts
from ingest.parse_pool import ParsePool
from ingest.poller import Poller, PollEvent
from ingest.robots import Robots
from rasid.adapters.sqlite_feedstore import SqliteFeedStore
from rasid.domain.article import Entry, RawEntry
from rasid.domain.errors import FailureWeight, FetchError, StoreFullError
from rasid.domain.feed import Feed

ITEM = (
    "<item><title>{0}</title><link>https://news.example/{0}</link><guid>{0}</guid><description>{1}</description></item>"
)
TEXTS = ("شويغو يزور دمشق", "Shoigu visits Damascus", "Шойгу прибыл в Дамаск")


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


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Give a site on loopback and a poller for it."""
    async with AsyncExitStack() as stack:
        site = Site()
        app = web.Application()
        app.router.add_route("*", "/{any:.*}", site.handle)
        server = await stack.enter_async_context(TestServer(app, host="127.0.0.1"))
        settings = FetchSettings(
            user_agent="Rasid-test/0 (+mailto:desk@example.org)",
            allowed_hosts=frozenset({"127.0.0.1", "127.0.0.2", "localhost"}),
            limits=FetchLimits(total_seconds=5, pause_seconds=0),
        )
        fetcher = await stack.enter_async_context(Fetcher(settings))
        pool = await stack.enter_async_context(ParsePool(workers=1))
        store = stack.enter_context(SqliteFeedStore(tmp_path / "feeds.db"))
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


async def test_a_poll_publishes_every_entry_with_its_feeds_facts(desk: Desk) -> None:
    """Entries come out in order with source, country, ownership and language of the feed list, and are remembered."""
    desk.site.shows("/rss", rss("a", "b", "c"))
    feed = desk.feed("/rss", tags=("syria",))
    record = await desk.poller.poll_once(feed)
    assert (record.outcome, record.status, record.entries, record.new_entries) == ("new", 200, 3, 3)
    assert [raw.entry.text for raw in desk.published] == list(TEXTS)
    raw = desk.published[0]
    assert (raw.source, raw.source_country, raw.ownership, raw.language_hint, raw.feed_tags) == (
        "SANA", "SY", "state", "ar", ("syria",),
    )  # fmt: skip
    assert desk.store.history(feed.id) == [record]
    state = desk.store.state(feed.id)
    assert state is not None
    assert state.title == "سانا"


async def test_an_unchanged_feed_is_asked_conditionally_and_publishes_nothing(desk: Desk) -> None:
    """The second request carries the validator, the answer 304 is an unchanged poll."""
    desk.site.shows("/rss", rss("a"), ETag='"one"')
    feed = desk.feed("/rss")
    await desk.poller.poll_once(feed)
    record = await desk.poller.poll_once(feed)
    assert (record.outcome, record.status) == ("unchanged", 304)
    assert [request.headers.get("If-None-Match") for request in desk.site.asked] == [None, '"one"']
    assert desk.titles() == ["a"]


async def test_only_new_and_changed_items_are_published_again(desk: Desk) -> None:
    """A document with one new and one changed item publishes those two; a changed address keeps the key."""
    desk.site.shows("/rss", rss("a", "b"))
    feed = desk.feed("/rss")
    await desk.poller.poll_once(feed)
    changed = rss("c", "a", "b").replace("https://news.example/b", "https://news.example/b-исправлено")
    desk.site.shows("/rss", changed.replace(TEXTS[1], "Шойгу"))
    before = {raw.entry.title: raw.entry.key for raw in desk.published}
    desk.published.clear()
    await desk.poller.poll_once(feed)
    assert desk.titles() == ["c", "b"]
    assert desk.published[1].entry.key == before["b"]


async def test_the_tenth_poll_catches_a_repeated_validator(desk: Desk) -> None:
    """A server that keeps its ETag over a change hides it for nine polls, then loses conditional requests for good."""
    desk.site.shows("/rss", rss("a"), ETag='"same"')
    feed = desk.feed("/rss")
    await desk.poller.poll_once(feed)
    desk.site.shows("/rss", rss("b", "a"), ETag='"same"')
    for _ in range(9):
        await desk.poller.poll_once(feed)
    assert desk.titles() == ["a"]
    await desk.poller.poll_once(feed)
    assert desk.titles() == ["a", "b"]
    state = desk.store.state(feed.id)
    assert state is not None
    assert state.conditional is False
    await desk.poller.poll_once(feed)
    assert desk.site.asked[-1].headers.get("If-None-Match") is None


async def test_a_permanent_redirect_is_remembered(desk: Desk) -> None:
    """After a 301 the new address is asked directly; the event says so."""
    desk.site.pages["/old"] = lambda _: web.Response(status=301, headers={"Location": "/new"})
    desk.site.shows("/new", rss("a"))
    feed = desk.feed("/old")
    await desk.poller.poll_once(feed)
    await desk.poller.poll_once(feed)
    assert [request.path for request in desk.site.asked] == ["/old", "/new", "/new"]
    assert desk.events[0].words == f"moved for good to {desk.url}/new"


async def test_gone_ends_a_feed_until_it_is_added_anew(desk: Desk) -> None:
    """410 ends the polls, also after a restart; taking the feed out of the list and back in tries it again."""
    desk.site.shows("/rss", "", status=410)
    feed = desk.feed("/rss")
    desk.feeds.append(feed)
    async with Running(desk.poller):
        await until(lambda: bool(desk.events))
    assert desk.events[0].record is not None
    assert desk.events[0].record.outcome == "gone"
    desk.clock.ahead = timedelta(days=30)
    desk.site.shows("/rss", rss("a"))
    async with Running(desk.again()):
        await asyncio.sleep(0.3)
        assert len(desk.site.asked) == 1
        desk.feeds.clear()
        await asyncio.sleep(0.7)
        desk.feeds.append(feed)
        await until(lambda: desk.titles() == ["a"])


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_holds_to_the_second(desk: Desk, status: int) -> None:
    """The next poll is due exactly when the server said, and its host is not asked before."""
    desk.site.shows("/rss", "", status=status, **{"Retry-After": "777"})
    feed = desk.feed("/rss")
    before = desk.clock.now()
    record = await desk.poller.poll_once(feed)
    state = desk.store.state(feed.id)
    assert record.outcome == "failed"
    assert state is not None
    assert state.next_poll_at is not None
    assert 777 <= (state.next_poll_at - before).total_seconds() < 779
    await desk.poller.poll_once(desk.feed("/other"))
    assert len(desk.site.asked) == 1


async def test_a_broken_document_fails_its_poll_and_forgets_nothing(desk: Desk) -> None:
    """An HTML page in place of the feed is a failure that names the reason; the items come back unpublished."""
    desk.site.shows("/rss", rss("a"))
    feed = desk.feed("/rss")
    await desk.poller.poll_once(feed)
    desk.site.shows("/rss", "<!doctype html><html><head><title>إعلان</title></head><body>Реклама</body></html>")
    record = await desk.poller.poll_once(feed)
    assert record.outcome == "failed"
    assert record.error is not None
    assert "HTML page" in record.error
    desk.site.shows("/rss", rss("a"))
    await desk.poller.poll_once(feed)
    assert desk.titles() == ["a"]
    state = desk.store.state(feed.id)
    assert state is not None
    assert state.failures == 0


async def test_a_kill_before_the_memory_repeats_and_never_loses(desk: Desk) -> None:
    """Entries published before a poller died are published again by the next, with the same keys."""
    desk.site.shows("/rss", rss("a", "b"))
    feed = desk.feed("/rss")
    save, desk.store.save = desk.store.save, lambda *_: (_ for _ in ()).throw(StoreFullError("القرص ممتلئ"))  # type: ignore[method-assign]
    with suppress(StoreFullError):
        await desk.poller.poll_once(feed)
    desk.store.save = save  # type: ignore[method-assign]
    await desk.again().poll_once(feed)
    assert desk.titles() == ["a", "b", "a", "b"]
    assert desk.published[0].entry.key == desk.published[2].entry.key


async def test_an_outage_of_the_log_loses_nothing(desk: Desk) -> None:
    """When nothing can be published nothing is remembered, and the poll is made again later."""
    desk.site.shows("/rss", rss("a"))
    feed = desk.feed("/rss")
    desk.feeds.append(feed)
    desk.broken = StoreFullError("the disk is full")
    async with Running(desk.poller):
        await until(lambda: bool(desk.events))
        assert desk.events[0].words == "the disk is full"
        assert desk.store.state(feed.id) is None
        desk.broken = None
        desk.clock.ahead = timedelta(seconds=31)
        await until(lambda: desk.titles() == ["a"])


async def test_the_list_is_followed_while_running(desk: Desk) -> None:
    """An added feed is polled, a removed or disabled one no more."""
    for path in ("/one", "/two"):
        desk.site.shows(path, rss(path[1:]))
    one = desk.feed("/one", min_interval=0.05, max_interval=0.1)
    desk.feeds.append(one)
    async with Running(desk.poller):
        await until(lambda: len(desk.site.asked) >= 2)
        desk.feeds[:] = [replace(one, enabled=False), desk.feed("/two")]
        await until(lambda: "two" in desk.titles())
        await asyncio.sleep(0.2)
        asked = len(desk.site.asked)
        await asyncio.sleep(0.5)
        assert len(desk.site.asked) == asked


async def test_one_host_is_never_asked_twice_at_once(desk: Desk) -> None:
    """Twenty feeds of one host come one after the other, those of another host beside them."""
    desk.site.delay = 0.01
    names = [f"/{number}" for number in range(20)]
    for name in names:
        desk.site.shows(name, rss(f"خبر{name[1:]}"))
    desk.feeds += [desk.feed(name) for name in names]
    async with Running(desk.poller):
        await until(lambda: len(desk.titles()) == 20)
    assert desk.site.most == 1


async def test_a_fault_in_one_feed_leaves_the_others(desk: Desk) -> None:
    """A fault of the program's is recorded as that feed's failure, and the next feed is polled."""
    desk.site.shows("/good", rss("хорошо"))
    bad = desk.feed("/bad")
    desk.site.shows("/bad", rss("سيئ"))
    ask = desk.store.shown

    def shown(feed: str, items: Sequence[str]) -> object:
        if feed == bad.id:
            raise ZeroDivisionError("خطأ")
        return ask(feed, items)

    desk.store.shown = shown  # type: ignore[method-assign,assignment]
    desk.feeds += [bad, desk.feed("/good")]
    async with Running(desk.poller):
        await until(lambda: desk.titles() == ["хорошо"])
    record = desk.store.history(bad.id)[0]
    assert record.error is not None
    assert "a fault in the program: ZeroDivisionError" in record.error


async def test_an_index_of_sitemaps_reads_the_sitemaps(desk: Desk) -> None:
    """The entries of the named sitemaps are the feed's; one that is broken does not lose the others."""
    news = "http://www.google.com/schemas/sitemap-news/0.9"
    entry = "<url><loc>https://news.example/{0}</loc><news:news><news:publication><news:name>سانا</news:name><news:language>ar</news:language></news:publication><news:publication_date>2026-11-23</news:publication_date><news:title>{0}</news:title></news:news></url>"
    locations = "".join(f"<sitemap><loc>{desk.url}/{name}</loc></sitemap>" for name in ("broken", "good"))
    schema = "http://www.sitemaps.org/schemas/sitemap/0.9"
    desk.site.shows("/index", f'<sitemapindex xmlns="{schema}">{locations}</sitemapindex>', ETag='"x"')
    desk.site.shows("/broken", "нет")
    desk.site.shows("/good", f'<urlset xmlns="{schema}" xmlns:news="{news}">{entry.format("خبر")}</urlset>')
    feed = desk.feed("/index")
    await desk.poller.poll_once(feed)
    assert desk.titles() == ["خبر"]
    desk.site.shows("/good", f'<urlset xmlns="{schema}" xmlns:news="{news}">{entry.format("новость")}</urlset>')
    await desk.poller.poll_once(feed)
    assert desk.titles() == ["خبر", "новость"]


def pages(read: Callable[[Entry], object]) -> FullTexts:
    """Make a reader of pages for which every entry is a teaser."""

    async def found(entry: Entry) -> str:
        await asyncio.sleep(0)
        return str(read(entry))

    return FullTexts(is_teaser=lambda _: True, read=found)


async def test_the_page_follows_its_teaser(desk: Desk) -> None:
    """The teaser goes out at once; the page follows under the same key with the teaser as its summary."""
    desk.site.shows("/rss", rss("a"), ETag='"one"')
    poller = desk.again(pages(lambda entry: f"{entry.text}: النص الكامل"))
    await poller.poll_once(desk.feed("/rss"))
    await poller.pages_read()
    teaser, page = (raw.entry for raw in desk.published)
    assert (teaser.text, teaser.text_origin) == (TEXTS[0], "feed")
    assert (page.text, page.text_origin, page.summary) == (f"{TEXTS[0]}: النص الكامل", "page", TEXTS[0])
    assert page.key == teaser.key
    record = await poller.poll_once(desk.feed("/rss"))
    assert record.status == 304
    await poller.pages_read()
    assert len(desk.published) == 2


@pytest.mark.parametrize("forbidden", [False, True])
async def test_real_pages_are_read_where_robots_txt_allows(desk: Desk, *, forbidden: bool) -> None:
    """The article's page is fetched and its text taken; where robots.txt forbids it the teaser stands alone."""
    told = " ".join(f"وصل وزير الدفاع الروسي إلى دمشق اليوم في زيارة رسمية رقم {n}." for n in range(30))
    page = f"<!doctype html><html><body><nav>القائمة</nav><article><h1>a</h1><p>{told}</p><p>{told}</p></article></body></html>"
    desk.site.shows("/rss", rss("a").replace("https://news.example/a", f"{desk.url}/a"))
    desk.site.pages["/a"] = lambda _: web.Response(text=page, content_type="text/html")
    rules = "User-agent: *\nDisallow: /a" if forbidden else ""
    desk.site.pages["/robots.txt"] = lambda _: web.Response(text=rules)
    poller = desk.again(full_texts(desk.fetcher, Robots(desk.fetcher)))
    await poller.poll_once(desk.feed("/rss"))
    await poller.pages_read()
    assert [raw.entry.text_origin for raw in desk.published] == (["feed"] if forbidden else ["feed", "page"])
    assert forbidden or "زيارة رسمية رقم 29" in desk.published[1].entry.text


async def test_a_page_missed_by_a_kill_is_fetched_at_the_next_poll(desk: Desk) -> None:
    """When the poller dies between teaser and page, the unchanged feed still gives its page to the next one."""
    desk.site.shows("/rss", rss("a"), ETag='"one"')
    feed = desk.feed("/rss")

    async def never(_: Entry) -> str:
        await asyncio.Event().wait()
        return ""

    first = desk.again(FullTexts(is_teaser=lambda _: True, read=never))
    await first.poll_once(feed)
    await first.close()
    second = desk.again(pages(lambda entry: entry.text + " полностью"))
    await second.poll_once(feed)
    await second.pages_read()
    assert [raw.entry.text_origin for raw in desk.published] == ["feed", "page"]


@pytest.mark.parametrize(("weight", "tries"), [(FailureWeight.HARD, 1), (FailureWeight.TEMPORARY, 3)])
async def test_a_page_that_fails_is_not_tried_for_ever(desk: Desk, weight: FailureWeight, tries: int) -> None:
    """A lasting failure ends the tries at once, a passing one after three polls; then the feed rests on 304 again."""
    desk.site.shows("/rss", rss("a"), ETag='"one"')
    count = 0

    async def refuse(entry: Entry) -> str:
        nonlocal count
        count += 1
        raise FetchError("ممنوع", url=entry.url or "", weight=weight)

    poller = desk.again(FullTexts(is_teaser=lambda _: True, read=refuse))
    for _ in range(6):
        record = await poller.poll_once(desk.feed("/rss"))
        await poller.pages_read()
    assert count == tries
    assert record.status == 304


async def test_a_silenced_host_costs_its_pages_no_tries(desk: Desk) -> None:
    """Pages whose host wants silence stay wanted however often the feed is polled meanwhile."""
    desk.site.shows("/rss", rss("a"))
    silent = True

    async def read(entry: Entry) -> str:
        if silent:
            raise HostBlockedError("ещё нет", url=entry.url or "", weight=FailureWeight.TEMPORARY, retry_after=60.0)
        return "النص الكامل للخبر كما نشرته الوكالة"

    poller = desk.again(FullTexts(is_teaser=lambda _: True, read=read))
    for _ in range(5):
        await poller.poll_once(desk.feed("/rss"))
        await poller.pages_read()
    silent = False
    await poller.poll_once(desk.feed("/rss"))
    await poller.pages_read()
    assert [raw.entry.text_origin for raw in desk.published] == ["feed", "page"]


async def test_a_feed_that_forbids_pages_gets_none(desk: Desk) -> None:
    """`full_text: never` fetches no page, however short the teaser."""
    desk.site.shows("/rss", rss("a"))
    poller = desk.again(pages(lambda _: "النص"))
    await poller.poll_once(desk.feed("/rss", full_text="never"))
    await poller.pages_read()
    assert len(desk.published) == 1
