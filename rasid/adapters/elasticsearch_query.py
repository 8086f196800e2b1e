"""The query tree as Elasticsearch's query DSL: which documents match, what ranks them, what is counted.

The tree is first brought to a form in which NOT stands only before leaves and no AND lies directly in an AND (nor OR
in OR): Elasticsearch refuses queries nested more than 30 deep, and this form is as flat as can be.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rasid.adapters.elasticsearch_documents import presence_term
from rasid.adapters.elasticsearch_templates import SENTENCE_GAP
from rasid.adapters.sqlite_query import micros, positive_words
from rasid.domain.errors import QueryError
from rasid.domain.query import And, Between, Everything, Near, Not, Nothing, Or, Query, Value, Words
from rasid.domain.search import FACET_SIZE, FacetName

Json = dict[str, Any]

# Elasticsearch's own limit is 30 (indices.query.bool.max_nested_depth); a leaf may take three of them.
MAX_DEPTH = 26
_FIELDS = {"title": ["title_terms"], "text": ["text_terms"], "any": ["title_terms", "text_terms"]}
_TIMES = {"first_seen_at": "first_seen_micros", "published_at": "published_micros"}
_MOST_SLOP = 2**31 - 1
# A hit in the title says more than one in the text.
_WEIGHTS = {"title_terms": 3.0, "text_terms": 1.0}
FACET_FIELDS = {"person": "person_ids", "org": "org_ids", "place": "place_ids", "keyword": "keywords"}


def matching(query: Query) -> Json:
    """Give the DSL that holds for exactly the query's matches. Raises QueryError for one nested too deep."""
    return _built(normal(query), 1)


def ranking(query: Query) -> Json:
    """Give the DSL with the same matches, scored by the words that speak for one: BM25, the title threefold."""
    scored = [
        {"match_phrase": {field: {"query": " ".join(words.terms), "boost": _WEIGHTS[field]}}}
        for words in positive_words(query)
        for field in _FIELDS[words.field]
    ]
    return {"bool": {"filter": [matching(query)], "should": scored}}


def counting(facet: FacetName, shard_size: int) -> Json:
    """Give the aggregation of a facet: the largest first, ties by value; exact where it reports no error."""
    return {
        "terms": {
            "field": FACET_FIELDS.get(facet, facet),
            "size": FACET_SIZE,
            "shard_size": shard_size,
            "order": [{"_count": "desc"}, {"_key": "asc"}],
        }
    }


def normal(query: Query, *, negated: bool = False) -> Query:
    """Give a tree with the same matches (or, `negated`, with all others) whose NOTs stand before leaves only."""
    match query:
        case Not(part):
            return normal(part, negated=not negated)
        case And(parts) | Or(parts):
            kind = And if isinstance(query, And) != negated else Or
            return _joined(kind, [normal(part, negated=negated) for part in parts])
        case Everything() | Nothing():
            return Everything() if isinstance(query, Everything) != negated else Nothing()
        case _:
            return Not(query) if negated else query


def _joined(kind: type[And | Or], members: list[Query]) -> Query:
    """Join parts in normal form: one list of them, without those that change nothing."""
    neutral, deciding = (Everything(), Nothing()) if kind is And else (Nothing(), Everything())
    flat = [one for part in members for one in (part.parts if isinstance(part, kind) else (part,))]
    if deciding in flat:
        return deciding
    left = tuple(part for part in flat if part != neutral)
    return kind(left) if len(left) > 1 else next(iter(left), neutral)


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
