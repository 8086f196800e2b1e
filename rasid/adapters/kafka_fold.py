"""Reading a topic from a time to its present end, oldest first over all its partitions, in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import kafka
from kafka import TopicPartition

from rasid.adapters.kafka_connection import REQUEST_SECONDS, KafkaAddress
from rasid.domain.errors import StoreError

Range = tuple[int, int]  # the first offset and the one behind the last
# A partition with this many records waiting for an older one of another partition is not read further.
_AHEAD = 2_000
_POLL_MS = 1_000


def fold(address: KafkaAddress, ranges: Mapping[TopicPartition, Range]) -> Iterator[Any]:
    """Give Kafka's records of offset ranges merged by timestamp; within a partition they keep its order."""
    left = {part: span for part, span in ranges.items() if span[0] < span[1]}
    if not left:
        return
    with address.translate("reading"):
        client = address.make(kafka.KafkaConsumer, **READER_OPTIONS)
    try:
        with address.translate("reading"):
            _assign(client, {part: first for part, (first, _) in left.items()})
        yield from _merged(address, client, left)
    finally:
        client.close(autocommit=False, timeout_ms=1_000)


READER_OPTIONS: dict[str, Any] = {
    "group_id": None,
    "enable_auto_commit": False,
    "auto_offset_reset": "earliest",  # what retention has dropped meanwhile is skipped
    "allow_auto_create_topics": False,
    "fetch_max_wait_ms": 50,
}


def _merged(address: KafkaAddress, client: Any, left: dict[TopicPartition, Range]) -> Iterator[Any]:
    waiting: dict[TopicPartition, deque[Any]] = {part: deque() for part in left}
    silent = 0.0
    while waiting:
        with address.translate("reading"):
            silent = 0.0 if _fill(client, waiting, left) else silent + _POLL_MS / 1000
        if silent > REQUEST_SECONDS:
            raise StoreError(f"Kafka at {address.servers}: nothing came for {silent:.0f} s while reading; is it up?")
        while waiting and all(waiting.values()):
            oldest = min(waiting, key=lambda part: waiting[part][0].timestamp)
            yield waiting[oldest].popleft()
            if not waiting[oldest] and oldest not in left:
                del waiting[oldest]


def _fill(client: Any, waiting: dict[TopicPartition, deque[Any]], left: dict[TopicPartition, Range]) -> bool:
    """Read on where records are needed; forget partitions that are through. True if anything moved."""
    found = client.poll(timeout_ms=_POLL_MS, max_records=_AHEAD)
    for part, records in found.items():
        waiting[part].extend(record for record in records if record.offset < left[part][1])
    # The position, not the last record, tells the end: compaction and markers leave holes before it.
    for part in client.assignment():
        left[part] = (client.position(part, timeout_ms=_POLL_MS) or left[part][0], left[part][1])
    through = [part for part, (at, end) in left.items() if at >= end]
    for part in through:
        del left[part]
        if not waiting[part]:
            del waiting[part]
    _assign(client, {part: at for part, (at, _) in left.items() if len(waiting[part]) < _AHEAD})
    return bool(found or through)


def _assign(client: Any, wanted: Mapping[TopicPartition, int]) -> None:
    """Read these partitions on from these offsets; pausing the others would leave what was fetched of them lost."""
    if client.assignment() != set(wanted):
        client.assign(list(wanted))
        for part, at in wanted.items():
            client.seek(part, at)
