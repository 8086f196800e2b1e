"""The service alerts on itself: once when a trouble begins, once when it ends, and never flapping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from makers import NOON

from rasid.app.delivery.render import title_of
from rasid.app.delivery.self_watch import Bounds, Reading, SelfWatch
from rasid.app.delivery.watchman import bounds_of
from rasid.domain.alert import Alert
from rasid.domain.errors import InputError
from rasid.settings import Settings

MINUTE = timedelta(minutes=1)
STARTED = NOON - timedelta(days=10)


def reading(minutes: float = 0, **changes: object) -> Reading:
    """Make a reading of a service in which all is well."""
    at = NOON + minutes * MINUTE
    return replace(Reading(at=at, started_at=STARTED, article_at=at), **changes)  # type: ignore[arg-type]


def codes(alerts: Sequence[Alert]) -> list[str]:
    """Give what alerts are about."""
    return [alert.why[0].clause for alert in alerts]


def told(watch: SelfWatch, readings: Sequence[Reading]) -> list[str]:
    """Give what is told over several readings."""
    return [code for one in readings for code in codes(watch(one))]


def test_all_well_says_nothing() -> None:
    """A service that runs is silent, without a heartbeat asked for."""
    assert told(SelfWatch(Bounds()), [reading(n) for n in range(0, 3000, 7)]) == []


def test_no_article_is_told_once_and_its_end_too() -> None:
    """Silence begins one alert, and the first article after it ends it, in the reader's language."""
    watch = SelfWatch(Bounds(article_minutes=120))
    assert told(watch, [reading(n, article_at=NOON) for n in range(120)]) == []
    (began,) = watch(reading(120, article_at=NOON))
    assert told(watch, [reading(n, article_at=NOON) for n in range(121, 500)]) == []
    (ended,) = watch(reading(500))
    assert (began.kind, began.level, ended.level, ended.follows) == ("service", "high", "normal", began.id)
    assert title_of(began, "ar") == "لا أخبار جديدة منذ 120 دقيقة"
    assert title_of(began, "ru") == "Нет новых статей уже 120 мин"
    assert title_of(ended, "en") == "Articles arrive again after 380 minutes"


def test_a_start_after_a_long_rest_is_no_silence() -> None:
    """What was missed while the service did not run does not count."""
    old = NOON - timedelta(days=3)
    fresh = reading(0, started_at=NOON - MINUTE, article_at=old, feeds={"سانا": old}, languages={"ar": old})
    assert SelfWatch(Bounds())(fresh) == []


def test_feeds_and_languages_gone_silent() -> None:
    """Each silent feed and language is told by name, and when it speaks again."""
    watch = SelfWatch(Bounds(feed_hours=72, language_hours=24))
    old = NOON - timedelta(hours=80)
    made = watch(reading(0, feeds={"سانا": old, "ТАСС": NOON}, languages={"ru": old, "ar": NOON}))
    assert [(alert.why[0].clause, alert.why[0].words) for alert in made] == [
        ("feed_silent", ("سانا", "80")), ("language_silent", ("ru", "80")),
    ]  # fmt: skip
    back = watch(reading(1, feeds={"سانا": NOON + MINUTE}, languages={"ru": NOON + MINUTE}))
    assert codes(back) == ["feed_silent_over", "language_silent_over"]


def test_when_nothing_comes_at_all_one_alert_says_so() -> None:
    """An outage of the network is one alert, not one a feed; the feeds' troubles are not over by it either."""
    old = NOON - timedelta(hours=80)
    feeds = {f"лента {n}": old for n in range(100)}
    assert told(SelfWatch(Bounds()), [reading(n, article_at=old, feeds=feeds) for n in range(5)]) == ["no_articles"]


def test_lag_must_last() -> None:
    """A burst is no trouble; a lag of five minutes is, and ends when half is worked off."""
    watch = SelfWatch(Bounds(lag=1000))
    burst = [reading(n, lag=5000 if n < 4 else 0) for n in range(10)]
    assert told(watch, burst) == []
    lasting = [reading(n, lag=lag) for n, lag in enumerate([2000] * 8 + [900, 1100, 800, 400], 20)]
    assert told(watch, lasting) == ["lag", "lag_over"]


