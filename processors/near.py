"""Which sides and entities stand near each other: within one, two or three sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import NamedTuple


class Near(NamedTuple):
    """Two ids (or country codes), in order, and how many sentences hold both: 1, 2 or 3."""

    first: str
    second: str
    within: int


def nearness(sentences: Mapping[str, Iterable[int]]) -> tuple[Near, ...]:
    """Give the pairs that meet within three sentences, sorted, each with its nearest distance.

    `sentences`: for each id the numbers (from 0) of the sentences that name it. Takes time by the square of the ids.
    """
    masks = {name: sum(1 << at for at in set(places)) for name, places in sentences.items()}
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
