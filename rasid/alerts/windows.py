"""Counting in windows of time: events in order of their time, whatever order they came in."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from rasid.domain.rule_state import Event, Lost

ALL = "all"
MISSING = "None"
_MOST_KEYS = 64


def add(events: list[Event], event: Event) -> None:
    """Put an event where its time belongs; a late one goes before those that happened after it."""
    events.insert(bisect_right(events, event.at, key=lambda one: one.at), event)


def drop_before(events: list[Event], start: datetime) -> None:
    """Forget what happened at `start` or earlier."""
    del events[: bisect_right(events, start, key=lambda one: one.at)]


def watched_since(now: datetime, timeframe: timedelta, lost: Sequence[Lost]) -> datetime:
    """Give the time since which a whole timeframe was watched: what was lost (we were not there) does not count."""
    start = now - timeframe
    for one in reversed(lost):
        if one.until <= start:
            break
        start -= one.until - one.since
    return start


def split_at(events: list[Event], now: datetime, timeframe: timedelta) -> tuple[list[Event], list[Event]]:
    """Give the events of the last timeframe, and those of the timeframe before it. Forgets what is older."""
    drop_before(events, now - 2 * timeframe)
    middle = bisect_right(events, now - timeframe, key=lambda one: one.at)
    return events[middle:], events[:middle]


def keys_of(fields: tuple[str, ...], values: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Give what an article counts under: each value of a field that has many (a spike of *any* place).

    Several fields make one compound key, joined by commas; a field without a value is "None". At most 64.
    """
    if not fields:
        return (ALL,)
    found: list[str] = [""]
    for number, name in enumerate(fields):
        own = values.get(name) or (MISSING,)
        joint = "," if number else ""
        found = [f"{key}{joint}{value}" for key in found for value in own][:_MOST_KEYS]
    return tuple(dict.fromkeys(found))


def newest(events: Iterable[Event], most: int) -> tuple[str, ...]:
    """Give the ids of the newest events, oldest of them first."""
    return tuple(dict.fromkeys(event.id for event in list(events)[-most:]))
