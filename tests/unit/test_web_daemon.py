"""What the page's daemon watches: numbers that move, outages that pass."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from rasid.app import web_daemon
from rasid.app.monitor import Health
from rasid.app.web_daemon import Watched
from rasid.domain.errors import StoreError


async def watch(looks: int, look: Callable[[Watched], object]) -> Watched:
    """Watch for so many looks."""
    loop, stop, count = asyncio.get_running_loop(), asyncio.Event(), 0

    def counted() -> object:
        nonlocal count
        count += 1
        if count == looks:
            loop.call_soon_threadsafe(stop.set)
        return look(watched)

    watched = Watched(counted)
    async with asyncio.timeout(5):
        await watched.watch(stop, Health())
    return watched


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_daemon, "_LOOK_SECONDS", 0.001)


async def test_the_number_moves_with_what_is_seen() -> None:
    """Equal sights leave it where it is, another moves it, also back to an earlier one."""
    sights = iter([3, 3, 3, 4, 3, 3])
    numbers: list[int] = []

    def look(watched: Watched) -> int:
        numbers.append(watched.version())
        return next(sights)

    watched = await watch(6, look)
    assert numbers == [0, 1, 1, 1, 2, 3]
    assert (watched.version(), watched.trouble) == (3, None)


async def test_an_outage_is_told_and_passes() -> None:
    """While the store is out the number stays and the daemon says why it is not ready; then it goes on."""
    outage = StoreError("الخادم لا يجيب")
    found = iter([1, outage, outage, 2, 2])
    told: list[str | None] = []

    def look(watched: Watched) -> object:
        told.append(watched.trouble)
        now = next(found)
        if isinstance(now, StoreError):
            raise now
        return now

    watched = await watch(5, look)
    assert told == ["starting", None, "الخادم لا يجيب", "الخادم لا يجيب", None]
    assert watched.version() == 2
