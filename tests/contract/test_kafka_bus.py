"""The Kafka log keeps the promises of Bus on a real broker, and its own on keys, urgency, time and errors."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import kafka
import pytest
from contract.bus_contract import NOON, BusContract, OpenBus, drain, message
from contract.kafka_server import (
    PARTITIONS,
    TOPICS,
    close_refused_sockets,
    kafka_script,
    kafka_servers,
    new_prefix,
    own_topics,
    plans,
)
from kafka.admin import MemberToRemove

from rasid.adapters.kafka_bus import KafkaBus
from rasid.adapters.kafka_connection import KafkaAddress
from rasid.codec import decode
from rasid.domain.article import RawEntry
from rasid.domain.errors import CodecError, StoreError
from rasid.domain.topics import ALERTS, ARTICLES, BACKFILL, KNOWN, RAW
from rasid.ports import Consumer, Record

pytestmark = pytest.mark.cluster


@pytest.fixture
def address() -> Iterator[KafkaAddress]:
    """Give the broker with topics of this test's own."""
    with own_topics(KafkaAddress(kafka_servers(), prefix=new_prefix()), plans()) as found:
        yield found


@pytest.fixture
def open_bus(address: KafkaAddress) -> Iterator[OpenBus]:
    """Give a function that opens the same log each time."""
    opened: list[KafkaBus] = []

    def open_one() -> KafkaBus:
        opened.append(KafkaBus(address, TOPICS))
        return opened[-1]

    yield open_one
    for bus in opened:
        bus.close()


@pytest.fixture
def bus(address: KafkaAddress) -> Iterator[KafkaBus]:
    """Give one open log."""
    with KafkaBus(address, TOPICS) as opened:
        yield opened


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Close sockets that were refused: kafka-python leaves them to the collector, which warns of each."""
    close_refused_sockets(monkeypatch)


def numbers(records: list[Record]) -> list[int]:
    """Give the numbers of messages."""
    return [int(record.message.headers["n"]) for record in records]


def take(consumer: Consumer, want: int, *, commit: bool = True) -> list[Record]:
    """Poll until `want` records have come, at most ten seconds of silence."""
    found: list[Record] = []
    while len(found) < want:
        more = consumer.poll(min(want - len(found), 20), wait=10)
        assert more, f"only {len(found)} of {want} came"
        found += more
        if commit:
            consumer.commit()
    return found


class TestKafkaBus(BusContract):
    """The contract on Kafka."""


def test_keys_spread_over_partitions_and_keep_their_order(bus: KafkaBus) -> None:
    """Messages of many keys lie in all partitions, one key's in one partition and in order."""
    bus.publish(RAW.name, [message(n, key=f"مفتاح-{n % 40}") for n in range(400)])
    got = drain(bus, "g", [RAW.name], 400)
    assert {record.partition for record in got} == set(range(PARTITIONS))
    for key in {record.message.key for record in got}:
        of_key = [record for record in got if record.message.key == key]
        assert len({record.partition for record in of_key}) == 1
        assert numbers(of_key) == sorted(numbers(of_key))
    for partition in range(PARTITIONS):
        assert [r.offset for r in got if r.partition == partition] == list(
            range(sum(r.partition == partition for r in got))
        )


def test_backfill_waits_while_there_is_live_news(bus: KafkaBus) -> None:
    """The later topic is read once the earlier is empty, and live news overtakes what was fetched of it."""
    bus.publish(BACKFILL.name, [message(n, key=f"{n}") for n in range(2000)])
    bus.publish(RAW.name, [message(n, key=f"{n}") for n in range(300)])
    with bus.consumer("g", [RAW.name, BACKFILL.name]) as consumer:
        first = take(consumer, 400)
        assert [record.topic for record in first] == [RAW.name] * 300 + [BACKFILL.name] * 100
        bus.publish(RAW.name, [message(n, key=f"{n}") for n in range(300, 310)])
        rest = [record.topic for record in take(consumer, 1910)]
        assert rest.count(RAW.name) == 10
        assert rest.index(RAW.name) < 1900  # and not at the end


