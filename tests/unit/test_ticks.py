"""Time passes in the log once a minute, when everything seen before has been matched; schedules and hours follow it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from makers import NOON, raw_entry

from rasid.adapters.sqlite_bus import SqliteBus
from rasid.alerts.announce import Announcer, RulesRead
from rasid.alerts.calendar import is_open, next_opening, next_time
from rasid.app.ticks import Ticker
from rasid.codec import decode, encode, kind_of
from rasid.domain import topics
from rasid.domain.control import RuleEdited, RulesInForce, Tick
from rasid.domain.rule import ActiveHours, Rule

SHORT = timedelta(milliseconds=200)
RULES = RulesRead((Rule(id="r", name="R", version="1"),), NOON)


class RunningClock:
    """A clock that runs on from noon."""

    def __init__(self) -> None:
        self._began = asyncio.get_running_loop().time()

    def now(self) -> datetime:
        """Give the time."""
        return NOON + timedelta(seconds=asyncio.get_running_loop().time() - self._began)


async def ticked(bus: SqliteBus, seconds: float) -> list[type | None]:
    """Run a ticker for a while; give the kinds of what it published."""
    stop = asyncio.Event()
    running = asyncio.create_task(Ticker(bus, lambda: RULES, Announcer(), RunningClock(), every=SHORT).run(stop))
    await asyncio.sleep(seconds)
    stop.set()
    await running
    return [kind_of(record.message) for record in bus.read(topics.MATCHES.name)]


async def test_the_rules_are_said_once_and_ticks_follow(tmp_path: Path) -> None:
    """Before the first tick stands which rules are in force; the ticks' times grow by the span between them."""
    with SqliteBus(tmp_path / "log.db") as bus:
        kinds = await ticked(bus, 0.7)
        times = [decode(r.message, Tick).at for r in bus.read(topics.MATCHES.name) if kind_of(r.message) is Tick]
    assert kinds[:3] == [RuleEdited, RulesInForce, Tick]
    assert set(kinds[2:]) == {Tick}
    assert len(times) > 1
    assert all((later - earlier) % SHORT == timedelta(0) for earlier, later in pairwise(times))


async def test_while_news_waits_to_be_matched_no_tick_goes_out(tmp_path: Path) -> None:
    """What is behind holds the ticks back: no rule takes our own delay for silence."""
    with SqliteBus(tmp_path / "log.db") as bus:
        raw = raw_entry()
        bus.publish(topics.RAW.name, [encode(raw, key="k", time=raw.seen_at)])
        assert Tick not in await ticked(bus, 0.5)
        bus.commit("admit", {topics.RAW.name: 1})
        assert Tick in await ticked(bus, 0.5)


def test_a_schedule_names_the_next_time() -> None:
    """Cron, in UTC: Monday noon is followed by Friday 4:02."""
    assert next_time("2 4 * * mon,fri", NOON) == datetime(2026, 11, 27, 4, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "at", "is_in", "opening"),
    [
        (ActiveHours(start=480, end=1200), "2026-11-23T12:00", True, None),
        (ActiveHours(start=480, end=1200), "2026-11-23T20:00", False, "2026-11-24T08:00"),
        (ActiveHours(start=480, end=1200, timezone="Asia/Damascus"), "2026-11-23T04:59", False, "2026-11-23T05:00"),
        (ActiveHours(start=1200, end=360), "2026-11-23T23:00", True, None),
        (ActiveHours(start=1200, end=360), "2026-11-23T05:59", True, None),
        (ActiveHours(start=1200, end=360, days=(0,)), "2026-11-24T05:59", True, None),
        (ActiveHours(start=1200, end=360, days=(0,)), "2026-11-23T05:59", False, "2026-11-23T20:00"),
        (ActiveHours(start=540, end=1020, days=(0, 1, 2, 3, 4)), "2026-11-27T18:00", False, "2026-11-30T09:00"),
        (ActiveHours(start=0, end=1440), "2026-11-23T00:00", True, None),
        (ActiveHours(start=480, end=1200, timezone="Europe/London"), "2026-03-28T21:00", False, "2026-03-29T07:00"),
    ],
)  # fmt: skip
def test_active_hours_are_of_their_own_place(hours: ActiveHours, at: str, is_in: bool, opening: str | None) -> None:  # noqa: FBT001 - a table's column
    """Hours go by the place's clock, over midnight and the change to summer time too; days by when a night began."""
    now = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert is_open(hours, now) is is_in
    if opening:
        assert next_opening(hours, now) == datetime.fromisoformat(opening).replace(tzinfo=UTC)
