"""One member of a Kafka consumer group: manual commits, rewinding, and live topics before back-fill."""

from __future__ import annotations

import time as clock
from collections.abc import Iterable, Sequence
from typing import Any

import kafka
from kafka import ConsumerRebalanceListener, TopicPartition, errors
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.structs import OffsetAndMetadata

from rasid.adapters.kafka_connection import REQUEST_SECONDS, KafkaAddress
from rasid.adapters.kafka_fold import READER_OPTIONS
from rasid.adapters.kafka_records import record_of
from rasid.ports import Closing, Record

# While nothing comes, the topics are asked in turn, each for this long.
_LOOK_AGAIN_SECONDS = 0.05
_GLANCE_SECONDS = 0.001  # a fetch of the first topic is under way nearly always: this only takes what it brought
# kafka-python 3.0.12 loses a join that ends between two polls, so short polls would never end in a group: join first.
# Its public group_metadata() tells the state of the membership, but only poll() joins, and it waits for records too.
_JOIN_SECONDS = 20.0
_GONE = (
    errors.CommitFailedError,
    errors.IllegalGenerationError,
    errors.UnknownMemberIdError,
    errors.RebalanceInProgressError,
    errors.FencedInstanceIdError,
)


class KafkaGroupConsumer(Closing):
    """A Consumer (rasid.ports). The first topic is urgent: the others are read while it is empty.

    They have a connection of their own, the reader: were they paused and resumed on the group's, a buffer full of
    back-fill would have to be worked off before live news was fetched, and kafka-python 3.0.12 loses track of
    partitions that are paused with records fetched.
    """

    def __init__(self, address: KafkaAddress, group: str, topics: Sequence[str], *, member: str | None = None) -> None:
        self._address = address
        self._names = {address.prefix + topic: topic for topic in topics}
        self._urgency = {name: place for place, name in enumerate(self._names)}
        # Of each partition polled since the last commit: the first offset, to rewind to, and the next, to commit.
        self._first: dict[TopicPartition, int] = {}
        self._next: dict[TopicPartition, int] = {}
        self._moved = True
        with address.translate(f"joining group {group}"):
            self._client = address.make(kafka.KafkaConsumer, **_options(address.prefix + group, member))
            self._reader: Any = address.make(kafka.KafkaConsumer, **READER_OPTIONS) if len(topics) > 1 else None
            # A leader that does not know the partitions yet gives none away, and all must join a second time.
            for name in self._names:
                self._client.partitions_for_topic(name)
            self._client.subscribe(topics=list(self._names), listener=_Listener(self))

    def poll(self, max_records: int, wait: float = 0.0) -> Sequence[Record]:
        """Give the next records (see Consumer). It first joins the group, which may take longer."""
        until = clock.monotonic() + wait
        with self._address.translate("reading"):
            while True:
                found = self._by_urgency(max_records, max(0.0, until - clock.monotonic()))
                if found or clock.monotonic() >= until:
                    return self._taken(found)

    def commit(self) -> None:
        """Mark what was polled as done (see Consumer).

        When the partitions went to another member meanwhile, raises StoreError once and forgets what was polled: it
        comes again where they went.
        """
        if not self._next:
            return
        offsets = {part: OffsetAndMetadata(offset, "", -1) for part, offset in self._next.items()}
        with self._address.translate("committing"):
            try:
                self._client.commit(offsets, timeout_ms=int(REQUEST_SECONDS * 1000))
            except _GONE:
                self.rewind()
                raise
        self._forget(list(self._next))

    def rewind(self) -> None:
        """Go back to the last commit (see Consumer)."""
        mine = self._client.assignment()
        for part, offset in self._first.items():
            if part in mine:
                self._owner(part).seek(part, offset)
        self._forget(list(self._first))

    def close(self) -> None:
        """Leave the group; commits nothing."""
        with self._address.translate("leaving the group"):
            self._client.close(autocommit=False, timeout_ms=5_000)
            if self._reader is not None:
                self._reader.close(autocommit=False, timeout_ms=1_000)

    def _owner(self, part: TopicPartition) -> Any:
        return self._reader if self._reader is not None and self._urgency[part.topic] > 0 else self._client

    def _forget(self, parts: Iterable[TopicPartition]) -> None:
        for part in parts:
            self._first.pop(part, None)
            self._next.pop(part, None)

    def _taken(self, found: dict[TopicPartition, list[Any]]) -> list[Record]:
        records: list[Record] = []
        for part in sorted(found, key=lambda part: (self._urgency[part.topic], part.partition)):
            self._first.setdefault(part, found[part][0].offset)
            self._next[part] = found[part][-1].offset + 1
            records += [record_of(one, self._names[part.topic]) for one in found[part]]
        return records

    def _by_urgency(self, max_records: int, left: float) -> dict[TopicPartition, list[Any]]:
        """Ask the first topic, and the others once it is dry; what comes for it while they wait is seen soon."""
        self._join()
        if self._reader is None:
            return self._polled(self._client, left, max_records)
        found = self._polled(self._client, min(left, _GLANCE_SECONDS), max_records)
        # A poll may have begun a rebalance: what the reader gave then could not be committed.
        if not found and not self._joining() and self._dry():
            self._follow_assignment()
            found = self._polled(self._reader, min(left, _LOOK_AGAIN_SECONDS), max_records)
        return found

    def _joining(self) -> bool:
        return bool(self._client._coordinator.need_rejoin())  # noqa: SLF001 - nothing public tells it

    def _join(self) -> None:
        if self._joining() and not self._client._coordinator.poll(timeout_ms=_JOIN_SECONDS * 1000):  # noqa: SLF001
            raise errors.KafkaTimeoutError(f"the group did not form in {_JOIN_SECONDS:.0f} s")

    @staticmethod
    def _polled(client: Any, seconds: float, max_records: int) -> dict[TopicPartition, list[Any]]:
        found: dict[TopicPartition, list[Any]] = client.poll(timeout_ms=int(seconds * 1000), max_records=max_records)
        return found

    def _later(self) -> set[TopicPartition]:
        return {part for part in self._client.assignment() if self._urgency[part.topic] > 0}

    def _follow_assignment(self) -> None:
        """Let the reader stand where the group stands in the partitions that are this member's now."""
        later = self._later()
        if self._moved or self._reader.assignment() != later:
            self._reader.assign(list(later))
            for part in later:
                offset = self._client.committed(part, timeout_ms=int(REQUEST_SECONDS * 1000))
                if offset is None:
                    self._reader.seek_to_beginning(part)
                else:
                    self._reader.seek(part, offset)
            self._moved = False

    def _dry(self) -> bool:
        """Tell whether all that the broker has told of the first topic was read; not before it has told something."""
        mine = self._client.assignment()
        for part in mine - self._later():
            high = self._client.highwater(part)
            if high is None or self._client.position(part, timeout_ms=1000) < high:
                return False
        return bool(mine)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python ships no types
    """Partitions come and go inside a poll."""

    def __init__(self, consumer: KafkaGroupConsumer) -> None:
        self._consumer = consumer

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Forget what was polled of them: they are another member's now."""
        self._consumer._forget(list(revoked))  # noqa: SLF001 - the listener is the consumer's own ear
        self._consumer._moved = True  # noqa: SLF001 - as above

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:  # noqa: ARG002 - kafka-python calls it so
        """Leave the later topics to the reader from the first record on."""
        self._consumer._client.pause(*self._consumer._later())  # noqa: SLF001 - as above


def _options(group: str, member: str | None) -> dict[str, Any]:
    return {
        "group_id": group,
        "group_instance_id": member,
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        # The same partition of the live and the back-fill topic goes to one member: admit is the one writer of a key.
        "partition_assignment_strategy": (RangePartitionAssignor,),
        "session_timeout_ms": 10_000,
        "heartbeat_interval_ms": 2_000,
        "fetch_max_wait_ms": 100,
        "fetch_max_bytes": 16 << 20,
        "max_partition_fetch_bytes": 1 << 20,
        "allow_auto_create_topics": False,
    }
