"""Feed health in words, one row a feed, the troubled ones first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ingest.health import HealthStatus, health
from rasid.domain.feed import Feed, FeedState

HEALTHS: tuple[HealthStatus, ...] = ("gone", "failing", "waiting", "quiet", "off", "well")


@dataclass(frozen=True, slots=True)
class FeedRow:
    """What a person wants to know of a feed."""

    id: str
    title: str
    source: str
    url: str
    moved_to: str | None
    language: str | None
    health: HealthStatus
    words: str
    last_success_at: datetime | None
    next_poll_at: datetime | None
    sample: bool


def feed_rows(feeds: Sequence[Feed], states: Mapping[str, FeedState], now: datetime) -> list[FeedRow]:
    """Join the feed list with what is remembered."""
    rows = [_row(feed, states.get(feed.id), now) for feed in feeds]
    return sorted(rows, key=lambda row: (HEALTHS.index(row.health), row.title.casefold()))


def _row(feed: Feed, state: FeedState | None, now: datetime) -> FeedRow:
    found = health(feed, state, now)
    return FeedRow(
        id=feed.id,
        title=feed.title,
        source=feed.source,
        url=feed.url,
        moved_to=state.url if state and state.url != feed.url else None,
        language=feed.language,
        health=found.status,
        words=found.words,
        last_success_at=state.last_success_at if state else None,
        next_poll_at=state.next_poll_at if state else None,
        sample=feed.sample,
    )
