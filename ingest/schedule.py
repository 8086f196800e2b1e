"""When a feed is asked next: pure arithmetic on times.

The interval follows the feed's own rhythm. Media Cloud's rss-fetcher aims at a third to two thirds of known entries per
poll; Common Crawl's news-crawl lengthens by 1.5 and shortens by 0.8. Both meet here. The share is taken over a feed's
newest entries only, so that a long document is not polled more rarely than a short one with the same news.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from rasid.domain.feed import Feed

FIRST_INTERVAL = 900.0
FAILURE_CAP = 86_400.0
MAX_RETRY_AFTER = 7 * 86_400.0
LONGER, SHORTER = 1.5, 0.8
_NEWEST = 10
_JITTER = 0.1
_HOUR = timedelta(hours=1)
_HOURS_A_WEEK = 7 * 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a feed asks of its readers: seconds between polls, hours (UTC) and weekdays (0 = Monday) to leave out."""

    at_least: float = 0.0
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()


NO_WISHES = Wishes()


def adapted(interval: float, feed: Feed, *, entries: int, new_entries: int, elapsed: float = 0.0) -> float:
    """Give the interval that suits what a poll showed, in seconds, within the feed's bounds.

    `entries` and `new_entries` count the document's; a document that did not change has no new ones. `elapsed` is the
    time since the poll before: a feed that woke up, with more new entries than are looked at, is asked at its new pace
    at once, as steps of 0.8 would take it a day to get there.
    """
    looked_at = min(entries, _NEWEST)
    known = looked_at - min(new_entries, looked_at)
    if looked_at == 0 or 3 * known > 2 * looked_at:
        return bounded(interval * LONGER, feed)
    if 3 * known >= looked_at:
        return bounded(interval, feed)
    shorter = interval * SHORTER
    if new_entries > _NEWEST:
        pace = max(elapsed, interval) / new_entries
        shorter = min(shorter, pace * _NEWEST / 2)
    return bounded(shorter, feed)


def bounded(interval: float, feed: Feed) -> float:
    """Give the interval within the feed's bounds."""
    return min(max(interval, feed.min_interval), feed.max_interval)


def after_success(interval: float, feed: Feed, now: datetime, wishes: Wishes = NO_WISHES) -> datetime:
    """Give the time of the next poll. The wishes count as far as the feed's bounds allow; jitter stays within both."""
    floor = bounded(wishes.at_least, feed)
    low = max(floor, interval * (1 - _JITTER))
    high = max(low, min(feed.max_interval, interval * (1 + _JITTER)))
    due = now + timedelta(seconds=low + _fraction(feed.id, now) * (high - low))
    latest = now + timedelta(seconds=feed.max_interval)
    return min(_outside_skipped(due, wishes), max(due, latest))


def after_failure(
    interval: float, feed: Feed, now: datetime, *, failures: float, retry_after: float | None = None
) -> datetime:
    """Give the time of the next try. `failures` is the weight added up since the last success (see FailureWeight).

    The wait doubles with each whole weight, up to a day or the feed's own longest interval: a dead feed is asked once
    a day for good. A server's Retry-After holds to the second (RFC 9110, section 10.2.3; up to a week), but a server
    that keeps refusing is not asked more often than the feed's shortest interval.
    """
    if retry_after is not None:
        floor = feed.min_interval if failures > 1 else 1.0
        return now + timedelta(seconds=min(max(retry_after, floor), MAX_RETRY_AFTER))
    cap = max(feed.max_interval, FAILURE_CAP)
    wait = min(cap, bounded(interval, feed) * 2 ** min(failures, 32.0))
    jitter = 1 + _JITTER * (2 * _fraction(feed.id, now) - 1)
    return now + timedelta(seconds=min(cap, wait * jitter))


def _fraction(feed_id: str, now: datetime) -> float:
    """Give a number in [0, 1) that looks random, but is the same for the same feed and time."""
    digest = hashlib.blake2b(f"{feed_id}\n{now.timestamp()}".encode(), digest_size=4).digest()
    return int.from_bytes(digest) / 2**32


def _outside_skipped(due: datetime, wishes: Wishes) -> datetime:
    """Move `due` to the start of the first hour that is not skipped; a feed that skips all hours skips none."""
    if not wishes.skip_hours and not wishes.skip_days:
        return due
    later = due
    for _ in range(_HOURS_A_WEEK):
        if later.hour not in wishes.skip_hours and later.weekday() not in wishes.skip_days:
            return later
        later = later.replace(minute=0, second=0, microsecond=0) + _HOUR
    return due
