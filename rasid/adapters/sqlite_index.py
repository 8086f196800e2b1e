"""The index in one SQLite file: documents whole, their terms in FTS5, their values for filters and facets."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rasid.adapters.highlight import highlights
from rasid.adapters.sqlite import connect, live_bytes, snapshot, transaction, translate
from rasid.adapters.sqlite_documents import COLUMNS, DOCUMENT, FACET_FIELDS, SCHEMA, read_document, rows_of, store
from rasid.adapters.sqlite_query import Condition, condition, expression, positive_words
from rasid.domain.article import GroupedArticle
from rasid.domain.errors import QueryError
from rasid.domain.query import Between, Query
from rasid.domain.search import FACET_SIZE, FacetCount, FacetName, Hit, SearchPage, Sort
from rasid.ports import Analyzer, Closing, Rejected

# A hit in the title says more than one in the text.
_RANK = "bm25(terms, 3.0, 1.0)"
_SCAN = 200


class SqliteIndex(Closing):
    """An Index (rasid.ports). Writes are visible at once; relevance is FTS5's BM25, the title weighing threefold."""

    def __init__(self, path: Path, analyzer: Analyzer) -> None:
        self._path = path
        self._analyzer = analyzer
        # The index can be made again from the log, so a commit need not survive a power cut.
        self._writer, self._reader = connect(path, synchronous="NORMAL"), connect(path, synchronous="NORMAL")
        self._write_lock, self._read_lock = threading.Lock(), threading.Lock()
        with translate(path):
            self._writer.executescript(SCHEMA)

    def write(self, documents: Sequence[GroupedArticle]) -> Sequence[Rejected]:
        """Store the newest version of each in one transaction (see Index)."""
        rejected: list[Rejected] = []
        with self._write_lock, transaction(self._writer, self._path) as db:
            for document in documents:
                try:
                    store(db, document)
                except (UnicodeEncodeError, ValueError) as error:  # this document can never be stored; the others can
                    rejected.append(Rejected(document.id, str(error)))
        return rejected

    def refresh(self) -> None:
        """Do nothing: what is written is visible."""

    def get(self, article_id: str) -> GroupedArticle | None:
        """Give one document, or None."""
        rows = self._fetch(f"SELECT {DOCUMENT} WHERE docs.id = ?", (article_id,))
        return read_document(rows[0]) if rows else None

    def search(
        self,
        query: Query,
        *,
        limit: int = 20,
        sort: Sort = "newest",
        cursor: str | None = None,
        facets: Sequence[FacetName] = (),
    ) -> SearchPage:
        """Find documents (see Index)."""
        where = condition(query)
        with self._read_lock, snapshot(self._reader, self._path):
            total = self._reader.execute(f"SELECT count(*) FROM docs WHERE {where.sql}", where.values).fetchone()[0]
            rows, following = (
                self._newest(where, limit, cursor) if sort == "newest" else self._ranked(query, where, limit, cursor)
            )
            counts = {name: self._facet(name, where) for name in facets}
        hits = tuple(self._hit(row, query) for row in rows)
        return SearchPage(hits=hits, total=total, cursor=following, facets=counts)

    def scan(self, query: Query) -> Iterator[GroupedArticle]:
        """Give every match, oldest first, in pages (see Index)."""
        where, after = condition(query), (-(2**62), "")
        while True:
            rows = self._fetch(
                f"SELECT {DOCUMENT} WHERE ({where.sql}) AND (docs.first_seen, docs.id) > (?, ?)"
                " ORDER BY docs.first_seen, docs.id LIMIT ?",
                (*where.values, *after, _SCAN),
            )
            yield from (read_document(row) for row in rows)
            if len(rows) < _SCAN:
                return
            after = (rows[-1]["first_seen"], rows[-1]["id"])

    def count(self) -> int:
        """Count the documents held."""
        return int(self._fetch("SELECT count(*) AS n FROM docs")[0]["n"])

    def size(self) -> int:
        """Give the bytes that the documents take."""
        with self._read_lock, translate(self._path):
            return live_bytes(self._reader)

    def retain(self, *, before: datetime) -> int:
        """Remove documents first seen earlier (see Index)."""
        where = condition(Between("first_seen_at", None, before))
        with self._write_lock, transaction(self._writer, self._path) as db:
            rows = db.execute(f"SELECT rowid FROM docs WHERE {where.sql}", where.values).fetchall()
            for table, column in (("terms", "rowid"), ("facets", "doc"), ("presence", "doc"), ("docs", "rowid")):
                db.executemany(f"DELETE FROM {table} WHERE {column} = ?", rows)
        return len(rows)

    def retain_size(self, max_bytes: int) -> int:
        """Remove the oldest twentieth again and again while the documents take more than `max_bytes`."""
        removed = 0
        while self.size() > max_bytes and (count := self.count()) > 1:
            row = self._fetch(
                "SELECT first_seen FROM docs ORDER BY first_seen, id LIMIT 1 OFFSET ?", (count // 20 + 1,)
            )
            if not row:
                break
            dropped = self.retain(before=datetime.fromtimestamp(row[0]["first_seen"] / 1e6).astimezone())
            if not dropped:
                break
            removed += dropped
        return removed

    def close(self) -> None:
        """Let go of the file."""
        with self._write_lock, self._read_lock:
            self._writer.close()
            self._reader.close()

    def _fetch(self, statement: str, values: tuple[object, ...] = ()) -> list[dict[str, Any]]:
        with self._read_lock, translate(self._path):
            return rows_of(self._reader.execute(statement, values))

    def _newest(self, where: Condition, limit: int, cursor: str | None) -> tuple[list[dict[str, Any]], str | None]:
        seen, last = _read_cursor(cursor, "newest") if cursor else (2**62, "")
        rows = rows_of(
            self._reader.execute(
                f"SELECT {DOCUMENT} WHERE ({where.sql}) AND (docs.first_seen, docs.id) < (?, ?)"
                " ORDER BY docs.first_seen DESC, docs.id DESC LIMIT ?",
                (*where.values, seen, last, limit + 1),
            )
        )
        following = rows[limit - 1] if len(rows) > limit else None
        return rows[:limit], _cursor("newest", following["first_seen"], following["id"]) if following else None

    def _ranked(
        self, query: Query, where: Condition, limit: int, cursor: str | None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Rank what was there when the first page was asked for: later articles would shift the pages."""
        newest, offset = (
            _read_cursor(cursor, "relevance")
            if cursor
            else (self._reader.execute("SELECT coalesce(max(rowid), 0) FROM docs").fetchone()[0], 0)
        )
        ranking = " OR ".join(f"({expression(words)})" for words in positive_words(query))
        score, join = "0.0", ""
        values: tuple[object, ...] = ()
        if ranking:
            score, values = "coalesce(ranked.score, 0.0)", (ranking,)
            join = f"LEFT JOIN (SELECT rowid, -{_RANK} AS score FROM terms WHERE terms MATCH ?) AS ranked"
            join += " ON ranked.rowid = docs.rowid"
        rows = rows_of(
            self._reader.execute(
                f"SELECT {score} AS score, {COLUMNS} FROM docs {join} JOIN terms ON terms.rowid = docs.rowid"
                f" WHERE ({where.sql}) AND docs.rowid <= ?"
                " ORDER BY 1 DESC, docs.first_seen DESC, docs.id DESC LIMIT ? OFFSET ?",
                (*values, *where.values, newest, limit + 1, offset),
            )
        )
        more = len(rows) > limit
        return rows[:limit], _cursor("relevance", newest, offset + limit) if more else None

    def _facet(self, name: FacetName, where: Condition) -> tuple[FacetCount, ...]:
        rows = self._reader.execute(
            "SELECT value, count(*), (SELECT label FROM labels WHERE labels.value = facets.value) FROM facets"
            f" WHERE field = ? AND doc IN (SELECT docs.rowid FROM docs WHERE {where.sql})"
            " GROUP BY value ORDER BY count(*) DESC, value LIMIT ?",
            (FACET_FIELDS.get(name, name), *where.values, FACET_SIZE),
        )
        return tuple(FacetCount(value=value, count=count, label=name or value) for value, count, name in rows)

    def _hit(self, row: dict[str, Any], query: Query) -> Hit:
        document = read_document(row)
        return Hit(
            document=document,
            score=float(row.get("score") or 0.0),
            highlights=highlights(query, document, self._analyzer),
        )


def _cursor(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def _read_cursor(cursor: str, sort: Sort) -> list[Any]:
    try:
        kind, *parts = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, TypeError) as error:
        raise QueryError("the cursor is not one that a search gave") from error
    if kind != sort or len(parts) != 2:  # noqa: PLR2004 - a time and an id, or a row and an offset
        raise QueryError(f"the cursor belongs to another order than {sort}")
    return list(parts)
