"""SQLite and Elasticsearch give the same answers: one corpus, any query."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from contract.elasticsearch_server import fresh_index
from contract.index_contract import ANALYSIS
from hypothesis import example, given, settings
from hypothesis import strategies as st
from makers import document

from rasid.adapters.sqlite_index import SqliteIndex
from rasid.alerts.match import why
from rasid.domain.article import Carrier, GroupedArticle, Keyword, Names, Place
from rasid.domain.query import And, Between, Everything, Near, Not, Nothing, Or, Pattern, Query, Value, Within, Words
from rasid.domain.search import FACETS, SearchPage, Sort
from rasid.ports import Index

WORDS = {
    "ar": ["شويغو", "الأسد", "الوضع", "في", "سوريا", "إدلب", "القوات", "الروسية", "قصف", "حلب", "دمشق"],
    "en": [
        "Shoigu",
        "Assad",
        "discuss",
        "the",
        "situation",
        "in",
        "Syria",
        "Idlib",
        "forces",
        "Russian",
        "shelling",
        "Aleppo",
    ],
    "ru": ["Шойгу", "Асад", "обсудил", "положение", "в", "Сирии", "Идлиб", "войска", "российские", "обстрел", "Алеппо"],
}
NAMES = {"ar": "شويغو", "en": "Shoigu", "ru": "Шойгу"}
SHOIGU = "rasid:person/sergei-shoigu"
PLACES = [
    Place(id="geonames:169389", name=Names(ar="إدلب", en="Idlib"), country="SY", lat=35.93, lon=36.63, mentions=()),
    Place(id="rasid:place/somewhere", name=Names(ru="Где-то"), country=None, lat=None, lon=None, mentions=()),
]
START = datetime(2026, 9, 20, 22, tzinfo=UTC)


def corpus(count: int) -> list[GroupedArticle]:
    """Make documents of three months and languages, many of them seen in the same microsecond."""
    pick = random.Random(20)
    return [_document(pick, number) for number in range(1, count + 1)]


def _document(pick: random.Random, number: int) -> GroupedArticle:
    language = pick.choice(["ar", "en", "ru"])
    seen = START + timedelta(days=pick.randrange(70), hours=pick.randrange(3), microseconds=pick.randrange(3))
    title = " ".join(pick.choices(WORDS[language], k=pick.randrange(1, 6)))
    source = pick.choice(["SANA", "ТАСС", "Reuters", "سانا"])
    made = document(
        ANALYSIS,
        number,
        id=f"{seen:%Y%m}-{number:032x}",
        language=language,
        title=title,
        text="\n\n".join(" ".join(pick.choices(WORDS[language], k=8)) for _ in range(pick.randrange(4))),
        names=((SHOIGU, NAMES[language]),) if NAMES[language] in title else (),
        presence={one: tuple(sorted(pick.sample(range(9), 2))) for one in pick.sample(["RU", "SY", SHOIGU], 2)},
        first_seen_at=seen,
        published_at=pick.choice([None, seen - timedelta(microseconds=1), datetime(1, 2, 3, tzinfo=UTC)]),
        source=source,
        carriers=(Carrier(feed=f"feed-{number % 3}", source=source, seen_at=seen),),
        source_country=pick.choice([None, "RU", "SY"]),
        ownership=pick.choice([None, "state", "private"]),
        tags=tuple(pick.sample(["war", "война", "حرب"], pick.randrange(3))),
    )
    enriched = replace(
        made.enriched,
        places=tuple(pick.sample(PLACES, pick.randrange(3))),
        about=tuple(pick.sample(["RU", "SY"], pick.randrange(3))),
        keywords=tuple(Keyword(text=word, score=pick.random()) for word in pick.sample(WORDS[language], 2)),
    )
    return replace(made, enriched=enriched, story_id=f"story-{number % 7}")


CORPUS = corpus(150)
pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("indexes-agree")]  # one worker writes the corpus


@dataclass(frozen=True)
class Both:
    """The same documents in either index."""

    sqlite: Index
    elasticsearch: Index


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Give two indexes that hold the corpus."""
    path: Path = tmp_path_factory.mktemp("agree") / "index.db"
    with SqliteIndex(path, ANALYSIS) as sqlite, fresh_index(ANALYSIS) as elasticsearch:
        for index in (sqlite, elasticsearch):
            assert list(index.write(CORPUS)) == []
            index.refresh()
        yield Both(sqlite, elasticsearch)


TERMS = sorted({term.text for words in WORDS.values() for word in words for term in ANALYSIS.terms(word)})
FIELDS = st.sampled_from(["any", "title", "text"])
BOOSTS = st.sampled_from([1.0, 2.5, 0.0])
OPERANDS = st.lists(st.sampled_from(TERMS), min_size=1, max_size=2).map(tuple)
BEGINNINGS = st.sampled_from(TERMS).flatmap(lambda term: st.integers(1, len(term)).map(lambda size: term[:size]))


@st.composite
def phrases(draw: st.DrawFn) -> Words:
    """Give one to three analysed words of one language."""
    words = draw(st.lists(st.sampled_from(WORDS[draw(st.sampled_from(["ar", "en", "ru"]))]), min_size=1, max_size=3))
    terms = tuple(term.text for term in ANALYSIS.terms(" ".join(words)))
    return Words(terms, draw(FIELDS), "", draw(BOOSTS))


