"""The order of polls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ingest.agenda import Agenda

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """Give a time some minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def test_feeds_come_in_order_of_time_and_not_before() -> None:
    """The earliest due feed comes first; one whose time has not come does not."""
    agenda = Agenda()
    agenda.put("سانا", "a", at(2))
    agenda.put("SANA", "b", at(1))
    agenda.put("САНА", "c", at(9))
    assert agenda.next_due() == at(1)
    assert agenda.take(at(0)) is None
    assert [agenda.take(at(5)), agenda.take(at(5)), agenda.take(at(5))] == [("SANA", "b"), ("سانا", "a"), None]
    assert agenda.next_due() == at(9)


def test_a_host_is_given_out_once_until_released() -> None:
    """The second feed of a host waits for the first, those of other hosts do not."""
    agenda = Agenda()
    agenda.put("one", "host", at(0))
    agenda.put("two", "host", at(1))
    agenda.put("other", "elsewhere", at(2))
    assert agenda.take(at(5)) == ("one", "host")
    assert agenda.take(at(5)) == ("other", "elsewhere")
    assert agenda.take(at(5)) is None
    assert agenda.next_due() is None
    agenda.release("host")
    assert agenda.take(at(5)) == ("two", "host")


def test_moved_and_removed_feeds_leave_no_trace() -> None:
    """A feed put again has only its new time; a removed one never comes."""
    agenda = Agenda()
    agenda.put("moved", "a", at(1))
    agenda.put("moved", "a", at(7))
    agenda.put("removed", "b", at(1))
    agenda.remove("removed")
    agenda.remove("never there")
    assert agenda.take(at(6)) is None
    assert agenda.next_due() == at(7)
    assert len(agenda) == 1


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3), st.integers(0, 50)), max_size=60), st.randoms())
def test_every_feed_comes_exactly_once_and_hosts_never_twice(puts: list[tuple[int, int, int]], random: object) -> None:
    """In any order of puts and releases each feed is given out once, and no host is given out while busy."""
    agenda = Agenda()
    wanted = {}
    for feed, _, minute in puts:
        agenda.put(str(feed), str(feed % 4), at(minute))
        wanted[str(feed)] = minute
    given_out: list[str] = []
    busy: list[str] = []
    for _ in range(1000):
        taken = agenda.take(at(100))
        if taken is not None:
            assert taken[1] not in busy
            given_out.append(taken[0])
            busy.append(taken[1])
        elif busy:
            agenda.release(busy.pop(random.randrange(len(busy))))  # type: ignore[attr-defined]
        else:
            break
    assert sorted(given_out) == sorted(wanted)