def test_dead_letters_growing() -> None:
    """New dead letters within an hour are told once, however many more come, and their end after a quiet hour."""
    watch = SelfWatch(Bounds(dead_letters=1))
    readings = [reading(n, dead=7 + min(max(0, n - 5), 30)) for n in range(200)]
    assert told(watch, readings) == ["dead_letters", "dead_letters_over"]
    assert told(SelfWatch(Bounds()), [reading(n, dead=7) for n in range(100)]) == [], "old ones are no news"


def test_a_failing_receiver() -> None:
    """A receiver that takes nothing for ten minutes is told of to the others, with the cause."""
    watch = SelfWatch(Bounds(receiver_minutes=10))
    failing = {"desk": (NOON, "503")}
    made = [one for n in range(30) for one in watch(reading(n, receivers=failing))]
    assert [alert.why[0].words for alert in made] == [("desk", "503")]
    assert codes(watch(reading(31))) == ["receiver_failing_over"]


def test_the_heartbeat_comes_daily() -> None:
    """Once a day at its time, with the day's counts; not again after a restart."""
    bounds = Bounds(heartbeat=time(8))
    readings = [reading(n, articles_today=120, alerts_today=3) for n in range(0, 3 * 1440, 10)]
    watch = SelfWatch(bounds)
    made = [one for one_reading in readings for one in watch(one_reading)]
    assert [alert.created_at.date().day for alert in made] == [23, 24, 25, 26]
    assert title_of(made[0], "en") == "Rasid is running: 120 articles, 3 alerts in 24 hours"
    assert SelfWatch(bounds, made)(readings[-1]) == []


def test_zero_turns_a_watch_off() -> None:
    """Each bound of 0 asks for nothing."""
    off = Bounds(article_minutes=0, feed_hours=0, language_hours=0, lag=0, dead_letters=0, receiver_minutes=0)
    old = NOON - timedelta(days=9)
    bad = [reading(n, article_at=old, feeds={"x": old}, languages={"ar": old}, lag=10**6, dead=n,
                   receivers={"r": (old, "500")}) for n in range(100)]  # fmt: skip
    assert told(SelfWatch(off), bad) == []


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.integers(0, 5000), st.integers(0, 3), st.booleans()), min_size=1, max_size=60
    ),
    st.integers(0, 59),
)
def test_a_restart_neither_repeats_nor_forgets(steps: list[tuple[int, int, int, bool]], cut: int) -> None:
    """Begins and ends alternate for each trouble, also over a restart that folds what was told before."""
    readings, minutes, dead, article = [], 0, 0, NOON
    for passed, lag, more, fresh in steps:
        minutes, dead = minutes + passed, dead + more
        article = NOON + minutes * MINUTE if fresh else article
        receivers = {} if fresh else {"desk": (article, "500")}
        readings.append(reading(minutes, article_at=article, lag=lag, dead=dead, receivers=receivers))
    before = SelfWatch(Bounds())
    made = [one for one_reading in readings[:cut] for one in before(one_reading)]
    after = SelfWatch(Bounds(), made)
    made += [one for one_reading in readings[cut:] for one in after(one_reading)]
    assert len({alert.id for alert in made}) == len(made)
    for code in ("no_articles", "lag", "dead_letters", "receiver_failing"):
        mine = [one.endswith("_over") for one in codes(made) if one.removesuffix("_over") == code]
        assert mine == [bool(n % 2) for n in range(len(mine))]


def test_a_heartbeat_that_is_no_time_is_a_clear_error() -> None:
    """The setting names itself."""
    with pytest.raises(InputError, match="watch_heartbeat: 'утром' is no time of day like 08:00"):
        bounds_of(Settings(watch_heartbeat="утром"))
