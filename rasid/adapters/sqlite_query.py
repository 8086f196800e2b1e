"""The query tree as conditions on the SQLite index: which rows match, and the full-text expression that ranks them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from rasid.domain.query import And, Between, Everything, Near, Not, Nothing, Or, Query, Value, Words

_COLUMNS = {"title": "title : ", "text": "text : ", "any": ""}
_TIMES = {"first_seen_at": "first_seen", "published_at": "published"}


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on `docs` with the values of its question marks, left to right."""

    sql: str
    values: tuple[object, ...] = ()


def condition(query: Query) -> Condition:
    """Give the SQL condition on table `docs` that holds for exactly the query's matches."""
    match query:
        case Everything():
            return Condition("1")
        case Nothing():
            return Condition("0")
        case Words():
            return Condition("docs.rowid IN (SELECT rowid FROM terms WHERE terms MATCH ?)", (expression(query),))
        case Value(field, values):
            marks = ", ".join("?" * len(values))
            return Condition(
                f"docs.rowid IN (SELECT doc FROM facets WHERE field = ? AND value IN ({marks}))", (field, *values)
            )
        case Between(field, start, end):
            return _between(_TIMES[field], start, end)
        case Near(first, second, within):
            return _near(first, second, within)
        case Not(part):
            inner = condition(part)
            return Condition(f"NOT ({inner.sql})", inner.values)
        case And(parts):
            return _joined(parts, " AND ", "1")
        case Or(parts):
            return _joined(parts, " OR ", "0")


def expression(words: Words) -> str:
    """Give the FTS5 expression for words that stand together: quoted, so that no term is taken for an operator."""
    phrase = '"' + " ".join(words.terms).replace('"', '""') + '"'
    return f"{_COLUMNS[words.field]}{phrase}"


def positive_words(query: Query) -> Iterator[Words]:
    """Give the words whose presence speaks for a match: those under no NOT."""
    match query:
        case Words():
            yield query
        case And(parts) | Or(parts):
            for part in parts:
                yield from positive_words(part)
        case _:
            return


def _joined(parts: tuple[Query, ...], operator: str, empty: str) -> Condition:
    if not parts:
        return Condition(empty)
    inner = [condition(part) for part in parts]
    return Condition(
        operator.join(f"({part.sql})" for part in inner), tuple(value for part in inner for value in part.values)
    )


def _near(first: tuple[str, ...], second: tuple[str, ...], within: int) -> Condition:
    one, other = (", ".join("?" * len(ids)) for ids in (first, second))
    return Condition(
        "docs.rowid IN (SELECT one.doc FROM presence AS one JOIN presence AS other ON one.doc = other.doc"
        f" WHERE one.id IN ({one}) AND other.id IN ({other}) AND abs(one.sentence - other.sentence) < ?)",
        (*first, *second, within),
    )


def _between(column: str, start: datetime | None, end: datetime | None) -> Condition:
    bounds = [(f"docs.{column} >= ?", start), (f"docs.{column} < ?", end)]
    used = [(sql, micros(time)) for sql, time in bounds if time is not None]
    # Said outright: a comparison with NULL is neither true nor false, and its NOT would drop articles without a time.
    sql = " AND ".join((f"docs.{column} IS NOT NULL", *(sql for sql, _ in used)))
    return Condition(sql, tuple(value for _, value in used))


def micros(time: datetime) -> int:
    """Give whole microseconds since 1970: exact, and ordered as the times are."""
    return round(time.timestamp() * 1_000_000)
