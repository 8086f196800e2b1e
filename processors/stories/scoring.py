"""How likely two reports are of one event: a logistic sum of how alike their features are, by kind.

The likeness by kind is the cosine of the weighted features (tf-idf with a window's own counts; Salton and Buckley
1988), beside it the cosine over all kinds, how much of the shorter report the longer one holds, and how much of what
each of them leads with the other says at all: reports of one event lead with the same, those of one matter share what
lies behind. Two sets of weights,
for one language and across two, are learned by tools/train_stories.py from labelled pairs (data/story_weights.tsv).
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from processors.stories.features import DATE, KIND_SHIFT, KINDS, NAME, NUMBER, PLACE, PLACE_SCALE, RARITY_SCALE

Floats = npt.NDArray[np.float64]
Hashes = npt.NDArray[np.uint32]
Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
LIKENESSES = (
    "words", "names", "places", "numbers", "dates", "events", "all", "held", "mass", "sizes",
    "other names", "other places", "other numbers", "other dates", "more than a day", "telling", "leading",
)  # fmt: skip
_AT = {name: at for at, name in enumerate(LIKENESSES)}
_TELLING = (NAME, PLACE, NUMBER, DATE)
_PRIOR = 2000.0  # articles that the rarity known beforehand counts as
_LEAST = 0.05  # weight of what stands everywhere
_SHARED_DISTINCT = 2  # distinct features that two reports must share at least
_NEVER = -20.0
_LEADING = 8  # features that a report leads with


def weights(place: Bytes, rarity: Bytes, df: Floats, articles: int) -> Floats:
    """Give the weight of features: sqrt(place) x rarity, the latter from `df` among `articles` and what was known."""
    share = np.exp(-rarity.astype(np.float64) / RARITY_SCALE)
    rare = np.log((articles + _PRIOR) / (df + 0.5 + _PRIOR * share))
    return np.sqrt(place / PLACE_SCALE) * np.maximum(rare, _LEAST)


class Weighed(NamedTuple):
    """The weights of features, and what they weigh for leading a report: the more, the earlier they stand."""

    weight: Floats
    lead: Floats


def weigh(place: Bytes, rarity: Bytes, df: Floats, articles: int) -> Weighed:
    """Give both weights of features."""
    weight = weights(place, rarity, df, articles)
    return Weighed(weight, weight * np.sqrt(place / PLACE_SCALE))


def likenesses(one: Hashes, mine: Weighed, others: Hashes, their: Weighed, apart: Floats, telling: Bools) -> Floats:
    """Compare a report with several: (n, len(LIKENESSES)).

    `one`: its sorted hashes, `mine` their weights; `others` (n, width) with 0 where a row is shorter, `their` weights;
    `apart` the seconds between the reports, NaN where a time is unknown. "Other names" and so on: both have some, and
    share none; "more than a day" counts days beyond the first; `telling`
    marks the own features that are a name or a place smaller than a country, and "telling" that one is shared;
    "leading": of the eight features that each leads with, the share that the other has, the lesser of the two.
    """
    own, theirs = mine.weight, their.weight
    at = np.searchsorted(one, others)
    at[at == len(one)] = 0
    shared = (one[at] == others) & (others != 0) if len(one) else np.zeros(others.shape, bool)
    product = np.where(shared, own[at] * theirs, 0.0) if len(one) else np.zeros(others.shape)
    squares = np.where(others != 0, theirs * theirs, 0.0)
    kinds = np.where(others != 0, others >> KIND_SHIFT, KINDS)
    result = np.zeros((len(others), len(LIKENESSES)))
    masses = np.bincount(one >> KIND_SHIFT, own * own, KINDS)
    for kind in range(KINDS):
        of_kind = kinds == kind
        dot, norm = (product * of_kind).sum(axis=1), masses[kind] * (squares * of_kind).sum(axis=1)
        result[:, kind] = dot / np.sqrt(np.maximum(norm, 1e-9))
        if kind in _TELLING:
            result[:, _AT["other names"] + _TELLING.index(kind)] = (norm > 0) & (dot == 0)
    dot, whole, other = product.sum(axis=1), max(masses.sum(), 1e-9), np.maximum(squares.sum(axis=1), 1e-9)
    result[:, _AT["all"]] = dot / np.sqrt(whole * other)
    result[:, _AT["held"]] = np.minimum(dot / np.minimum(whole, other), 2.0)
    result[:, _AT["mass"]] = np.log1p(dot)
    result[:, _AT["sizes"]] = np.abs(np.log(whole / other))
    result[:, _AT["telling"]] = (shared & telling[at]).any(axis=1) if len(one) else 0.0
    result[:, _AT["more than a day"]] = np.maximum(np.nan_to_num(np.abs(apart), nan=0.0) / 86_400 - 1, 0.0)
    if len(one):
        led = np.where(others != 0, their.lead, 0.0)
        result[:, _AT["leading"]] = np.minimum(_led(led, shared), _led(mine.lead[None], _found(shared, at, len(one))))
    said = (shared & (kinds <= PLACE)).any(axis=1)  # numbers and days alone make no event
    result[(shared.sum(axis=1) < _SHARED_DISTINCT) | ~said] = 0.0
    return result


def _found(shared: Bools, at: npt.NDArray[np.intp], count: int) -> Bools:
    """Tell which of a report's own `count` features each of the others has: (n, count)."""
    found = np.zeros((len(shared), count), bool)
    rows, columns = np.nonzero(shared)
    found[rows, at[rows, columns]] = True
    return found


def _led(lead: Floats, shared: Bools) -> Floats:
    """Give how much of what each row leads with is shared: (n,), 0..1."""
    first = np.argsort(-lead, axis=1, kind="stable")[:, :_LEADING]
    weight = np.take_along_axis(lead, first, 1)
    if len(first) == 1:
        first = np.broadcast_to(first, (len(shared), first.shape[1]))
    whole = np.maximum(weight.sum(axis=1), 1e-9)
    return np.asarray((np.take_along_axis(shared, first, 1) * weight).sum(axis=1) / whole, dtype=np.float64)


def score(like: Floats, same_language: npt.NDArray[np.bool_]) -> Floats:
    """Give the log odds that each pair is of one event."""
    within, across = _learned()
    values = np.where(same_language, like @ within[1:] + within[0], like @ across[1:] + across[0])
    # Across languages a country, numbers and days are no event: a name or a smaller place must be one.
    possible = like.any(axis=1) & (same_language | (like[:, _AT["telling"]] > 0))
    return np.where(possible, values, _NEVER)


@cache
def _learned() -> tuple[Floats, Floats]:
    lines = resources.files("processors.data").joinpath("story_weights.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    named = {row[0]: row[1:] for row in rows}
    table = np.array([[float(value) for value in named[name]] for name in ("bias", *LIKENESSES)])
    return table[:, 0], table[:, 1]
