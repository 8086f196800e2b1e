"""What the core asks of the outside world. Each Protocol promises ordering, threads and errors; one contract suite
per port (tests/contract) holds every adapter to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import NamedTuple, Protocol, Self, TypeAlias

from rasid.domain.alert import Alert, Delivery
from rasid.domain.article import GroupedArticle
from rasid.domain.delivery import Outgoing
from rasid.domain.feed import FeedState, PollRecord, Shown
from rasid.domain.judgement import InboxFilter, InboxItem, Precision, Verdict
from rasid.domain.query import Pattern, Query
from rasid.domain.search import FacetName, SearchPage, Sort, Suggestion


class Clock(Protocol):
    """Tells the time, so that tests can move it."""

    def now(self) -> datetime:
        """Give the aware time now, in UTC. Any thread."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Bytes to publish. `time` is the event time; messages of one `key` keep their order."""

    key: bytes
    value: bytes
    time: datetime
    headers: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A message as the log holds it: offsets grow within a (topic, partition)."""

    topic: str
    partition: int
    offset: int
    message: Message


class Consumer(Protocol):
    """Reads topics for one group. Used by one thread at a time.

    At least once: what was polled and not committed comes again, in the same order, to the group's next consumer.
    """

    def poll(self, max_records: int, wait: float = 0.0) -> Sequence[Record]:
        """Give up to `max_records` next records in order, waiting at most `wait` seconds for the first."""
        ...

    def commit(self) -> None:
        """Mark everything polled so far as done, durably."""
        ...

    def rewind(self) -> None:
        """Go back to the last commit: the next poll gives again what was polled since."""
        ...

    def close(self) -> None:
        """Let go; commits nothing."""
        ...


class Bus(Protocol):
    """The log. Any thread may call it; several groups read a topic independently of each other."""

    def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Append in order; return once all are durable. Raises StoreError and then none is promised to be there."""
        ...

    def consumer(self, group: str, topics: Sequence[str]) -> Consumer:
        """Give a consumer that starts behind the group's last commit, at the beginning for a new group."""
        ...

    def read(self, topic: str, *, since: datetime | None = None) -> Iterator[Record]:
        """Give the records there are now, oldest first, from event time `since` on: how a fold gets its state."""
        ...

    def latest(self, topic: str, keys: Sequence[bytes]) -> dict[bytes, Record]:
        """Give the newest record of each of `keys` in a compacted topic; a key without one is left out."""
        ...

    def lag(self, group: str, topic: str) -> int:
        """Count the records the group has not committed yet."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


@dataclass(frozen=True, slots=True)
class Rejected:
    """A document the index refused for itself (not for an outage), with the reason."""

    id: str
    reason: str


class Index(Protocol):
    """Holds documents by id and finds them. Any thread may call it."""

    def write(self, documents: Sequence[GroupedArticle]) -> Sequence[Rejected]:
        """Store each document unless the one held has the same or a higher `version`; return those refused.

        Idempotent and order-free: the highest version wins. Raises StoreError for an outage; then nothing is promised
        and the caller writes again.
        """
        ...

    def refresh(self) -> None:
        """Make everything written visible to `search`."""
        ...

    def get(self, article_id: str) -> GroupedArticle | None:
        """Give one document, or None."""
        ...

    def search(
        self,
        query: Query,
        *,
        limit: int = 20,
        sort: Sort = "newest",
        cursor: str | None = None,
        facets: Sequence[FacetName] = (),
        collapse: bool = False,
    ) -> SearchPage:
        """Find documents. Newest first means (first_seen_at, id) falling; facets are exact counts over all hits, the
        50 largest, ties by value; of `day` and `hour` the 50 newest. Raises QueryError for a cursor that is not one of
        its own, and for a pattern that stands for more than 200 words.

        With `collapse` each story shows once, as its first hit in the order asked for, with `story_size`, the hits it
        has; `total` counts stories, facets count documents. Pages show the documents there were at the first page.
        """
        ...

    def terms(self, pattern: Pattern) -> Sequence[str]:
        """Give the terms held that rasid.domain.patterns.takes accepts for `pattern`, sorted: all, or more than 200."""
        ...

    def scan(self, query: Query) -> Iterator[GroupedArticle]:
        """Give every match, oldest first, in bounded memory."""
        ...

    def count(self) -> int:
        """Count the documents held."""
        ...

    def retain(self, *, before: datetime) -> int:
        """Remove documents first seen earlier than `before`; return how many."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


