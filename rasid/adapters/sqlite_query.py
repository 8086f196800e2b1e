"""The query tree as SQL on the SQLite index: which rows match, and the full-text expressions that rank them.

Whatever full text can answer alone becomes one FTS5 expression: words, phrases, patterns, proximity, and AND, OR, NOT
of such. The rest is sets of rows, joined by UNION, and tests on the table of documents.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rasid.domain.normal import normal
from rasid.domain.patterns import spans
from rasid.domain.query import (
    And,
    Between,
    Everything,
    Near,
    Not,
    Or,
    Pattern,
    Query,
    TextField,
    Value,
    Within,
    Words,
)

_COLUMNS: dict[TextField, str] = {"title": "title : ", "text": "text : ", "any": ""}
_TIMES = {"first_seen_at": "first_seen", "published_at": "published"}
_NAMES = {"entity_ids", "person_ids", "org_ids", "place_ids"}
# What a name counts in relevance: about as much as a seldom word in the text, for its article may be in another script.
NAME_WEIGHT = 5.0
# FTS5's parser holds about thirty open brackets; each level of ours takes two.
_DEEPEST = 8
# SQLite takes 500 parts of a UNION and expressions 1,000 deep, so long lists are cut into groups.
_GROUP = 100
# The SQL function that looks closer where FTS5's NEAR lets two phrases overlap.
WITHIN = "rasid_within"


@dataclass(frozen=True, slots=True)
class Condition:
    """A piece of SQL with the values of its question marks, left to right."""

    sql: str
    values: tuple[object, ...] = ()


def condition(query: Query) -> Condition:
    """Give the SQL condition on table `docs` that holds for exactly the query's matches."""
    if isinstance(normal(query), Everything):
        return Condition("1")
    rows = selection(query)
    return Condition(f"docs.rowid IN ({rows.sql})", rows.values)


def selection(query: Query) -> Condition:
    """Give the SELECT of the row ids, each once, of exactly the query's matches.

    It reads terms, facets, presence and indexes of `docs`, never a document: those are large.
    """
    return _rows(normal(query))


def weighed(query: Query) -> dict[float, str]:
    """Give the FTS5 expressions that speak for a match, by their boost."""
    by_boost: dict[float, list[str]] = defaultdict(list)
    for leaf in positive_words(query):
        if (made := _leaf(leaf)) is not None and leaf.boost > 0:
            by_boost[leaf.boost].append(made)
    return {boost: " OR ".join(dict.fromkeys(made)) for boost, made in by_boost.items()}


def positive_words(query: Query) -> Iterator[Words | Pattern | Within]:
    """Give the words whose presence speaks for a match: those under no NOT."""
    yield from (leaf for leaf in _positive(query) if isinstance(leaf, Words | Pattern | Within))


def positive_names(query: Query) -> Iterator[Value]:
    """Give the names whose presence speaks for a match in whatever script: those under no NOT."""
    yield from (leaf for leaf in _positive(query) if isinstance(leaf, Value) and leaf.field in _NAMES)


def _positive(query: Query) -> Iterator[Query]:
    match query:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _positive(part)
        case _:
            yield query


def is_within(title: str, text: str, asked: str) -> bool:
    """Look whether two phrases stand near each other in the terms of a document: the SQL function WITHIN."""
    first, second, gap, field = json.loads(asked)
    query = Within(tuple(first), tuple(second), gap, field)
    fields = ((title,) if field != "text" else ()) + ((text,) if field != "title" else ())
    return any(next(spans(held.split(), query), None) for held in fields)


def micros(time: datetime) -> int:
    """Give whole microseconds since 1970: exact, and ordered as the times are."""
    return round(time.timestamp() * 1_000_000)


def _rows(query: Query) -> Condition:
    if (expression := _expression(query)) is not None:
        return Condition("SELECT rowid AS doc FROM terms WHERE terms MATCH ?", (expression,))
    match query:
        case Everything():
            return Condition("SELECT rowid AS doc FROM docs")
        case Value(field, values):
            marks = ", ".join("?" * len(values))
            # One document may have several of the values.
            distinct = "DISTINCT " if len(values) > 1 else ""
            return Condition(
                f"SELECT {distinct}doc FROM facets WHERE field = ? AND value IN ({marks})", (field, *values)
            )
        case Between(field, start, end):
            return _between(_TIMES[field], start, end)
        case Near(first, second, within):
            return _near(first, second, within)
        case Within() if query.first and query.second:
            return _overlapping(query)
        case Not(part):
            inner = _rows(part)
            return Condition(f"SELECT rowid AS doc FROM docs WHERE rowid NOT IN ({inner.sql})", inner.values)
        case And(parts):
            return _intersection(parts)
        case Or(parts):
            return _union(parts)
    return Condition("SELECT 0 AS doc WHERE 0")


