"""A bounded memory of what was computed for word types: news repeats its words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from processors.recogniser.features import Key

Compute = Callable[[Sequence[Key]], Sequence[NDArray[np.float32]]]


class TypeCache:
    """Gives each word type a row in tables of computed vectors; row 0 is the boundary between sentences.

    `widths` are the tables' columns, `compute` gives for a list of types one array (types x width) per table. A full
    cache is emptied: the next article refills what is in use. One caller at a time (the recogniser holds a lock).
    """

    def __init__(self, widths: Sequence[int], compute: Compute, capacity: int) -> None:
        self._compute = compute
        self._capacity = capacity
        self._rows: dict[Key, int] = {}
        self.tables = [np.zeros((256, width), np.float32) for width in widths]

    def rows(self, words: Sequence[Key | None]) -> NDArray[np.intp]:
        """Give the row of each word; None is the boundary. At most `capacity` - 1 different words a call."""
        missing = [word for word in dict.fromkeys(words) if word is not None and word not in self._rows]
        if missing and len(self._rows) + len(missing) >= self._capacity:
            self._rows.clear()
            missing = [word for word in dict.fromkeys(words) if word is not None]
        if missing:
            self._add(missing)
        known = self._rows
        return np.fromiter((0 if word is None else known[word] for word in words), np.intp, len(words))

    def _add(self, missing: list[Key]) -> None:
        first = len(self._rows) + 1
        for i, (table, new) in enumerate(zip(self.tables, self._compute(missing), strict=True)):
            room = _grown(table, first + len(missing))
            room[first : first + len(missing)] = new
            self.tables[i] = room
        self._rows.update(zip(missing, range(first, first + len(missing)), strict=True))


def _grown(table: NDArray[np.float32], rows: int) -> NDArray[np.float32]:
    """Give the table itself, or a copy at least twice as long that has room for `rows`."""
    if rows <= len(table):
        return table
    grown = np.zeros((max(rows, 2 * len(table)), table.shape[1]), np.float32)
    grown[: len(table)] = table
    return grown
