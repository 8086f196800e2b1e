"""How well two tokens fit: the encoder's cosine and the transducer's likelihood, as a rank score and as log-odds.

Between two scripts the transducer that writes the poorer script from the richer one is asked, whichever token is the
query: P(arabic | latin) ranks better than P(latin | arabic), which must guess vowels. Within one script the share of
letters in common (difflib) stands in for the likelihood.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from processors.names.letters import LONGEST, Script, plain, script_of
from processors.names.romanise import readings
from processors.names.transducer import Doubles, Transducer

_RICHNESS: dict[Script, int] = {"arabic": 0, "cyrillic": 1, "latin": 2}
_COSINE_WEIGHT = 25.0  # nats: best on the development pairs among 0 to 40, flat around
_LEAST = -8.0  # nats a letter: below it the likelihood says no more
_ONE_READING = 0.9  # the least cosine of two tokens that can be read alike
_UNLIKE = -4.0  # nats a letter that two tokens of one script do not share


class Reranker:
    """Scores token pairs; `transducer` gives the model of a direction such as "arabic|latin" (target|source)."""

    def __init__(self, transducer: Callable[[str], Transducer], calibration: Mapping[str, NDArray[np.float64]]) -> None:
        self._transducer = transducer
        self._calibration = calibration

    def scores(self, query: str, candidates: Sequence[str], cosines: NDArray[np.floating]) -> Doubles:
        """Give each candidate's rank score against `query`, in nats: comparable for one query only."""
        found = np.zeros(len(candidates))
        for kind, places in self._kinds(query, candidates):
            likely, _ = self.likelihood(kind, query, [candidates[place] for place in places])
            found[places] = likely
        total: Doubles = found + _COSINE_WEIGHT * cosines
        return total

    def odds(self, query: str, candidates: Sequence[str], cosines: NDArray[np.floating]) -> Doubles:
        """Give the log-odds that each candidate names the same as `query`, 0 where joining becomes safe."""
        found = np.zeros(len(candidates))
        for kind, places in self._kinds(query, candidates):
            some = [candidates[place] for place in places]
            likely, targets = self.likelihood(kind, query, some)
            found[places] = features(likely, targets, query, some, cosines[places]) @ self._calibration[kind]
        return found

    @staticmethod
    def _kinds(query: str, candidates: Sequence[str]) -> list[tuple[str, list[int]]]:
        """Group the places of candidates by the direction to ask."""
        groups: dict[str, list[int]] = {}
        script = script_of(query)
        for place, candidate in enumerate(candidates):
            pair = sorted((script, script_of(candidate)), key=_RICHNESS.__getitem__)
            groups.setdefault("|".join(pair), []).append(place)
        return list(groups.items())

    def likelihood(self, kind: str, query: str, candidates: Sequence[str]) -> tuple[Doubles, Sequence[str]]:
        """Give log P(target | source) of each pair, natural, and the targets (one or one a pair)."""
        target, source = kind.split("|")
        if target == source:
            letters = np.array([max(len(query), len(candidate)) for candidate in candidates])
            return _UNLIKE * letters * (1 - np.array([alike(query, candidate) for candidate in candidates])), [query]
        model = self._transducer(kind)
        if script_of(query) == target:
            return model.log_likelihoods([query], model.prepare(candidates)), [query]
        sources = model.prepare([query])
        return model.log_likelihoods(candidates, sources.take(np.zeros(len(candidates), np.int64))), candidates


def alike(first: str, second: str) -> float:
    """Give the share of letters two tokens of one script have in common in order, 0 to 1, spelling habits apart."""
    if script_of(first) == "latin":
        ways = [(one, other) for one in readings(plain(first)) for other in readings(plain(second))]
    else:
        ways = [(plain(first).translate(_ENDS), plain(second).translate(_ENDS))]
    return max(SequenceMatcher(None, one, other, autojunk=False).ratio() for one, other in ways)


_ENDS = str.maketrans("ةى", "هي")


def features(
    likely: Doubles, targets: Sequence[str], query: str, candidates: Sequence[str], cosines: NDArray[np.floating]
) -> Doubles:
    """Give an array (candidates, 6) of what the log-odds are a weighted sum of."""
    per_letter = np.maximum(likely / np.array([min(len(target), LONGEST) + 1 for target in targets]), _LEAST)
    lengths = np.array([min(len(candidate), LONGEST) for candidate in candidates])
    own = min(len(query), LONGEST)
    if len(set(map(script_of, (query, *candidates)))) == 1:
        # One script and one reading: the encoder, trained across scripts, need not know the spelling habit.
        cosines = np.where(likely == 0, np.maximum(cosines, _ONE_READING), cosines)
    shorter = np.minimum(lengths, own) / 10
    ratio = np.abs(np.log(lengths / own))
    return np.stack([np.ones(len(candidates)), cosines, per_letter, ratio, shorter, per_letter * shorter], axis=1)


def pair_features(
    reranker: Reranker, kind: str, pairs: Sequence[tuple[str, str]], cosines: NDArray[np.floating]
) -> Doubles:
    """Give the features of many pairs of one kind, for fitting their weights: an array (pairs, 6)."""
    rows = []
    for place, (first, second) in enumerate(pairs):
        likely, targets = reranker.likelihood(kind, first, [second])
        rows.append(features(likely, targets, first, [second], cosines[place : place + 1])[0])
    return np.array(rows)
