"""Wildcards, fuzzy words and proximity as predicates on terms: the one meaning that every reader of a query goes by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rasid.domain.errors import QueryError
from rasid.domain.query import And, Not, Or, Pattern, Query, Within

# Terms of an index that one pattern may stand for.
MOST_TERMS = 200


def takes(pattern: Pattern, term: str) -> bool:
    """Tell whether a term is one that the pattern stands for.

    A fuzzy word keeps its first letter; distances are those of optimal string alignment (Damerau 1964: insert, remove,
    change, or swap neighbours), counted in code points of terms.
    """
    if not pattern.edits:
        return term.startswith(pattern.text) or term in pattern.whole
    return term[:1] == pattern.text[:1] and distance(pattern.text, term, pattern.edits) <= pattern.edits


def distance(one: str, other: str, most: int) -> int:
    """Give the optimal string alignment distance, or `most` + 1 where it is more than `most`."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        now = [row]
        for column, second in enumerate(other, 1):
            cost = min(last[column] + 1, now[-1] + 1, last[column - 1] + (letter != second))
            if row > 1 and column > 1 and letter == other[column - 2] and second == one[row - 2]:
                cost = min(cost, before[column - 2] + 1)
            now.append(cost)
        if min(now) > most and min(last) > most:
            return most + 1
        before, last = last, now
    return min(last[-1], most + 1)


def spans(terms: Sequence[str], within: Within) -> Iterator[tuple[int, int]]:
    """Give where the two phrases stand near each other: (first term, one past the last) of each such stretch."""
    first, second = _starts(terms, within.first), _starts(terms, within.second)
    pairs = [(first, len(within.first), second, len(within.second))]
    if within.first != within.second:
        pairs.append((second, len(within.second), first, len(within.first)))
    for befores, size, afters, length in pairs:
        for start in befores:
            ends = [after for after in afters if 0 <= after - (start + size) <= within.gap]
            if ends:
                yield start, min(ends) + length


def expanded(query: Query, terms_of: Callable[[Pattern], Sequence[str]]) -> Query:
    """Give the query with the terms filled in that an index holds for each pattern.

    Raises QueryError for a pattern that takes more than MOST_TERMS of them.
    """
    match query:
        case Pattern(terms=None):
            return _filled(query, terms_of(query))
        case And(parts):
            return And(tuple(expanded(part, terms_of) for part in parts))
        case Or(parts):
            return Or(tuple(expanded(part, terms_of) for part in parts))
        case Not(part):
            return Not(expanded(part, terms_of))
        case _:
            return query


def _filled(pattern: Pattern, terms: Sequence[str]) -> Pattern:
    if len(terms) > MOST_TERMS:
        mend = "fewer edits" if pattern.edits else "more letters"
        raise QueryError(
            f"{pattern.source or pattern.text!r} stands for more than {MOST_TERMS} words of the index: write {mend}"
        )
    return Pattern(
        pattern.text, pattern.edits, pattern.whole, pattern.field, pattern.source, pattern.boost, tuple(sorted(terms))
    )


def _starts(terms: Sequence[str], phrase: tuple[str, ...]) -> list[int]:
    size = len(phrase)
    return [at for at, term in enumerate(terms) if term == phrase[0] and tuple(terms[at : at + size]) == phrase]
