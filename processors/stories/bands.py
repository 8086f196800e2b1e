"""Which articles came last under a key: 32 keys an article, four places a bucket, in two flat arrays (8 bytes a place).

Python's own dictionaries would take ten times that at 300,000 articles. What it gives are candidates: a place may have
gone to another article, and of a full bucket the oldest leaves; one of 32 bands is enough to be found.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from processors.copies import BANDS, FEWEST_SHINGLES, MinHash, Sketch, bands

_WAYS = 4
_FIRST_BITS = 10
_FULL = 0.75

Ints = npt.NDArray[np.int64]


class BandTable:
    """The newest articles of each band's key. One thread at a time."""

    def __init__(self) -> None:
        self._make(_FIRST_BITS)

    def crowded(self) -> bool:
        """Tell whether it should be made again before more is put in."""
        return self._used + BANDS > _FULL * self._tags.size

    def remake(self, slots: Ints, minhashes: MinHash) -> None:
        """Fill it anew with articles, oldest first, with room for as many again."""
        bits = _FIRST_BITS
        while 2 * len(slots) * BANDS > _FULL * (_WAYS << bits):
            bits += 1
        self._make(bits)
        tags, places = self._at(bands(minhashes))
        owners = np.repeat(slots, BANDS)
        # The newest of each place first: a stable sort of what stands newest first.
        flat = places.ravel()[::-1]
        by_place = np.argsort(flat, kind="stable")
        flat = flat[by_place]
        rank = np.arange(len(flat)) - np.searchsorted(flat, flat)
        kept = rank < _WAYS
        chosen = len(flat) - 1 - by_place[kept]
        self._tags[flat[kept], rank[kept]] = tags.ravel()[chosen]
        self._owners[flat[kept], rank[kept]] = owners[chosen] + 1
        self._used = int(kept.sum())

    def add(self, slot: int, sketch: Sketch, orders: Ints) -> None:
        """Put an article under its keys; `orders` says by slot when each came."""
        if sketch.shingles < FEWEST_SHINGLES:
            return
        tags, places = self._at(bands(sketch.minhash))
        held, owners = self._tags[places], self._owners[places]
        ages = np.where(owners > 0, orders[owners - 1], -1)
        ways = np.where(
            (held == tags[:, None]).any(axis=1), (held == tags[:, None]).argmax(axis=1), ages.argmin(axis=1)
        )
        self._used += int((owners[np.arange(BANDS), ways] == 0).sum())
        self._tags[places, ways], self._owners[places, ways] = tags, slot + 1

    def find(self, sketch: Sketch) -> list[int]:
        """Give the slots that may share a band, at most 128."""
        if sketch.shingles < FEWEST_SHINGLES:
            return []
        tags, places = self._at(bands(sketch.minhash))
        owners = self._owners[places][self._tags[places] == tags[:, None]]
        return sorted({int(one) - 1 for one in owners.tolist() if one})

    def _make(self, bits: int) -> None:
        self._bits = bits
        self._tags = np.zeros((1 << bits, _WAYS), np.uint32)
        self._owners = np.zeros((1 << bits, _WAYS), np.int32)
        self._used = 0

    def _at(self, keys: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.uint32], Ints]:
        tags = (keys >> np.uint64(32)).astype(np.uint32) | np.uint32(1)
        return tags, (keys & np.uint64((1 << self._bits) - 1)).astype(np.int64)
