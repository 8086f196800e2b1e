"""A member of a consumer group for the sake of its partitions alone: it reads nothing, it owns."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterable
from typing import Any

import kafka
from kafka import ConsumerRebalanceListener, TopicPartition, errors
from kafka.coordinator.assignors.range import RangePartitionAssignor

from rasid.adapters.kafka_connection import KafkaAddress
from rasid.ports import Closing

SESSION_SECONDS = 10.0
# A member that was away longer than this may have been replaced, and finds out at its next word with the broker.
_SURE_SECONDS = 0.6 * SESSION_SECONDS
_JOIN_SECONDS = 20.0  # see kafka_consumer: a join must end within the poll that began it


class KafkaMembership(Closing):
    """Holds partitions of one topic as a member of `group`; a `member` name makes it static.

    `leave` is called, inside `look`, before partitions go to others: they are still this member's until it returns.
    One thread at a time.
    """

    def __init__(
        self, address: KafkaAddress, group: str, topic: str, leave: Callable[[], None], *, member: str | None = None
    ) -> None:
        self._address = address
        self._leave = leave
        self._seen = 0.0
        with address.translate(f"joining group {group}"):
            self._client: Any = address.make(kafka.KafkaConsumer, **_options(address.prefix + group, member))
            self._client.partitions_for_topic(address.prefix + topic)  # see kafka_consumer
            self._client.subscribe(topics=[address.prefix + topic], listener=_Listener(self))

    def look(self, seconds: float) -> frozenset[int]:
        """Stay in the group, joining it where needed; give the partitions held. Raises StoreError."""
        began = clock.monotonic()
        with self._address.translate("holding partitions"):
            coordinator = self._client._coordinator  # noqa: SLF001 - nothing public joins without reading
            if coordinator.need_rejoin():
                if not coordinator.poll(timeout_ms=_JOIN_SECONDS * 1000):
                    raise errors.KafkaTimeoutError(f"the group did not form in {_JOIN_SECONDS:.0f} s")
                began = clock.monotonic()
            self._client.poll(timeout_ms=int(seconds * 1000), max_records=1)
            held = frozenset(part.partition for part in self._client.assignment())
            # A look that took longer than it should was a sleep of this process: what the group did meanwhile is told
            # by the next one.
            if not coordinator.need_rejoin() and clock.monotonic() - began < seconds + _SURE_SECONDS / 2:
                self._seen = clock.monotonic()
        return held

    def is_sure(self) -> bool:
        """Tell whether nobody else can hold the partitions yet. Any thread."""
        return clock.monotonic() - self._seen < _SURE_SECONDS

    def close(self) -> None:
        """Leave the group: the partitions go to others at once, or, of a static member, once its session ends."""
        with self._address.translate("leaving the group"):
            self._client.close(autocommit=False, timeout_ms=5_000)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python ships no types
    """Partitions come and go inside `look`."""

    def __init__(self, membership: KafkaMembership) -> None:
        self._membership = membership

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Let the owner finish what it does with them."""
        if revoked:
            self._membership._leave()  # noqa: SLF001 - the listener is the membership's own ear

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Read nothing of them."""
        self._membership._client.pause(*assigned)  # noqa: SLF001 - as above


def _options(group: str, member: str | None) -> dict[str, Any]:
    return {
        "group_id": group,
        "group_instance_id": member,
        "enable_auto_commit": False,
        "auto_offset_reset": "latest",
        "partition_assignment_strategy": (RangePartitionAssignor,),
        "session_timeout_ms": int(SESSION_SECONDS * 1000),
        "heartbeat_interval_ms": 2_000,
        "allow_auto_create_topics": False,
    }
