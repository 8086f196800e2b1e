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


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs of undecided positions, longest first: `first` position and `length` of each."""

    first: Ints
    length: Ints

    def active(self, step: int) -> int:
        """Count the runs that are longer than `step`."""
        return int(np.searchsorted(-self.length, -step, side="left"))


class Chain:
    """Transition scores between labels, of which number 0 is "outside"; a boundary joins any two labels at score 0."""

    def __init__(self, transitions: Floats) -> None:
        self.transitions = np.ascontiguousarray(transitions, np.float32)
        self._gain = _largest_gain(self.transitions)

    def undecided(self, emissions: Floats, boundary: NDArray[np.bool_], slack: float = 0.0) -> Runs:
        """Find the runs in which a label other than "outside" could be on the best path.

        `emissions` is positions x labels; positions marked in `boundary` separate sentences. With `slack` in nats,
        positions that come that near to being undecided count as well.
        """
        rivals = emissions[:, 1:] + self._gain[1:]
        open_ = (rivals.max(axis=1) + slack >= emissions[:, OUTSIDE]) & ~boundary
        edges = np.flatnonzero(np.diff(np.concatenate(([False], open_, [False])).astype(np.int8)))
        first, length = edges[::2], edges[1::2] - edges[::2]
        order = np.argsort(-length, kind="stable")
        return Runs(first[order], length[order])

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
        score = framed[runs.first]
        back: list[Ints] = []
        for step in range(1, int(runs.length[0])):
            active = runs.active(step)
            arriving = score[:active, :, None] + self.transitions
            origin = arriving.argmax(axis=1)
            back.append(origin)
            score[:active] = arriving.max(axis=1) + framed[runs.first[:active] + step]
        label = score.argmax(axis=1)
        for step in range(int(runs.length[0]) - 1, -1, -1):
            active = runs.active(step)
            path[runs.first[:active] + step] = label[:active]
            if step:
                label[:active] = back[step - 1][np.arange(active), label[:active]]
        return path

    def marginals(self, emissions: Floats, boundary: NDArray[np.bool_], slack: float = 4.0) -> Floats:
        """Give the probability of each label at each position (forward-backward, Rabiner 1989).

        Positions outside the undecided runs get probability 1 for "outside"; `slack` bounds that error.
        """
        result = np.zeros_like(emissions)
        result[:, OUTSIDE] = 1.0
        runs = self.undecided(emissions, boundary, slack)
        if not len(runs.first):
            return result
        framed = self.framed(emissions, boundary, runs)
        forward, backward = self._forward(framed, runs), self._backward(framed, runs)
        inside = np.concatenate([np.arange(f, f + n) for f, n in zip(runs.first, runs.length, strict=True)])
        joint = forward[inside] + backward[inside]
        joint = np.exp(joint - joint.max(axis=1, keepdims=True))
        result[inside] = joint / joint.sum(axis=1, keepdims=True)
        return result

    def _forward(self, framed: Floats, runs: Runs) -> Floats:
        """Give the log of the summed scores of all paths up to each position, its own emission included."""
        forward = framed.copy()
        for step in range(1, int(runs.length[0])):
            here = runs.first[: runs.active(step)] + step
            forward[here] += _log_sum(forward[here - 1][:, :, None] + self.transitions, 1)
        return forward

    def _backward(self, framed: Floats, runs: Runs) -> Floats:
        """Give the log of the summed scores of all paths after each position."""
        backward = np.zeros_like(framed)
        for step in range(int(runs.length[0]) - 2, -1, -1):
            here = runs.first[: runs.active(step + 1)] + step
            backward[here] = _log_sum((framed[here + 1] + backward[here + 1])[:, None, :] + self.transitions, 2)
        return backward


def _largest_gain(transitions: Floats) -> Floats:
    """Give, per label, the most that transitions can gain by putting it where "outside" stood."""
    zero = np.zeros(len(transitions), np.float32)
    entering = np.vstack([transitions - transitions[:, :1], zero])
    leaving = np.column_stack([transitions - transitions[:1], zero])
    return np.asarray(entering.max(axis=0) + leaving.max(axis=1), np.float32)


def _log_sum(scores: Floats, axis: int) -> Floats:
    """Give log(sum(exp(scores))) along an axis without overflow."""
    top = scores.max(axis=axis, keepdims=True)
    return np.asarray(np.log(np.exp(scores - top).sum(axis=axis)) + np.squeeze(top, axis), np.float32)
