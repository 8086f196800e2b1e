"""What every Bus promises. An adapter's test module subclasses BusContract and gives the fixture `open_bus`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from rasid.domain.errors import StoreError
from rasid.domain.topics import ARTICLES, BACKFILL, KNOWN, RAW
from rasid.ports import Bus, Message, Record

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TEXTS = ("سوريا", "Syria", "Сирия")
OpenBus = Callable[[], Bus]


def message(number: int, *, key: str = "k", minutes: int = 0) -> Message:
    """Make a message whose body tells its number, in one of the three languages."""
    body = f"{number} {TEXTS[number % 3]}".encode()
    return Message(key=key.encode(), value=body, time=NOON + timedelta(minutes=minutes), headers={"n": b"%d" % number})


def drain(bus: Bus, group: str, topics: list[str], want: int) -> list[Record]:
    """Read and commit until `want` records have come or nothing more does."""
    consumer = bus.consumer(group, topics)
    found: list[Record] = []
    for _ in range(want + 20):
        found += consumer.poll(7, wait=0.3)
        consumer.commit()
        if len(found) >= want:
            break
    consumer.close()
    return found


class BusContract:
    """The promises of rasid.ports.Bus and Consumer."""

    def test_messages_come_back_whole_and_in_order(self, open_bus: OpenBus) -> None:
        """Key, value, time and headers survive, and order is the order of publishing."""
        bus = open_bus()
        sent = [message(n, minutes=n) for n in range(20)]
        bus.publish(RAW.name, sent[:11])
        bus.publish(RAW.name, sent[11:])
        got = drain(bus, "g", [RAW.name], 20)
        assert [record.message for record in got] == sent
        assert all(record.topic == RAW.name for record in got)

    def test_each_group_reads_on_its_own(self, open_bus: OpenBus) -> None:
        """What one group has done is still ahead of another."""
        bus = open_bus()
        bus.publish(RAW.name, [message(n) for n in range(5)])
        assert len(drain(bus, "one", [RAW.name], 5)) == 5
        assert len(drain(bus, "two", [RAW.name], 5)) == 5
        assert drain(bus, "one", [RAW.name], 0) == []

    def test_what_was_not_committed_comes_again(self, open_bus: OpenBus) -> None:
        """A consumer that ends without a commit leaves its records to the next, in the same order."""
        bus = open_bus()
        bus.publish(RAW.name, [message(n) for n in range(6)])
        first = bus.consumer("g", [RAW.name])
        taken = [*first.poll(2, wait=5)]
        while len(taken) < 2:
            taken += first.poll(2 - len(taken), wait=5)
        first.commit()
        first.poll(4, wait=5)
        first.close()
        again = drain(bus, "g", [RAW.name], 4)
        assert [record.message for record in again] == [message(n) for n in range(2, 6)]

    def test_rewind_gives_the_same_records_again(self, open_bus: OpenBus) -> None:
        """After a failed batch the consumer goes back to its last commit."""
        bus = open_bus()
        bus.publish(RAW.name, [message(n) for n in range(3)])
        consumer = bus.consumer("g", [RAW.name])
        first = list(consumer.poll(10, wait=5))
        consumer.rewind()
        again: list[Record] = []
        while len(again) < len(first):
            again += consumer.poll(10, wait=5)
        assert again[: len(first)] == first
        consumer.close()

    def test_commits_survive_reopening(self, open_bus: OpenBus) -> None:
        """The log and the groups' commits outlive the process."""
        bus = open_bus()
        bus.publish(RAW.name, [message(n) for n in range(4)])
        drain(bus, "g", [RAW.name], 4)
        bus.close()
        bus = open_bus()
        bus.publish(RAW.name, [message(4)])
        assert [r.message for r in drain(bus, "g", [RAW.name], 1)] == [message(4)]

    def test_a_fold_reads_what_is_there_from_a_time_on(self, open_bus: OpenBus) -> None:
        """`read` gives what there is now, oldest first, from an event time on, and disturbs no group."""
        bus = open_bus()
        bus.publish(ARTICLES.name, [message(n, minutes=n) for n in range(10)])
        since = NOON + timedelta(minutes=4)
        assert [r.message for r in bus.read(ARTICLES.name, since=since)] == [
            message(n, minutes=n) for n in range(4, 10)
        ]
        assert len(list(bus.read(ARTICLES.name))) == 10
        assert bus.lag("g", ARTICLES.name) == 10

    def test_the_latest_record_of_a_key_is_found(self, open_bus: OpenBus) -> None:
        """A compacted topic gives what was said last under a key, and nothing for a key never used."""
        bus = open_bus()
        bus.publish(KNOWN.name, [message(n, key=f"{n % 2}") for n in range(7)])
        found = bus.latest(KNOWN.name, [b"0", b"1", b"2"])
        assert {key: record.message for key, record in found.items()} == {
            b"0": message(6, key="0"),
            b"1": message(5, key="1"),
        }

    def test_lag_counts_what_is_not_committed(self, open_bus: OpenBus) -> None:
        """Lag falls by what a commit covers, not by what was only read."""
        bus = open_bus()
        bus.publish(RAW.name, [message(n) for n in range(9)])
        consumer = bus.consumer("g", [RAW.name])
        got = len(consumer.poll(9, wait=5))
        assert bus.lag("g", RAW.name) == 9
        consumer.commit()
        assert bus.lag("g", RAW.name) == 9 - got
        consumer.close()

    def test_one_consumer_reads_several_topics(self, open_bus: OpenBus) -> None:
        """Live and back-fill topics reach one consumer, each in its own order."""
        bus = open_bus()
        bus.publish(RAW.name, [message(n) for n in range(3)])
        bus.publish(BACKFILL.name, [message(n) for n in range(10, 13)])
        got = drain(bus, "g", [RAW.name, BACKFILL.name], 6)
        by_topic = {t: [r.message for r in got if r.topic == t] for t in (RAW.name, BACKFILL.name)}
        assert by_topic == {
            RAW.name: [message(n) for n in range(3)],
            BACKFILL.name: [message(n) for n in range(10, 13)],
        }

    def test_a_waiting_consumer_wakes_for_a_message(self, open_bus: OpenBus) -> None:
        """A poll that waits returns once something is published from another thread."""
        bus = open_bus()
        consumer = bus.consumer("g", [RAW.name])
        consumer.poll(1)
        timer = threading.Timer(0.2, bus.publish, (RAW.name, [message(1)]))
        timer.start()
        got = consumer.poll(1, wait=20)
        timer.join()
        consumer.close()
        assert [r.message for r in got] == [message(1)]

    def test_several_threads_publish_without_loss(self, open_bus: OpenBus) -> None:
        """Every message of every thread is there once, each thread's in its order."""
        bus = open_bus()
        threads = [
            threading.Thread(
                target=lambda t=t: [bus.publish(RAW.name, [message(n, key=f"{t}")]) for n in range(20)]  # type: ignore[misc]
            )
            for t in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        got = drain(bus, "g", [RAW.name], 80)
        for t in range(4):
            assert [r.message for r in got if r.message.key == b"%d" % t] == [message(n, key=f"{t}") for n in range(20)]

    def test_an_unknown_topic_is_refused(self, open_bus: OpenBus) -> None:
        """A misspelt topic is an error that names it, not a new topic."""
        with pytest.raises(StoreError, match=r"news\.nowhere"):
            open_bus().publish("news.nowhere", [message(1)])
