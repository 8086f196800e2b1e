"""A search as its address says it: text, filters and order in, a page of hits out. The address is the whole state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from rasid.adapters.luqum_query import parse_query
from rasid.app.web.context import WebContext
from rasid.domain.errors import QueryError
from rasid.domain.query import And, Between, Query, Value, ValueField
from rasid.domain.search import FacetCount, FacetName, SearchPage, Sort

SHOWN_FACETS: tuple[FacetName, ...] = (
    "language", "source", "source_country", "person", "org", "place", "keyword", "ownership", "day", "hour",
)  # fmt: skip
PAGE = 20
_FIELDS: dict[str, ValueField] = {
    "language": "language",
    "source": "source",
    "source_country": "source_country",
    "ownership": "ownership",
    "person": "person_ids",
    "org": "org_ids",
    "place": "place_ids",
    "keyword": "keywords",
    "entity": "entity_ids",
    "story": "story_id",
}
_SPANS = {"day": ("%Y-%m-%d", timedelta(days=1)), "hour": ("%Y-%m-%dT%H", timedelta(hours=1))}
FILTERS = (*_FIELDS, *_SPANS)
_MOST_FILTERS = 30


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for; `collapse` shows each story once, by its first article."""

    text: str
    sort: Sort
    filters: tuple[tuple[str, str], ...]
    cursor: str | None = None
    collapse: bool = True

    @classmethod
    def of(cls, params: QueryParams, *, default: Literal["stories", "articles"] = "stories") -> Asked:
        """Read an address; what it does not know it leaves out. `show` says stories or articles."""
        filters = tuple((name, value) for name, value in params.multi_items() if name in FILTERS)[:_MOST_FILTERS]
        sort: Sort = "relevance" if params.get("sort") == "relevance" else "newest"
        collapse = params.get("show", default) != "articles"
        return cls(params.get("q", "").strip(), sort, filters, params.get("cursor") or None, collapse)

    @property
    def is_front(self) -> bool:
        """Tell whether this is the page of the newest articles, with nothing asked for."""
        return not (self.text or self.filters or self.cursor) and self.sort == "newest" and self.collapse

    def address(self, *, cursor: str | None = None, path: str = "/") -> str:
        """Give the address of this search, or of its page at `cursor`."""
        pairs = [("q", self.text)] if self.text else []
        pairs += [("sort", self.sort)] if self.sort != "newest" else []
        pairs += [] if self.collapse else [("show", "articles")]
        pairs += [*self.filters, *([("cursor", cursor)] if cursor else [])]
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def feed(self, form: str) -> str:
        """Give the address of this search as a feed of articles, "atom" or "json"."""
        return replace(self, collapse=True, cursor=None).address(path=f"/feeds/search.{form}")

    def toggled(self, name: str, value: str) -> Asked:
        """Give the search with one filter added, or taken away where it was on."""
        pair = (name, value)
        kept = tuple(one for one in self.filters if one != pair)
        return replace(self, filters=kept if pair in self.filters else (*kept, pair), cursor=None)

    def switched(self) -> Asked:
        """Give the search with stories in place of articles, or the other way round."""
        return replace(self, collapse=not self.collapse, cursor=None)


@dataclass(frozen=True, slots=True)
class Answer:
    """A page of hits, or why there is none; `notes` say how the text was read.

    `position` is the place in the text that the error is about, in code points.
    """

    page: SearchPage | None
    notes: tuple[str, ...] = ()
    error: str | None = None
    position: int | None = None


def answer(
    context: WebContext, asked: Asked, *, facets: Sequence[FacetName] = (), limit: int = PAGE, wide: bool = False
) -> Answer:
    """Run a search. A query that makes no sense is an answer too.

    With `wide`, a facet that is filtered by is counted without its own filter: a person sees what else there is.
    """
    try:
        parsed = parse_query(asked.text, context.analyzer)
        query = _filtered(parsed.query, asked.filters)
        page = context.index.search(
            query, limit=limit, sort=asked.sort, cursor=asked.cursor, facets=facets, collapse=asked.collapse
        )
        if wide:
            counts = {name: _counted_alone(context, parsed.query, asked, name) for name in _filtered_facets(asked)}
            page = replace(page, facets={**page.facets, **counts})
    except QueryError as error:
        return Answer(None, error=str(error), position=error.position)
    return Answer(page, parsed.notes)


def _filtered_facets(asked: Asked) -> list[FacetName]:
    filtered = {name for name, _ in asked.filters}
    return [name for name in SHOWN_FACETS if name in filtered]


def _counted_alone(context: WebContext, query: Query, asked: Asked, name: FacetName) -> tuple[FacetCount, ...]:
    others = [pair for pair in asked.filters if pair[0] != name]
    counts = context.index.search(_filtered(query, others), limit=1, facets=(name,)).facets[name]
    chosen = {value for one, value in asked.filters if one == name}
    return tuple(sorted(counts, key=lambda count: count.value not in chosen))


def _filtered(query: Query, filters: Sequence[tuple[str, str]]) -> Query:
    """Add the filters: those of one kind widen each other, those of different kinds narrow."""
    parts: list[Query] = [query]
    for name in dict.fromkeys(name for name, _ in filters):
        values = tuple(value for one, value in filters if one == name)
        parts.append(_span(name, values[-1]) if name in _SPANS else Value(_FIELDS[name], values))
    return And(tuple(parts)) if len(parts) > 1 else query


def _span(name: str, text: str) -> Query:
    form, length = _SPANS[name]
    try:
        start = datetime.strptime(text, form).replace(tzinfo=UTC)
        return Between("first_seen_at", start, start + length)
    except (ValueError, OverflowError) as error:
        example = "2026-11-23" if name == "day" else "2026-11-23T12"
        raise QueryError(f"{text!r} is no {name}: write {example}") from error
