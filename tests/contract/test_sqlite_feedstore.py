from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from contract.feedstore_contract import NOON, FeedStoreContract, OpenStore, record, shown, state

from rasid.adapters.sqlite_feedstore import SqliteFeedStore
from rasid.domain.errors import StoreError, StoreFullError, StoreNewerError
from rasid.domain.feed import Shown


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[OpenStore]:
    """Give a function that opens the one store of this test, again and again."""
    opened: list[SqliteFeedStore] = []

    def open_one() -> SqliteFeedStore:
        opened.append(SqliteFeedStore(tmp_path / "feeds.db"))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


class TestSqliteFeedStore(FeedStoreContract):
    """The contract, on SQLite."""


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    """A file of a later format is left alone, and the person is told which one."""
    path = tmp_path / "feeds.db"
    SqliteFeedStore(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreNewerError, match="format 99"):
        SqliteFeedStore(path)


def test_a_damaged_file_is_a_clear_error(tmp_path: Path) -> None:
    """A file that is no database names itself and what to do."""
    path = tmp_path / "feeds.db"
    path.write_bytes("ليست قاعدة بيانات".encode() * 1000)
    with pytest.raises(StoreError, match=r"feeds\.db: .*damaged"):
        SqliteFeedStore(path)


def test_a_full_disk_keeps_the_last_save_whole(tmp_path: Path) -> None:
    """When there is no room the save fails as a whole, and what was there stays."""
    store = SqliteFeedStore(tmp_path / "feeds.db")
    store.save(state(), record(), [shown("a")])
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreFullError, match="the disk is full"):
        store.save(state(interval=1.0), record(minutes=1), [shown(f"сирия {n}" * 20) for n in range(2000)])
    assert store.state("sana-sy-1") == state()
    assert store.history("sana-sy-1") == [record()]
    assert store.shown("sana-sy-1", ["a"]) == {"a": shown("a")}
    store.close()


def test_history_is_cut_to_its_cap(tmp_path: Path) -> None:
    """No more polls of a feed come back than the cap, and the file holds few more."""
    store = SqliteFeedStore(tmp_path / "feeds.db", history_per_feed=10)
    for minute in range(100):
        store.save(state(), record(minutes=minute))
    assert len(store.history("sana-sy-1", 100)) == 10
    assert store._db.execute("SELECT count(*) FROM polls").fetchone()[0] <= 30
    store.close()


def test_a_memory_over_its_size_forgets_what_was_seen_longest_ago(tmp_path: Path) -> None:
    """The oldest items go until the file fits; the newest and the feed's state stay."""
    items = [
        Shown(item=f"خبر {n} новость", key=f"{n:032x}", content_hash="0" * 32, seen_at=NOON + timedelta(minutes=n))
        for n in range(20_000)
    ]
    with SqliteFeedStore(tmp_path / "feeds.db") as store:
        store.save(state(), record(), items)
        removed = store.retain_size(2**20)
        left = store.shown(state().feed_id, [one.item for one in items])
        assert len(left) == 20_000 - removed
        assert 0 < removed < 20_000
        assert set(left) == {one.item for one in items[removed:]}
        assert store.state(state().feed_id) == state()
        assert store.retain_size(2**40) == 0
