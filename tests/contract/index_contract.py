"""What every Index promises. An adapter's test module subclasses IndexContract and gives the fixture `index`."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from makers import NOON, document

from rasid.adapters.luqum_query import parse_query
from rasid.alerts.match import why
from rasid.app.analysis import Analysis
from rasid.domain.article import Carrier, GroupedArticle
from rasid.domain.errors import QueryError
from rasid.domain.query import And, Everything, Not, Or, Pattern, Query, Value, Words
from rasid.domain.search import FACET_SIZE, Hit, Sort
from rasid.ports import Index

ANALYSIS = Analysis()
SHOIGU, ASSAD = "rasid:person/sergei-shoigu", "rasid:person/bashar-al-assad"
THREE = [
    document(ANALYSIS, 1, language="ar", minutes=1, names=((SHOIGU, "شويغو"), (ASSAD, "الأسد"))),
    document(ANALYSIS, 2, language="en", minutes=2, names=((SHOIGU, "Shoigu"), (ASSAD, "Assad"))),
    document(ANALYSIS, 3, language="ru", minutes=3, names=((SHOIGU, "Шойгу"), (ASSAD, "Асадом"))),
    document(ANALYSIS, 4, language="en", minutes=4, title="Larisa Shoigu visits Tuva", text="No Syria here."),
]


def ask(index: Index, text: str) -> list[int]:
    """Search as a person does and give the numbers of the documents found, newest first."""
    page = index.search(parse_query(text, ANALYSIS).query, limit=100)
    return [int(hit.document.id[7:], 16) for hit in page.hits]


def changed(one: GroupedArticle, *, title: str, edition: int) -> GroupedArticle:
    """Make a later edition of a document with another title."""
    again = document(ANALYSIS, int(one.id[7:], 16), title=title, edition=edition, revision=edition)
    return replace(again, story_id=one.story_id)


class IndexContract:
    """The promises of rasid.ports.Index."""

    def test_a_document_comes_back_as_it_was(self, index: Index) -> None:
        """`get` gives a document equal to the one written."""
        assert list(index.write(THREE)) == []
        index.refresh()
        assert [index.get(one.id) for one in THREE] == THREE
        assert index.get("202611-0") is None
        assert index.count() == 4

    def test_the_newest_version_wins_in_any_order(self, index: Index) -> None:
        """Writing again, older or twice, changes nothing that is newer."""
        newer = changed(THREE[1], title="Newer", edition=3)
        older = changed(THREE[1], title="Older", edition=2)
        index.write([newer])
        index.write([older, newer, THREE[1]])
        index.refresh()
        assert index.get(newer.id) == newer
        assert index.count() == 1
        assert ask(index, "Older") == []
        assert ask(index, "Newer") == [2]

    @pytest.mark.parametrize("name", ["شويغو", "Shoigu", "Шойгу", '"Sergei Shoigu"', "Sergei Shoigu"])
    def test_a_name_in_any_script_finds_all_scripts(self, index: Index, name: str) -> None:
        """A bare name finds the person in the three languages; a phrase in quotes only its own words."""
        index.write(THREE)
        index.refresh()
        found = ask(index, name)
        if name.startswith('"'):
            assert found == []
        else:
            assert {1, 2, 3} <= set(found)

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", [4, 3, 2, 1]),
            ("سوريا", [1]),
            ("سورية", [1]),
            ("Syria", [4, 2]),
            ("Сирия", [3]),
            ("title:Syria", [2]),
            ("text:Syria", [4]),
            ('"situation in Syria"', [2]),
            ('"Syria in situation"', []),
            ("Syria AND Tuva", [4]),
            ("Syria Tuva", [4]),
            ("Syria OR Сирия", [4, 3, 2]),
            ("Syria NOT Tuva", [2]),
            ("Syria -Tuva", [2]),
            ("(Syria OR Сирия) AND NOT language:ru", [4, 2]),
            ("lang:ar", [1]),
            ("language:(ar OR ru)", [3, 1]),
            (f'entity:"{SHOIGU}"', [3, 2, 1]),
            (f'person:"{ASSAD}" AND lang:en', [2]),
            ("source:Example", [4, 3, 2, 1]),
            ("seen:[2026-11-23T12:02 TO 2026-11-23T12:03]", [3, 2]),
            ("seen:{2026-11-23T12:02 TO *]", [4, 3]),
            ("seen:2026-11-23", [4, 3, 2, 1]),
            ("published:[* TO *]", []),
            ("NOT published:[2020-01-01 TO *]", [4, 3, 2, 1]),
            ("NOT *", []),
            ("qwxyz", []),
            ("!!! …", []),
        ],
    )
    def test_queries_find_what_they_say(self, index: Index, query: str, found: list[int]) -> None:
        """Words, phrases, fields, booleans and ranges select exactly their documents, newest first."""
        index.write(THREE)
        index.refresh()
        assert ask(index, query) == found

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ('near:"RU SY"', [1]),
            ('near:"RU SY"~2', [2, 1]),
            ('near:"SY RU"~3', [3, 2, 1]),
            (f'near:"{SHOIGU}; SY"~1', [2]),
            ('near:"Шойгу; SY"~2', [2]),
            ('near:"RU SY"~3 AND NOT near:"RU SY"~2', [3]),
        ],
    )
    def test_nearness_counts_sentences(self, index: Index, query: str, found: list[int]) -> None:
        """Two countries or names are near when their sentences are, in either order."""
        index.write(
            [
                document(ANALYSIS, 1, minutes=1, presence={"RU": (0, 4), "SY": (4, 9)}),
                document(ANALYSIS, 2, minutes=2, presence={"RU": (2,), "SY": (1,), SHOIGU: (1,)}),
                document(ANALYSIS, 3, minutes=3, presence={"RU": (7,), "SY": (5,)}),
                document(ANALYSIS, 4, minutes=4, presence={"RU": (1,), "SY": (8,)}),
            ]
        )
        index.refresh()
        assert ask(index, query) == found

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ('"Асадом Шойгу"~2', [3]),
            ('"Асадом Шойгу"~1', []),
            ('"Асадом Шойгу"~0', []),
            ('"في سوريا; الأسد"~1', [1]),
            ('"situation in; Assad"~2', [2]),
            ('"Syria Syria"~9', []),
            ("title:сири*", [3]),
            ("situati*", [2]),
            ("discussing*", [2]),
            ("text:situati*", []),
            ("الوض*", [1]),
            ("Shoygu~1 -Larisa", [2]),
            ("Идлеб~1 OR Сария~1", [3]),
            ("شويقو~1", [1]),
            ("shaigo~1", []),
            ("shaigo~2", [4, 2]),
            ("boigu~2", []),
            ("Shoigu^3 AND (Syria OR Tuva)^0.5", [4, 2]),
            ("Syria && !Tuva", [2]),
            ("Syria || Сирия", [4, 3, 2]),
            ("Tuva OR +Syria", [4, 2]),
            ("Syria OR Сирия OR -Tuva", [3, 2]),
            ("Syria & Tuva", [4]),
            ("seen:2026", [4, 3, 2, 1]),
            ("seen:2026-11 AND seen:[2026-11-23 TO 2026-11-24}", [4, 3, 2, 1]),
            ("seen:{2026-11 TO *]", []),
            ("seen:>2026-11-23T12:02:00Z", [4, 3]),
            ('seen:["2026-11-23T12:02:00+00:00" TO 2026-11-23T12:04}', [3, 2]),
        ],
    )
    def test_the_whole_language_is_read_alike(self, index: Index, query: str, found: list[int]) -> None:
        """Proximity, wildcards, fuzzy words, boosts, Lucene's signs and dates of any length, in three scripts."""
        index.write(THREE)
        index.refresh()
        assert ask(index, query) == found

    def test_a_boost_changes_the_order_only(self, index: Index) -> None:
        """Of two words the one that weighs more brings its article up; what is found stays the same."""
        index.write([document(ANALYSIS, 1, title="Идлиб"), document(ANALYSIS, 2, title="Дамаск")])
        index.refresh()
        for text, first in (("Идлиб^9 OR Дамаск", 1), ("Идлиб OR Дамаск^9", 2), ("title:(Идлиб OR Дамаск~1^9)", 2)):
            page = index.search(parse_query(text, ANALYSIS).query, sort="relevance")
            numbers = [int(hit.document.id[7:], 16) for hit in page.hits]
            assert (numbers[0], set(numbers)) == (first, {1, 2})

    def test_a_name_counts_in_every_script(self, index: Index) -> None:
        """By relevance an article that names somebody in another script comes before one with a lesser word."""
        index.write([*THREE, document(ANALYSIS, 9, minutes=99, title="x", text="Tuva")])
        index.refresh()
        page = index.search(parse_query("Шойгу OR Tuva^0.1", ANALYSIS).query, sort="relevance")
        assert {int(hit.document.id[7:], 16) for hit in page.hits[:3]} == {1, 2, 3}
        assert all(hit.score > 0 for hit in page.hits)

    def test_terms_are_listed_by_their_predicate(self, index: Index) -> None:
        """The list of a pattern is what the index holds and the predicate takes, in order."""
        index.write(THREE)
        index.refresh()
        assert list(index.terms(Pattern("шой"))) == ["шойг"]
        assert list(index.terms(Pattern("situ", whole=("syria", "nowhere")))) == ["situat", "syria"]
        assert list(index.terms(Pattern("shoigo", 1))) == ["shoigu"]
        assert list(index.terms(Pattern("асда", 1))) == ["асад"]

    @pytest.mark.parametrize("sort", ["newest", "relevance"])
    def test_stories_show_once_while_news_arrives(self, index: Index, sort: Sort) -> None:
        """Collapsed pages give each story its first hit and size, and neither repeat nor skip one as news comes."""
        texts = ["سوريا", "Syria Сирия سوريا", "Сирия سوريا"]
        index.write(
            [document(ANALYSIS, n, minutes=n, story=f"s{n % 5}", title=texts[n % 3], text="x") for n in range(1, 24)]
        )
        index.refresh()
        query = parse_query("سوريا", ANALYSIS).query
        alone = [hit.document for hit in index.search(query, sort=sort, limit=100).hits]
        stories = list(dict.fromkeys(one.story_id for one in alone))
        shown: list[Hit] = []
        cursor = None
        while True:
            page = index.search(query, sort=sort, limit=2, cursor=cursor, collapse=True, facets=("language",))
            assert page.total == 5
            shown += page.hits
            # News of a story that comes on a later page, and of a new one.
            index.write(
                [
                    document(ANALYSIS, 900 + len(shown) + n, minutes=900, story=s, title="سوريا")
                    for n, s in ((0, stories[-1]), (1, "new"))
                ]
            )
            index.refresh()
            if (cursor := page.cursor) is None:
                break
        assert [hit.document.story_id for hit in shown] == stories
        assert [hit.document for hit in shown] == [next(one for one in alone if one.story_id == s) for s in stories]
        assert {hit.document.story_id: hit.story_size for hit in shown} == Counter(one.story_id for one in alone)

    def test_a_cursor_of_stories_is_not_one_of_articles(self, index: Index) -> None:
        """A cursor goes on only in the kind of list it came from."""
        index.write([document(ANALYSIS, n) for n in range(1, 4)])
        index.refresh()
        cursor = index.search(Everything(), limit=1, collapse=True).cursor
        with pytest.raises(QueryError, match="cursor"):
            index.search(Everything(), limit=1, cursor=cursor)

    def test_hours_and_days_come_newest_first(self, index: Index) -> None:
        """The histograms count every hour and day that has hits, the newest fifty."""
        index.write([document(ANALYSIS, n, minutes=40 * n) for n in range(-90, 1)])
        index.refresh()
        for query in (Everything(), parse_query("seen:[* TO *] Shoigu", ANALYSIS).query):
            found = index.search(query, facets=("day", "hour")).facets
            assert [(c.value, c.count) for c in found["hour"]][:3] == [
                ("2026-11-23T12", 1),
                ("2026-11-23T11", 1),
                ("2026-11-23T10", 2),
            ]
            assert len(found["hour"]) == FACET_SIZE
            assert [c.value for c in found["day"]] == ["2026-11-23", "2026-11-22", "2026-11-21"]

    def test_highlights_mark_what_patterns_and_proximity_found(self, index: Index) -> None:
        """Each found word is marked as it stands: declined, with its clitic left out, and not what lies between."""
        text = "Министр Шойгу́ встретился с Асадом. Разговор с Шойгу о Сирии."
        index.write(
            [document(ANALYSIS, 1, title="t", text=text), document(ANALYSIS, 2, title="بشويغو والأسد", text="وسوريا")]
        )
        index.refresh()
        for query, marked in (
            ("Шойгу", ["Шойгу́", "Шойгу"]),
            ('"Асад Шойгу"~3', ["Шойгу́", "Асадом", "Шойгу"]),
            ("шой*", ["Шойгу́", "Шойгу"]),
            ("Сериа~2", ["Сирии"]),
            ("شويغ*", ["شويغو"]),
            ("سوري~1", ["سوريا"]),
            ('"الأسد شويغو"~0', ["شويغو", "الأسد"]),
        ):
            found = index.search(parse_query(query, ANALYSIS).query).hits
            assert [m.surface for hit in found for m in hit.highlights] == marked, query
            for hit in found:
                article = hit.document.enriched.article
                assert all(getattr(article, m.field)[m.start : m.end] == m.surface for m in hit.highlights)

    def test_the_index_and_the_matcher_agree(self, index: Index) -> None:
        """For random trees, the index finds exactly what the in-process matcher accepts."""
        index.write(THREE)
        index.refresh()
        pick = random.Random(7)
        for _ in range(150):
            query = _random_query(pick, 3)
            found = {hit.document.id for hit in index.search(query, limit=100).hits}
            assert found == {one.id for one in THREE if why(query, one) is not None}, query

    def test_pages_join_into_one_list_while_news_arrives(self, index: Index) -> None:
        """Following the cursor gives each document once, newest first, whatever is written meanwhile."""
        index.write([document(ANALYSIS, n, minutes=n // 3) for n in range(1, 24)])
        index.refresh()
        got: list[int] = []
        cursor = None
        while True:
            page = index.search(Everything(), limit=5, cursor=cursor)
            got += [int(hit.document.id[7:], 16) for hit in page.hits]
            index.write([document(ANALYSIS, 1000 + len(got), minutes=500)])
            index.refresh()
            if (cursor := page.cursor) is None:
                break
        assert got == sorted(range(1, 24), key=lambda n: (n // 3, n), reverse=True)

    def test_pages_by_relevance_do_not_repeat(self, index: Index) -> None:
        """Relevance pages neither repeat nor skip, and better matches come first."""
        index.write([document(ANALYSIS, n, title="Idlib", text="Idlib " * n) for n in range(1, 12)])
        index.refresh()
        query = parse_query("text:Idlib", ANALYSIS).query
        first = index.search(query, limit=6, sort="relevance")
        index.write([document(ANALYSIS, 99, title="x", text="Idlib Idlib")])
        index.refresh()
        second = index.search(query, limit=6, sort="relevance", cursor=first.cursor)
        ids = [hit.document.id for hit in (*first.hits, *second.hits)]
        assert len(ids) == len(set(ids)) == 11
        scores = [hit.score for hit in first.hits]
        assert scores == sorted(scores, reverse=True)
        assert scores[0] > 0

    def test_a_strange_cursor_is_refused(self, index: Index) -> None:
        """A cursor that no search gave, or one of another order, is a clear error."""
        index.write([document(ANALYSIS, n) for n in range(1, 4)])
        index.refresh()
        cursor = index.search(Everything(), limit=1).cursor
        for wrong, sort in (("nonsense", "newest"), (cursor, "relevance")):
            with pytest.raises(QueryError, match="cursor"):
                index.search(Everything(), cursor=wrong, sort=sort)  # type: ignore[arg-type]

    def test_facets_count_exactly(self, index: Index) -> None:
        """Facets count all hits, largest first, ties by value, at most fifty, with names for people."""
        index.write([*THREE, *(document(ANALYSIS, 100 + n, source=f"S{n:02}") for n in range(60))])
        index.refresh()
        page = index.search(Everything(), limit=1, facets=("language", "source", "person"))
        assert [(c.value, c.count) for c in page.facets["language"]] == [("en", 62), ("ar", 1), ("ru", 1)]
        sources = page.facets["source"]
        assert len(sources) == FACET_SIZE
        assert (sources[0].value, sources[0].count) == ("Example", 64)
        assert {c.value: c.count for c in page.facets["person"]} == {SHOIGU: 3, ASSAD: 3}
        assert page.total == 64

    def test_highlights_are_exact_slices(self, index: Index) -> None:
        """Each highlight is a slice of the stored field, declined and with clitics left out, in every script."""
        index.write(THREE)
        index.refresh()
        for hit in index.search(parse_query("Shoigu", ANALYSIS).query).hits:
            article = hit.document.enriched.article
            assert hit.highlights
            for mark in hit.highlights:
                assert getattr(article, mark.field)[mark.start : mark.end] == mark.surface
        surfaces = {
            m.surface for hit in index.search(parse_query("سوريا", ANALYSIS).query).hits for m in hit.highlights
        }
        assert surfaces == {"سوريا"}

    def test_scan_gives_every_match_oldest_first(self, index: Index) -> None:
        """A scan is whole and in order, past any page."""
        index.write([document(ANALYSIS, n, minutes=n % 50) for n in range(1, 451)])
        index.refresh()
        got = [int(one.id[7:], 16) for one in index.scan(Everything())]
        assert got == sorted(range(1, 451), key=lambda n: (n % 50, n))
        assert [one.id for one in index.scan(Not(Everything()))] == []

    def test_retention_removes_by_first_seen_time(self, index: Index) -> None:
        """Documents seen before the limit are gone from get, search and facets."""
        index.write(THREE)
        index.refresh()
        assert index.retain(before=NOON + timedelta(minutes=3)) == 2
        index.refresh()
        assert ask(index, "") == [4, 3]
        assert index.get(THREE[0].id) is None
        assert [c.value for c in index.search(Everything(), facets=("language",)).facets["language"]] == ["en", "ru"]

    def test_a_document_that_cannot_be_stored_costs_only_itself(self, index: Index) -> None:
        """Of a batch the bad one is returned with its reason, the others are there."""
        bad = document(ANALYSIS, 9)
        bad = replace(bad, enriched=replace(bad.enriched, article=replace(bad.enriched.article, title="\ud800")))
        refused = index.write([THREE[0], bad, THREE[1]])
        index.refresh()
        assert [one.id for one in refused] == [bad.id]
        assert refused[0].reason
        assert ask(index, "") == [2, 1]

    def test_every_carrier_is_found(self, index: Index) -> None:
        """An article that two feeds carry is found under both sources."""
        other = Carrier(feed="feed-b", source="Other", seen_at=NOON)
        both = document(ANALYSIS, 5)
        carried = replace(both.enriched.article, carriers=(*both.enriched.article.carriers, other))
        index.write([replace(both, enriched=replace(both.enriched, article=carried))])
        index.refresh()
        assert ask(index, "source:Other") == ask(index, "source:Example") == [5]
        assert ask(index, "feed:feed-b") == [5]


def _random_query(pick: random.Random, depth: int) -> Query:
    kind = pick.randrange(5 if depth else 2)
    if kind == 0:
        terms = ANALYSIS.terms(
            pick.choice(["سوريا", "Syria", "Сирии", "Shoigu", "situation in Syria", "No Syria", "Tuva", "x"])
        )
        return Words(tuple(t.text for t in terms), pick.choice(["any", "title", "text"]))
    if kind == 1:
        field, value = pick.choice(
            [("language", "ar"), ("language", "en"), ("person_ids", SHOIGU), ("source", "No"), ("known", "true")]
        )
        return Value(field, (value,))  # type: ignore[arg-type]
    if kind == 2:
        return Not(_random_query(pick, depth - 1))
    parts = tuple(_random_query(pick, depth - 1) for _ in range(pick.randrange(1, 4)))
    return And(parts) if kind == 3 else Or(parts)
