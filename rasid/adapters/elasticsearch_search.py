"""Searching in Elasticsearch: pages by search_after, views that stay as they were, facets that are exact."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from elasticsearch import BadRequestError, Elasticsearch, NotFoundError

from rasid.adapters.elasticsearch_client import reason
from rasid.adapters.elasticsearch_labels import Labels
from rasid.adapters.elasticsearch_query import counting, matching, ranking
from rasid.adapters.elasticsearch_templates import Names
from rasid.domain.errors import QueryError
from rasid.domain.query import Query
from rasid.domain.search import FacetCount, FacetName, Sort

Json = dict[str, Any]

_NEWEST = [{"first_seen_micros": "desc"}, {"id": "desc"}]
_OLDEST = [{"first_seen_micros": "asc"}, {"id": "asc"}]
_RANKED = [{"_score": "desc"}, *_NEWEST]
_PAGE = 500  # documents in one answer, however many are asked for
_KEEP_ALIVE = "5m"
# Each month counts its own largest; what it leaves out may make the sum inexact, and then it is asked for more.
SHARD_SIZES = (1_000, 30_000, 2**31 - 1)


@dataclass(frozen=True, slots=True)
class Page:
    """Hits as the server gave them, and what belongs to them."""

    hits: list[Json]
    total: int
    cursor: str | None = None
    facets: dict[FacetName, tuple[FacetCount, ...]] = field(default_factory=dict)


class Searcher:
    """Asks the monthly indices of one prefix. Any thread may call it; the client's errors come out as they are."""

    def __init__(self, client: Elasticsearch, names: Names, labels: Labels) -> None:
        self._client = client
        self._alias = names.alias
        self._labels = labels

    def newest(self, query: Query, limit: int, cursor: str | None, facets: Sequence[FacetName]) -> Page:
        """Give a page, newest first. Raises QueryError for a cursor of another kind."""
        body: Json = {"query": matching(query), "sort": _NEWEST, **self._indices()}
        if cursor:
            body["search_after"] = _read_cursor(cursor, "newest", (int, str))
        hits, answer = self._collect(body, limit, facets)
        return self._page("newest", hits, limit, answer, body, facets)

    def ranked(self, query: Query, limit: int, cursor: str | None, facets: Sequence[FacetName]) -> Page:
        """Give a page, best first, of what was there when the first page was asked for.

        The server keeps that view for five minutes after each page; a later page goes on in what there is then.
        """
        body: Json = {"query": ranking(query), "sort": _RANKED, "search_type": "dfs_query_then_fetch"}
        view = None
        if cursor:
            view, *body["search_after"] = _read_cursor(cursor, "relevance", (str, (int, float), int, str, int))
        try:
            body["pit"] = self._view(view)
            hits, answer = self._collect(body, limit, facets)
        except NotFoundError:
            if view is None:
                raise
            body["pit"] = self._view(None)
            hits, answer = self._collect(body, limit, facets)
        page = self._page("relevance", hits, limit, answer, body, facets)
        if page.cursor is None:
            self._client.close_point_in_time(id=body["pit"]["id"])
        return page

    def oldest(self, query: Query, after: list[Any] | None) -> list[Json]:
        """Give the next matches behind the sort values `after`, oldest first; none at the end."""
        body: Json = {"query": matching(query), "sort": _OLDEST, "size": _PAGE, **self._indices()}
        return self._hits({**body, "search_after": after} if after else body)

    def ids(self, query: Query, index: str) -> list[str]:
        """Give the ids of every match in one index."""
        body: Json = {
            "query": matching(query),
            "sort": [{"id": "asc"}],
            "size": 10_000,
            "source": False,
            "index": index,
        }
        found: list[str] = []
        while hits := self._hits(body):
            found += [one["_id"] for one in hits]
            body["search_after"] = hits[-1]["sort"]
        return found

    def _indices(self) -> Json:
        return {"index": self._alias, "ignore_unavailable": True}

    def _view(self, known: str | None) -> Json:
        if known is None:
            opened = self._client.open_point_in_time(index=self._alias, keep_alive=_KEEP_ALIVE, ignore_unavailable=True)
            known = opened["id"]
        return {"id": known, "keep_alive": _KEEP_ALIVE}

    def _ask(self, body: Json) -> Json:
        try:
            return dict(self._client.search(**body).body)
        except BadRequestError as error:
            raise QueryError(f"Elasticsearch refused the query or its cursor: {reason(error)}") from error

    def _hits(self, body: Json) -> list[Json]:
        found: list[Json] = self._ask({**body, "track_total_hits": False})["hits"]["hits"]
        return found

    def _collect(self, body: Json, limit: int, facets: Sequence[FacetName]) -> tuple[list[Json], Json]:
        """Give `limit` hits and one more, in as many answers as it takes, and the first answer."""
        wanted = limit + 1
        counts = {name: counting(name, SHARD_SIZES[0]) for name in facets}
        answer = self._ask({**body, "size": min(_PAGE, wanted), "track_total_hits": True, "aggs": counts})
        hits = page = answer["hits"]["hits"]
        while len(page) == _PAGE and len(hits) < wanted:
            page = self._hits({**body, "search_after": page[-1]["sort"], "size": min(_PAGE, wanted - len(hits))})
            hits = [*hits, *page]
        return hits, answer

    def _page(
        self, sort: Sort, hits: list[Json], limit: int, answer: Json, body: Json, facets: Sequence[FacetName]
    ) -> Page:
        cursor = None
        if len(hits) > limit:
            view = [body["pit"]["id"]] if "pit" in body else []
            cursor = _cursor(sort, *view, *hits[limit - 1]["sort"])
        counts = self._exact(body, answer.get("aggregations", {}), facets)
        return Page(hits[:limit], answer["hits"]["total"]["value"], cursor, self._labelled(counts))

    def _exact(self, body: Json, counts: Json, facets: Sequence[FacetName]) -> dict[FacetName, list[Json]]:
        """Ask again for those facets whose sum over the months may be wrong, with more from each month."""
        nothing = {"doc_count_error_upper_bound": 0, "buckets": []}  # where there is no index there are no counts
        counts = {name: counts.get(name, nothing) for name in facets}
        for size in SHARD_SIZES[1:]:
            wrong = [name for name in facets if counts[name]["doc_count_error_upper_bound"]]
            if not wrong:
                break
            again = {**body, "size": 0, "sort": [], "aggs": {name: counting(name, size) for name in wrong}}
            again.pop("search_after", None)
            counts |= self._ask({**again, "track_total_hits": False})["aggregations"]
        return {name: counts[name]["buckets"] for name in facets}

    def _labelled(self, counts: dict[FacetName, list[Json]]) -> dict[FacetName, tuple[FacetCount, ...]]:
        labels = self._labels.read([one["key"] for buckets in counts.values() for one in buckets])
        return {
            name: tuple(
                FacetCount(value=one["key"], count=one["doc_count"], label=labels.get(one["key"]) or one["key"])
                for one in buckets
            )
            for name, buckets in counts.items()
        }


def _cursor(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def _read_cursor(cursor: str, sort: Sort, kinds: tuple[type | tuple[type, ...], ...]) -> list[Any]:
    try:
        kind, *parts = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, TypeError) as error:
        raise QueryError("the cursor is not one that a search gave") from error
    fits = len(parts) == len(kinds) and all(map(isinstance, parts, kinds))
    if kind != sort or not fits:
        raise QueryError(f"the cursor belongs to another order than {sort}")
    return list(parts)
