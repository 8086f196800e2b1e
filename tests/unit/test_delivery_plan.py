"""What waits for a receiver, what is done next, and what failures make of it: pure, over any log."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from alert_makers import alert
from hypothesis import given
from hypothesis import strategies as st
from makers import NOON

from rasid.codec import decode, encode
from rasid.domain.delivery import (
    OLDEST,
    Failure,
    Handover,
    Retry,
    again,
    dead,
    delivered,
    failed,
    intent,
    message_id,
    suppressed,
)
from rasid.domain.judgement import Precision
from rasid.domain.outbox import Ledger, Manner, Send, Suppress, Wait
from rasid.domain.pacing import Limit, parse_digest, parse_limit

MANNER = Manner()
SECOND = timedelta(seconds=1)


def waiting(number: int = 1, receiver: str = "مكتب", *, at: datetime = NOON) -> Handover:
    """Make an intent."""
    return intent(alert(number), receiver, at)


def ledger(*handovers: Handover) -> Ledger:
    """Fold handovers."""
    made = Ledger()
    for one in handovers:
        made.apply(one)
    return made


def test_the_oldest_goes_first_under_an_id_that_stays() -> None:
    """One message at a time, oldest first; its id is derived from alert and receiver."""
    first, second = waiting(2), waiting(1, at=NOON + SECOND)
    plan = ledger(second, first).plan("مكتب", MANNER, NOON)
    assert plan == Send((first,), message_id(first.alert_id, "مكتب"), 0)
    assert ledger(delivered(first, NOON), second).plan("مكتب", MANNER, NOON) == Send(
        (second,), message_id(second.alert_id, "مكتب"), 0
    )


def test_nothing_waits_for_ever_and_nobody_for_another() -> None:
    """Without work there is no time to wait for; one receiver's work is not another's."""
    assert ledger(waiting()).plan("почта", MANNER, NOON) == Wait(None)
    assert ledger(waiting()).waiting("почта") == []


def test_an_outage_rests_the_whole_receiver() -> None:
    """While a receiver is out nothing else is tried on it; a refusal holds up only its own message."""
    out = failed(waiting(1), Failure("503"), NOON, Retry(), 0.5)
    refused = failed(waiting(1), Failure("422", is_outage=False), NOON, Retry(), 0.5)
    assert ledger(out, waiting(2)).plan("مكتب", MANNER, NOON) == Wait(out.next_at)
    assert ledger(refused, waiting(2)).plan("مكتب", MANNER, NOON) == Send(
        (waiting(2),), message_id(waiting(2).alert_id, "مكتب"), 0
    )
    assert ledger(refused).plan("مكتب", MANNER, NOON) == Wait(refused.next_at)


def test_over_the_limit_alerts_are_held_back_and_counted() -> None:
    """What exceeds the limit is suppressed; the next message tells how many, and then no more."""
    manner = Manner(limit=Limit(1, 60))
    made = ledger(waiting(1), delivered(waiting(1), NOON), waiting(2), waiting(3))
    assert made.plan("مكتب", manner, NOON + SECOND) == Suppress((waiting(2), waiting(3)))
    for number in (2, 3):
        made.apply(suppressed(waiting(number), NOON, "over"))
    made.apply(waiting(4))
    later = made.plan("مكتب", manner, NOON + timedelta(minutes=2))
    assert isinstance(later, Send)
    assert later.held_back == 2
    made.apply(delivered(waiting(4), NOON + timedelta(minutes=2), told=2))
    made.apply(waiting(5))
    last = made.plan("مكتب", MANNER, NOON + timedelta(minutes=4))
    assert isinstance(last, Send)
    assert last.held_back == 0


def test_a_digest_waits_for_its_time_and_stays_together() -> None:
    """Alerts gather until the digest is due; one recorded as going together is sent again just so."""
    manner = Manner(digest=parse_digest("hourly"))
    made = ledger(waiting(1), waiting(2, at=NOON + SECOND))
    assert made.plan("مكتب", manner, NOON + SECOND) == Wait(NOON + timedelta(hours=1))
    due = made.plan("مكتب", manner, NOON + timedelta(hours=1))
    assert isinstance(due, Send)
    assert due.is_new
    for one in due.handovers:
        made.apply(replace(one, batch=due.id))
    made.apply(waiting(3, at=NOON + timedelta(minutes=59)))
    again_ = made.plan("مكتب", manner, NOON + timedelta(hours=1))
    assert isinstance(again_, Send)
    assert (again_.id, len(again_.handovers), again_.is_new) == (due.id, 2, False)


def test_what_is_published_twice_is_sent_once() -> None:
    """An intent that comes again after its delivery, or while it waits, asks for nothing new."""
    made = ledger(waiting(), delivered(waiting(), NOON), waiting())
    assert made.waiting("مكتب") == []
    assert not made.follow(waiting())
    assert made.follow(again(dead(waiting(), NOON, "422"), NOON + SECOND))
    assert len(made.waiting("مكتب")) == 1


def test_following_takes_intents_only() -> None:
    """Outcomes that this process recorded itself come back from the log and change nothing."""
    made = ledger(waiting())
    tried = failed(waiting(), Failure("503"), NOON, Retry(), 0.5)
    assert not made.follow(tried)
    assert made.waiting("مكتب") == [waiting()]


def test_failures_wait_longer_and_end() -> None:
    """Each pause doubles, up to a quarter of an hour; after the last try the alert is dead, with its cause."""
    one, now, pauses = waiting(), NOON, []
    retry = Retry(attempts=14)
    while one.status == "waiting":
        one = failed(one, Failure("нет ответа"), now, retry, 0.5)
        if one.next_at:
            pauses.append((one.next_at - now).total_seconds())
            now = one.next_at
    assert pauses == [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]
    assert (one.status, one.attempts, one.cause, one.alert) == ("dead", 14, "нет ответа", alert(1))
    assert sum(pauses) > 3600, "an hour of 500 kills nothing"


def test_an_hour_of_500_kills_nothing_by_default() -> None:
    """The default patience outlives an outage of two hours."""
    retry = Retry()
    assert sum(retry.pause(number, 0.0) for number in range(1, retry.attempts)) > 7200


@pytest.mark.parametrize(
    ("failure", "attempts", "status"),
    [
        (Failure("422", is_outage=False), 3, "dead"),
        (Failure("partly", is_outage=False, is_final=True), 1, "dead"),
        (Failure("503", retry_after=100.0), 1, "waiting"),
    ],
)
def test_refusals_end_sooner(failure: Failure, attempts: int, status: str) -> None:
    """A receiver that answers and says no is asked three times; a final no once."""
    one = waiting()
    for _ in range(attempts):
        assert one.status == "waiting"
        one = failed(one, failure, NOON, Retry(), 0.0)
    assert one.status == status


def test_retry_after_is_heeded_within_reason() -> None:
    """A receiver's own wish counts where it is longer than ours, and not for ever."""
    wished = failed(waiting(), Failure("429", retry_after=100.0), NOON, Retry(), 0.5)
    endless = failed(waiting(), Failure("429", retry_after=1e9), NOON, Retry(), 0.5)
    assert wished.next_at == NOON + timedelta(seconds=100)
    assert endless.next_at == NOON + timedelta(seconds=3600)


