"""What every Index promises. An adapter's test module subclasses IndexContract and gives the fixture `index`."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from makers import NOON, document

from rasid.adapters.luqum_query import parse_query
from rasid.app.analysis import Analysis
from rasid.domain.article import Carrier, GroupedArticle
from rasid.domain.errors import QueryError
from rasid.domain.query import Everything, Not
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
    """The promises of rasid.ports.Index on what it keeps and how it is paged; those on queries: QueryContract."""

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
