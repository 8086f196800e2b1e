"""The log on Kafka: idempotent and acknowledged by all replicas in sync, read by groups, folded and looked up."""

from __future__ import annotations

import threading
import time as clock
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import kafka
from kafka import TopicPartition, errors

from rasid.adapters.kafka_connection import REQUEST_SECONDS, KafkaAddress
from rasid.adapters.kafka_consumer import KafkaGroupConsumer
from rasid.adapters.kafka_fold import fold
from rasid.adapters.kafka_latest import LatestRecords
from rasid.adapters.kafka_records import headers_of, record_of, timestamp_of
from rasid.domain.errors import StoreError
from rasid.domain.topics import ALL, Topic
from rasid.ports import Closing, Message, Record

MAX_MESSAGE_BYTES = 8 << 20  # also in deploy/topics.yaml
# One thread's share of what waits to be acknowledged: publish goes on with the next lot when this one is safe.
_LOT_BYTES, _LOT_MESSAGES = 8 << 20, 2_000
_EARLIEST, _LATEST = -2, -1  # Kafka's names for the ends of a partition where a time may stand
_TRIES = 3


class KafkaBus(Closing):
    """A Bus (rasid.ports) on a Kafka cluster whose topics `rasid topics apply` has made.

    `patience` is how many seconds a publish or a question waits for the brokers before it is an outage.
    """

    def __init__(
        self, address: KafkaAddress, topics: Sequence[Topic] = ALL, *, patience: float = REQUEST_SECONDS
    ) -> None:
        self._address = address
        self._patience = patience
        self._topics = {topic.name: topic for topic in topics}
        self._partitions: dict[str, int] = {}
        self._latest: dict[str, LatestRecords] = {}
        self._producer: Any = None
        self._admin: Any = None
        self._producing, self._asking, self._looking = threading.Lock(), threading.RLock(), threading.Lock()

    def publish(self, topic: str, messages: Sequence[Message], *, partition: int | None = None) -> None:
        """Append in order and wait until all replicas in sync have all of it (see Bus); the key tells the partition
        where none is named.
        """
        self._count(topic)  # a producer would look for a topic that was not made until its patience ends
        name = self._name(topic)
        with self._address.translate(f"publishing to {topic}"):
            for lot in _lots(messages):
                self._publish(name, lot, partition)

    def consumer(self, group: str, topics: Sequence[str], *, member: str | None = None) -> KafkaGroupConsumer:
        """Give a member of a group (see Bus); a `member` name makes it static: a quick restart moves no partition."""
        for topic in topics:
            self._count(topic)
        return KafkaGroupConsumer(self._address, group, topics, member=member)

    def read(
        self, topic: str, *, since: datetime | None = None, partitions: Collection[int] | None = None
    ) -> Iterator[Record]:
        """Give the records there are now (see Bus), by the time they were published, each partition in its order."""
        parts = [part for part in self._parts(topic) if partitions is None or part.partition in partitions]
        ends = self._offsets(dict.fromkeys(parts, _LATEST))
        when = _EARLIEST if since is None else max(0, int(since.timestamp() * 1000))
        starts = self._offsets(dict.fromkeys(parts, when))
        # Kafka says -1 where nothing is so young.
        spans = {part: (starts[part] if starts[part] >= 0 else ends[part], ends[part]) for part in parts}
        records = (record_of(found, topic) for found in fold(self._address, spans))
        return (record for record in records if since is None or record.message.time >= since)

    def partitions(self, topic: str) -> int:
        """Give the number of a topic's partitions."""
        return self._count(topic)

    def latest(self, topic: str, keys: Sequence[bytes]) -> dict[bytes, Record]:
        """Give the newest record of each key (see Bus)."""
        self._name(topic)
        if not self._topics[topic].compacted:
            raise StoreError(f"Kafka at {self._address.servers}: {topic} is not compacted: no latest record of a key")
        with self._looking:
            lookup = self._latest.get(topic)
            if lookup is None:
                lookup = self._latest[topic] = LatestRecords(self._address, self._name(topic), self._count(topic))
            found = self._find(lookup, keys)
        return {key: record_of(record, topic) for key, record in found.items()}

    def lag(self, group: str, topic: str) -> int:
        """Count what the group has not committed (see Bus); in a compacted topic, holes count too."""
        parts = self._parts(topic)
        group = self._address.prefix + group
        ends = self._offsets(dict.fromkeys(parts, _LATEST))
        starts = self._offsets(dict.fromkeys(parts, _EARLIEST))
        with self._asking, self._address.translate(f"asking for the offsets of {group}"):
            committed = self._client().list_group_offsets({group: parts}).get(group, {})
        done = {part: found.offset for part, found in committed.items()}
        return sum(max(0, ends[part] - max(done.get(part, -1), starts[part])) for part in parts)

    def close(self) -> None:
        """Let go of all connections."""
        self._drop_producer(self._producer)
        with self._looking, self._asking, suppress(errors.KafkaError):
            for lookup in self._latest.values():
                lookup.close()
            self._latest.clear()
            if self._admin is not None:
                self._admin.close()
                self._admin = None

    def _publish(self, name: str, lot: Sequence[Message], partition: int | None) -> None:
        producer = self._open_producer()
        now = clock.time()
        try:
            sent = [
                producer.send(
                    name,
                    key=message.key,
                    value=message.value,
                    headers=headers_of(message),
                    partition=partition,
                    timestamp_ms=timestamp_of(message, now),
                )
                for message in lot
            ]
            for future in sent:
                future.get(timeout=self._patience + 5)
        except errors.KafkaError:
            # Its sequence is broken or its broker gone; the next try begins with a new one.
            self._drop_producer(producer)
            raise

    def _open_producer(self) -> Any:
        with self._producing:
            if self._producer is None:
                self._producer = self._address.make(
                    kafka.KafkaProducer, **_PRODUCER | self._timeouts("delivery_timeout_ms", "max_block_ms")
                )
            return self._producer

    def _timeouts(self, *more: str) -> dict[str, int]:
        return {"request_timeout_ms": int(self._patience * 1000)} | dict.fromkeys(
            more, int(self._patience * 1000) + 500
        )

    def _drop_producer(self, producer: Any) -> None:
        with self._producing:
            if producer is None or self._producer is not producer:
                return
            self._producer = None
        with suppress(errors.KafkaError):
            producer.close(timeout=1)

    def _find(self, lookup: LatestRecords, keys: Sequence[bytes]) -> dict[bytes, Any]:
        found: dict[bytes, Any] = {}
        missing = lookup.parts_of(keys)
        for _ in range(_TRIES):
            lookup.follow(self._offsets(dict.fromkeys(missing, _LATEST)))
            again: dict[TopicPartition, list[bytes]] = {}
            for part, wanted in missing.items():
                there, moved = lookup.find(part, wanted)
                found |= there
                if moved:
                    again[part] = moved
            missing = again
            if not missing:
                return found
        for part, gone in missing.items():  # no newer record, and the old one is no longer there
            lookup.forget(part, gone)
        return found

    def _offsets(self, asked: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """Give the offset of a time, or of an end, in each partition."""
        if not asked:
            return {}
        with self._asking, self._address.translate("asking for offsets"):
            found = self._client().list_partition_offsets(dict(asked), timeout_ms=int(self._patience * 1000))
        return {part: found[part].offset if found.get(part) else -1 for part in asked}

    def _parts(self, topic: str) -> list[TopicPartition]:
        name = self._name(topic)
        return [TopicPartition(name, number) for number in range(self._count(topic))]

    def _count(self, topic: str) -> int:
        """Give the number of a topic's partitions; it never changes (see kafka_topics)."""
        name = self._name(topic)
        with self._asking, self._address.translate(f"asking for {topic}"):
            if topic not in self._partitions:
                described = self._client().describe_topics([name])
                code = described[0]["error_code"] if described else errors.UnknownTopicOrPartitionError.errno
                if code:
                    raise errors.for_code(code)(topic)
                self._partitions[topic] = len(described[0]["partitions"])
            return self._partitions[topic]

    def _client(self) -> Any:
        if self._admin is None:
            self._admin = self._address.make(kafka.KafkaAdminClient, **self._timeouts())
        return self._admin

    def _name(self, topic: str) -> str:
        if topic not in self._topics:
            raise self._address.unknown(topic)
        return self._address.prefix + topic


_PRODUCER: dict[str, Any] = {
    "enable_idempotence": True,
    "acks": "all",
    "compression_type": "zstd",
    "linger_ms": 2,
    "batch_size": 256 << 10,
    "max_request_size": MAX_MESSAGE_BYTES,
    "allow_auto_create_topics": False,
}


def _lots(messages: Sequence[Message]) -> Iterator[list[Message]]:
    lot: list[Message] = []
    size = 0
    for message in messages:
        lot.append(message)
        size += len(message.value)
        if size >= _LOT_BYTES or len(lot) >= _LOT_MESSAGES:
            yield lot
            lot, size = [], 0
    if lot:
        yield lot
