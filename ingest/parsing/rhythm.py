"""When RSS asks not to be polled: skipHours and skipDays (rssboard.org/skip-hours-days), which feedparser drops."""

from __future__ import annotations

import re
from typing import Final

_WITHIN: Final = 200_000  # bytes: the channel's own elements stand before its items, or a feed has few of them
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOUR: Final = re.compile(r"<hour>\s*(\d{1,2})\s*</hour>", re.IGNORECASE)
_DAY: Final = re.compile(r"<day>\s*([a-z]{3,9})\s*</day>", re.IGNORECASE)
_MIDNIGHT: Final = 24


def skip_hours(utf8: bytes) -> frozenset[int]:
    """Give the hours (0-23, UTC) in which the feed says it does not change; 24 is 0."""
    hours = (int(hour) for hour in _HOUR.findall(_section(utf8, b"skipHours")))
    return frozenset(hour % _MIDNIGHT for hour in hours if hour <= _MIDNIGHT)


def skip_days(utf8: bytes) -> frozenset[int]:
    """Give the weekdays (0 = Monday, UTC) on which the feed says it does not change."""
    days = (day.lower() for day in _DAY.findall(_section(utf8, b"skipDays")))
    return frozenset(_DAYS.index(day) for day in days if day in _DAYS)


def _section(utf8: bytes, name: bytes) -> str:
    start = utf8.find(b"<" + name, 0, _WITHIN)
    if start < 0:
        return ""
    end = utf8.find(b"</" + name, start, start + 5_000)
    return utf8[start:end].decode("utf-8", "replace") if end >= 0 else ""
