"""How likely one spelling is, given the name in another script: a letter transducer learned from pairs by EM.

Each source letter writes none, one or two target letters; the choice depends on the letter, the next, the previous and
the one after the next, each wider context interpolated with the narrower one after Witten and Bell (1991). P(target |
source) sums over all ways to write the target (forward algorithm). Trained by tools/train_names.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from processors.names.letters import CODE, LONGEST

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]
RADIX = 256  # letters are packed one a byte: context = letter, next, previous, next but one
LEVELS = 4
START = (0.2, 0.02, 0.0001)  # what an unseen letter writes: nothing, a given letter, two given letters
_STEP = 0.07  # nats between two stored log-probabilities: 255 of them reach e^-17.8
_CODES_TO_P = np.exp(-_STEP * np.arange(256))
_FLOOR = 1e-300
_SLICE = 1024  # contexts whose distributions are worked out at a time


@dataclass(frozen=True, slots=True)
class Level:
    """Counts of one context width: entry i says context keys[i] wrote output outs[i] counts[i] times; sorted."""

    keys: Ints
    outs: Ints
    counts: Doubles


@dataclass(frozen=True, slots=True)
class Prepared:
    """Source tokens made ready: rows[i, p] is the distribution of letter p of token i, 0 behind its end."""

    rows: NDArray[np.uint16]  # a direction has fewer than 65,536 contexts
    lengths: Ints

    def take(self, places: Ints) -> Prepared:
        """Give some of the tokens, in the order of `places`."""
        lengths = self.lengths[places]
        return Prepared(self.rows[places, : max(1, int(lengths.max(initial=0)))], lengths)

    def followed_by(self, others: Prepared) -> Prepared:
        """Give these tokens and others behind them."""
        width = max(self.rows.shape[1], others.rows.shape[1])
        rows = np.zeros((len(self.rows) + len(others.rows), width), np.uint16)
        rows[: len(self.rows), : self.rows.shape[1]] = self.rows
        rows[len(self.rows) :, : others.rows.shape[1]] = others.rows
        return Prepared(rows, np.concatenate([self.lengths, others.lengths]))


def _coded(chances: Doubles) -> NDArray[np.uint8]:
    """Give the nearest codes of probabilities."""
    return np.minimum(np.rint(np.log(np.maximum(chances, 1e-9)) / -_STEP), 255).astype(np.uint8)


class Transducer:
    """P(target | source) for one direction; read-only after construction, so any thread may call it."""

    def __init__(self, outputs: Ints, levels: Sequence[Level]) -> None:
        self._other = len(outputs)  # the column of what was never written
        self._column = np.full(RADIX * RADIX, self._other, np.int64)
        self._column[outputs] = np.arange(len(outputs))
        self._contexts: list[Ints] = []
        self._first: list[int] = []
        start = np.append(np.where(outputs == 0, START[0], np.where(outputs < RADIX, START[1], START[2])), START[2])
        self._width = len(start)
        self._table = _coded(start)[np.newaxis]
        for number, level in enumerate(levels):
            self._table = np.concatenate([self._table, self._distributions(number, level)])

    def _distributions(self, number: int, level: Level) -> NDArray[np.uint8]:
        """Interpolate one level's counts with the distributions of the narrower contexts (Witten-Bell).

        In slices, as the table of a level in floating point would be ten times what stays.
        """
        contexts, places, kinds = np.unique(level.keys, return_inverse=True, return_counts=True)
        parents = self._rows(contexts // RADIX, number - 1) if number else np.zeros(len(contexts), np.int64)
        totals = np.bincount(places, level.counts) + kinds
        self._contexts.append(contexts)
        self._first.append(len(self._table))
        found = np.empty((len(contexts), self._width), np.uint8)
        for begin in range(0, len(contexts), _SLICE):
            part = slice(begin, min(begin + _SLICE, len(contexts)))
            mixed = _CODES_TO_P.take(self._table.take(parents[part], axis=0)) * kinds[part, np.newaxis]
            entries = slice(*np.searchsorted(places, [part.start, part.stop]))
            np.add.at(mixed, (places[entries] - begin, level.outs[entries]), level.counts[entries])
            found[part] = _coded(mixed / totals[part, np.newaxis])
        return found

    def _rows(self, contexts: Ints, level: int) -> Ints:
        """Find the table rows of contexts of one width, or of the widest narrower one that was seen."""
        known = self._contexts[level]
        places = np.searchsorted(known, contexts)
        hit = known[np.minimum(places, len(known) - 1)] == contexts
        if level == 0:
            return np.where(hit, places + self._first[0], 0)
        rows = places + self._first[level]
        if not hit.all():
            rows[~hit] = self._rows(contexts[~hit] // RADIX, level - 1)
        return rows

    def prepare(self, sources: Sequence[str]) -> Prepared:
        """Make normalised source tokens ready to be scored many times."""
        lengths = np.array([min(len(source), LONGEST) for source in sources], np.int64)
        rows = np.zeros((len(sources), int(lengths.max(initial=1))), np.uint16)
        for begin in range(0, len(sources), _SLICE):
            part = slice(begin, begin + _SLICE)
            rows[part] = self._contexts_rows(sources[part], lengths[part], rows.shape[1])
        return Prepared(rows, lengths)

    def _contexts_rows(self, sources: Sequence[str], lengths: Ints, width: int) -> Ints:
        """Give the table row of each letter of some tokens in its context."""
        padded = np.zeros((len(sources), width + 3), np.int64)
        for place, source in enumerate(sources):
            padded[place, 1 : lengths[place] + 1] = [CODE[letter] for letter in source[:LONGEST]]
        here, after = padded[:, 1:-2], padded[:, 2:-1]
        contexts = ((here * RADIX + after) * RADIX + padded[:, :-3]) * RADIX + padded[:, 3:]
        rows = self._rows(contexts.ravel(), LEVELS - 1).reshape(contexts.shape)
        return np.where(here > 0, rows, 0)

    def log_likelihoods(self, targets: Sequence[str], sources: Prepared) -> Doubles:
        """Give log P(target | source), natural, of targets[i] and source i; one target may stand for all sources.

        At least log(1e-300); no target may be empty.
        """
        columns, letters = self._columns(targets)
        places = sources.rows.astype(np.int64)[:, :, np.newaxis, np.newaxis] * self._width + columns[:, np.newaxis]
        chances = _CODES_TO_P.take(self._table.take(places))
        pairs = len(sources.lengths)
        reached = np.zeros((pairs, columns.shape[2]))
        reached[:, 0] = 1.0
        ends = np.zeros(pairs)
        for place in range(sources.rows.shape[1]):
            chance = chances[:, place]
            after = reached * chance[:, 0]
            after[:, 1:] += reached[:, :-1] * chance[:, 1, :-1]
            after[:, 2:] += reached[:, :-2] * chance[:, 2, :-2]
            reached = after
            done = np.flatnonzero(sources.lengths == place + 1)
            ends[done] = reached[done, letters[done] if len(letters) > 1 else letters[0]]
        return np.log(np.maximum(ends, _FLOOR))

    def _columns(self, targets: Sequence[str]) -> tuple[Ints, Ints]:
        """Give the table columns (targets, 3, letters + 1) of writing 0, 1 or 2 letters from each place on.

        Beside them each target's number of letters; what lies behind a target's end is never reached from within.
        """
        lengths = np.array([min(len(target), LONGEST) for target in targets], np.int64)
        codes = np.zeros((len(targets), int(lengths.max(initial=1)) + 1), np.int64)
        for place, target in enumerate(targets):
            codes[place, : lengths[place]] = [CODE[letter] for letter in target[:LONGEST]]
        columns = np.full((len(targets), 3, codes.shape[1]), self._other)
        columns[:, 0] = self._column[0]
        columns[:, 1] = self._column[codes]
        columns[:, 2, :-1] = self._column[codes[:, :-1] * RADIX + codes[:, 1:]]
        return columns, lengths


def load(arrays: Mapping[str, NDArray[np.generic]], name: str) -> Transducer:
    """Build the transducer stored under `name` (see pack in tools/train_names.py)."""
    levels = []
    for number in range(LEVELS):
        keys = np.cumsum(arrays[f"{name}.{number}.keys"].astype(np.int64))  # stored as steps: they compress
        outs = arrays[f"{name}.{number}.outs"].astype(np.int64)
        counts = 2.0 * np.exp(arrays[f"{name}.{number}.counts"].astype(np.float64) / 20)
        levels.append(Level(keys, outs, counts))
    return Transducer(arrays[f"{name}.outputs"].astype(np.int64), levels)