def _intersection(parts: tuple[Query, ...]) -> Condition:
    """Start from what full text finds, or else from the first part, and keep what is in each other part."""
    texts = [part for part in parts if _expression(part.part if isinstance(part, Not) else part) is not None]
    whole = And(tuple(texts))
    if len(texts) < len(parts) and _expression(whole) is not None:
        parts = (whole, *(part for part in parts if not any(part is text for text in texts)))
    wanted = [_rows(part) for part in parts if not isinstance(part, Not)]
    barred = tuple(part.part for part in parts if isinstance(part, Not))
    base, *others = wanted or [Condition("SELECT rowid AS doc FROM docs")]
    tests = [Condition(f"doc IN ({one.sql})", one.values) for one in others]
    if barred:
        none = _rows(Or(barred) if len(barred) > 1 else barred[0])
        tests.append(Condition(f"doc NOT IN ({none.sql})", none.values))
    if not tests:
        return base
    test = _joined(tests, " AND ")
    return Condition(f"SELECT doc FROM ({base.sql}) WHERE {test.sql}", (*base.values, *test.values))


def _union(parts: tuple[Query, ...]) -> Condition:
    texts = [part for part in parts if _expression(part) is not None]
    others = _merged([part for part in parts if _expression(part) is None])
    whole = Or(tuple(texts))
    is_one = len(texts) > 1 and _expression(whole) is not None
    return _joined_sets([_rows(part) for part in ([whole] if is_one else texts) + others])


def _joined_sets(sets: Sequence[Condition]) -> Condition:
    while len(sets) > _GROUP:
        groups = [_joined_sets(sets[at : at + _GROUP]) for at in range(0, len(sets), _GROUP)]
        sets = [Condition(f"SELECT * FROM ({group.sql})", group.values) for group in groups]
    return Condition(" UNION ".join(one.sql for one in sets), tuple(value for one in sets for value in one.values))


def _merged(parts: list[Query]) -> list[Query]:
    """Join values of one field into one set."""
    values: dict[str, list[Value]] = defaultdict(list)
    others: list[Query] = []
    for part in parts:
        if isinstance(part, Value):
            values[part.field].append(part)
        else:
            others.append(part)
    same = [Value(found[0].field, tuple({v: 0 for one in found for v in one.values})) for found in values.values()]
    return [*same, *others]


def _expression(query: Query, depth: int = 0) -> str | None:
    """Give the FTS5 expression of a query that full text answers alone, None for another."""
    match query:
        case Words() | Pattern() | Within():
            return _leaf(query)
        case Or(parts) if parts and depth < _DEEPEST:
            made = [_expression(part, depth + 1) for part in parts]
            return None if None in made else " OR ".join(f"({one})" for one in made)
        case And(parts) if depth < _DEEPEST:
            wanted = [_expression(part, depth + 1) for part in parts if not isinstance(part, Not)]
            barred = [_expression(part.part, depth + 1) for part in parts if isinstance(part, Not)]
            if not wanted or None in wanted or None in barred:
                return None
            whole = " AND ".join(f"({one})" for one in wanted)
            return f"({whole}) NOT ({' OR '.join(f'({one})' for one in barred)})" if barred else whole
        case _:
            return None


def _leaf(query: Words | Pattern | Within) -> str | None:
    match query:
        case Words(terms, field) if terms:
            return f"{_COLUMNS[field]}{_phrase(terms)}"
        case Pattern(field=field, terms=terms) if terms:
            return f"{_COLUMNS[field]}({' OR '.join(_phrase((term,)) for term in terms)})"
        # FTS5 lets phrases overlap: no matter where they share no term.
        case Within(first, second, gap, field) if first and second and not set(first) & set(second):
            return f"{_COLUMNS[field]}NEAR({_phrase(first)} {_phrase(second)}, {gap})"
        case _:
            return None


def _phrase(terms: tuple[str, ...]) -> str:
    """Quote terms, so that none is taken for an operator."""
    return '"' + " ".join(terms).replace('"', '""') + '"'


def _overlapping(query: Within) -> Condition:
    both = f"{_COLUMNS[query.field]}{_phrase(query.first)} AND {_COLUMNS[query.field]}{_phrase(query.second)}"
    asked = json.dumps([query.first, query.second, query.gap, query.field])
    return Condition(f"SELECT rowid AS doc FROM terms WHERE terms MATCH ? AND {WITHIN}(title, text, ?)", (both, asked))


def _joined(parts: Sequence[Condition], operator: str) -> Condition:
    while len(parts) > _GROUP:
        parts = [_joined(parts[at : at + _GROUP], operator) for at in range(0, len(parts), _GROUP)]
    return Condition(
        operator.join(f"({part.sql})" for part in parts), tuple(value for part in parts for value in part.values)
    )


def _near(first: tuple[str, ...], second: tuple[str, ...], within: int) -> Condition:
    one, other = (", ".join("?" * len(ids)) for ids in (first, second))
    return Condition(
        f"SELECT DISTINCT one.doc FROM presence AS one WHERE one.id IN ({one}) AND EXISTS"
        " (SELECT 1 FROM presence AS other"
        f" WHERE other.doc = one.doc AND other.id IN ({other}) AND abs(other.sentence - one.sentence) < ?)",
        (*first, *second, within),
    )


def _between(column: str, start: datetime | None, end: datetime | None) -> Condition:
    bounds = [(f"{column} >= ?", start), (f"{column} < ?", end)]
    used = [(sql, micros(time)) for sql, time in bounds if time is not None]
    # Said outright: an article without a time lies in no range.
    sql = " AND ".join((f"{column} IS NOT NULL", *(sql for sql, _ in used)))
    return Condition(f"SELECT rowid AS doc FROM docs WHERE {sql}", tuple(value for _, value in used))
