"""The Elasticsearch index keeps the promises of Index on the real server, and its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from contract.elasticsearch_server import address, fresh_index
from contract.index_contract import ANALYSIS, SHOIGU, THREE, IndexContract, ask
from contract.query_contract import QueryContract
from makers import document

from rasid.adapters import elasticsearch_search
from rasid.adapters.elasticsearch_index import ElasticsearchIndex
from rasid.adapters.elasticsearch_query import MAX_DEPTH
from rasid.domain.article import Entity, GroupedArticle, Names
from rasid.domain.errors import QueryError, StoreError, StoreNewerError
from rasid.domain.query import And, Everything, Near, Not, Or, Query, Words

MONTHS = [datetime(2026, month, 15, 12, tzinfo=UTC) for month in (8, 9, 10, 11)]

pytestmark = pytest.mark.cluster


@pytest.fixture
def index() -> Iterator[ElasticsearchIndex]:
    """Give an empty index."""
    with fresh_index(ANALYSIS) as made:
        yield made


class TestElasticsearchIndex(IndexContract, QueryContract):
    """The contract on Elasticsearch."""


def of_month(number: int, seen: datetime, **changes: object) -> GroupedArticle:
    """Make a document first seen at `seen`, with the id that says so."""
    return document(ANALYSIS, number, id=f"{seen:%Y%m}-{number:032x}", first_seen_at=seen, **changes)


def months_of(index: ElasticsearchIndex) -> list[str]:
    """Give the months that have an index."""
    return [name.rpartition("-")[2] for name in index._schema.indices()]


def test_an_empty_index_answers(index: ElasticsearchIndex) -> None:
    """Before the first write there is nothing to find, and no error."""
    index.refresh()
    for sort in ("newest", "relevance"):
        page = index.search(Words(("syria",)), sort=sort, facets=("person",))
        assert (page.hits, page.total, page.facets) == ((), 0, {"person": ()})
    assert (index.count(), list(index.scan(Everything())), index.get("202611-0"), index.get("?")) == (0, [], None, None)
    assert index.retain(before=MONTHS[0]) == 0


def test_what_is_written_is_got_at_once(index: ElasticsearchIndex) -> None:
    """`get` does not wait for a refresh; Arabic, Russian and English come back as they were."""
    index.write(THREE)
    assert [index.get(one.id) for one in THREE] == THREE


def test_each_month_has_its_index_and_old_ones_go_whole(index: ElasticsearchIndex) -> None:
    """Documents lie by the month of their id; retention drops months gone by and cleans the one in between."""
    index.write([of_month(n, seen) for n, seen in enumerate(MONTHS)])
    index.write([of_month(9, MONTHS[2].replace(day=1))])
    assert months_of(index) == ["2026.08", "2026.09", "2026.10", "2026.11"]
    assert index.retain(before=MONTHS[2]) == 3
    index.refresh()
    assert months_of(index) == ["2026.10", "2026.11"]
    assert [int(hit.document.id[7:], 16) for hit in index.search(Everything()).hits] == [3, 2]
    index.write([of_month(7, MONTHS[0])])
    assert months_of(index)[0] == "2026.08"


def test_an_old_month_with_something_to_stay_is_not_dropped(index: ElasticsearchIndex) -> None:
    """A document whose id names an earlier month than its first-seen time outlives the month of its name."""
    late = document(ANALYSIS, 5, id=f"202608-{5:032x}", first_seen_at=MONTHS[3])
    index.write([late, of_month(1, MONTHS[0])])
    assert index.retain(before=MONTHS[2]) == 1
    assert index.get(late.id) == late


def test_an_id_without_a_month_is_refused(index: ElasticsearchIndex) -> None:
    """Such a document costs only itself, and the reason says what is wrong."""
    refused = index.write([document(ANALYSIS, 1, id="nonsense"), THREE[0]])
    assert [(one.id, "month" in one.reason) for one in refused] == [("nonsense", True)]
    assert index.get(THREE[0].id) == THREE[0]


def test_a_document_the_server_refuses_costs_only_itself(index: ElasticsearchIndex) -> None:
    """More names than Elasticsearch takes in one document: refused with the server's reason, the others are there."""
    names = tuple(Entity(id=f"e{n}", type="PER", name=Names(ru="Имя"), mentions=()) for n in range(10_001))
    huge = replace(THREE[1], enriched=replace(THREE[1].enriched, entities=names))
    refused = index.write([THREE[0], huge, THREE[2]])
    assert [one.id for one in refused] == [huge.id]
    assert "nested" in refused[0].reason
    index.refresh()
    assert ask(index, "") == [3, 1]


