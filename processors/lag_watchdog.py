"""Liveness of a worker: its offsets move while it lags, or it is stuck and better begun anew.

Faust's consumers can stop without an error (faust-streaming issues 175, 523, 640), and what Faust says of itself is
then no evidence: the offsets looked at here are the broker's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

Part = tuple[str, int]  # a topic and the number of one of its partitions


class Offsets(NamedTuple):
    """Where a group stands in one partition: the next offset it will read, and the partition's end."""

    committed: int
    end: int


@dataclass(slots=True)
class LagWatchdog:
    """Remembers since when each partition has stood still. `patience` is in seconds; times are of a monotonic clock."""

    patience: float = 60.0
    _still: dict[Part, tuple[int, float]] = field(default_factory=dict)

    def look(self, now: float, offsets: Mapping[Part, Offsets]) -> Part | None:
        """Take the offsets of the partitions that should move; give one that has not for longer than the patience.

        A partition that is not given (another member's, held by an outage that is known) begins anew when it is.
        """
        still: dict[Part, tuple[int, float]] = {}
        for part, (committed, end) in offsets.items():
            if committed < end:
                before = self._still.get(part)
                still[part] = before if before is not None and before[0] == committed else (committed, now)
        self._still = still
        return next((part for part, (_, since) in still.items() if now - since > self.patience), None)
