"""The index in Elasticsearch: documents whole, in monthly indices behind an alias."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from elasticsearch import NotFoundError

from rasid.adapters.elasticsearch_bulk import Action, Bulk, delete, put
from rasid.adapters.elasticsearch_client import TIMEOUT, connect, translate
from rasid.adapters.elasticsearch_documents import document_of, source_of
from rasid.adapters.elasticsearch_labels import Labels
from rasid.adapters.elasticsearch_query import counting, matching, ranking
from rasid.adapters.elasticsearch_schema import Schema
from rasid.adapters.elasticsearch_templates import Names
from rasid.adapters.highlight import highlights
from rasid.adapters.sqlite_query import micros
from rasid.domain.article import GroupedArticle
from rasid.domain.errors import QueryError
from rasid.domain.query import Between, Everything, Query
from rasid.domain.search import FacetCount, FacetName, Hit, SearchPage, Sort
from rasid.ports import Analyzer, Closing, Rejected

Json = dict[str, Any]

_NEWEST = [{"first_seen_micros": "desc"}, {"id": "desc"}]
_OLDEST = [{"first_seen_micros": "asc"}, {"id": "asc"}]
_RANKED = [{"_score": "desc"}, *_NEWEST]
_PAGE = 500  # documents in one answer, however many are asked for
_KEEP_ALIVE = "5m"
_SHARD_SIZES = (1_000, 50_000, 2**31 - 1)
_DELAYS = (0.1, 0.3, 1.0, 3.0, 9.0)


class ElasticsearchIndex(Closing):
    """An Index (rasid.ports).

    What is written is visible to `get` at once and to everything else after `refresh()`, or else within a second or
    so (the indices' refresh_interval). Relevance is Elasticsearch's BM25 over all months at once, the title weighing
    threefold: scores differ from SQLite's, the documents found do not. Articles must have ids that begin with a month.
    """

    def __init__(
        self,
        address: str,
        analyzer: Analyzer,
        *,
        prefix: str = "news",
        api_key: str | None = None,
        ca_certs: str | None = None,
        delays: Sequence[float] = _DELAYS,
    ) -> None:
        """Take the server's address and what all names begin with; `delays` (seconds) are waited when it is busy."""
        self._address = address
        self._analyzer = analyzer
        self._client = connect(address, api_key=api_key, ca_certs=ca_certs, timeout=TIMEOUT)
        self._names = Names(prefix)
        self._schema = Schema(self._client, address, self._names)
        self._bulk = Bulk(self._client, address, delays)
        self._labels = Labels(self._client, self._names)

    def prepare(self) -> None:
        """Put the templates, needing the rights for it (`rasid index init`); the first write does it where it may."""
        self._schema.put()

    def write(self, documents: Sequence[GroupedArticle]) -> Sequence[Rejected]:
        """Store the newest version of each (see Index); the labels first, as a document held is not written again."""
        actions: list[Action] = []
        rejected: list[Rejected] = []
        stored: list[GroupedArticle] = []
        now = datetime.now(UTC)
        for document in documents:
            try:
                actions.append(self._put(document, now))
                stored.append(document)
            except ValueError as error:  # this document can never be stored; the others can
                rejected.append(Rejected(document.id, str(error)))
        with translate(self._address):
            self._schema.ensure({index for one in stored if (index := self._names.month(one.id))})
        labels = self._labels.actions(stored)
        self._bulk.send(list(labels.values()))
        self._labels.remember(labels)
        return [*rejected, *self._bulk.send(actions)]

    def refresh(self) -> None:
        """Make everything written visible to `search` (see Index)."""
        with translate(self._address):
            self._client.indices.refresh(index=self._names.alias, ignore_unavailable=True)

    def get(self, article_id: str) -> GroupedArticle | None:
        """Give one document, or None."""
        index = self._names.month(article_id)
        if index is None:
            return None
        with translate(self._address):
            try:
                return document_of(self._client.get(index=index, id=article_id)["_source"])
            except NotFoundError:
                return None

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
        with translate(self._address):
            total, counts = self._counted(matching(query), facets)
            found, following = (
                self._newest(query, limit, cursor) if sort == "newest" else self._ranked(query, limit, cursor)
            )
        hits = tuple(self._hit(one, query) for one in found)
        return SearchPage(hits=hits, total=total, cursor=following, facets=counts)

    def scan(self, query: Query) -> Iterator[GroupedArticle]:
        """Give every match, oldest first, in pages (see Index)."""
        body: Json = {"query": matching(query), "sort": _OLDEST}
        while found := self._page(body, _PAGE):
            yield from (document_of(one["_source"]) for one in found)
            body["search_after"] = found[-1]["sort"]

    def count(self) -> int:
        """Count the documents held and visible."""
        return self._count(Everything())

    def retain(self, *, before: datetime) -> int:
        """Remove documents first seen earlier (see Index): whole indices of months gone by, else document by document.

        An index goes whole only when nothing in it is to stay, whatever its name says.
        """
        self.refresh()
        removed = 0
        month = before.astimezone(UTC).strftime("%Y.%m")
        old = Between("first_seen_at", None, before)
        with translate(self._address):
            for index in self._schema.indices():
                due, held = self._count(old, index), self._count(Everything(), index)
                if due == held and index.rpartition("-")[2] < month:
                    self._client.indices.delete(index=index)
                    self._schema.forget(index)
                elif due:
                    self._delete(index, micros(before))
                removed += due
        return removed

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _put(self, document: GroupedArticle, now: datetime) -> Action:
        index = self._names.month(document.id)
        if index is None:
            raise ValueError(f"the id {document.id!r} does not begin with a month, as 202611-")
        return put(index, document.id, source_of(document, indexed_at=now), version=document.version)

    def _search(self, body: Json) -> Json:
        where = {} if "pit" in body else {"index": self._names.alias, "ignore_unavailable": True}
        return self._client.search(**where, **body).body

    def _page(self, body: Json, wanted: int) -> list[Json]:
        with translate(self._address):
            hits: list[Json] = self._search({**body, "size": wanted, "track_total_hits": False})["hits"]["hits"]
        return hits

    def _collected(self, body: Json, wanted: int) -> list[Json]:
        """Give the first `wanted` hits, in as many answers as it takes."""
        found: list[Json] = []
        while len(found) < wanted:
            page = self._page(body, size := min(_PAGE, wanted - len(found)))
            found += page
            if len(page) < size:
                break
            body = {**body, "search_after": page[-1]["sort"]}
        return found

    def _newest(self, query: Query, limit: int, cursor: str | None) -> tuple[list[Json], str | None]:
        body: Json = {"query": matching(query), "sort": _NEWEST}
        if cursor:
            body["search_after"] = _read_cursor(cursor, "newest", (int, str))
        found = self._collected(body, limit + 1)
        following = _cursor("newest", *found[limit - 1]["sort"]) if len(found) > limit else None
        return found[:limit], following

    def _ranked(self, query: Query, limit: int, cursor: str | None) -> tuple[list[Json], str | None]:
        """Rank what was there when the first page was asked for: later articles would change scores and pages."""
        body: Json = {"query": ranking(query), "sort": _RANKED, "search_type": "dfs_query_then_fetch"}
        if cursor:
            view, *body["search_after"] = _read_cursor(cursor, "relevance", (str, float, int, str, int))
        else:
            view = self._view()
        try:
            found = self._collected({**body, "pit": {"id": view, "keep_alive": _KEEP_ALIVE}}, limit + 1)
        except _GONE:
            view = self._view()
            found = self._collected({**body, "pit": {"id": view, "keep_alive": _KEEP_ALIVE}}, limit + 1)
        if len(found) <= limit:
            self._client.close_point_in_time(id=view)
            return found, None
        return found[:limit], _cursor("relevance", view, *found[limit - 1]["sort"])
