"""Dates and times in queries: 2026, 2026-11, 2026-11-23 and 2026-11-23T12:05, alone or as the ends of a range."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from luqum import tree

from rasid.domain.errors import QueryError
from rasid.domain.query import Between, TimeField

_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")
_INSTANT = timedelta(microseconds=1)
ErrorAt = Callable[[str, tree.Item], QueryError]


def moment(text: str, where: TimeField, node: tree.Item, error: ErrorAt) -> Between:
    """Give the span that a date or time names: a year, a month, a day or an instant; * is any time at all."""
    if text == "*":
        return Between(where, None, None)
    first, last = _span(text, node, error)
    return Between(where, first, last)


def between(node: tree.Item, where: TimeField, error: ErrorAt) -> Between:
    """Give the span of a range: [ and ] take their ends in, { and } leave them out, * is open."""
    if isinstance(node, tree.Range):
        low = _bound(node.low, node, error, is_end=False, is_open=not node.include_low)
        high = _bound(node.high, node, error, is_end=True, is_open=not node.include_high)
        return Between(where, low, high)
    is_end = isinstance(node, tree.To)
    bound = _bound(node.children[0], node, error, is_end=is_end, is_open=not node.include)
    return Between(where, None, bound) if is_end else Between(where, bound, None)


def _bound(given: tree.Item, node: tree.Item, error: ErrorAt, *, is_end: bool, is_open: bool) -> datetime | None:
    text = str(given).strip().strip('"')
    if text == "*":
        return None
    first, last = _span(text, node, error)
    return last if is_end != is_open else first


def _span(text: str, node: tree.Item, error: ErrorAt) -> tuple[datetime, datetime]:
    try:
        if date := _DATE.fullmatch(text):
            return _days(int(date[1]), date[2], date[3])
        time = datetime.fromisoformat(text)
        time = time if time.tzinfo else time.replace(tzinfo=UTC)
        return time, time + _INSTANT
    except (ValueError, OverflowError) as wrong:
        raise error(f"{text!r} is no date: write 2026-11-23 or 2026-11-23T12:00", node) from wrong


def _days(year: int, month: str | None, day: str | None) -> tuple[datetime, datetime]:
    start = datetime(year, int(month or 1), int(day or 1), tzinfo=UTC)
    if day:
        return start, start + timedelta(days=1)
    if month:
        return start, (start + timedelta(days=31)).replace(day=1)
    return start, start.replace(year=year + 1)
