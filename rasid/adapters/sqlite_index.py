"""The index in one SQLite file: documents whole, their terms in FTS5, their values for filters and facets."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from rasid.adapters.highlight import Highlighter
from rasid.adapters.sqlite import connect, live_bytes, snapshot, transaction, translate
from rasid.adapters.sqlite_documents import DOCUMENT, SCHEMA, read_document, rows_of, store
from rasid.adapters.sqlite_query import WITHIN, condition, is_within
from rasid.adapters.sqlite_search import TEMPORARY, Search
from rasid.domain.article import GroupedArticle
from rasid.domain.patterns import MOST_TERMS, expanded, takes
from rasid.domain.query import Between, Pattern, Query
from rasid.domain.search import FacetName, Hit, SearchPage, Sort
from rasid.ports import Analyzer, Closing, Rejected

_SCAN = 200
_LAST = "\U0010ffff"  # no term begins with it


class SqliteIndex(Closing):
    """An Index (rasid.ports). Writes are visible at once; relevance is FTS5's BM25, the title weighing threefold."""

    def __init__(self, path: Path, analyzer: Analyzer) -> None:
        self._path = path
        self._highlights = Highlighter(analyzer)
        # The index can be made again from the log, so a commit need not survive a power cut.
        self._writer, self._reader = connect(path, synchronous="NORMAL"), connect(path, synchronous="NORMAL")
        self._write_lock, self._read_lock = threading.Lock(), threading.Lock()
        with translate(path):
            self._writer.executescript(SCHEMA)
            self._reader.create_function(WITHIN, 3, is_within, deterministic=True)
            self._reader.executescript(TEMPORARY)

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
        collapse: bool = False,
    ) -> SearchPage:
        """Find documents (see Index)."""
        with self._read_lock, snapshot(self._reader, self._path):
            query = expanded(query, self._terms)
            found = Search(self._reader, query, cursor, sort=sort, collapse=collapse)
            page = found.page(limit)
            counts = {name: found.facet(name) for name in facets}
        hits = tuple(self._hit(row, query) for row in page.rows)
        return SearchPage(hits=hits, total=page.total, cursor=page.cursor, facets=counts)

    def terms(self, pattern: Pattern) -> Sequence[str]:
        """Give the terms held that a pattern stands for (see Index)."""
        with self._read_lock, translate(self._path):
            return self._terms(pattern)

    def scan(self, query: Query) -> Iterator[GroupedArticle]:
        """Give every match, oldest first, in pages (see Index)."""
        with self._read_lock, translate(self._path):
            where, after = condition(expanded(query, self._terms)), (-(2**62), "")
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

    def _terms(self, pattern: Pattern) -> list[str]:
        """Read the list of terms where the pattern's may lie: it is sorted, so only a stretch of it."""
        start = pattern.text[:1] if pattern.edits else pattern.text
        rows = self._reader.execute("SELECT term FROM words WHERE term >= ? AND term < ?", (start, start + _LAST))
        taken = list(islice((term for (term,) in rows if takes(pattern, term)), MOST_TERMS + 1))
        alone = (
            self._reader.execute("SELECT term FROM words WHERE term = ?", (term,)).fetchone() for term in pattern.whole
        )
        return sorted({*taken, *(row[0] for row in alone if row)})

    def _hit(self, row: dict[str, Any], query: Query) -> Hit:
        document = read_document(row)
        return Hit(
            document=document,
            score=float(row.get("score") or 0.0),
            highlights=self._highlights(query, document),
            story_size=row["story_size"],
        )
