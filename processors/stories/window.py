"""The articles of the last 72 hours as arrays: found by rare features or by bands, compared in one sweep.

What a query looks at is bounded whatever the window holds: the newest articles of each rare feature, rarest feature
first, up to a budget. Everything here follows from the articles held and the order they came in, nothing from what was
removed: a window filled again from the log is the same.
"""

from __future__ import annotations

from array import array

import numpy as np
import numpy.typing as npt

from processors.copies import FEWEST_SHINGLES, PERMUTATIONS, Sketch, may_be_copies
from processors.stories.bands import BandTable
from processors.stories.features import KIND_SHIFT, NAME, PLACE, RARITY_SCALE, ROW, WIDTH, Features
from processors.stories.scoring import likenesses, score, weigh, weights
from processors.stories.signature import Signature

_INDEXED = round(
    2.9 * RARITY_SCALE
)  # rarity from which a feature leads to candidates: at most one article in 18 has it
_FEWEST = 6  # features of an article that tells of an event; "Breaking news" tells of none
_NEWEST = 48  # articles of one feature that are looked at
_BUDGET = 900  # postings of one query
_RAREST = 40  # features of one query
CANDIDATES = 32
_DF_BITS = 23
_FIRST_SIZE = 1 << 10

Floats = npt.NDArray[np.float64]
Slots = npt.NDArray[np.int64]