def test_the_members_of_a_group_share_a_topic_and_take_over(bus: KafkaBus) -> None:
    """Two members share the records; when one goes, the other gets what that one had not committed."""
    bus.publish(RAW.name, [message(n, key=f"{n}") for n in range(60)])
    first, taken_over = threading.Event(), threading.Event()
    kept: list[Record] = []

    def stay() -> None:
        with bus.consumer("g", [RAW.name]) as consumer:
            while not taken_over.is_set():
                kept.extend(consumer.poll(5, wait=0.2))
                with suppress(StoreError):  # a commit may meet the partitions on their way
                    consumer.commit()
                first.set()

    def leave() -> list[Record]:
        with bus.consumer("g", [RAW.name]) as consumer:
            for n in range(60, 4000):
                bus.publish(RAW.name, [message(n, key=f"{n}")])
                if lost := list(consumer.poll(5, wait=0.2)):
                    return lost
        return []

    staying = threading.Thread(target=stay)
    staying.start()
    try:
        first.wait()
        lost = numbers(leave())
        assert lost
        until = time.monotonic() + 30
        while not set(lost) <= set(numbers(kept)) and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        taken_over.set()
        staying.join()
    assert set(lost) | set(range(60)) <= set(numbers(kept))


def test_a_commit_after_the_partitions_moved_says_so_once(bus: KafkaBus, address: KafkaAddress) -> None:
    """A member that was thrown out cannot commit; it says so, forgets, and gets the records again."""
    bus.publish(RAW.name, [message(n) for n in range(5)])
    consumer = bus.consumer("g", [RAW.name])
    taken = take(consumer, 5, commit=False)
    admin = kafka.KafkaAdminClient(**address.options())
    group = f"{address.prefix}g"
    members = admin.describe_groups([group])[group]["members"]
    admin.remove_group_members(group, [MemberToRemove(member_id=member["member_id"]) for member in members])
    admin.close()
    with pytest.raises(StoreError, match="another member"):
        consumer.commit()
    consumer.commit()
    assert bus.lag("g", RAW.name) == 5
    assert take(consumer, 5) == taken
    assert bus.lag("g", RAW.name) == 0
    consumer.close()


def test_a_fold_merges_partitions_and_ends_where_it_began(bus: KafkaBus) -> None:
    """`read` gives all partitions by time of publishing, and nothing that came after the call."""
    for start in range(0, 90, 30):
        bus.publish(ARTICLES.name, [message(n, key=f"{n}") for n in range(start, start + 30)])
    records = bus.read(ARTICLES.name)
    bus.publish(ARTICLES.name, [message(n, key=f"{n}") for n in range(90, 120)])
    got = numbers(list(records))
    assert sorted(got) == list(range(90))
    assert [sorted(got[start : start + 30]) for start in (0, 30, 60)] == [list(range(s, s + 30)) for s in (0, 30, 60)]


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1969, 7, 20, 20, 17, 40, 1, tzinfo=UTC),
        datetime(2011, 3, 15, 9, 0, 0, 123_457, tzinfo=UTC),
        datetime(2099, 1, 1, tzinfo=UTC),
    ],
)
def test_any_event_time_comes_back_exactly(bus: KafkaBus, moment: datetime) -> None:
    """Old, future and microsecond times survive; a fold from the time finds the message, from later it does not."""
    sent = dataclasses.replace(message(1), time=moment)
    bus.publish(ARTICLES.name, [message(0), sent])
    assert sent in [record.message for record in bus.read(ARTICLES.name)]
    if moment > NOON:
        return
    assert [r.message for r in bus.read(ARTICLES.name, since=moment)] == [message(0), sent]
    assert [r.message for r in bus.read(ARTICLES.name, since=moment + timedelta(microseconds=1))] == [message(0)]


def test_the_latest_record_is_followed(bus: KafkaBus, address: KafkaAddress) -> None:
    """What another process says of a key is known at the next look-up; a tombstone takes the key away."""
    keys = [f"ключ-{n}".encode() for n in range(50)]
    with KafkaBus(address, TOPICS) as other:
        other.publish(KNOWN.name, [message(n, key=f"ключ-{n % 50}") for n in range(500)])
        assert {k: r.message for k, r in bus.latest(KNOWN.name, keys).items()} == {
            key: message(450 + n, key=f"ключ-{n}") for n, key in enumerate(keys)
        }
        other.publish(KNOWN.name, [message(1000, key="ключ-7")])
        assert bus.latest(KNOWN.name, keys)[keys[7]].message == message(1000, key="ключ-7")
    producer = kafka.KafkaProducer(**address.options())
    producer.send(address.prefix + KNOWN.name, key=keys[7], value=None).get(10)
    producer.close()
    assert keys[7] not in bus.latest(KNOWN.name, keys)
    with KafkaBus(address, TOPICS) as fresh:
        assert set(fresh.latest(KNOWN.name, keys)) == set(keys) - {keys[7]}


