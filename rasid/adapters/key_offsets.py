"""Key -> offset of its newest record, in 24 bytes a key (docs/decisions/0002): millions of keys fit in memory."""

from __future__ import annotations

import hashlib

import numpy as np

_DIGEST = 16  # bytes: no two of a billion keys share one
_GONE = -1
# What is new lies in a dict until it is this many keys and an eighth of the rest: merging then costs little a key.
_RECENT = 20_000


class KeyOffsets:
    """A map for one partition: sorted arrays, and a dict for what came since the last merge. One thread at a time."""

    def __init__(self) -> None:
        self._digests = np.empty(0, dtype=f"S{_DIGEST}")
        self._offsets = np.empty(0, dtype=np.int64)
        self._recent: dict[bytes, int] = {}

    def put(self, key: bytes, offset: int) -> None:
        """Remember the newest record of a key."""
        self._recent[_digest(key)] = offset
        if len(self._recent) > _RECENT + len(self._digests) // 8:
            self._merge()

    def drop(self, key: bytes) -> None:
        """Forget a key: its newest record is a tombstone, or retention took it."""
        self.put(key, _GONE)

    def get(self, key: bytes) -> int | None:
        """Give the offset of a key's newest record, None for a key without one."""
        digest = _digest(key)
        offset = self._recent.get(digest)
        if offset is None:
            place = int(np.searchsorted(self._digests, np.bytes_(digest)))
            if place < len(self._digests) and self._digests[place] == np.bytes_(digest):
                offset = int(self._offsets[place])
        return None if offset is None or offset == _GONE else offset

    def _merge(self) -> None:
        digests = np.concatenate([self._digests, np.array(list(self._recent), dtype=f"S{_DIGEST}")])
        offsets = np.concatenate([self._offsets, np.fromiter(self._recent.values(), np.int64, len(self._recent))])
        order = np.argsort(digests, kind="stable")
        digests, offsets = digests[order], offsets[order]
        newest = np.append(digests[1:] != digests[:-1], True)  # of equal neighbours the last came last
        newest &= offsets != _GONE
        self._digests, self._offsets, self._recent = digests[newest], offsets[newest], {}


def _digest(key: bytes) -> bytes:
    return hashlib.blake2b(key, digest_size=_DIGEST).digest()
