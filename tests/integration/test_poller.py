"""The poller against a real server, a real parser process and a real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from integration.poll_desk import TEXTS, Desk, Running, rss, running_desk, until

from rasid.domain.errors import StoreFullError


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Give a site on loopback and a poller for it."""
    async with running_desk(tmp_path) as made:
        yield made


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
