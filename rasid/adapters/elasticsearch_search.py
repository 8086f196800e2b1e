"""Searching in Elasticsearch: pages by search_after, views that stay as they were, facets that are exact."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from elasticsearch import BadRequestError, Elasticsearch, NotFoundError

from rasid.adapters.elasticsearch_client import reason
from rasid.adapters.elasticsearch_labels import Labels
from rasid.adapters.elasticsearch_query import counting, listing, matching, ranking
from rasid.adapters.elasticsearch_templates import Names
from rasid.domain.errors import QueryError
from rasid.domain.patterns import takes
from rasid.domain.query import Pattern, Query, Words
from rasid.domain.search import FacetCount, FacetName, Sort

Json = dict[str, Any]

_NEWEST = [{"first_seen_micros": "desc"}, {"id": "desc"}]
_OLDEST = [{"first_seen_micros": "asc"}, {"id": "asc"}]
_RANKED = [{"_score": "desc"}, *_NEWEST]
_PAGE = 500  # documents in one answer, however many are asked for
_BATCH = 100  # hits looked at for the first of their stories
_KEEP_ALIVE = "5m"
_MOST_BUCKETS = 65_000  # search.max_buckets is 65,536
COUNTING_STORIES: Json = {
    "stories": {"terms": {"field": "story_id", "size": _MOST_BUCKETS}},
    "counted": {"stats_bucket": {"buckets_path": "stories>_count"}},
    "about": {"cardinality": {"field": "story_id"}},
}
# Each month counts its own largest; what it leaves out may make the sum inexact, and then it is asked for more.
SHARD_SIZES = (1_000, 30_000, 2**31 - 1)


@dataclass(frozen=True, slots=True)
class Page:
    """Hits as the server gave them, and what belongs to them."""

    hits: list[Json]
    total: int
    cursor: str | None = None
    facets: dict[FacetName, tuple[FacetCount, ...]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a search asks for; the patterns of its query have their terms."""

    query: Query
    limit: int
    sort: Sort
    cursor: str | None
    facets: Sequence[FacetName] = ()


