"""Decoding of a linear-chain CRF (Lafferty, McCallum, Pereira 2001) for a whole article at once, in numpy.

Most words of an article are so clearly outside any name that no choice of neighbours could make them part of one. Such
words cut the text into short runs; the runs are decoded side by side, one numpy step per position in a run. The best
path is exactly the one of plain Viterbi decoding over the whole text.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.intp]
OUTSIDE = 0
_FLOOR = 40.0  # nats below which a probability counts as e**-40


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs of undecided positions, longest first: `first` position and `length` of each.

    `active[step]` counts the runs that are longer than `step`.
    """

    first: Ints
    length: Ints
    active: list[int]

    @classmethod
    def of(cls, undecided: NDArray[np.bool_]) -> Runs:
        """Find the runs of marked positions."""
        edges = np.flatnonzero(np.diff(undecided, prepend=False, append=False))
        first, length = edges[::2], edges[1::2] - edges[::2]
        order = np.argsort(-length, kind="stable")
        first, length = first[order], length[order]
        longest = int(length[0]) if len(length) else 0
        active = np.searchsorted(-length, -np.arange(longest), side="left").tolist()
        return cls(first, length, active)


class Chain:
    """Transition scores between labels, of which number 0 is "outside"; a boundary joins any two labels at score 0."""

    def __init__(self, transitions: Floats) -> None:
        self.transitions = np.ascontiguousarray(transitions, np.float32)
        self._arriving = np.ascontiguousarray(self.transitions.T)
        self._moves = np.exp(np.clip(self.transitions, -_FLOOR, _FLOOR))
        self._gain = _largest_gain(self.transitions)

    def undecided(self, emissions: Floats, boundary: NDArray[np.bool_]) -> Runs:
        """Find the runs in which a label other than "outside" could be on the best path.

        `emissions` is positions x labels; positions marked in `boundary` separate sentences.
        """
        rivals = emissions[:, 1:] + self._gain[1:]
        open_ = (rivals.max(axis=1) >= emissions[:, OUTSIDE]) & ~boundary
        return Runs.of(open_)

    def framed(self, emissions: Floats, boundary: NDArray[np.bool_], runs: Runs) -> Floats:
        """Give a copy of `emissions` whose runs include what "outside" neighbours add at both ends."""
        framed = emissions.copy()
        last = runs.first + runs.length - 1
        before = (runs.first > 0) & ~boundary[np.maximum(runs.first - 1, 0)]
        after = (last + 1 < len(emissions)) & ~boundary[np.minimum(last + 1, len(emissions) - 1)]
        framed[runs.first[before]] += self.transitions[OUTSIDE]
        framed[last[after]] += self.transitions[:, OUTSIDE]
        return framed

    def best_path(self, emissions: Floats, boundary: NDArray[np.bool_]) -> NDArray[np.int8]:
        """Give the label of every position on the best path (Viterbi 1967)."""
        path = np.zeros(len(emissions), np.int8)
        runs = self.undecided(emissions, boundary)
        if not len(runs.first):
            return path
        framed = self.framed(emissions, boundary, runs)
        scores = [framed[runs.first]]
        for step, active in enumerate(runs.active[1:], 1):
            arriving = scores[-1][:active, :, None] + self.transitions
            scores.append(arriving.max(axis=1) + framed[runs.first[:active] + step])
        label = scores[-1].argmax(axis=1)
        path[runs.first[: len(label)] + len(scores) - 1] = label
        for step in range(len(scores) - 2, -1, -1):
            score = scores[step]  # its last rows are the runs that end here
            score[: len(label)] += self._arriving[label]
            label = score.argmax(axis=1)
            path[runs.first[: len(label)] + step] = label
        return path

    def marginals(self, emissions: Floats, boundary: NDArray[np.bool_], inside: NDArray[np.bool_]) -> Floats:
        """Give the probability of each label at each position (forward-backward with scaling, Rabiner 1989).

        Positions not marked in `inside` are taken to be "outside" for certain.
        """
        result = np.zeros_like(emissions)
        result[:, OUTSIDE] = 1.0
        runs = Runs.of(inside & ~boundary)
        if len(runs.first):
            framed = self.framed(emissions, boundary, runs)
            weights = np.exp(np.maximum(framed - framed.max(axis=1, keepdims=True), -_FLOOR))
            joint = self._forward(weights, runs) * self._backward(weights, runs)
            within = np.repeat(runs.first - np.cumsum(runs.length) + runs.length, runs.length)
            within += np.arange(len(within))
            result[within] = joint[within] / joint[within].sum(axis=1, keepdims=True)
        return result

    def _forward(self, weights: Floats, runs: Runs) -> Floats:
        """Give what all paths up to each position weigh, its own emission included, scaled to sum 1."""
        forward = weights.copy()
        for step, active in enumerate(runs.active[1:], 1):
            here = runs.first[:active] + step
            sums = (forward[here - 1] @ self._moves) * weights[here]
            forward[here] = sums / sums.sum(axis=1, keepdims=True)
        return forward

    def _backward(self, weights: Floats, runs: Runs) -> Floats:
        """Give what all paths after each position weigh, scaled to sum 1."""
        backward = np.ones_like(weights)
        for step in range(len(runs.active) - 2, -1, -1):
            here = runs.first[: runs.active[step + 1]] + step
            sums = (weights[here + 1] * backward[here + 1]) @ self._moves.T
            backward[here] = sums / sums.sum(axis=1, keepdims=True)
        return backward


def _largest_gain(transitions: Floats) -> Floats:
    """Give, per label, the most that transitions can gain by putting it where "outside" stood."""
    zero = np.zeros(len(transitions), np.float32)
    entering = np.vstack([transitions - transitions[:, :1], zero])
    leaving = np.column_stack([transitions - transitions[:1], zero])
    return np.asarray(entering.max(axis=0) + leaving.max(axis=1), np.float32)
