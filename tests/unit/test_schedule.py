"""When feeds are asked next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.schedule import FAILURE_CAP, MAX_RETRY_AFTER, Wishes, adapted, after_failure, after_success
from rasid.domain.feed import Feed

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)  # a Monday
FEED = Feed(id="sana", url="https://sana.sy/feed", title="سانا", source="САНА", min_interval=300, max_interval=21_600)

intervals = st.floats(1, 1e6)
bounds = st.tuples(intervals, intervals).map(sorted)
times = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


def feed(low: float, high: float) -> Feed:
    """Make a feed with these bounds."""
    return Feed(id="سانا", url="https://sana.sy/", title="SANA", source="САНА", min_interval=low, max_interval=high)


@pytest.mark.parametrize(
    ("entries", "new", "factor"),
    [
        (0, 0, 1.5),  # unchanged
        (20, 0, 1.5),
        (20, 3, 1.5),  # 70 % of the ten newest known
        (20, 4, 1.0),
        (20, 6, 1.0),
        (20, 7, 0.8),
        (20, 10, 0.8),
        (100, 5, 1.0),  # a long document is no slow feed
        (3, 3, 0.8),
        (3, 1, 1.0),
        (1, 1, 0.8),
    ],
)
def test_the_interval_follows_the_share_of_known_entries(entries: int, new: int, factor: float) -> None:
    """Most new is shorter by .8, most known longer by 1.5, a third to two thirds as it was."""
    assert adapted(1000, FEED, entries=entries, new_entries=new) == pytest.approx(1000 * factor)


def test_a_feed_that_wakes_up_is_followed_at_once() -> None:
    """Forty new entries in a thousand seconds are a pace; after a long sleep of ours they are none."""
    assert adapted(10_000, FEED, entries=50, new_entries=40, elapsed=10_000) == pytest.approx(1250)
    assert adapted(1000, FEED, entries=50, new_entries=40, elapsed=40_000) == pytest.approx(800)


@given(bounds, intervals, st.integers(0, 1000), st.integers(0, 1000), intervals)
def test_the_interval_stays_in_bounds(
    limits: list[float], interval: float, entries: int, new: int, gone: float
) -> None:
    """Whatever a poll shows, the interval stays within the feed's bounds."""
    found = adapted(interval, feed(*limits), entries=entries, new_entries=min(new, entries), elapsed=gone)
    assert limits[0] <= found <= limits[1]


@given(bounds, times, st.floats(0, 1e7), st.frozensets(st.integers(0, 23)), st.frozensets(st.integers(0, 6)))
def test_the_next_poll_lies_within_the_bounds(
    limits: list[float], now: datetime, ttl: float, hours: frozenset[int], days: frozenset[int]
) -> None:
    """Jitter and a feed's wishes never lead outside the feed's bounds."""
    wishes = Wishes(at_least=ttl, skip_hours=hours, skip_days=days)
    wait = (after_success((limits[0] + limits[1]) / 2, feed(*limits), now, wishes) - now).total_seconds()
    assert limits[0] - 1e-5 <= wait <= limits[1] + 1e-5


def test_jitter_spreads_by_a_tenth_and_is_the_same_each_time() -> None:
    """Polls of many feeds and times spread over ± 10 %, and the same feed and time give the same wait."""
    waits = [(after_success(1000, FEED, NOON + timedelta(days=n)) - NOON).total_seconds() % 86_400 for n in range(200)]
    assert min(waits) >= 900
    assert max(waits) <= 1100
    assert max(waits) - min(waits) > 150
    assert after_success(1000, FEED, NOON) == after_success(1000, FEED, NOON)


def test_a_servers_least_time_is_never_undercut() -> None:
    """A ttl or max-age holds as far as the feed's longest interval, jitter or not."""
    for day in range(50):
        now = NOON + timedelta(days=day)
        assert (after_success(300, FEED, now, Wishes(at_least=3600)) - now).total_seconds() >= 3600
        assert (after_success(300, FEED, now, Wishes(at_least=1e9)) - now).total_seconds() == pytest.approx(21_600)


def test_skipped_hours_and_days_are_left_out() -> None:
    """A poll due in a skipped hour waits for the next that is not; one that would wait too long does not."""
    night = Wishes(skip_hours=frozenset({12, 13, 14}))
    assert after_success(900, FEED, NOON, night) == NOON.replace(hour=15)
    long = Feed(id="f", url="https://x/", title="t", source="s", max_interval=7 * 86_400)
    monday_off = Wishes(skip_days=frozenset({0}))
    assert after_success(900, long, NOON, monday_off) == datetime(2026, 11, 24, tzinfo=UTC)
    assert after_success(900, FEED, NOON, monday_off) == NOON + timedelta(seconds=21_600)
    always = Wishes(skip_hours=frozenset(range(24)))
    assert after_success(900, FEED, NOON, always) - NOON < timedelta(seconds=1000)


def test_failures_double_the_wait_up_to_a_day() -> None:
    """Each whole weight doubles the wait; a dead feed is asked once a day for good, never less."""
    waits = [(after_failure(900, FEED, NOON, failures=n) - NOON).total_seconds() for n in (0.25, 1, 2, 3, 10, 1e6)]
    for wait, wanted in zip(waits, (900 * 2**0.25, 1800, 3600, 7200, FAILURE_CAP, FAILURE_CAP), strict=True):
        assert wanted * 0.9 <= wait <= min(wanted * 1.1, FAILURE_CAP)


@given(st.floats(2, MAX_RETRY_AFTER), st.floats(0, 1))
def test_retry_after_is_kept_to_the_second(seconds: float, failures: float) -> None:
    """The first refusals are obeyed exactly, without jitter."""
    due = after_failure(900, FEED, NOON, failures=failures, retry_after=seconds)
    assert (due - NOON).total_seconds() == pytest.approx(seconds, abs=1e-5)


def test_retry_after_has_sane_ends() -> None:
    """Nobody is asked every second for ever, and no server can silence a feed for years."""
    assert after_failure(900, FEED, NOON, failures=5, retry_after=1) == NOON + timedelta(seconds=300)
    assert after_failure(900, FEED, NOON, failures=1, retry_after=0) == NOON + timedelta(seconds=1)
    assert after_failure(900, FEED, NOON, failures=1, retry_after=1e12) == NOON + timedelta(seconds=MAX_RETRY_AFTER)
