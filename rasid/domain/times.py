"""Times in the domain are aware; a naive one is a bug at the place that made it."""

from __future__ import annotations

from datetime import UTC, datetime


def require_aware(**times: datetime | None) -> None:
    """Raise ValueError naming the first of `times` that has no time zone."""
    for name, value in times.items():
        if value is not None and value.tzinfo is None:
            message = f"{name} must be an aware time, got {value.isoformat()}"
            raise ValueError(message)


def from_epoch(seconds: float) -> datetime:
    """Give the UTC time of `seconds` since 1970."""
    return datetime.fromtimestamp(seconds, tz=UTC)
