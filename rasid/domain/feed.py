"""Feeds: what the feed list says of one, what the last polls showed, and the outcome of a poll."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from rasid.domain.times import require_aware

FullText = Literal["auto", "always", "never"]
Ownership = Literal["state", "public", "private", "independent", "opposition", "international", "ngo"]
PollOutcome = Literal["new", "unchanged", "failed", "gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One line of the feed list. `id` is stable for a URL; intervals are in seconds."""

    id: str
    url: str
    title: str
    source: str
    language: str | None = None
    country: str | None = None
    ownership: Ownership | None = None
    tags: tuple[str, ...] = ()
    full_text: FullText = "auto"
    min_interval: float = 300.0
    max_interval: float = 21_600.0
    enabled: bool = True
    sample: bool = False

    def __post_init__(self) -> None:
        """Check the bounds of the interval."""
        if not 0 < self.min_interval <= self.max_interval:
            message = f"feed {self.url}: interval bounds {self.min_interval}..{self.max_interval} do not fit"
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What is remembered of a feed between polls.

    `url` is where it lives now (after permanent redirects). `conditional` is False once the feed was caught repeating a
    validator after a change. `failures` adds up weights (see FailureWeight) since the last success. `skip_hours` (UTC)
    and `skip_days` (0 is Monday) are what its last document asked to leave out.
    """

    feed_id: str
    url: str
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    conditional: bool = True
    polls_since_full: int = 0
    last_full_at: datetime | None = None
    interval: float = 900.0
    next_poll_at: datetime | None = None
    last_polled_at: datetime | None = None
    last_success_at: datetime | None = None
    last_new_at: datetime | None = None
    failures: float = 0.0
    last_error: str | None = None
    gone: bool = False
    title: str | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        """Check that the times are aware."""
        require_aware(
            last_full_at=self.last_full_at,
            next_poll_at=self.next_poll_at,
            last_polled_at=self.last_polled_at,
            last_success_at=self.last_success_at,
            last_new_at=self.last_new_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a feed showed last for one item, known to the feed as `item`: its identity key and a hash of its content."""

    item: str
    key: str
    content_hash: str
    seen_at: datetime

    def __post_init__(self) -> None:
        """Check that the time is aware."""
        require_aware(seen_at=self.seen_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRecord:
    """One poll in a feed's health history."""

    feed_id: str
    at: datetime
    outcome: PollOutcome
    status: int | None = None
    entries: int = 0
    new_entries: int = 0
    seconds: float = 0.0
    error: str | None = None

    def __post_init__(self) -> None:
        """Check that the time is aware."""
        require_aware(at=self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedMemory:
    """What the log keeps of one feed: its state, and its newest polls, oldest first."""

    state: FeedState
    polls: tuple[PollRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedItems:
    """What the log keeps of the items a feed has shown."""

    feed_id: str
    items: tuple[Shown, ...]