class Searcher:
    """Asks the monthly indices of one prefix. Any thread may call it; the client's errors come out as they are."""

    def __init__(self, client: Elasticsearch, names: Names, labels: Labels) -> None:
        self._client = client
        self._alias = names.alias
        self._labels = labels

    def documents(self, asked: Asked) -> Page:
        """Give a page of documents. Raises QueryError for a cursor of another kind."""
        if asked.sort == "relevance":
            return self._viewed(asked, "relevance", self._ranked_page)
        body: Json = {"query": matching(asked.query), "sort": _NEWEST, **self._indices()}
        if asked.cursor:
            body["search_after"] = _read_cursor(asked.cursor, "newest", (int, str))
        return self._page("newest", asked, body, *self._collect(body, asked))

    def stories(self, asked: Asked) -> Page:
        """Give a page of the first hit of each story, as the stories were when the first page was asked for."""
        return self._viewed(asked, f"{asked.sort} stories", self._story_page)

    def terms(self, pattern: Pattern) -> list[str]:
        """Give the terms held that a pattern stands for: the server says into which terms it would rewrite a query."""
        found = set() if pattern.edits else self._held(pattern.whole)
        for name in ("title_terms", "text_terms"):
            answer = self._client.indices.validate_query(
                **self._indices(), query=listing(pattern, name), rewrite=True, explain=True, all_shards=True
            )
            for shard in answer.get("explanations", ()):
                # A field without any term comes back as asked, with * or ~ behind it.
                words = re.findall(rf"\b{name}:([^\s()^*~]+)(?![^\s()^])", shard.get("explanation", ""))
                found |= {word for word in words if takes(pattern, word)}
        return sorted(found)

    def _held(self, terms: Sequence[str]) -> set[str]:
        if not terms:
            return set()
        counts = {"held": {"filters": {"filters": [matching(Words((term,))) for term in terms]}}}
        answer = self._ask({**self._indices(), "size": 0, "track_total_hits": False, "aggs": counts})
        buckets = answer.get("aggregations", {}).get("held", {}).get("buckets", ())
        return {term for term, bucket in zip(terms, buckets, strict=False) if bucket["doc_count"]}

    def _viewed(self, asked: Asked, kind: str, page_of: Callable[[str, Asked, Json], Page]) -> Page:
        """Give a page of what was there when the first one was asked for.

        The server keeps that view for five minutes after each page; a later page goes on in what there is then.
        """
        ranked = asked.sort == "relevance"
        body: Json = {"query": ranking(asked.query) if ranked else matching(asked.query)}
        body["sort"] = _RANKED if ranked else _NEWEST
        if ranked:
            body["search_type"] = "dfs_query_then_fetch"
        view = None
        if asked.cursor:
            after = (str, (int, float), int, str, int) if ranked else (str, int, str, int)
            view, *body["search_after"] = _read_cursor(asked.cursor, kind, after)
        try:
            body["pit"] = self._view(view)
            page = page_of(kind, asked, body)
        except NotFoundError:
            if view is None:
                raise
            body["pit"] = self._view(None)
            page = page_of(kind, asked, body)
        if page.cursor is None:
            self._client.close_point_in_time(id=body["pit"]["id"])
        return page

    def _ranked_page(self, kind: str, asked: Asked, body: Json) -> Page:
        return self._page(kind, asked, body, *self._collect(body, asked))

    def _story_page(self, kind: str, asked: Asked, body: Json) -> Page:
        """Walk down the hits and keep the first of each story: the server's own collapsing cannot go on at a cursor."""
        counts: Json = {name: counting(name, SHARD_SIZES[0]) for name in asked.facets}
        answer = self._ask({**body, "size": 0, "track_total_hits": True, "aggs": {**counts, **COUNTING_STORIES}})
        first: list[Json] = []
        after = body.get("search_after")
        while len(first) <= asked.limit:
            batch = self._hits({**body, "size": _BATCH, **({"search_after": after} if after else {})})
            first += self._first_of_stories(batch, body)
            if len(batch) < _BATCH:
                break
            after = batch[-1]["sort"]
        shown = first[: asked.limit]
        cursor = _cursor(kind, body["pit"]["id"], *shown[-1]["sort"]) if len(first) > asked.limit else None
        facets = self._exact(body, answer.get("aggregations", {}), asked.facets)
        sizes = self._sizes([one["_source"]["story_id"] for one in shown], body)
        return Page(shown, _stories_in(answer), cursor, self._labelled(facets), sizes)

    def _first_of_stories(self, batch: list[Json], body: Json) -> list[Json]:
        """Give those of a batch that no better hit of their story comes before."""
        stories = list(dict.fromkeys(one["_source"]["story_id"] for one in batch))
        if not stories:
            return []
        of_them: Json = {"bool": {"must": [body["query"]], "filter": [{"terms": {"story_id": stories}}]}}
        again = {**body, "query": of_them, "collapse": {"field": "story_id"}, "size": len(stories), "source": False}
        again.pop("search_after", None)
        best = {one["_id"] for one in self._hits(again)}
        return [one for one in batch if one["_id"] in best]

    def _sizes(self, stories: list[str], body: Json) -> dict[str, int]:
        if not stories:
            return {}
        of_them = {"bool": {"filter": [body["query"], {"terms": {"story_id": stories}}]}}
        sizes = {"sizes": {"terms": {"field": "story_id", "size": len(stories)}}}
        asked = {"query": of_them, "pit": body["pit"], "size": 0, "track_total_hits": False, "aggs": sizes}
        buckets = self._ask(asked)["aggregations"]["sizes"]["buckets"]
        return {one["key"]: one["doc_count"] for one in buckets}

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

    def _collect(self, body: Json, asked: Asked) -> tuple[list[Json], Json]:
        """Give `limit` hits and one more, in as many answers as it takes, and the first answer."""
        wanted = asked.limit + 1
        counts = {name: counting(name, SHARD_SIZES[0]) for name in asked.facets}
        answer = self._ask({**body, "size": min(_PAGE, wanted), "track_total_hits": True, "aggs": counts})
        hits = page = answer["hits"]["hits"]
        while len(page) == _PAGE and len(hits) < wanted:
            page = self._hits({**body, "search_after": page[-1]["sort"], "size": min(_PAGE, wanted - len(hits))})
            hits = [*hits, *page]
        return hits, answer

    def _page(self, kind: str, asked: Asked, body: Json, hits: list[Json], answer: Json) -> Page:
        cursor = None
        if len(hits) > asked.limit:
            view = [body["pit"]["id"]] if "pit" in body else []
            cursor = _cursor(kind, *view, *hits[asked.limit - 1]["sort"])
        counts = self._exact(body, answer.get("aggregations", {}), asked.facets)
        return Page(hits[: asked.limit], answer["hits"]["total"]["value"], cursor, self._labelled(counts))

    def _exact(self, body: Json, counts: Json, facets: Sequence[FacetName]) -> dict[FacetName, list[Json]]:
        """Ask again for those facets whose sum over the months may be wrong, with more from each month."""
        nothing = {"doc_count_error_upper_bound": 0, "buckets": []}  # where there is no index there are no counts
        counts = {name: counts.get(name, nothing) for name in facets}
        for size in SHARD_SIZES[1:]:
            wrong = [name for name in facets if counts[name].get("doc_count_error_upper_bound")]
            if not wrong:
                break
            again = {**body, "size": 0, "sort": [], "aggs": {name: counting(name, size) for name in wrong}}
            again.pop("search_after", None)
            counts |= self._ask({**again, "track_total_hits": False})["aggregations"]
        return {name: counts[name]["buckets"] for name in facets}

    def _labelled(self, counts: dict[FacetName, list[Json]]) -> dict[FacetName, tuple[FacetCount, ...]]:
        found = {name: [(_value(one), one["doc_count"]) for one in buckets] for name, buckets in counts.items()}
        labels = self._labels.read([value for counted in found.values() for value, _ in counted])
        return {
            name: tuple(
                FacetCount(value=value, count=count, label=labels.get(value) or value) for value, count in counted
            )
            for name, counted in found.items()
        }


def _value(bucket: Json) -> str:
    key = bucket["key"]
    return str(key["hour"] if isinstance(key, dict) else key)


def _stories_in(answer: Json) -> int:
    """Give the number of stories: of buckets where they are all there, else the server's estimate."""
    found = answer.get("aggregations", {})
    if not found or found["stories"]["sum_other_doc_count"]:
        return int(found["about"]["value"]) if found else 0
    return int(found["counted"]["count"])


def _cursor(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def _read_cursor(cursor: str, sort: str, kinds: tuple[type | tuple[type, ...], ...]) -> list[Any]:
    try:
        kind, *parts = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, TypeError) as error:
        raise QueryError("the cursor is not one that a search gave") from error
    fits = len(parts) == len(kinds) and all(map(isinstance, parts, kinds))
    if kind != sort or not fits:
        raise QueryError(f"the cursor belongs to another order than {sort}")
    return list(parts)
