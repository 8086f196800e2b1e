"""The query tree as Elasticsearch's query DSL: which documents match, what ranks them, what is counted.

The tree is first brought to a form in which NOT stands only before leaves and no AND lies directly in an AND (nor OR
in OR): Elasticsearch refuses queries nested more than 30 deep, and this form is as flat as can be.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rasid.adapters.elasticsearch_documents import presence_term
from rasid.adapters.elasticsearch_templates import SENTENCE_GAP
from rasid.adapters.sqlite_query import NAME_WEIGHT, micros, positive_names, positive_words
from rasid.domain.errors import QueryError
from rasid.domain.normal import normal
from rasid.domain.patterns import MOST_TERMS
from rasid.domain.query import And, Between, Everything, Near, Not, Or, Pattern, Query, TextField, Value, Within, Words
from rasid.domain.search import FACET_SIZE, HISTOGRAMS, FacetName

Json = dict[str, Any]

# Elasticsearch's own limit is 30 (indices.query.bool.max_nested_depth); a leaf may take three of them.
MAX_DEPTH = 26
_FIELDS: dict[TextField, list[str]] = {
    "title": ["title_terms"],
    "text": ["text_terms"],
    "any": ["title_terms", "text_terms"],
}
_TIMES = {"first_seen_at": "first_seen_micros", "published_at": "published_micros"}
_MOST_SLOP = 2**31 - 1
# A hit in the title says more than one in the text.
_WEIGHTS = {"title_terms": 3.0, "text_terms": 1.0}
FACET_FIELDS = {"person": "person_ids", "org": "org_ids", "place": "place_ids", "keyword": "keywords"}


def matching(query: Query) -> Json:
    """Give the DSL that holds for exactly the query's matches. Raises QueryError for one nested too deep."""
    return _built(normal(query), 1)


def ranking(query: Query) -> Json:
    """Give the DSL with the same matches, scored by words and names that speak for one: BM25, the title threefold."""
    scored = [_scored(leaf, field) for leaf in positive_words(query) if leaf.boost > 0 for field in _FIELDS[leaf.field]]
    named = [
        {"terms": {name.field: list(name.values), "boost": NAME_WEIGHT}}
        for name in positive_names(query)
        if name.values
    ]
    return {"bool": {"filter": [matching(query)], "should": [*scored, *named]}}


def listing(pattern: Pattern, field: str) -> Json:
    """Give the query that Elasticsearch, asked to explain it, rewrites into the terms that a pattern takes."""
    most = MOST_TERMS + 1
    if pattern.edits:
        options: Json = {
            "value": pattern.text,
            "fuzziness": pattern.edits,
            "prefix_length": 1,
            "transpositions": True,
            "max_expansions": most,
            "rewrite": f"top_terms_{most}",
        }
        return {"fuzzy": {field: options}}
    return {"prefix": {field: {"value": pattern.text, "rewrite": f"top_terms_{most}"}}}


def newest_hours() -> Json:
    """Give the aggregation that counts by hour, the newest first."""
    hour = {
        "field": "first_seen_at",
        "calendar_interval": "hour",
        "format": "yyyy-MM-dd'T'HH",
        "order": "desc",
    }
    return {"composite": {"size": FACET_SIZE, "sources": [{"hour": {"date_histogram": hour}}]}}


def counting(facet: FacetName, shard_size: int) -> Json:
    """Give the aggregation of a facet: the largest first, ties by value; exact where it reports no error."""
    if facet == "hour":
        return newest_hours()
    order = [{"_key": "desc"}] if facet in HISTOGRAMS else [{"_count": "desc"}, {"_key": "asc"}]
    field = FACET_FIELDS.get(facet, facet)
    return {"terms": {"field": field, "size": FACET_SIZE, "shard_size": shard_size, "order": order}}


def _built(query: Query, depth: int) -> Json:
    if depth > MAX_DEPTH:
        raise QueryError(f"the query is nested more than {MAX_DEPTH} deep: use fewer brackets")
    match query:
        case And(parts):
            return _all(parts, depth + 1)
        case Or(parts):
            return {"bool": {"should": [_built(part, depth + 1) for part in parts], "minimum_should_match": 1}}
        case Not(part):
            return {"bool": {"must_not": [_built(part, depth + 1)]}}
        case _:
            return _leaf(query)


def _leaf(query: Query) -> Json:
    match query:
        case Everything():
            return {"match_all": {}}
        case Words(terms, field) if terms:
            return {"multi_match": {"query": " ".join(terms), "type": "phrase", "fields": _FIELDS[field]}}
        case Pattern(field=field, terms=terms) if terms:
            held = [{"terms": {one: list(terms)}} for one in _FIELDS[field]]
            return held[0] if len(held) == 1 else {"bool": {"should": held, "minimum_should_match": 1}}
        case Within(first, second) if first and second:
            near = [{"span_or": _within(query, one)} for one in _FIELDS[query.field]]
            return near[0] if len(near) == 1 else {"bool": {"should": near, "minimum_should_match": 1}}
        case Value(field, values):
            return {"terms": {field: list(values)}}
        case Between(field, start, end):
            return _between(_TIMES[field], start, end)
        case Near(first, second, within):
            return _near(first, second, within)
        case _:
            return {"match_none": {}}


def _all(parts: tuple[Query, ...], depth: int) -> Json:
    wanted = [_built(part, depth) for part in parts if not isinstance(part, Not)]
    unwanted = [_built(part.part, depth) for part in parts if isinstance(part, Not)]
    return {"bool": {"filter": wanted, "must_not": unwanted}}


def _within(query: Within, field: str) -> Json:
    """Give the spans in either order. Intervals would not do: they give up some of a phrase that overlaps itself."""
    either = [(query.first, query.second), (query.second, query.first)]
    return {"clauses": [_in_order([_run(one, field), _run(other, field)], query.gap) for one, other in either]}


def _run(terms: tuple[str, ...], field: str) -> Json:
    words: list[Json] = [{"span_term": {field: term}} for term in terms]
    return _in_order(words, 0) if len(words) > 1 else words[0]


def _in_order(clauses: list[Json], slop: int) -> Json:
    return {"span_near": {"clauses": clauses, "slop": slop, "in_order": True}}


def _scored(leaf: Words | Pattern | Within, field: str) -> Json:
    boost = _WEIGHTS[field] * leaf.boost
    match leaf:
        case Words(terms):
            return {"match_phrase": {field: {"query": " ".join(terms), "boost": boost}}}
        case Pattern(terms=terms):
            return {"terms": {field: list(terms or ()), "boost": boost}}
        case Within():
            return {"span_or": {**_within(leaf, field), "boost": boost}}


def _between(field: str, start: datetime | None, end: datetime | None) -> Json:
    bounds = {name: micros(time) for name, time in (("gte", start), ("lt", end)) if time is not None}
    return {"range": {field: bounds}} if bounds else {"exists": {"field": field}}


def _near(first: tuple[str, ...], second: tuple[str, ...], within: int) -> Json:
    """Two terms n sentences apart have n gaps between them; the ids of a few sentences never fill a gap."""
    if not first or not second or within < 1:
        return {"match_none": {}}
    slop = min(within * (SENTENCE_GAP + 1) - 2, _MOST_SLOP)
    return {"span_near": {"clauses": [_one_of(first), _one_of(second)], "slop": slop, "in_order": False}}


def _one_of(ids: tuple[str, ...]) -> Json:
    return {"span_or": {"clauses": [{"span_term": {"presence_terms": presence_term(one)}} for one in ids]}}
