"""What a poll asks for and what follows from the answer: pure, the poller only acts on it.

ask -> fetch -> (unchanged | parse -> changed | failed) -> Decision: state, record, what to publish and remember
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus

from ingest import schedule
from ingest.feed_memory import Comparison
from ingest.fetch import GoneError, HostBlockedError, Response
from ingest.parsing import ParsedFeed
from rasid.domain.errors import FailureWeight, FetchError, RasidError
from rasid.domain.feed import Feed, FeedState, PollRecord

NOT_MODIFIED = HTTPStatus.NOT_MODIFIED.value
FULL_EVERY = 10
FULL_AFTER = timedelta(hours=24)
_TRY_LISTED_AFTER = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request to make; `full` is without validators though the feed has some, to catch what they hide."""

    url: str
    etag: str | None
    last_modified: str | None
    full: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What follows from a poll. `words` is for a person, where something out of the ordinary happened."""

    state: FeedState
    record: PollRecord
    words: str | None = None


def first_state(feed: Feed) -> FeedState:
    """Give the state of a feed that was never polled."""
    return FeedState(feed_id=feed.id, url=feed.url, interval=schedule.bounded(schedule.FIRST_INTERVAL, feed))


def ask(feed: Feed, state: FeedState, now: datetime) -> Ask:
    """Decide what to request. Every tenth poll and one a day at least is unconditional (as is all of a caught feed).

    Where an address that the feed moved to keeps failing, the listed one is tried again. The sample never moves: its
    port is another one at each start.
    """
    lost = state.failures >= _TRY_LISTED_AFTER and state.url != feed.url
    full = (
        lost
        or not state.conditional
        or state.body_hash is None
        or state.polls_since_full >= FULL_EVERY - 1
        or (state.last_full_at is None or now - state.last_full_at >= FULL_AFTER)
    )
    return Ask(
        url=feed.url if lost or feed.sample else state.url,
        etag=None if full else state.etag,
        last_modified=None if full else state.last_modified,
        full=full,
    )


def body_hash(body: bytes) -> str:
    """Hash a document to tell whether it changed. 32 hex digits."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def is_unchanged(state: FeedState, asked: Ask, response: Response, now: datetime) -> bool:
    """Tell whether there is nothing to parse: a 304, or the same bytes.

    Once a day the same bytes are parsed all the same: items still shown are remembered as such, lest retention forget
    them and a feed that stood still for long tell its old items again as new.
    """
    if response.status == NOT_MODIFIED:
        return True
    if body_hash(response.body) != state.body_hash:
        return False
    first_of_day = asked.full and (state.last_full_at is None or state.last_full_at.date() != now.date())
    return not first_of_day


def unchanged(feed: Feed, state: FeedState, asked: Ask, response: Response, now: datetime) -> Decision:
    """Decide after a poll that showed nothing new."""
    wishes = schedule.Wishes(skip_hours=state.skip_hours, skip_days=state.skip_days)
    interval = schedule.adapted(state.interval, feed, entries=0, new_entries=0)
    new = _succeeded(feed, state, asked, response, now, interval=interval, wishes=wishes)
    record = PollRecord(feed_id=feed.id, at=now, outcome="unchanged", status=response.status, seconds=response.seconds)
    return Decision(state=new, record=record, words=_moved(state, new))


def changed(
    feed: Feed, state: FeedState, asked: Ask, response: Response, parsed: ParsedFeed, found: Comparison, now: datetime
) -> Decision:
    """Decide after a poll whose document was parsed."""
    news = bool(found.publish)
    interval, wishes = _adapted(feed, state, found, now), wishes_of(parsed, response)
    new = _succeeded(feed, state, asked, response, now, interval=interval, wishes=wishes)
    caught = _repeats_validators(state, response, news=news)
    new = replace(
        new,
        title=parsed.title or state.title,
        conditional=state.conditional and not caught,
        last_new_at=now if news else state.last_new_at,
        skip_hours=parsed.skip_hours,
        skip_days=parsed.skip_days,
    )
    if parsed.sitemaps:  # the index tells nothing about changes in the sitemaps it names
        new = withheld(new)
    record = PollRecord(
        feed_id=feed.id,
        at=now,
        outcome="new" if news else "unchanged",
        status=response.status,
        entries=found.entries,
        new_entries=found.new_entries,
        seconds=response.seconds,
    )
    words = "repeats its validator after a change: it is fetched whole from now on" if caught else None
    return Decision(state=new, record=record, words=words or _moved(state, new))


