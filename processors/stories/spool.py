"""The documents of the window on disk, as the log holds them: what is said again when stories merge, and compared with.

A cache: it is filled from the log at start, lies in an unnamed temporary file and goes with the process.
"""

from __future__ import annotations

import os
import sys
import tempfile
import weakref
from typing import NamedTuple

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_LEVEL = 1
_SWEPT_AT = 64 << 20  # bytes of what is no longer wanted, from which on the file is written anew


class _Place(NamedTuple):
    at: int
    length: int


class Spool:
    """Bytes by id. One thread at a time. Raises OSError where the disk has no room."""

    def __init__(self) -> None:
        self._places: dict[str, _Place] = {}
        self._waste = 0
        self._begin()

    def __contains__(self, key: str) -> bool:
        """Tell whether something is held under `key`."""
        return key in self._places

    def __setitem__(self, key: str, value: bytes) -> None:
        """Hold `value`, in place of what was there."""
        self.pop(key)
        self._write(key, zstd.compress(value, _LEVEL))

    def __getitem__(self, key: str) -> bytes:
        """Give what is held. Raises KeyError."""
        return zstd.decompress(self._packed(self._places[key]))

    def pop(self, key: str) -> None:
        """Forget one, where it is held."""
        place = self._places.pop(key, None)
        if place:
            self._waste += place.length
            if self._waste > max(_SWEPT_AT, self._end // 2):
                self._sweep()

    def close(self) -> None:
        """Let go of the file."""
        self._closing()

    def _begin(self) -> None:
        with tempfile.TemporaryFile(prefix="rasid-stories-") as file:
            self._file = os.dup(file.fileno())
        self._closing = weakref.finalize(self, os.close, self._file)
        self._end = 0

    def _write(self, key: str, packed: bytes) -> None:
        at = self._end
        while at < self._end + len(packed):
            at += os.pwrite(self._file, packed[at - self._end :], at)
        self._places[key] = _Place(self._end, len(packed))
        self._end = at

    def _packed(self, place: _Place) -> bytes:
        return os.pread(self._file, place.length, place.at)

    def _sweep(self) -> None:
        """Write what is held to a new file, in bounded memory."""
        old, closing = self._file, self._closing
        self._begin()
        for key, place in self._places.items():
            self._write(key, os.pread(old, place.length, place.at))
        self._waste = 0
        closing()
