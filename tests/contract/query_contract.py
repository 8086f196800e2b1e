"""What every Index finds for a query: the language, nearness, patterns and highlights, in three scripts."""

from __future__ import annotations

import random

import pytest
from contract.index_contract import ANALYSIS, ASSAD, SHOIGU, THREE, ask
from makers import document

from rasid.adapters.luqum_query import parse_query
from rasid.alerts.match import why
from rasid.domain.query import And, Not, Or, Pattern, Query, Value, Words
from rasid.ports import Index


class QueryContract:
    """The promises of rasid.ports.Index on queries."""

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
