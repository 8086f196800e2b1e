"""What people make of alerts, and how sure that makes us of a rule."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from rasid.domain.alert import Alert, AlertLevel

Verdict = Literal["right", "wrong"]
_Z = 1.959964  # the normal quantile of a two-sided 95 % interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """The share of a rule's judged alerts that were right, with its 95 % interval."""

    right: int
    wrong: int

    @property
    def share(self) -> float | None:
        """Give the share, None where nothing was judged."""
        judged = self.right + self.wrong
        return self.right / judged if judged else None

    @property
    def interval(self) -> tuple[float, float]:
        """Give the Wilson score interval (E. B. Wilson, JASA 1927); all of 0..1 where nothing was judged."""
        judged = self.right + self.wrong
        if not judged:
            return 0.0, 1.0
        share, z2 = self.right / judged, _Z * _Z
        middle = share + z2 / (2 * judged)
        half = _Z * math.sqrt(share * (1 - share) / judged + z2 / (4 * judged * judged))
        whole = 1 + z2 / judged
        return max(0.0, (middle - half) / whole), min(1.0, (middle + half) / whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxItem:
    """An alert with what people did about it."""

    alert: Alert
    acknowledged_at: datetime | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxFilter:
    """Which alerts to show; None or False: all."""

    rule: str | None = None
    level: AlertLevel | None = None
    since: datetime | None = None
    is_open: bool = False