class FeedStore(Protocol):
    """Remembers what each feed showed and how its polls went. Any thread may call it."""

    def state(self, feed_id: str) -> FeedState | None:
        """Give what is remembered of a feed, None for one never polled."""
        ...

    def states(self) -> dict[str, FeedState]:
        """Give the states of all feeds by id."""
        ...

    def shown(self, feed_id: str, items: Sequence[str]) -> dict[str, Shown]:
        """Give what the feed showed last for those of `items` that it has shown before."""
        ...

    def save(self, state: FeedState, record: PollRecord, shown: Sequence[Shown] = ()) -> None:
        """Keep the outcome of one poll: state, history and items, all or nothing."""
        ...

    def history(self, feed_id: str, limit: int = 50) -> list[PollRecord]:
        """Give the newest polls, newest first."""
        ...

    def retain(self, *, before: datetime) -> int:
        """Forget history and shown items last seen earlier than `before`; return how many rows."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


class AlertStore(Protocol):
    """Holds alerts and their deliveries. Any thread may call it."""

    def record(self, alerts: Sequence[Alert]) -> None:
        """Keep alerts by id; one already there stays as it is."""
        ...

    def delivered(self, outcomes: Sequence[tuple[str, Delivery]]) -> None:
        """Keep, for alerts by id, the last outcome of handing each to a receiver."""
        ...

    def alerts(self, *, since: datetime | None = None, limit: int = 1000) -> list[Alert]:
        """Give alerts, newest first."""
        ...

    def get(self, alert_id: str) -> InboxItem | None:
        """Give one alert with what people did about it, or None."""
        ...

    def inbox(self, wanted: InboxFilter, *, limit: int = 50, after: str | None = None) -> list[InboxItem]:
        """Give alerts with what people did about them, newest first; `after` goes on behind the alert of that id."""
        ...

    def count(self, wanted: InboxFilter) -> int:
        """Count the alerts that `inbox` would give in all."""
        ...

    def rules(self) -> dict[str, int]:
        """Count the alerts of each rule there are."""
        ...

    def acknowledge(self, alert_ids: Sequence[str], at: datetime) -> int:
        """Mark alerts as seen to; the first time stays. Returns how many were open."""
        ...

    def judge(self, alert_id: str, verdict: Verdict | None, at: datetime) -> bool:
        """Keep whether an alert was right, None takes it back; False: there is no such alert. It outlives the alert."""
        ...

    def precision(self) -> dict[str, Precision]:
        """Give the judged alerts of each rule that has any."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


class Notifier(Protocol):
    """Hands messages to one receiver. One message at a time, from one event loop, which it does not hold up."""

    async def send(self, message: Outgoing) -> None:
        """Send one message; raises DeliveryError when the receiver did not take it. Cancelling ends it."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Term(NamedTuple):
    """One analysed word: `start`, `end` are code points of the text that was analysed."""

    text: str
    start: int
    end: int


class Analyzer(Protocol):
    """The project's one analysis, for whoever may not import processors. Pure; any thread."""

    def terms(self, text: str) -> list[Term]:
        """Give the terms of a text in order, as the index holds them."""
        ...

    def words(self, text: str) -> list[str]:
        """Give the words of a text folded, without clitics and article, but unstemmed: what a wildcard begins with."""
        ...

    def named(self, text: str) -> tuple[str, ...]:
        """Give the ids of the known entities of which `text`, taken whole, is a name in any script."""
        ...

    def country(self, text: str) -> str | None:
        """Give the code (ISO 3166-1 alpha-2) of the country of which `text`, taken whole, is a name."""
        ...

    def suggest(self, text: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """Give the known entities that have a name with a word that begins with `text`, in any script, likely first."""
        ...


# Messages by the topic they are for, in the order in which they must become durable.
Outputs: TypeAlias = Mapping[str, Sequence[Message]]


class Step(Protocol):
    """One step of the way of an article. One thread at a time."""

    def __call__(self, records: Sequence[Record], /) -> Outputs:
        """Take records in order; give, by topic, what follows from them. Raises for a record it cannot take."""
        ...


class Closing:
    """`with adapter:` closes it at the end."""

    def __enter__(self) -> Self:
        """Give the adapter itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Let go of everything."""
        raise NotImplementedError
