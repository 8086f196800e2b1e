"""One tree, the SQLite index and the matcher of rules: for any query and any articles they find the same."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from makers import document
from query_trees import ANALYSIS, articles, queries

from rasid.adapters.luqum_query import parse_query
from rasid.adapters.sqlite_index import SqliteIndex
from rasid.alerts.match import why
from rasid.domain.article import GroupedArticle
from rasid.domain.errors import QueryError
from rasid.domain.query import And, Not, Or, Query, Words

MANY = tuple(Words((f"w{number}",)) for number in range(1_000))
NESTED: Query = Words(("сир",))
for _level in range(25):
    NESTED = And((NESTED, Words(("асад",)))) if _level % 2 else Or((Not(NESTED), Words(("syria",))))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    held=st.lists(articles(), min_size=1, max_size=8, unique_by=lambda one: one.id),
    asked=st.lists(queries(), min_size=1, max_size=8),
)
@example(held=[document(ANALYSIS, 1)], asked=[Or(MANY), And(tuple(Not(one) for one in MANY)), NESTED])
def test_index_and_matcher_find_the_same(held: list[GroupedArticle], asked: list[Query]) -> None:
    """Every query finds in the index exactly the articles that the matcher accepts, by search and by scan."""
    with TemporaryDirectory() as place, SqliteIndex(Path(place) / "index.db", ANALYSIS) as index:
        assert list(index.write(held)) == []
        for query in asked:
            found = {hit.document.id for hit in index.search(query, limit=100).hits}
            assert found == {one.id for one in held if why(query, one) is not None}, query
            assert {one.id for one in index.scan(query)} == found
            ranked = index.search(query, limit=100, sort="relevance").hits
            assert {hit.document.id for hit in ranked} == found


def test_a_pattern_of_too_many_words_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """More than 200 words of the index are refused, 200 are all searched: never a part of them."""
    letters = "абвгдежзиклмнопрст"
    words = [f"сир{one}{other}к" for one in letters for other in letters]
    with SqliteIndex(tmp_path / "index.db", ANALYSIS) as index:
        index.write([document(ANALYSIS, n, title=word) for n, word in enumerate(words[:200])])
        query = parse_query("сир*", ANALYSIS).query
        assert index.search(query).total == 200
        index.write([document(ANALYSIS, 999, title=words[200])])
        with pytest.raises(QueryError, match="more than 200 words"):
            index.search(query)
        with pytest.raises(QueryError, match="more letters"):
            list(index.scan(query))
