"""Which sides and entities stand near each other: within one, two or three sentences."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import combinations
from typing import NamedTuple

_MOST = 200


class Near(NamedTuple):
    """Two ids (or country codes), in order, and how many sentences hold both: 1, 2 or 3."""

    first: str
    second: str
    within: int


def nearness(sentences: Mapping[str, Collection[int]]) -> tuple[Near, ...]:
    """Give the pairs that meet within three sentences, sorted, each with its nearest distance.

    `sentences`: for each id the numbers (from 0) of the sentences that name it. Of more than 200 ids only those that
    stand in the most sentences are looked at, so that a very long text takes no longer than its length asks.
    """
    sentences = dict(sorted(sentences.items(), key=lambda item: (-len(item[1]), item[0]))[:_MOST])
    masks = {name: _mask(places) for name, places in sentences.items()}
    found = []
    for first, second in combinations(sorted(masks), 2):
        a, b = masks[first], masks[second]
        if a & b:
            found.append(Near(first, second, 1))
        elif a & (b << 1 | b >> 1):
            found.append(Near(first, second, 2))
        elif a & (b << 2 | b >> 2):
            found.append(Near(first, second, 3))
    return tuple(found)


def _mask(places: Collection[int]) -> int:
    """Give an integer with these bits set."""
    bits = bytearray(max(places, default=0) // 8 + 1)
    for at in places:
        bits[at >> 3] |= 1 << (at & 7)
    return int.from_bytes(bits, "little")
