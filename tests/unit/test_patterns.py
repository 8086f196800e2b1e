"""Wildcards, fuzzy words and proximity as predicates, against plain definitions."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasid.domain.errors import QueryError
from rasid.domain.patterns import MOST_TERMS, distance, expanded, spans, takes
from rasid.domain.query import And, Everything, Not, Or, Pattern, Within

LETTERS = st.text(alphabet="abсир\u0633\u0648", max_size=7)
WORDS = st.sampled_from(["a", "b", "сир", "اسد"])


@cache
def by_definition(one: str, other: str) -> int:
    """Give the optimal string alignment distance, straight from its recurrence."""
    if not one or not other:
        return len(one) + len(other)
    ways = [
        by_definition(one[:-1], other) + 1,
        by_definition(one, other[:-1]) + 1,
        by_definition(one[:-1], other[:-1]) + (one[-1] != other[-1]),
    ]
    if one[-2:] == other[-2:][::-1] and len(one) > 1:
        ways.append(by_definition(one[:-2], other[:-2]) + 1)
    return min(ways)


@given(one=LETTERS, other=LETTERS, most=st.integers(0, 4))
def test_the_distance_is_the_textbook_one(one: str, other: str, most: int) -> None:
    """Up to the most asked for it is exact in any script, above it is one more."""
    assert distance(one, other, most) == min(by_definition(one, other), most + 1)


@given(
    terms=st.lists(WORDS, max_size=8),
    first=st.lists(WORDS, min_size=1, max_size=2),
    second=st.lists(WORDS, min_size=1, max_size=2),
    gap=st.integers(0, 4),
)
def test_proximity_is_two_phrases_apart(terms: list[str], first: list[str], second: list[str], gap: int) -> None:
    """Some pair of places, not overlapping, with at most `gap` words between: just then, and where it says."""
    query = Within(tuple(first), tuple(second), gap)
    places = {
        (start, other + len(after))
        for before, after in ((first, second), (second, first))
        for start in range(len(terms))
        for other in range(start + len(before), min(len(terms), start + len(before) + gap + 1))
        if terms[start : start + len(before)] == before and terms[other : other + len(after)] == after
    }
    found = set(spans(terms, query))
    assert found <= places
    assert bool(found) == bool(places)
    assert {start for start, _ in found} == {start for start, _ in places}


@pytest.mark.parametrize(
    ("pattern", "term", "is_taken"),
    [
        (Pattern("сир"), "сирийск", True),
        (Pattern("сир"), "сер", False),
        (Pattern("situati", whole=("situat",)), "situat", True),
        (Pattern("situati", whole=("situat",)), "situational", True),
        (Pattern("شويغو", 1), "شوغيو", True),
        (Pattern("شويغو", 1), "سويغو", False),
        (Pattern("shoigu", 2), "shuigo", True),
        (Pattern("shoigu", 2), "shagoi", False),
    ],
)
def test_what_a_pattern_takes(pattern: Pattern, term: str, *, is_taken: bool) -> None:
    """A beginning, the stems of the word as typed, or a few edits behind a right first letter."""
    assert takes(pattern, term) is is_taken


def test_patterns_are_filled_in_wherever_they_stand() -> None:
    """Every pattern of a tree gets its terms, sorted; one of too many is refused, in words."""
    query = Or((And((Pattern("سو"), Not(Pattern("сир", 1)))), Everything()))
    filled = expanded(query, lambda pattern: [f"{pattern.text}b", f"{pattern.text}a"])
    assert filled == Or(
        (And((Pattern("سو", terms=("سوa", "سوb")), Not(Pattern("сир", 1, terms=("сирa", "сирb"))))), Everything())
    )
    many = [str(number) for number in range(MOST_TERMS + 1)]
    with pytest.raises(QueryError, match="fewer edits"):
        expanded(query, lambda pattern: many if pattern.edits else [])
    assert expanded(query, lambda _: many[:-1]) != query