def test_facets_are_exact_over_months(index: ElasticsearchIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that no month counts among its largest, but all together do, is counted right."""
    monkeypatch.setattr(elasticsearch_search, "SHARD_SIZES", (51, 1_000))
    documents, number = [], 0
    for seen in MONTHS:
        for source, count in [*((f"{seen:%m}-{n:02}", 3) for n in range(60)), ("ТАСС", 2)]:
            for _ in range(count):
                number += 1
                documents.append(of_month(number, seen, source=source, carriers=()))
    index.write(documents)
    index.refresh()
    sources = index.search(Everything(), limit=1, facets=("source",)).facets["source"]
    assert [(one.value, one.count) for one in sources[:3]] == [("ТАСС", 8), ("08-00", 3), ("08-01", 3)]
    assert len(sources) == 50


def test_pages_are_as_long_as_asked_for(index: ElasticsearchIndex) -> None:
    """A page may be longer than one answer of the server."""
    index.write([document(ANALYSIS, n, minutes=n) for n in range(1, 1_203)])
    index.refresh()
    page = index.search(Everything(), limit=1_201)
    assert [int(hit.document.id[7:], 16) for hit in page.hits] == list(range(1_202, 1, -1))
    assert [hit.document for hit in index.search(Everything(), cursor=page.cursor).hits] == [
        document(ANALYSIS, 1, minutes=1)
    ]


def test_a_cursor_outlives_the_server_s_view(index: ElasticsearchIndex) -> None:
    """When the server has forgotten the view behind a page by relevance, the next page goes on without it."""
    index.write([document(ANALYSIS, n, title="Idlib", text="Idlib " * n) for n in range(1, 8)])
    index.refresh()
    query = Words(tuple(term.text for term in ANALYSIS.terms("Idlib")))
    first = index.search(query, limit=4, sort="relevance")
    view = elasticsearch_search._read_cursor(first.cursor or "", "relevance", (str, object, int, str, int))[0]
    index._client.close_point_in_time(id=view)
    second = index.search(query, limit=4, sort="relevance", cursor=first.cursor)
    assert len({hit.document.id for hit in (*first.hits, *second.hits)}) == 7
    assert second.cursor is None


def test_a_busy_server_is_waited_for(index: ElasticsearchIndex) -> None:
    """While the server answers 429 the write waits; when it takes writes again all is there."""
    index.write(THREE[:1])
    (name,) = index._schema.indices()
    _block(index, name, blocked=True)
    free = threading.Timer(0.4, _block, (index, name), {"blocked": False})
    free.start()
    assert index.write(THREE) == []
    free.join()
    assert [index.get(one.id) for one in THREE] == THREE


def test_a_server_that_stays_busy_is_an_outage() -> None:
    """When waiting does not help, nothing is rejected: StoreError says that the server takes no writes."""
    with fresh_index(ANALYSIS, delays=(0.01, 0.01)) as index:
        index.write(THREE[:1])
        (name,) = index._schema.indices()
        _block(index, name, blocked=True)
        with pytest.raises(StoreError, match="takes no more writes"):
            index.write(THREE)
        _block(index, name, blocked=False)


def _block(index: ElasticsearchIndex, name: str, *, blocked: bool) -> None:
    """Do what the server does to itself when its disk is full: it answers writes with 429."""
    settings = {"index.blocks.read_only_allow_delete": True if blocked else None}
    index._client.indices.put_settings(index=name, settings=settings)


def test_a_server_that_is_not_there_is_named() -> None:
    """An outage is StoreError with the address; nothing is taken for rejected."""
    with ElasticsearchIndex("http://127.0.0.1:9", ANALYSIS) as index:
        for act in (lambda: index.write(THREE), index.refresh, index.count, lambda: index.search(Everything())):
            with pytest.raises(StoreError, match=r"http://127\.0\.0\.1:9 does not answer"):
                act()


@pytest.mark.parametrize(
    ("meta", "error", "said"),
    [
        ({}, StoreError, "has not rasid's mapping"),
        ({"_meta": {"schema_version": 0}}, StoreError, "run `rasid index reindex`"),
        ({"_meta": {"schema_version": 99}}, StoreNewerError, "upgrade this one"),
    ],
)
def test_a_mapping_that_does_not_fit_is_named(
    index: ElasticsearchIndex, meta: dict[str, object], error: type[StoreError], said: str
) -> None:
    """Before anything is written, the index with another mapping is named with what to do."""
    name = index._names.month(THREE[0].id)
    index._client.indices.create(index=name, mappings={"dynamic": True, **meta})
    with pytest.raises(error, match=said) as raised:
        index.write(THREE)
    assert name in str(raised.value)
    assert index._client.count(index=name)["count"] == 0


def test_the_deepest_query_is_taken_by_the_server(index: ElasticsearchIndex) -> None:
    """What is not refused as too deep, the server does not refuse either."""
    index.write(THREE)
    index.refresh()
    deep: Query = Not(Near(("RU",), ("SY",), 1))
    for number in range(MAX_DEPTH - 2):
        deep = (And if number % 2 else Or)((deep, Words(("x",))))
    assert index.search(deep, sort="relevance").total == 0
    with pytest.raises(QueryError, match="nested"):
        index.search(Or((And((deep, Words(("y",)))), Words(("z",)))))


def test_facets_show_names_that_people_read(index: ElasticsearchIndex) -> None:
    """The label of an id is its name, in the last writing; another program's index finds it too."""
    index.write(THREE)
    index.refresh()
    options = {"prefix": index._names.prefix}
    with ElasticsearchIndex(address(), ANALYSIS, **options) as other:
        for one in (index, other):
            people = {c.value: c.label for c in one.search(Everything(), facets=("person",)).facets["person"]}
            assert people[SHOIGU] == "Шойгу"


@pytest.mark.parametrize(
    ("field", "word", "found"),
    [
        ("title.ar", "والأسد", [1]),
        ("title.ru", "Сирия", [3]),
        ("title.en", "discussing", [2]),
        ("@timestamp", ">2020", 4),
    ],
)
def test_people_in_kibana_search_by_the_language_analyzers(
    index: ElasticsearchIndex, field: str, word: str, found: list[int] | int
) -> None:
    """The sub-fields are stemmed in Arabic, Russian and English; @timestamp is the first-seen time."""
    index.write(THREE)
    index.refresh()
    answer = index._client.search(index=index._names.alias, query={"query_string": {"query": f"{field}:{word}"}})
    ids = sorted(int(hit["_id"][7:], 16) for hit in answer["hits"]["hits"])
    assert ids == found or len(ids) == found


def test_many_threads_write_and_read(index: ElasticsearchIndex) -> None:
    """Threads that begin a month together lose nothing."""
    each = [[document(ANALYSIS, 100 * thread + n) for n in range(1, 21)] for thread in range(4)]
    threads = [threading.Thread(target=index.write, args=(part,)) for part in each]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [index.get(one.id) for part in each for one in part] == [one for part in each for one in part]


def test_written_documents_become_visible_by_themselves(index: ElasticsearchIndex) -> None:
    """Without `refresh` the server shows what is written within its refresh interval."""
    index.write(THREE)
    until = time.monotonic() + 60
    while index.count() < 4 and time.monotonic() < until:
        time.sleep(0.05)
    assert index.count() == 4