class Window:
    """Signatures by slot (a small number that is used again). One thread at a time.

    About 1.6 kB an article and 35 MB: see bench/stories.py.
    """

    def __init__(self) -> None:
        self._hash = np.zeros((_FIRST_SIZE, WIDTH), np.uint32)
        self._place = np.zeros((_FIRST_SIZE, WIDTH), np.uint8)
        self._rarity = np.zeros((_FIRST_SIZE, WIDTH), np.uint8)
        self._minhash = np.zeros((_FIRST_SIZE, PERMUTATIONS), np.uint16)
        self._shingles = np.zeros(_FIRST_SIZE, np.int64)
        self._language = np.zeros(_FIRST_SIZE, np.uint32)
        self._time = np.full(_FIRST_SIZE, np.nan)
        self._df = np.zeros(1 << _DF_BITS, np.uint32)
        self._postings: dict[int, array[int]] = {}
        self._free: list[int] = []
        self._end = 0
        self._counted = 0  # articles in _df
        self._is_counted = bytearray(_FIRST_SIZE)
        self._order = np.zeros(_FIRST_SIZE, np.int64)  # when each came, from 1; 0: the slot is free
        self._next = 1
        self._bands = BandTable()

    def __len__(self) -> int:
        """Count the articles held."""
        return self._end - len(self._free)

    def add(self, signature: Signature, language: int, time: float, *, original: bool) -> int:
        """Take an article in; give its slot. A copy is found by its bands alone and counts for no feature's rarity."""
        slot = self._slot()
        self._order[slot] = self._next
        self._next += 1
        count = len(signature.features)
        self._hash[slot, :count] = signature.features["hash"]
        self._hash[slot, count:] = 0
        self._place[slot, :count] = signature.features["place"]
        self._rarity[slot, :count] = signature.features["rarity"]
        self._minhash[slot] = signature.sketch.minhash
        self._shingles[slot] = signature.sketch.shingles
        self._language[slot] = language
        self._time[slot] = time
        self._is_counted[slot] = original
        if original:
            self._counted += 1
            np.add.at(self._df, self._df_at(signature.features["hash"]), 1)
            for code in _indexed(signature.features):
                found = self._postings.get(code)
                if found is None:
                    self._postings[code] = array("I", (slot,))
                else:
                    found.append(slot)
        if self._bands.crowded():
            held = np.nonzero(self._order)[0]
            held = held[np.argsort(self._order[held], kind="stable")]
            self._bands.remake(
                held[self._shingles[held] >= FEWEST_SHINGLES],
                self._minhash[held[self._shingles[held] >= FEWEST_SHINGLES]],
            )
        self._bands.add(slot, signature.sketch, self._order)
        return slot

    def remove(self, slot: int) -> None:
        """Let an article go."""
        if self._is_counted[slot]:
            self._counted -= 1
            rows = self.features(slot)
            np.subtract.at(self._df, self._df_at(rows["hash"]), 1)
            for code in _indexed(rows):
                found = self._postings[code]
                found.remove(slot)
                if not found:
                    del self._postings[code]
        self._order[slot] = 0
        self._free.append(slot)

    def features(self, slot: int) -> Features:
        """Give the features of an article."""
        count = int(np.count_nonzero(self._hash[slot]))
        rows = np.zeros(count, ROW)
        rows["hash"], rows["place"] = self._hash[slot, :count], self._place[slot, :count]
        rows["rarity"] = self._rarity[slot, :count]
        return rows

    def alike(self, sketch: Sketch, also: list[int]) -> list[int]:
        """Give the slots whose texts may be copies, oldest first: of those that share a band, and of `also`."""
        slots = np.array(sorted({*self._bands.find(sketch), *also}), dtype=np.int64)
        slots = slots[self._order[slots] > 0]
        if not len(slots):
            return []
        slots = slots[may_be_copies(sketch, self._minhash[slots], self._shingles[slots])]
        return [int(slot) for slot in slots[np.argsort(self._order[slots], kind="stable")].tolist()]

    def candidates(self, found: Features) -> list[int]:
        """Give the slots that share most of the rare features, best first, at most CANDIDATES."""
        if len(found) < _FEWEST:
            return []
        heavy = self._weights(found) * (found["rarity"] >= _INDEXED)
        sums: dict[int, float] = {}
        left = _BUDGET
        for at in np.argsort(-heavy, kind="stable")[:_RAREST].tolist():
            weight = float(heavy[at])
            if weight <= 0 or left <= 0:
                break
            postings = self._postings.get(int(found["hash"][at]))
            if postings is None:
                continue
            newest = postings[-min(_NEWEST, left) :]
            left -= len(newest)
            for slot in newest:
                sums[slot] = sums.get(slot, 0.0) + weight * weight
        return sorted(sums, key=sums.__getitem__, reverse=True)[:CANDIDATES]

    def compare(self, found: Features, language: int, at: float, slots: Slots) -> Floats:
        """Give the log odds that an article told at `at` is of one event with each of those in `slots`."""
        return score(self.likenesses(found, at, slots), self._language[slots] == language)

    def likenesses(self, found: Features, at: float, slots: Slots) -> Floats:
        """Give how alike an article and each of those in `slots` are, by kind (see scoring)."""
        others = self._hash[slots]
        theirs = weigh(self._place[slots], self._rarity[slots], self._counts(others), self._counted)
        kind = found["hash"] >> KIND_SHIFT
        telling = (kind == NAME) | ((kind == PLACE) & (found["rarity"] >= _INDEXED))  # a country is no such place
        own = weigh(found["place"], found["rarity"], self._counts(found["hash"]), self._counted)
        return likenesses(found["hash"], own, others, theirs, self._time[slots] - at, telling)

    def compare_held(self, slot: int, slots: Slots) -> Floats:
        """Give the log odds for an article that is held."""
        return self.compare(self.features(slot), int(self._language[slot]), float(self._time[slot]), slots)

    def time(self, slots: Slots) -> Floats:
        """Give the event times, in seconds; NaN where there is none."""
        return self._time[slots]

    def _weights(self, found: Features) -> Floats:
        return weights(found["place"], found["rarity"], self._counts(found["hash"]), self._counted)

    def _counts(self, hashes: npt.NDArray[np.uint32]) -> Floats:
        return self._df[self._df_at(hashes)].astype(np.float64)

    @staticmethod
    def _df_at(hashes: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
        return np.asarray((hashes ^ hashes >> np.uint32(13)) & np.uint32((1 << _DF_BITS) - 1), dtype=np.uint32)

    def _slot(self) -> int:
        if self._free:
            return self._free.pop()
        if self._end == len(self._time):
            self._grow()
        self._end += 1
        return self._end - 1

    def _grow(self) -> None:
        more = len(self._time) // 2
        for name in ("_hash", "_place", "_rarity", "_minhash", "_shingles", "_language", "_time", "_order"):
            held = getattr(self, name)
            setattr(self, name, np.concatenate([held, np.zeros((more, *held.shape[1:]), held.dtype)]))
        self._is_counted.extend(bytes(more))


def _indexed(rows: Features) -> list[int]:
    if len(rows) < _FEWEST:
        return []
    return [int(code) for code in rows["hash"][rows["rarity"] >= _INDEXED].tolist()]
