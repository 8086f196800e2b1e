"""Polling a kafka-python consumer some of whose partitions were paused and go on again."""

from __future__ import annotations

from typing import Any

from kafka import TopicPartition


def poll(client: Any, *, seconds: float, max_records: int) -> dict[TopicPartition, list[Any]]:
    """Give the next records by partition, waiting at most `seconds` for the first.

    kafka-python 3.0.12 sets records it has fetched of a paused partition aside and takes them up again only when
    its place for the records in hand is None; but used-up records stay in that place, so a partition that goes on
    would wait for ever, and is not fetched again either. tests/contract/test_kafka_bus.py has the case.
    """
    fetcher = client._fetcher  # noqa: SLF001 - nothing public empties that place
    if not fetcher._next_partition_records:  # noqa: SLF001
        fetcher._next_partition_records = None  # noqa: SLF001
    found: dict[TopicPartition, list[Any]] = client.poll(timeout_ms=int(seconds * 1000), max_records=max_records)
    return found
