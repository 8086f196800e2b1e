from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from alert_makers import alert
from contract.alertstore_contract import EVERYTHING, MIXED, AlertStoreContract, OpenAlerts
from makers import NOON

from rasid.adapters.sqlite_alerts import SqliteAlerts
from rasid.domain.errors import StoreError
from rasid.domain.judgement import Precision


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[OpenAlerts]:
    """Give a function that opens the one store of this test, again and again."""
    opened: list[SqliteAlerts] = []

    def open_one() -> SqliteAlerts:
        opened.append(SqliteAlerts(tmp_path / "alerts.db"))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


class TestSqliteAlerts(AlertStoreContract):
    """The contract, on SQLite."""


def test_retention_forgets_alerts_and_keeps_what_was_judged(tmp_path: Path) -> None:
    """Old alerts go with their deliveries; a rule's measured precision stays."""
    with SqliteAlerts(tmp_path / "alerts.db") as store:
        store.record(MIXED)
        store.judge(MIXED[0].id, "wrong", NOON)
        assert store.retain(before=NOON + timedelta(minutes=5)) == 5
        assert store.count(EVERYTHING) == 4
        assert store.precision() == {"russia-syria": Precision(right=0, wrong=1)}


def test_another_process_is_noticed(tmp_path: Path) -> None:
    """The version moves when this store or another writes: pages that watch look again."""
    with SqliteAlerts(tmp_path / "alerts.db") as mine, SqliteAlerts(tmp_path / "alerts.db") as other:
        before = mine.version()
        assert mine.version() == before
        other.record([alert()])
        between = mine.version()
        mine.record([alert(2)])
        assert len({before, between, mine.version()}) == 3


def test_a_file_of_the_first_format_is_made_anew(tmp_path: Path) -> None:
    """Nothing had shipped with it: its tables go, and the store works."""
    with sqlite3.connect(tmp_path / "alerts.db") as db:
        db.execute("CREATE TABLE alerts (id TEXT PRIMARY KEY, created INTEGER NOT NULL, body BLOB NOT NULL)")
    db.close()
    with SqliteAlerts(tmp_path / "alerts.db") as store:
        store.record([alert(language="ar")])
        assert store.alerts() == [alert(language="ar")]


def test_a_damaged_file_is_a_clear_error(tmp_path: Path) -> None:
    """A file that is no database names itself and what to do."""
    (tmp_path / "alerts.db").write_bytes("не база".encode() * 1000)
    with pytest.raises(StoreError, match=r"alerts\.db: .*damaged"):
        SqliteAlerts(tmp_path / "alerts.db")
