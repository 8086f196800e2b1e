"""Learns letter transducers from pairs by expectation maximisation (see processors/names/transducer.py).

Passes without context first, then one pass each that adds the next letter, the previous, and the one after the next.
Pairs less likely than e^-3 a letter are taken for noise and skipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from processors.names.letters import CODE, LONGEST
from processors.names.transducer import RADIX, START

_PLAN = (0, 0, 0, 0, 1, 2, 3)  # the widest context of each pass
_NOISE = -3.0  # nats a letter
_LEAST_SEEN = 0.02  # expected counts below it are nothing
_OUT = RADIX * RADIX
Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Counts:
    """Expected counts of one context width: keys are context * 65,536 + output."""

    keys: Ints
    counts: Doubles


def learn(pairs: list[tuple[str, str]]) -> list[Counts]:
    """Learn P(second | first); give the expected counts of each context width, narrowest first."""
    sources, source_lengths = _encoded([first for first, _ in pairs])
    targets, target_lengths = _encoded([second for _, second in pairs])
    cells = np.zeros(int((3 * target_lengths * source_lengths + 3 * source_lengths).sum()), np.int64)
    cells = cells[: _cells(sources, source_lengths, targets, target_lengths, cells)]
    widest, place_of_cell = np.unique(cells, return_inverse=True)
    outputs, contexts = widest % _OUT, widest // _OUT
    levels = [np.unique(contexts // RADIX**narrower * _OUT + outputs, return_inverse=True) for narrower in (3, 2, 1, 0)]
    start = np.where(outputs == 0, START[0], np.where(outputs < RADIX, START[1], START[2]))
    chances, counts = start, np.zeros(len(widest))
    for number, top in enumerate(_PLAN):
        counts = np.zeros(len(widest))
        noise = -1e9 if number < 2 else _NOISE
        _expect(source_lengths, target_lengths, place_of_cell.astype(np.int32), chances, counts, noise)
        chances = start
        for keys, places in levels[: top + 1]:
            chances = _interpolated(keys, places, counts, chances)
    return [Counts(keys, np.bincount(places, counts, len(keys))) for keys, places in levels]


def _encoded(tokens: list[str]) -> tuple[Ints, Ints]:
    """Give letters as numbers, one 0 before and three behind, and the lengths."""
    lengths = np.array([min(len(token), LONGEST) for token in tokens])
    codes = np.zeros((len(tokens), LONGEST + 4), np.int64)
    for place, token in enumerate(tokens):
        codes[place, 1 : lengths[place] + 1] = [CODE[letter] for letter in token[:LONGEST]]
    return codes, lengths


def _interpolated(keys: Ints, places: Ints, counts: Doubles, narrower: Doubles) -> Doubles:
    """Mix one width's relative frequencies with the narrower context's chances (Witten and Bell 1991)."""
    seen = np.bincount(places, counts, len(keys))
    seen = np.where(seen > _LEAST_SEEN, seen, 0)
    _, context = np.unique(keys // _OUT, return_inverse=True)
    total = np.bincount(context, seen) + 1e-9
    kinds = np.maximum(np.bincount(context, seen > 0), 1)
    mixed: Doubles = (seen[places] + kinds[context][places] * narrower) / (total + kinds)[context][places]
    return mixed


def _compiled(function: Any) -> Any:
    """Compile a loop over pairs."""
    return numba.njit(function)


@_compiled
def _cells(sources, source_lengths, targets, target_lengths, cells):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202 -- numba
    """List (context, output) of every way a source letter may write 0, 1 or 2 target letters."""
    count = 0
    for pair in range(len(source_lengths)):
        for i in range(source_lengths[pair]):
            before, here, after, then = sources[pair, i : i + 4]
            context = ((here * RADIX + after) * RADIX + before) * RADIX + then
            for j in range(target_lengths[pair] + 1):
                for letters in range(min(3, target_lengths[pair] - j + 1)):
                    output = 0
                    for letter in range(letters):
                        output = output * RADIX + targets[pair, 1 + j + letter]
                    cells[count] = context * _OUT + output
                    count += 1
    return count


@_compiled
def _expect(source_lengths, target_lengths, places, chances, counts, noise):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202 -- numba
    """Add each cell's expected count (forward-backward), skipping pairs less likely than `noise` a letter."""
    forward, backward = np.zeros((32, 32)), np.zeros((32, 32))
    begin = 0
    for pair in range(len(source_lengths)):
        n, m = source_lengths[pair], target_lengths[pair]
        row = 0
        for j in range(m + 1):
            row += min(3, m - j + 1)
        forward[: n + 1, : m + 1] = 0
        forward[0, 0] = 1
        for i in range(n):
            cell = begin + i * row
            for j in range(m + 1):
                for letters in range(min(3, m - j + 1)):
                    forward[i + 1, j + letters] += forward[i, j] * chances[places[cell]]
                    cell += 1
        total = forward[n, m]
        if total > 0 and np.log(total) / (m + 1) > noise:
            backward[: n + 1, : m + 1] = 0
            backward[n, m] = 1
            for i in range(n - 1, -1, -1):
                cell = begin + i * row
                for j in range(m + 1):
                    for letters in range(min(3, m - j + 1)):
                        way = chances[places[cell]] * backward[i + 1, j + letters]
                        backward[i, j] += way
                        counts[places[cell]] += forward[i, j] * way / total
                        cell += 1
        begin += n * row
