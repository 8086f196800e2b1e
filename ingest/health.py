"""How a feed is doing, in words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from rasid.domain.feed import Feed, FeedState

HealthStatus = Literal["well", "quiet", "failing", "gone", "waiting", "off"]
_QUIET_AFTER = timedelta(days=14)
_MANY_FAILURES = 5.0


@dataclass(frozen=True, slots=True)
class Health:
    """A status for programs and a sentence for people."""

    status: HealthStatus
    words: str


def health(feed: Feed, state: FeedState | None, now: datetime) -> Health:
    """Tell how a feed is doing from what its last polls left."""
    if not feed.enabled:
        return Health("off", "switched off in the feed list")
    if state is None or state.last_polled_at is None:
        return Health("waiting", "not polled yet")
    if state.gone:
        return Health("gone", state.last_error or "its server says it is gone for good (410)")
    if state.failures:
        return Health("failing", _failing(state, now))
    if state.last_success_at is None:  # nothing was sent: another feed of its host was asked to wait
        return Health("waiting", state.last_error or "not polled yet")
    moved = f"; moved for good to {state.url}" if state.url != feed.url else ""
    newest = state.last_new_at or state.last_success_at
    if now - newest >= _QUIET_AFTER:
        return Health("quiet", f"answers, but has shown nothing new for {_span(now - newest)}{moved}")
    whole = "" if state.conditional else "; fetched whole each time, as it repeats validators after changes"
    return Health("well", f"last new items {_span(now - newest)} ago{moved}{whole}")


def _failing(state: FeedState, now: datetime) -> str:
    worked = (
        "never worked" if state.last_success_at is None else f"last worked {_span(now - state.last_success_at)} ago"
    )
    advice = "; look for its new address, or set `enabled: false`" if state.failures >= _MANY_FAILURES else ""
    wait = "" if state.next_poll_at is None else f"; tried again in {_span(state.next_poll_at - now)}"
    return f"{state.last_error or 'failing'} ({worked}{wait}{advice})"


def _span(time: timedelta) -> str:
    """Write a length of time in its largest fitting unit."""
    seconds = max(time.total_seconds(), 0.0)
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        count = int(seconds // length)
        if count:
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "less than a minute"
