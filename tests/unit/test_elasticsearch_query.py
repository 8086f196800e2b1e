"""The query tree as Elasticsearch's DSL, and documents there and back; no server is asked."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from makers import NOON, TITLES, document

from rasid.adapters.elasticsearch_documents import document_of, presence_term, source_of
from rasid.adapters.elasticsearch_query import MAX_DEPTH, matching, normal, ranking
from rasid.adapters.elasticsearch_templates import MAPPINGS, Names
from rasid.alerts.match import why
from rasid.app.analysis import Analysis
from rasid.domain.article import Keyword, Place
from rasid.domain.article import Names as PlaceNames
from rasid.domain.errors import QueryError, StoreError
from rasid.domain.query import And, Between, Everything, Near, Not, Nothing, Or, Query, Value, Words

ANALYSIS = Analysis()
SYRIA = {code: Words((ANALYSIS.terms(word)[0].text,)) for code, word in
         {"ar": "سوريا", "en": "Syria", "ru": "Сирии"}.items()}  # fmt: skip
ARABIC, ENGLISH, RUSSIAN = Value("language", ("ar",)), Value("language", ("en",)), Value("language", ("ru",))
DOCUMENTS = [
    document(ANALYSIS, n, language=code, text=TITLES[code] * (n % 2), presence={"RU": (0,), "SY": (n,)})
    for n, code in enumerate(["ar", "en", "ru"])
]
LEAVES = st.sampled_from(
    [*SYRIA.values(), ARABIC, ENGLISH, RUSSIAN, Near(("RU",), ("SY",), 2), Everything(), Nothing(),
     Between("published_at", None, NOON), Between("first_seen_at", NOON, None)]
)  # fmt: skip
QUERIES: st.SearchStrategy[Query] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.lists(inner, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(inner, max_size=3).map(lambda parts: Or(tuple(parts))),
    ),
)


@given(query=QUERIES)
def test_the_normal_form_matches_the_same(query: Query) -> None:
    """Bringing NOTs down to the leaves changes no match, in Arabic, English or Russian."""
    for one in DOCUMENTS:
        assert (why(query, one) is None) == (why(normal(query), one) is None)


@given(query=QUERIES)
def test_the_normal_form_is_flat(query: Query) -> None:
    """NOT stands before leaves only, no AND or OR lies directly in one of its kind, none holds what changes nothing."""
    _check_flat(normal(query))


def _check_flat(query: Query) -> None:
    match query:
        case Not(part):
            assert not isinstance(part, And | Or | Not | Everything | Nothing)
        case And(parts) | Or(parts):
            assert len(parts) > 1
            for part in parts:
                assert not isinstance(part, type(query) | Everything | Nothing)
                _check_flat(part)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Everything(), {"match_all": {}}),
        (Nothing(), {"match_none": {}}),
        (Words(()), {"match_none": {}}),
        (And(()), {"match_all": {}}),
        (Or(()), {"match_none": {}}),
        (Not(Everything()), {"match_none": {}}),
        (Value("tags", ("حرب", "война", "war")), {"terms": {"tags": ["حرب", "война", "war"]}}),
        (
            Words(("положен", "сир"), "title"),
            {"multi_match": {"query": "положен сир", "type": "phrase", "fields": ["title_terms"]}},
        ),
        (
            And((ARABIC, Not(ENGLISH))),
            {"bool": {"filter": [{"terms": {"language": ["ar"]}}], "must_not": [{"terms": {"language": ["en"]}}]}},
        ),
        (
            Or((ARABIC, Or((RUSSIAN,)))),
            {
                "bool": {
                    "should": [{"terms": {"language": ["ar"]}}, {"terms": {"language": ["ru"]}}],
                    "minimum_should_match": 1,
                }
            },
        ),
        (
            Between("first_seen_at", datetime(1970, 1, 1, 0, 0, 1, 2, tzinfo=UTC), None),
            {"range": {"first_seen_micros": {"gte": 1_000_002}}},
        ),
        (Between("published_at", None, None), {"exists": {"field": "published_micros"}}),
        (Near(("RU",), (), 1), {"match_none": {}}),
        (Near(("RU",), ("SY",), 0), {"match_none": {}}),
    ],
)
def test_each_part_of_the_tree_has_its_dsl(query: Query, expected: dict[str, Any]) -> None:
    """Leaves and connectives become what Elasticsearch calls them."""
    assert matching(query) == expected


def test_nearness_stays_within_what_the_server_counts() -> None:
    """Any number of sentences makes a slop that Elasticsearch takes."""
    assert matching(Near(("RU",), ("SY",), 10**9))["span_near"]["slop"] == 2**31 - 1
    assert presence_term("RU") != presence_term("SY")


def test_ranking_scores_only_what_speaks_for_a_match() -> None:
    """Words under NOT are not scored; the title weighs threefold; the matches stay those of the query."""
    query = And((SYRIA["ru"], Not(SYRIA["ar"])))
    made = ranking(query)["bool"]
    assert made["filter"] == [matching(query)]
    boosts = {field: spec["boost"] for one in made["should"] for field, spec in one["match_phrase"].items()}
    assert boosts == {"title_terms": 3.0, "text_terms": 1.0}
    assert SYRIA["ar"].terms[0] not in json.dumps(made["should"], ensure_ascii=False)


def test_a_query_nested_too_deep_is_refused_with_a_reason() -> None:
    """What Elasticsearch would refuse is a QueryError before it is sent; deep NOTs and runs of AND are no trouble."""
    deep: Query = ARABIC
    for _ in range(200):
        deep = Not(And((deep, Not(Not(Everything())))))
    assert matching(deep)
    for number in range(MAX_DEPTH):
        deep = (And if number % 2 else Or)((RUSSIAN, deep, ENGLISH))
    with pytest.raises(QueryError, match="nested"):
        matching(deep)


def _rich(code: str) -> Any:
    made = document(ANALYSIS, 7, language=code, names=(("x", {"ar": "الأسد", "en": "Assad", "ru": "Асадом"}[code]),))
    places = (
        Place(id="a", name=PlaceNames(ar="إدلب", ru="Идлиб"), country=None, lat=None, lon=1.0, mentions=()),
        Place(id="b", name=PlaceNames(en="Idlib"), country="SY", lat=35.93, lon=36.63, mentions=()),
    )
    enriched = replace(made.enriched, places=places, keywords=(Keyword(text="Сирия", score=1 / 3),), about=("SY",))
    article = replace(enriched.article, published_at=datetime(1, 1, 1, 0, 0, 0, 1, tzinfo=UTC), html="<p>")
    return replace(made, enriched=replace(enriched, article=article), story_epoch=3)


@pytest.mark.parametrize("code", ["ar", "en", "ru"])
def test_a_document_comes_back_from_its_source(code: str) -> None:
    """What Elasticsearch stores gives back a document equal to the one it was made of."""
    made = _rich(code)
    assert document_of(json.loads(source_of(made, indexed_at=NOON))) == made


def test_every_field_of_a_source_is_in_the_mapping() -> None:
    """The mapping is strict, so a document may have no field that it does not know, and it knows each is used."""
    source = json.loads(source_of(_rich("ru"), indexed_at=NOON))
    assert set(source) <= set(MAPPINGS["properties"])
    assert set(source["places"][1]) <= set(MAPPINGS["properties"]["places"]["properties"])
    assert set(source["entities"][0]) <= set(MAPPINGS["properties"]["entities"]["properties"])
    # What Kibana's maps show: only places that have both coordinates.
    assert source["locations"] == [{"lat": 35.93, "lon": 36.63}]


def test_a_document_changed_by_hand_is_named() -> None:
    """A source that is not a document of ours is an error with its id, not a wrong document."""
    source = json.loads(source_of(_rich("ar"), indexed_at=NOON))
    source["revision"] = "many"
    with pytest.raises(StoreError, match=source["id"]):
        document_of(source)


def test_presence_lies_sentence_by_sentence() -> None:
    """Sentences without a name keep their place, so that distances are those of the text."""
    made = document(ANALYSIS, 1, presence={"RU": (0, 3), "SY": (3,)})
    lines = json.loads(source_of(made, indexed_at=NOON))["presence_terms"]
    ru, sy = presence_term("RU"), presence_term("SY")
    assert lines == [ru, "-", "-", f"{ru} {sy}"]


@pytest.mark.parametrize("article_id", ["", "202613-1", "2026", "x202611-1"])
def test_an_id_without_a_month_has_no_index(article_id: str) -> None:
    """The month of the id names the index; without one there is none."""
    assert Names("news").month("202611-1") == "news-articles-v1-2026.11"
    with pytest.raises(ValueError, match="month"):
        Names("news").month(article_id)
