"""One search in the SQLite index: the matches are found once, then counted, put in order, and cut into a page.

How a page is found depends on how many match: few are looked up and sorted; of many the newest are found by walking
down the index of times, so the price of a page does not grow with what matches.
"""

from __future__ import annotations

import base64
import heapq
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice
from typing import Any

from rasid.adapters.sqlite_documents import COLUMNS, FACET_FIELDS, rows_of
from rasid.adapters.sqlite_query import NAME_WEIGHT, positive_names, selection, weighed
from rasid.domain.errors import QueryError
from rasid.domain.normal import normal
from rasid.domain.query import Everything, Query
from rasid.domain.search import FACET_SIZE, HISTOGRAMS, FacetCount, FacetName, Sort

TEMPORARY = """
PRAGMA temp_store = MEMORY;
CREATE TEMP TABLE matched (doc INTEGER PRIMARY KEY);
CREATE TEMP TABLE ranked (doc INTEGER PRIMARY KEY, score REAL NOT NULL);
"""
_NEWEST = "docs.first_seen DESC, docs.id DESC"
_HOUR = 3_600_000_000  # microseconds
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A hit in the title says more than one in the text.
_RANK = "-bm25(terms, 3.0, 1.0)"
_Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows with COLUMNS, a score and the size of the story; how many hits or stories there are; where to go on."""

    rows: list[_Row]
    total: int
    cursor: str | None


class Search:
    """The matches of a query, as they were when its first page was asked for. Used within one snapshot."""

    def __init__(
        self, db: sqlite3.Connection, query: Query, cursor: str | None, *, sort: Sort, collapse: bool = False
    ) -> None:
        self._db = db
        self._query = query
        self._kind = f"{sort} stories" if collapse else sort
        self._sort, self._collapse = sort, collapse
        self._state = _read_cursor(cursor, self._kind) if cursor else None
        # About how many documents there are: counting them takes longer than most searches.
        self._held = self._number("SELECT coalesce(max(rowid), 0) FROM docs")
        # Later articles would change what a story shows and shift the pages of relevance.
        self._last = self._state[0] if self._state else self._held
        self._everything = isinstance(normal(query), Everything)
        self._all = self._number("SELECT count(*) FROM docs") if self._everything else self._match()
        bound = f"docs.rowid <= {int(self._last)}" if self._is_frozen else "1"
        self._where = bound if self._everything else f"docs.rowid IN matched AND {bound}"

    @property
    def _is_frozen(self) -> bool:
        return self._collapse or self._sort == "relevance"

    def page(self, limit: int) -> Page:
        """Give a page of at most `limit` hits."""
        total = self._stories() if self._collapse else self._all
        rows, cursor = self._newest(limit) if self._sort == "newest" else self._best(limit)
        sizes = self._sizes(rows) if self._collapse else {}
        return Page([{**row, "story_size": sizes.get(row["story"], 1)} for row in rows], total, cursor)

    def facet(self, name: FacetName) -> tuple[FacetCount, ...]:
        """Count the values of a facet over all matches."""
        if name == "hour":
            return self._hours()
        order = "value DESC" if name in HISTOGRAMS else "count(*) DESC, value"
        # Looking up the matches one by one, or going through all values: several of one document cost more.
        looks_up = self._is_fewer(10 if name in FACET_FIELDS else 30)
        source = "matched CROSS JOIN facets ON facets.doc = matched.doc" if looks_up else "facets"
        among = "" if looks_up or self._everything else "AND facets.doc IN matched"
        rows = self._db.execute(
            "SELECT value, count(*), (SELECT label FROM labels WHERE labels.value = facets.value)"
            f" FROM {source} WHERE facets.field = ? {among} GROUP BY value ORDER BY {order} LIMIT ?",
            (FACET_FIELDS.get(name, name), FACET_SIZE),
        )
        return tuple(FacetCount(value=value, count=count, label=name or value) for value, count, name in rows)

    def _match(self) -> int:
        found = selection(self._query)
        self._db.execute("DELETE FROM matched")
        return self._db.execute(f"INSERT INTO matched {found.sql}", found.values).rowcount

    def _is_fewer(self, times: int) -> bool:
        """Tell whether so many times the matches are still fewer than the documents held."""
        return not self._everything and self._all * times < self._held

    def _hours(self) -> tuple[FacetCount, ...]:
        """Walk down the times until there are enough hours."""
        if self._is_fewer(30):
            source, among = "matched CROSS JOIN docs ON docs.rowid = matched.doc", "1"
        else:
            source, among = "docs INDEXED BY docs_newest", "1" if self._everything else "docs.rowid IN matched"
        times = self._db.execute(
            f"SELECT docs.first_seen / {_HOUR} FROM {source} WHERE {among} ORDER BY docs.first_seen DESC"
        )
        counts = list(islice(((hour, sum(1 for _ in same)) for (hour,), same in groupby(times)), FACET_SIZE))
        named = [(f"{_EPOCH + timedelta(hours=hour):%Y-%m-%dT%H}", count) for hour, count in counts]
        return tuple(FacetCount(value=value, count=count, label=value) for value, count in named)

    def _stories(self) -> int:
        if self._is_fewer(20):
            source = "matched CROSS JOIN docs ON docs.rowid = matched.doc"
            return self._number(f"SELECT count(DISTINCT docs.story) FROM {source} WHERE docs.rowid <= {self._last}")
        return self._number(f"SELECT count(DISTINCT docs.story) FROM docs INDEXED BY docs_story WHERE {self._where}")

    def _newest(self, limit: int) -> tuple[list[_Row], str | None]:
        seen, last = self._state[1:] if self._state else (2**62, "")
        # Few are looked up and sorted; walking down the index would pass by too many others.
        walks = self._everything or self._all * self._all > 2 * self._held
        source = "docs INDEXED BY docs_newest" if walks else "matched CROSS JOIN docs ON docs.rowid = matched.doc"
        found = self._db.execute(
            f"SELECT docs.rowid FROM {source} WHERE {self._where} AND (docs.first_seen, docs.id) < (?, ?)"
            f" {self._newest_of_story()} ORDER BY {_NEWEST} LIMIT ?",
            (seen, last, limit + 1),
        )
        rows = self._rows([row for (row,) in found])
        following = rows[limit - 1] if len(rows) > limit else None
        state = (self._last, following["first_seen"], following["id"]) if following else ()
        return rows[:limit], _cursor(self._kind, *state) if following else None

    def _newest_of_story(self) -> str:
        if not self._collapse:
            return ""
        among = self._where.replace("docs.", "later.")
        return (
            f"AND NOT EXISTS (SELECT 1 FROM docs AS later WHERE later.story = docs.story AND {among}"
            " AND (later.first_seen, later.id) > (docs.first_seen, docs.id))"
        )

    def _best(self, limit: int) -> tuple[list[_Row], str | None]:
        offset = self._state[1] if self._state else 0
        self._rank()
        best = self._best_of_stories if self._collapse else self._top
        chosen = best(limit + 1, offset)
        scores = dict(chosen)
        rows = [{**row, "score": scores[row["rowid"]]} for row in self._rows([doc for doc, _ in chosen])]
        cursor = _cursor(self._kind, self._last, offset + limit) if len(rows) > limit else None
        return rows[:limit], cursor

    def _rank(self) -> None:
        """Score what has words or names of the query; all other matches score nothing."""
        self._db.execute("DELETE FROM ranked")
        for boost, expression in weighed(self._query).items():
            self._db.execute(
                f"INSERT INTO ranked SELECT rowid, {_RANK} * ? FROM terms WHERE terms MATCH ? AND rowid <= ?"
                " ON CONFLICT DO UPDATE SET score = score + excluded.score",
                (boost, expression, self._last),
            )
        for name in positive_names(self._query):
            self._db.execute(
                "INSERT INTO ranked SELECT DISTINCT doc, ? FROM facets WHERE field = ? AND doc <= ?"
                " AND value IN (SELECT value FROM json_each(?))"
                " ON CONFLICT DO UPDATE SET score = score + excluded.score",
                (NAME_WEIGHT, name.field, self._last, json.dumps(name.values)),
            )

    def _top(self, limit: int, offset: int) -> list[tuple[int, float]]:
        """Give the best documents in order. Only those that may be among them are looked up to break ties."""
        count = offset + limit
        among = "" if self._everything else "WHERE doc IN matched"
        scored = self._db.execute(f"SELECT doc, score FROM ranked {among}").fetchall()
        if len(scored) >= count:
            least = heapq.nlargest(count, (score for _, score in scored))[-1]
            return self._ordered([one for one in scored if one[1] >= least])[offset:count]
        rest = self._db.execute(
            f"SELECT docs.rowid FROM docs WHERE {self._where} AND docs.rowid NOT IN (SELECT doc FROM ranked)"
            f" ORDER BY {_NEWEST} LIMIT ?",
            (count - len(scored),),
        )
        return [*self._ordered(scored), *((doc, 0.0) for (doc,) in rest)][offset:]

    def _ordered(self, scored: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
        times = {row["rowid"]: (row["first_seen"], row["id"]) for row in self._look_up([doc for doc, _ in scored])}
        return sorted(scored, key=lambda one: (one[1], *times[one[0]]), reverse=True)

    def _best_of_stories(self, count: int, offset: int) -> list[tuple[int, float]]:
        order = f"score DESC, {_NEWEST}"
        return self._db.execute(
            "SELECT doc, score FROM (SELECT docs.rowid AS doc, coalesce(ranked.score, 0.0) AS score, docs.first_seen,"
            " docs.id, row_number() OVER (PARTITION BY docs.story ORDER BY coalesce(ranked.score, 0.0) DESC,"
            f" {_NEWEST}) AS place FROM docs LEFT JOIN ranked ON ranked.doc = docs.rowid WHERE {self._where}) AS docs"
            f" WHERE place = 1 ORDER BY {order} LIMIT ? OFFSET ?",
            (count, offset),
        ).fetchall()

    def _sizes(self, rows: Sequence[_Row]) -> dict[str, int]:
        stories = json.dumps(list({row["story"] for row in rows}))
        found = self._db.execute(
            "SELECT docs.story, count(*) FROM docs INDEXED BY docs_story"
            f" WHERE docs.story IN (SELECT value FROM json_each(?)) AND {self._where} GROUP BY docs.story",
            (stories,),
        )
        return dict(found.fetchall())

    def _look_up(self, docs: Sequence[int]) -> list[_Row]:
        return rows_of(
            self._db.execute(
                "SELECT docs.rowid AS rowid, docs.first_seen, docs.id FROM json_each(?) AS one"
                " CROSS JOIN docs ON docs.rowid = one.value",
                (json.dumps(docs),),
            )
        )

    def _rows(self, docs: Sequence[int]) -> list[_Row]:
        """Give whole rows in the order of `docs`."""
        return rows_of(
            self._db.execute(
                f"SELECT docs.rowid AS rowid, docs.story, {COLUMNS} FROM json_each(?) AS one"
                " CROSS JOIN docs ON docs.rowid = one.value JOIN terms ON terms.rowid = docs.rowid ORDER BY one.key",
                (json.dumps(docs),),
            )
        )

    def _number(self, statement: str) -> int:
        return int(self._db.execute(statement).fetchone()[0])


def _cursor(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def _read_cursor(cursor: str, kind: str) -> list[Any]:
    try:
        held, *parts = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, TypeError) as error:
        raise QueryError("the cursor is not one that a search gave") from error
    shape = (int, int, str) if kind.startswith("newest") else (int, int)
    if held != kind or len(parts) != len(shape) or not all(map(isinstance, parts, shape)):
        raise QueryError(f"the cursor belongs to another order than {kind}")
    return list(parts)
