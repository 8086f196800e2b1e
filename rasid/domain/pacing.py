"""How much a receiver takes: so many messages in a time, or one digest at set times. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_UNITS = {"minute": 60, "hour": 3600, "day": 86_400}
_LIMIT = re.compile(r"(\d{1,6}) *(?:per|/|a|an) *(minute|hour|day)")
_EVERY = re.compile(r"every (\d{1,4}) (minute|hour)s?")
_DAILY = re.compile(r"daily (\d{1,2}):(\d{2})")


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` messages in any `seconds`."""

    count: int
    seconds: float

    def is_reached(self, sent: Sequence[datetime], now: datetime) -> bool:
        """Tell whether as many as may were sent within the time before `now`."""
        since = now - timedelta(seconds=self.seconds)
        return sum(at > since for at in sent) >= self.count


@dataclass(frozen=True, slots=True)
class Digest:
    """When gathered alerts go out: every `seconds`, counted from midnight UTC, or daily at `at` in `zone`."""

    seconds: float = 0.0
    at: time | None = None
    zone: str = "UTC"

    def next(self, after: datetime) -> datetime:
        """Give the first time of a digest later than `after`."""
        if self.at is None:
            number = int(after.timestamp() // self.seconds) + 1
            return datetime.fromtimestamp(number * self.seconds, tz=after.tzinfo)
        local = after.astimezone(ZoneInfo(self.zone))
        today = datetime.combine(local.date(), self.at, local.tzinfo)
        # By the wall clock: a day of 23 or 25 hours has its digest at the same hour.
        due = today if today > local else datetime.combine(local.date() + timedelta(days=1), self.at, local.tzinfo)
        return due.astimezone(after.tzinfo)


def parse_limit(text: str) -> Limit:
    """Read "20 per hour". Raises ValueError with a sentence."""
    found = _LIMIT.fullmatch(text.strip())
    if found is None or not int(found[1]):
        raise ValueError(f"{text!r} is no limit: write as in 20 per hour")
    return Limit(int(found[1]), _UNITS[found[2]])


def parse_digest(text: str, zone: str = "UTC") -> Digest:
    """Read "hourly", "every 30 minutes" or "daily 07:00". Raises ValueError with a sentence."""
    words = text.strip()
    if words == "hourly":
        return Digest(_UNITS["hour"])
    if (found := _EVERY.fullmatch(words)) and int(found[1]):
        return Digest(int(found[1]) * _UNITS[found[2]])
    found = _DAILY.fullmatch(words)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:  # noqa: PLR2004 - a clock's
        raise ValueError(f"{text!r} is no time of a digest: write hourly, every 30 minutes, or daily 07:00")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{zone!r} is no time zone: write as in Asia/Damascus") from error
    return Digest(at=time(int(found[1]), int(found[2])), zone=zone)
