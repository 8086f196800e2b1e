"""A story: the reports of one event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rasid.domain.times import require_aware


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Reports of one event in any language; `epoch` counts merges and splits."""

    id: str
    title: str
    article_ids: tuple[str, ...]
    languages: tuple[str, ...]
    first_seen_at: datetime
    epoch: int = 0

    def __post_init__(self) -> None:
        """Check that the time is aware."""
        require_aware(first_seen_at=self.first_seen_at)
