"""The service that watches itself, on real stores: what it says goes the way of all alerts, and once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from makers import NOON, document

from rasid.app.bootstrap import Stores, open_stores
from rasid.app.delivery.line import Post
from rasid.app.delivery.watchman import Watchman, told
from rasid.domain.feed import Feed, FeedState, PollRecord
from rasid.settings import Settings

FEED = Feed(id="sana", url="https://sana.sy/rss", title="سانا", source="سانا", language="ar")


class Moved:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        """Give its time."""
        return self.at


async def look(stores: Stores, clock: Moved, posts: dict[str, Post], *, started: datetime = NOON) -> list[str]:
    """Let a watchman that began at a time look once; give all that was ever told."""
    now, clock.at = clock.at, started
    watchman = Watchman(
        Settings(data_dir=stores.data.path), stores, clock, feeds=lambda: [FEED], lag=lambda: 0, posts=lambda: posts
    )
    clock.at = now
    stop = asyncio.Event()
    running = asyncio.create_task(watchman.run(stop))
    await asyncio.sleep(0)  # it has begun its first look, which it ends
    stop.set()
    await running
    return [alert.why[0].clause for alert in told(stores.bus, clock.at)]


async def test_troubles_go_into_the_log_once(tmp_path: Path) -> None:
    """A failing receiver, a silent feed and language are told, not again after a restart, and their end too."""
    clock = Moved()
    with open_stores(Settings(data_dir=tmp_path)) as stores:
        stores.index.write([document(stores.analysis, 1, language="ar")])
        shown = FeedState(feed_id="sana", url=FEED.url, last_new_at=NOON)
        stores.feeds.save(shown, PollRecord(feed_id="sana", at=NOON, outcome="new"))
        failing = {"desk": Post(NOON, "503 нет ответа")}
        assert await look(stores, clock, {}) == []
        clock.at = NOON + timedelta(days=4)
        stores.index.write([document(stores.analysis, 2, language="en", minutes=4 * 1440)])
        expected = ["feed_silent", "language_silent", "receiver_failing"]
        assert sorted(await look(stores, clock, failing)) == expected
        assert sorted(await look(stores, clock, failing)) == expected
        stores.index.write([document(stores.analysis, 3, language="ar", minutes=4 * 1440 + 1)])
        clock.at += timedelta(minutes=2)
        stores.feeds.save(replace(shown, last_new_at=clock.at), PollRecord(feed_id="sana", at=clock.at, outcome="new"))
        ends = [f"{one}_over" for one in expected]
        assert sorted(await look(stores, clock, {})) == sorted([*expected, *ends])
