"""The poller reads the pages of teasers, against a real server, a real parser process and a real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import web
from integration.poll_desk import TEXTS, Desk, rss, running_desk

from ingest.fetch import HostBlockedError
from ingest.pages import FullTexts, full_texts
from ingest.robots import Robots
from rasid.domain.article import Entry
from rasid.domain.errors import FailureWeight, FetchError


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Give a site on loopback and a poller for it."""
    async with running_desk(tmp_path) as made:
        yield made


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
