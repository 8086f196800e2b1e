"""The SQLite index keeps the promises of Index, and its own on size."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from contract.index_contract import ANALYSIS, THREE, IndexContract
from contract.query_contract import QueryContract
from makers import document

from rasid.adapters.sqlite_index import SqliteIndex
from rasid.domain.query import Everything


@pytest.fixture
def index(tmp_path: Path) -> Iterator[SqliteIndex]:
    """Give an empty index."""
    with SqliteIndex(tmp_path / "index.db", ANALYSIS) as made:
        yield made


class TestSqliteIndex(IndexContract, QueryContract):
    """The contract on SQLite."""


def test_documents_survive_reopening(tmp_path: Path) -> None:
    """What was written is there after the process ends."""
    with SqliteIndex(tmp_path / "index.db", ANALYSIS) as first:
        first.write(THREE)
    with SqliteIndex(tmp_path / "index.db", ANALYSIS) as second:
        assert second.count() == 4


def test_an_index_over_its_size_loses_its_oldest(index: SqliteIndex) -> None:
    """Retention by size removes the oldest documents until the rest fits."""
    index.write([document(ANALYSIS, n, minutes=n, text="سوريا Syria Сирия " * 100) for n in range(1, 301)])
    index.retain_size(index.size() // 2)
    left = [hit.document.id for hit in index.search(Everything(), limit=1000).hits]
    assert 0 < len(left) < 300
    assert left[-1] > f"202611-{1:032x}"
    assert left[0] == f"202611-{300:032x}"