def test_old_news_dies() -> None:
    """After three days of waiting an alert is given up, however few tries it had."""
    assert failed(waiting(), Failure("503"), NOON + OLDEST + SECOND, Retry(), 0.5).status == "dead"


def test_a_handover_survives_the_log() -> None:
    """What is written is read again, in three scripts."""
    one = replace(waiting(receiver="مكتب"), cause="нет ответа", next_at=NOON, batch="b", alert=alert(language="ar"))
    assert decode(encode(one, key=one.key, time=NOON), Handover) == one


Steps = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from(["intent", "sent", "fails", "refused", "held", "again"])), max_size=40
)


@given(steps=Steps, doubled=st.lists(st.booleans(), min_size=40, max_size=40))
def test_records_published_twice_change_nothing(steps: list[tuple[int, str]], doubled: list[bool]) -> None:
    """A log in which records stand twice in a row folds to the same as the log without."""
    log = history(steps)
    once, twice = ledger(*log), Ledger()
    for one, is_double in zip(log, doubled, strict=False):
        for _ in range(1 + is_double):
            twice.apply(one)
    now = NOON + timedelta(days=1)
    assert once.waiting("مكتب") == twice.waiting("مكتب")
    assert once.plan("مكتب", MANNER, now) == twice.plan("مكتب", MANNER, now)