def test_a_header_that_is_no_time_is_the_record_s_own_fault(bus: KafkaBus, address: KafkaAddress) -> None:
    """A time beyond all calendars comes with Kafka's own, and the codec refuses it: a dead letter, no halt."""
    producer = kafka.KafkaProducer(**address.options())
    for told in (b"9" * 40, b"-" + b"9" * 19, "вчера".encode()):
        producer.send(address.prefix + RAW.name, key=b"k", value=b"{}", headers=[("rasid_time", told)]).get(10)
    producer.close()
    records = drain(bus, "g", [RAW.name], 3)
    assert all(abs(record.message.time - datetime.now(UTC)) < timedelta(minutes=5) for record in records)
    for record in [*records, *bus.read(RAW.name)]:
        with pytest.raises(CodecError, match="rasid_time is no time"):
            decode(record.message, RawEntry)


def test_only_compacted_topics_have_a_latest_record(bus: KafkaBus) -> None:
    """Asking another topic is an error that names it."""
    with pytest.raises(StoreError, match=r"news\.articles\.v1 is not compacted"):
        bus.latest(ARTICLES.name, [b"k"])


def test_large_batches_pass_in_lots(bus: KafkaBus) -> None:
    """More than one lot of messages is published in order."""
    body = "سوريا Сирия Syria ".encode() * 2000
    sent = [dataclasses.replace(message(n), value=body + b"%d" % n) for n in range(300)]
    bus.publish(RAW.name, sent)
    assert [record.message for record in drain(bus, "g", [RAW.name], 300)] == sent


def test_a_message_over_the_limit_is_refused_with_the_limit_s_name(bus: KafkaBus) -> None:
    """A message that is too large is an error that tells where the limit stands; the log goes on."""
    with pytest.raises(StoreError, match=r"max\.message\.bytes.*topics\.yaml"):
        bus.publish(RAW.name, [dataclasses.replace(message(1), value=bytes(9 << 20))])
    bus.publish(RAW.name, [message(2)])
    assert numbers(drain(bus, "g", [RAW.name], 1)) == [2]


def test_a_topic_that_was_not_made_is_named_with_the_fix(address: KafkaAddress) -> None:
    """Reading and publishing where `topics apply` was not run say so."""
    with KafkaBus(address) as whole:
        with pytest.raises(StoreError, match="rasid topics apply"):
            whole.lag("g", ALERTS.name)
        with pytest.raises(StoreError, match="rasid topics apply"):
            whole.publish(ALERTS.name, [message(1)])


def test_no_broker_is_a_clear_error(refused: None) -> None:
    """Where nobody answers, the error has the address and says that it may be the credentials."""
    with KafkaBus(KafkaAddress("127.0.0.1:9", bootstrap_seconds=0.5)) as bus:
        with pytest.raises(StoreError, match=r"127\.0\.0\.1:9.*credentials"):
            bus.publish(RAW.name, [message(1)])
        with pytest.raises(StoreError, match=r"127\.0\.0\.1:9"):
            bus.consumer("g", [RAW.name])


@pytest.mark.slow  # a broker of its own is started twice
def test_an_outage_is_waited_out_by_trying_again(refused: None) -> None:
    """Through a stop and a start of the broker the same bus and consumer go on, and nothing is lost."""
    name = {"RASID_KAFKA_NAME": "kafka-outage"}
    servers = kafka_script("start", **name)["RASID_KAFKA"]
    try:
        with own_topics(KafkaAddress(servers, prefix=new_prefix(), bootstrap_seconds=1), plans()) as address:
            _through_an_outage(address, name)
    finally:
        kafka_script("clean", **name)


def _through_an_outage(address: KafkaAddress, name: dict[str, str]) -> None:
    with KafkaBus(address, TOPICS, patience=1) as bus, bus.consumer("g", [RAW.name]) as consumer:
        bus.publish(RAW.name, [message(n) for n in range(3)])
        before = take(consumer, 3, commit=False)
        kafka_script("stop", **name)
        with pytest.raises(StoreError, match="Kafka at"):
            bus.publish(RAW.name, [message(3)])
        with pytest.raises(StoreError, match="Kafka at"):
            bus.lag("g", RAW.name)
        assert kafka_script("start", **name)["RASID_KAFKA"] == address.servers
        for _ in range(60):
            try:
                bus.publish(RAW.name, [message(4)])
                consumer.commit()
                break
            except StoreError:
                continue
        after = numbers([*before, *take(consumer, 1)])
        assert after[:3] == [0, 1, 2]
        assert 4 in after or numbers(take(consumer, 1)) == [4]
