"""Whose turn it is to send, where several processes share the log: a lease, renewed in the log itself. Pure."""

from __future__ import annotations

from datetime import datetime

from rasid.domain.delivery import Claim

RENEW_SECONDS = 5.0
LASTS_SECONDS = 20.0


class Lease:
    """What one process knows of the lease. Times are seconds of its own steady clock: clocks of machines differ."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._owner = ""
        self._seen = float("-inf")

    def fold(self, claim: Claim, wall: datetime, steady: float) -> None:
        """Take in a claim of before this process looked: how old it is, its own time must tell."""
        self._owner = claim.owner
        self._seen = steady - max(0.0, (wall - claim.at).total_seconds())

    def note(self, claim: Claim, steady: float) -> None:
        """Take in a claim that has just come."""
        self._owner, self._seen = claim.owner, steady

    def is_free(self, steady: float) -> bool:
        """Tell whether this process may send: nobody does, it did itself before a kill, or the owner is silent."""
        return self._owner in {"", self.name} or steady - self._seen > LASTS_SECONDS

    def is_lost(self) -> bool:
        """Tell whether another took it."""
        return self._owner != self.name
