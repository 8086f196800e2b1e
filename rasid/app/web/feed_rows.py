"""Feed health in words, one row a feed, the troubled ones first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from rasid.domain.feed import Feed, FeedState

Health = Literal["gone", "failing", "waiting", "off", "well"]
HEALTHS: tuple[Health, ...] = ("gone", "failing", "waiting", "off", "well")


@dataclass(frozen=True, slots=True)
class FeedRow:
    """What a person wants to know of a feed."""

    id: str
    title: str
    source: str
    url: str
    moved_to: str | None
    language: str | None
    health: Health
    words: str
    last_success_at: datetime | None
    next_poll_at: datetime | None
    sample: bool


def feed_rows(feeds: Sequence[Feed], states: Mapping[str, FeedState]) -> list[FeedRow]:
    """Join the feed list with what is remembered."""
    rows = [_row(feed, states.get(feed.id)) for feed in feeds]
    return sorted(rows, key=lambda row: (HEALTHS.index(row.health), row.title.casefold()))


def _row(feed: Feed, state: FeedState | None) -> FeedRow:
    health, words = _health(feed, state)
    return FeedRow(
        id=feed.id,
        title=feed.title,
        source=feed.source,
        url=feed.url,
        moved_to=state.url if state and state.url != feed.url else None,
        language=feed.language,
        health=health,
        words=words,
        last_success_at=state.last_success_at if state else None,
        next_poll_at=state.next_poll_at if state else None,
        sample=feed.sample,
    )


def _health(feed: Feed, state: FeedState | None) -> tuple[Health, str]:
    if not feed.enabled:
        return "off", "switched off in the feed list"
    if state is None or state.last_polled_at is None:
        return "waiting", "not polled yet"
    if state.gone:
        return "gone", state.last_error or "its server says that it is gone for good"
    if state.failures:
        return "failing", state.last_error or "the last poll failed"
    return "well", ""