def _adapted(feed: Feed, state: FeedState, found: Comparison, now: datetime) -> float:
    if state.last_success_at is None:  # the first document is all new: that tells no rhythm
        return state.interval
    return schedule.adapted(
        state.interval,
        feed,
        entries=found.entries,
        new_entries=found.new_entries,
        elapsed=(now - state.last_success_at).total_seconds(),
    )


def failed(feed: Feed, state: FeedState, asked: Ask, error: RasidError, now: datetime) -> Decision:
    """Decide after a poll that failed: the feed is asked more rarely, given up only when its server says so (410).

    What was remembered of the document stays, so that a broken answer is never taken for an unchanged one.
    """
    if isinstance(error, GoneError) and asked.url == feed.url:
        return _gone(feed, state, error, now)
    weight = error.weight if isinstance(error, FetchError) else FailureWeight.SOFT
    retry_after = error.retry_after if isinstance(error, FetchError) else None
    blocked = isinstance(error, HostBlockedError)  # nothing was sent: the feed did no wrong
    failures = state.failures + (0.0 if blocked else weight.value)
    due = schedule.after_failure(
        state.interval, feed, now, failures=1.0 if blocked else failures, retry_after=retry_after
    )
    if isinstance(error, GoneError):  # where it had moved to is gone: back to the listed address
        state = replace(state, url=feed.url, etag=None, last_modified=None)
    new = replace(state, last_polled_at=now, next_poll_at=due, failures=failures, last_error=str(error))
    return Decision(state=new, record=_failure(feed, error, now))


def withheld(state: FeedState) -> FeedState:
    """Give the state without what makes the next poll conditional: something of the document is still to be done."""
    return replace(state, etag=None, last_modified=None, body_hash=None)


def wishes_of(parsed: ParsedFeed, response: Response) -> schedule.Wishes:
    """Collect what a feed and its server ask of readers (RSS ttl, skipHours, skipDays; Cache-Control max-age)."""
    return schedule.Wishes(
        at_least=max(parsed.ttl or 0.0, response.max_age or 0.0),
        skip_hours=parsed.skip_hours,
        skip_days=parsed.skip_days,
    )


def _succeeded(
    feed: Feed,
    state: FeedState,
    asked: Ask,
    response: Response,
    now: datetime,
    *,
    interval: float,
    wishes: schedule.Wishes,
) -> FeedState:
    """Give the state after any answer. A ttl lives on in the interval, which only a parsed document shortens again."""
    if (response.max_age or 0.0) > wishes.at_least:
        wishes = replace(wishes, at_least=response.max_age or 0.0)
    interval = max(interval, schedule.bounded(wishes.at_least, feed))
    return replace(
        state,
        url=response.permanent_url or asked.url,
        etag=response.etag,
        last_modified=response.last_modified,
        body_hash=state.body_hash if response.status == NOT_MODIFIED else body_hash(response.body),
        polls_since_full=0 if asked.full else state.polls_since_full + 1,
        last_full_at=now if asked.full else state.last_full_at,
        interval=interval,
        next_poll_at=schedule.after_success(interval, feed, now, wishes),
        last_polled_at=now,
        last_success_at=now,
        failures=0.0,
        last_error=None,
        gone=False,
    )


def _repeats_validators(state: FeedState, response: Response, *, news: bool) -> bool:
    """Tell a server that changed the document and kept its validator.

    A strong ETag stands for the bytes (RFC 9110, section 8.8.1); a weak one and a date for what matters in them, so
    there only a new or changed item counts.
    """
    if state.body_hash is None or body_hash(response.body) == state.body_hash:
        return False
    if state.etag is not None:
        return state.etag == response.etag and (news or not state.etag.startswith("W/"))
    return news and state.last_modified is not None and state.last_modified == response.last_modified


def _gone(feed: Feed, state: FeedState, error: GoneError, now: datetime) -> Decision:
    words = f"{error}; it is not asked again unless its address is edited or added anew"
    new = replace(state, url=feed.url, last_polled_at=now, next_poll_at=None, gone=True, last_error=words)
    record = replace(_failure(feed, error, now), outcome="gone")
    return Decision(state=new, record=record, words=words)


def _failure(feed: Feed, error: RasidError, now: datetime) -> PollRecord:
    status = error.status if isinstance(error, FetchError) else None
    return PollRecord(feed_id=feed.id, at=now, outcome="failed", status=status, error=str(error))


def _moved(before: FeedState, after: FeedState) -> str | None:
    return None if before.url == after.url else f"moved for good to {after.url}"
