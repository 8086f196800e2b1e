"""The SQLite log keeps the promises of Bus, and its own on retention and errors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from contract.bus_contract import NOON, BusContract, OpenBus, drain, message

from rasid.adapters.sqlite_bus import SqliteBus
from rasid.domain.errors import StoreError, StoreFullError
from rasid.domain.topics import KNOWN, RAW


@pytest.fixture
def open_bus(tmp_path: Path) -> Iterator[OpenBus]:
    """Give a function that opens the same log each time."""
    opened: list[SqliteBus] = []

    def open_one() -> SqliteBus:
        opened.append(SqliteBus(tmp_path / "log.db"))
        return opened[-1]

    yield open_one
    for bus in opened:
        bus.close()


class TestSqliteBus(BusContract):
    """The contract on SQLite."""


def test_retention_drops_old_messages_but_none_unread(tmp_path: Path) -> None:
    """Messages older than the limit go, except those a group has yet to read."""
    minutes = iter(range(10))
    with SqliteBus(tmp_path / "log.db", now=lambda: NOON.timestamp() + 60 * next(minutes)) as bus:
        for n in range(10):
            bus.publish(RAW.name, [message(n, minutes=n)])
        consumer = bus.consumer("admit", [RAW.name])
        consumer.poll(3)
        consumer.commit()
        dropped = bus.retain(before=NOON + timedelta(minutes=8), max_bytes=2**40)
        assert dropped == 3
        assert [r.message for r in bus.read(RAW.name)] == [message(n, minutes=n) for n in range(3, 10)]


def test_retention_by_size_drops_the_oldest_first(tmp_path: Path) -> None:
    """A log over its size loses its oldest read messages until it fits or nothing read is left."""
    with SqliteBus(tmp_path / "log.db") as bus:
        bus.publish(RAW.name, [message(n) for n in range(5000)])
        drain(bus, "admit", [RAW.name], 5000)
        bus.retain(before=NOON - timedelta(days=1), max_bytes=bus.size() // 2)
        left = [r.message for r in bus.read(RAW.name)]
        assert 0 < len(left) < 5000
        assert left == [message(n) for n in range(5000 - len(left), 5000)]


def test_compaction_keeps_the_last_message_of_each_key(tmp_path: Path) -> None:
    """A compacted topic keeps for each key what was said last."""
    with SqliteBus(tmp_path / "log.db") as bus:
        bus.publish(KNOWN.name, [message(n, key=f"{n % 2}") for n in range(6)])
        bus.retain(before=NOON - timedelta(days=1), max_bytes=2**40)
        assert [r.message for r in bus.read(KNOWN.name)] == [message(4, key="0"), message(5, key="1")]


def test_a_full_disk_is_a_clear_error_and_loses_nothing(tmp_path: Path) -> None:
    """When no page is left, publishing fails with a sentence, and what was acknowledged is still there."""
    with SqliteBus(tmp_path / "log.db") as bus:
        bus.publish(RAW.name, [message(1)])
        pages = bus._connection.execute("PRAGMA page_count").fetchone()[0]
        bus._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(StoreFullError, match="disk is full"):
            bus.publish(RAW.name, [message(n) for n in range(2000)])
        assert [r.message for r in bus.read(RAW.name)] == [message(1)]


def test_a_damaged_file_says_what_to_do(tmp_path: Path) -> None:
    """A file that is no database is an error that names it and the way back."""
    (tmp_path / "log.db").write_bytes(b"no database at all, " * 100)
    with pytest.raises(StoreError, match=r"log\.db.*rasid restore"):
        SqliteBus(tmp_path / "log.db")


def test_two_processes_share_one_log(tmp_path: Path) -> None:
    """What another connection publishes is found by a waiting consumer."""
    with SqliteBus(tmp_path / "log.db") as mine, SqliteBus(tmp_path / "log.db") as other:
        consumer = mine.consumer("g", [RAW.name])
        other.publish(RAW.name, [message(1)])
        assert len(consumer.poll(5, wait=5)) == 1
