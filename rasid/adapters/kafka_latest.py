"""The newest record of a key in a compacted topic: keys are folded to offsets once a partition, then followed.

Nothing is held but offsets; the few records asked for are read where they lie. A partition is folded when the first
key that belongs to it is asked for, so a worker holds the keys of its own partitions only.
"""

from __future__ import annotations

import time as clock
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import kafka
from kafka import TopicPartition
from kafka.partitioner.default import murmur2

from rasid.adapters.kafka_connection import REQUEST_SECONDS, KafkaAddress
from rasid.adapters.kafka_fold import READER_OPTIONS
from rasid.adapters.key_offsets import KeyOffsets
from rasid.domain.errors import StoreError

_POLL_MS = 500
# One record here, one there: neither much around it, nor a wait for more behind the end.
_SMALL_BITES = {"fetch_max_wait_ms": 5, "max_partition_fetch_bytes": 256 << 10}
# Offsets nearer than this to where the reader stands are reached by reading on: they have mostly been fetched already.
_NEAR = 200


def partition_of(key: bytes, partitions: int) -> int:
    """Give the partition every Kafka client puts a key into (murmur2, as Kafka's Java producer does)."""
    return int(murmur2(key) & 0x7FFFFFFF) % partitions


class LatestRecords:
    """The look-up for one topic, named with its prefix. One thread at a time."""

    def __init__(self, address: KafkaAddress, topic: str, partitions: int) -> None:
        self._address = address
        self._parts = [TopicPartition(topic, number) for number in range(partitions)]
        self._offsets: dict[TopicPartition, KeyOffsets] = {}
        self._followed: dict[TopicPartition, int] = {}
        with address.translate(f"reading {topic}"):
            self._client = address.make(kafka.KafkaConsumer, **READER_OPTIONS | _SMALL_BITES)

    def parts_of(self, keys: Sequence[bytes]) -> dict[TopicPartition, list[bytes]]:
        """Sort keys by the partition they belong to."""
        sorted_: dict[TopicPartition, list[bytes]] = {}
        for key in dict.fromkeys(keys):
            sorted_.setdefault(self._parts[partition_of(key, len(self._parts))], []).append(key)
        return sorted_

    def follow(self, ends: Mapping[TopicPartition, int]) -> None:
        """Fold what was appended up to the offsets `ends`."""
        for part, end in ends.items():
            offsets = self._offsets.setdefault(part, KeyOffsets())
            for record in self._through(part, self._followed.get(part, 0), end):
                if record.value is None:
                    offsets.drop(record.key or b"")
                else:
                    offsets.put(record.key or b"", record.offset)
                self._followed[part] = record.offset + 1
            self._followed[part] = max(end, self._followed.get(part, 0))

    def find(self, part: TopicPartition, keys: Sequence[bytes]) -> tuple[dict[bytes, Any], list[bytes]]:
        """Give Kafka's newest record of each key followed so far, and the keys whose record compaction has moved."""
        wanted = {offset: key for key in keys if (offset := self._offsets[part].get(key)) is not None}
        found: dict[bytes, Any] = {}
        at = -1
        for offset in sorted(wanted):
            if wanted[offset] in found or offset < at:
                continue
            start = at if at >= 0 and offset - at < _NEAR else offset
            for record in self._through(part, start, offset + 1):
                at = record.offset + 1
                if wanted.get(record.offset) == record.key:
                    found[record.key] = record
        return found, [key for key in wanted.values() if key not in found]

    def forget(self, part: TopicPartition, keys: Sequence[bytes]) -> None:
        """Drop keys whose records retention took."""
        for key in keys:
            self._offsets[part].drop(key)

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close(autocommit=False, timeout_ms=1_000)

    def _through(self, part: TopicPartition, first: int, end: int) -> Iterator[Any]:
        """Read a partition from an offset until the reader stands at `end` or behind it."""
        if first >= end:
            return
        with self._address.translate(f"reading {part.topic}"):
            if self._client.assignment() != {part}:
                self._client.assign([part])
                self._client.seek(part, first)
            if self._client.position(part, timeout_ms=_POLL_MS) != first:
                self._client.seek(part, first)
            until = clock.monotonic() + REQUEST_SECONDS
            while (self._client.position(part, timeout_ms=_POLL_MS) or 0) < end:
                found = self._client.poll(timeout_ms=_POLL_MS, max_records=_NEAR)
                yield from found.get(part, ())
                if found:
                    until = clock.monotonic() + REQUEST_SECONDS
                elif clock.monotonic() > until:
                    raise StoreError(
                        f"Kafka at {self._address.servers}: {part.topic} gave nothing for {REQUEST_SECONDS:.0f} s"
                        " (`rasid doctor`)"
                    )