@given(steps=Steps)
def test_what_is_settled_is_not_sent_again(steps: list[tuple[int, str]]) -> None:
    """Whatever happened before, an alert whose last record is settled never comes up again."""
    log = history(steps)
    last = {one.alert_id: one for one in log}
    there = {one.alert_id for one in ledger(*log).waiting("مكتب")}
    assert there == {alert_id for alert_id, one in last.items() if one.status == "waiting"}


def history(steps: list[tuple[int, str]]) -> list[Handover]:
    """Make a log as the deliver step and the outbox write it."""
    last: dict[int, Handover] = {}
    log: list[Handover] = []
    for second, (number, what) in enumerate(steps):
        at = NOON + second * SECOND
        before = last.get(number)
        made = None
        if before is None:
            made = waiting(number, at=at)
        elif before.status == "waiting" and what != "intent":
            made = {
                "sent": delivered(before, at),
                "fails": failed(before, Failure("503"), at, Retry(), 0.5),
                "refused": failed(before, Failure("422", is_outage=False), at, Retry(), 0.5),
                "held": suppressed(before, at, "over"),
            }.get(what)
        elif before.status == "dead" and what == "again":
            made = again(before, at)
        if made is not None:
            last[number] = made
            log.append(made)
    return log


@pytest.mark.parametrize(
    ("text", "count", "seconds"), [("20 per hour", 20, 3600), ("1/minute", 1, 60), ("5 a day", 5, 86_400)]
)
def test_limits_are_read(text: str, count: int, seconds: int) -> None:
    """A limit is so many per minute, hour or day."""
    assert parse_limit(text) == Limit(count, seconds)


@pytest.mark.parametrize(
    ("text", "zone", "after", "due"),
    [
        ("hourly", "UTC", "2026-11-23T12:00:00", "2026-11-23T13:00:00"),
        ("every 30 minutes", "UTC", "2026-11-23T12:29:59", "2026-11-23T12:30:00"),
        ("every 6 hours", "UTC", "2026-11-23T12:00:01", "2026-11-23T18:00:00"),
        ("daily 07:00", "UTC", "2026-11-23T07:00:00", "2026-11-24T07:00:00"),
        ("daily 07:00", "Asia/Damascus", "2026-11-23T03:59:59", "2026-11-23T04:00:00"),
        ("daily 07:00", "Europe/London", "2026-10-24T12:00:00", "2026-10-25T07:00:00"),  # the clocks went back
        ("daily 07:00", "Europe/London", "2026-10-23T12:00:00", "2026-10-24T06:00:00"),
    ],
)
def test_digests_are_due(text: str, zone: str, after: str, due: str) -> None:
    """The next time of a digest, by the receiver's own clock."""
    start = datetime.fromisoformat(after).replace(tzinfo=UTC)
    assert parse_digest(text, zone).next(start) == datetime.fromisoformat(due).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("right", "wrong", "low", "high"),
    # Values of Wilson's interval from the formula worked by hand with z = 1.959964.
    [(0, 0, 0.0, 1.0), (10, 0, 0.7225, 1.0), (0, 10, 0.0, 0.2775), (8, 2, 0.4902, 0.9433), (50, 50, 0.4038, 0.5962)],
)
def test_wilson_interval(right: int, wrong: int, low: float, high: float) -> None:
    """The 95 % interval of a rule's precision."""
    found = Precision(right=right, wrong=wrong).interval
    assert all(math.isclose(one, two, abs_tol=1e-4) for one, two in zip(found, (low, high), strict=True))


@given(right=st.integers(0, 10_000), wrong=st.integers(0, 10_000))
def test_the_interval_holds_the_share(right: int, wrong: int) -> None:
    """The share lies in its interval, which lies in 0..1."""
    found = Precision(right=right, wrong=wrong)
    low, high = found.interval
    assert 0.0 <= low <= high <= 1.0
    assert found.share is None or low - 1e-9 <= found.share <= high + 1e-9
