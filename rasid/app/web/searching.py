"""A search as its address says it: text, filters and order in, a page of hits out. The address is the whole state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from rasid.adapters.luqum_query import parse_query
from rasid.app.web.context import WebContext
from rasid.domain.errors import QueryError
from rasid.domain.query import And, Between, Query, Value, ValueField
from rasid.domain.search import FacetCount, FacetName, SearchPage, Sort

SHOWN_FACETS: tuple[FacetName, ...] = ("language", "source", "source_country", "person", "org", "place", "day")
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
}
FILTERS = (*_FIELDS, "day")
_MOST_FILTERS = 30


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for."""

    text: str
    sort: Sort
    filters: tuple[tuple[str, str], ...]
    cursor: str | None = None

    @classmethod
    def of(cls, params: QueryParams) -> Asked:
        """Read the address; what it does not know it leaves out."""
        filters = tuple((name, value) for name, value in params.multi_items() if name in FILTERS)[:_MOST_FILTERS]
        sort: Sort = "relevance" if params.get("sort") == "relevance" else "newest"
        return cls(params.get("q", "").strip(), sort, filters, params.get("cursor") or None)

    @property
    def is_front(self) -> bool:
        """Tell whether this is the page of the newest articles, with nothing asked for."""
        return not (self.text or self.filters or self.cursor) and self.sort == "newest"

    def address(self, *, cursor: str | None = None, path: str = "/") -> str:
        """Give the address of this search, or of its page at `cursor`."""
        pairs = [("q", self.text)] if self.text else []
        pairs += [("sort", self.sort)] if self.sort != "newest" else []
        pairs += [*self.filters, *([("cursor", cursor)] if cursor else [])]
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def toggled(self, name: str, value: str) -> Asked:
        """Give the search with one filter added, or taken away where it was on."""
        pair = (name, value)
        kept = tuple(one for one in self.filters if one != pair)
        return Asked(self.text, self.sort, kept if pair in self.filters else (*kept, pair))


@dataclass(frozen=True, slots=True)
class Answer:
    """A page of hits, or why there is none; `notes` say how the text was read."""

    page: SearchPage | None
    notes: tuple[str, ...] = ()
    error: str | None = None


def answer(
    context: WebContext, asked: Asked, *, facets: Sequence[FacetName] = (), limit: int = PAGE, wide: bool = False
) -> Answer:
    """Run a search. A query that makes no sense is an answer too.

    With `wide`, a facet that is filtered by is counted without its own filter: a person sees what else there is.
    """
    try:
        parsed = parse_query(asked.text, context.analyzer)
        query = _filtered(parsed.query, asked.filters)
        page = context.index.search(query, limit=limit, sort=asked.sort, cursor=asked.cursor, facets=facets)
        if wide:
            counts = {name: _counted_alone(context, parsed.query, asked, name) for name in _filtered_facets(asked)}
            page = replace(page, facets={**page.facets, **counts})
    except QueryError as error:
        return Answer(None, error=str(error))
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
        parts.append(_day(values[-1]) if name == "day" else Value(_FIELDS[name], values))
    return And(tuple(parts)) if len(parts) > 1 else query


def _day(text: str) -> Query:
    try:
        start = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise QueryError(f"{text!r} is no day: write 2026-11-23") from error
    return Between("first_seen_at", start, start + timedelta(days=1))