VALUES = [
    ("language", "ar"), ("source", "ТАСС"), ("source", "سانا"), ("source_country", "SY"), ("ownership", "state"),
    ("feed", "feed-1"), ("tags", "حرب"), ("entity_ids", SHOIGU), ("person_ids", SHOIGU),
    ("place_ids", PLACES[0].id), ("about", "RU"), ("keywords", "дамаск"), ("keywords", "обсудил"),
    ("story_id", "story-3"), ("origin", "live"), ("known", "true"), ("org_ids", "none"),
]  # fmt: skip
MOMENTS = st.one_of(st.none(), st.sampled_from([one.enriched.article.first_seen_at for one in CORPUS]))
LEAVES: st.SearchStrategy[Query] = st.one_of(
    phrases(),
    st.sampled_from(VALUES).map(lambda pair: Value(pair[0], (pair[1],))),  # type: ignore[arg-type]
    st.builds(Between, st.sampled_from(["first_seen_at", "published_at"]), MOMENTS, MOMENTS),
    st.builds(Near, st.just(("RU", SHOIGU)), st.sampled_from([("SY",), ("RU",), ("none",)]), st.integers(0, 12)),
    st.builds(Within, OPERANDS, OPERANDS, st.integers(0, 4), FIELDS, st.just(""), BOOSTS),
    st.builds(Pattern, BEGINNINGS, st.just(0), st.lists(st.sampled_from(TERMS), max_size=1).map(tuple), FIELDS),
    st.builds(
        Pattern, st.sampled_from([*TERMS, "сыр", "شوغيو", "forec"]), st.sampled_from([1, 2]), st.just(()), FIELDS
    ),
    st.sampled_from([Everything(), Nothing()]),
)
QUERIES: st.SearchStrategy[Query] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.lists(inner, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(inner, max_size=3).map(lambda parts: Or(tuple(parts))),
    ),
    max_leaves=8,
)


def pages(
    index: Index, query: Query, *, sort: Sort = "newest", collapse: bool = False, limit: int = 40
) -> list[SearchPage]:
    """Follow the cursor from the first page to the last."""
    found = [index.search(query, limit=limit, sort=sort, collapse=collapse, facets=FACETS)]
    while cursor := found[-1].cursor:
        found.append(index.search(query, limit=limit, sort=sort, collapse=collapse, cursor=cursor))
    return found


@settings(max_examples=400, deadline=None)
@given(query=QUERIES)
@example(query=Within(("شويغو", "شويغو"), ("شويغو", "شويغو"), 2))  # a phrase that overlaps itself
@example(query=Not(Between("published_at", None, START + timedelta(days=30))))  # many have no published_at
def test_both_indexes_give_the_same(both: Both, query: Query) -> None:
    """Hits, their order, highlights, totals, pages and facets are the same for any query, and what the matcher takes."""
    ours, theirs = pages(both.sqlite, query), pages(both.elasticsearch, query)
    for one, other in zip(ours, theirs, strict=True):
        assert [hit.document.id for hit in one.hits] == [hit.document.id for hit in other.hits]
        assert [(hit.document, hit.highlights) for hit in one.hits] == [
            (hit.document, hit.highlights) for hit in other.hits
        ]
        assert one.total == other.total
        assert one.facets == other.facets
    assert {hit.document.id for page in ours for hit in page.hits} == {
        one.id for one in CORPUS if why(query, one) is not None
    }


@settings(max_examples=40, deadline=None)
@given(query=QUERIES, sort=st.sampled_from(["newest", "relevance"]))
def test_both_indexes_collapse_stories_alike(both: Both, query: Query, sort: Sort) -> None:
    """Each story shows once, with its size; stories are as many as said; by time both indexes show the same."""
    found = [pages(index, query, sort=sort, collapse=True, limit=2) for index in (both.sqlite, both.elasticsearch)]
    sizes = Counter(one.story_id for one in both.sqlite.scan(query))
    for one in found:
        hits = [hit for page in one for hit in page.hits]
        assert {hit.document.story_id: hit.story_size for hit in hits} == sizes
        assert len(hits) == len(sizes) == one[0].total
    shown = [[hit.document.id for page in one for hit in page.hits] for one in found]
    if sort == "newest":
        assert shown[0] == shown[1]
        assert found[0][0].facets == found[1][0].facets


@settings(max_examples=40, deadline=None)
@given(query=QUERIES)
def test_both_indexes_scan_and_rank_the_same_documents(both: Both, query: Query) -> None:
    """A scan gives the same list; relevance the same set, whatever the scores."""
    scans = [[one.id for one in index.scan(query)] for index in (both.sqlite, both.elasticsearch)]
    assert scans[0] == scans[1]
    ranked = [index.search(query, limit=1000, sort="relevance") for index in (both.sqlite, both.elasticsearch)]
    assert {hit.document.id for hit in ranked[0].hits} == {hit.document.id for hit in ranked[1].hits} == set(scans[0])
