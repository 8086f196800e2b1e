"""Where a consumer group stands, by the brokers' word."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

import kafka
from kafka import TopicPartition

from rasid.adapters.kafka_connection import KafkaAddress
from rasid.ports import Closing

_EARLIEST, _LATEST = -2, -1  # Kafka's names for the ends of a partition where a time may stand


class GroupOffsets(Closing):
    """Asks for one group's offsets. Any thread; topics and groups are named without the prefix."""

    def __init__(self, address: KafkaAddress, group: str, topics: Iterable[str]) -> None:
        self._address = address
        self._group = address.prefix + group
        self._topics = {address.prefix + topic: topic for topic in topics}
        self._admin: Any = None
        self._asking = threading.Lock()

    def __call__(self) -> dict[tuple[str, int], tuple[int, int]]:
        """Give (committed, end) of each (topic, partition); what was never committed stands at its start.

        Raises StoreError, also for a topic that is not there.
        """
        with self._asking, self._address.translate(f"asking for the offsets of {self._group}"):
            if self._admin is None:
                self._admin = self._address.make(kafka.KafkaAdminClient)
            described = self._admin.describe_topics(list(self._topics))
            parts = [
                TopicPartition(topic["name"], partition["partition_index"])
                for topic in described
                for partition in topic["partitions"]
            ]
            missing = set(self._topics) - {part.topic for part in parts}
            if missing:
                raise kafka.errors.UnknownTopicOrPartitionError(", ".join(sorted(missing)))
            starts = self._admin.list_partition_offsets(dict.fromkeys(parts, _EARLIEST))
            ends = self._admin.list_partition_offsets(dict.fromkeys(parts, _LATEST))
            committed = self._admin.list_group_offsets({self._group: parts}).get(self._group, {})
        done = {part: found.offset for part, found in committed.items()}
        return {
            (self._topics[part.topic], part.partition): (
                max(done.get(part, -1), starts[part].offset),
                ends[part].offset,
            )
            for part in parts
        }

    def close(self) -> None:
        """Let go of the connection."""
        if self._admin is not None:
            self._admin.close()
            self._admin = None
