"""The pollers' memory on Kafka: a fold over the compacted news.feeds.state.v1, shared out by partitions.

A feed's memory is two messages in the partition of its host: its items, and its state with its newest polls. The items
go first, so a kill between the two leaves a feed that is polled once more and shows nothing new. A store holds the
partitions it is told to, and only these: their feeds are its poller's alone, so what it folded once stays true.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from rasid.adapters.kafka_bus import KafkaBus
from rasid.adapters.kafka_latest import partition_of
from rasid.codec import decode_body, encode, encode_body
from rasid.domain.errors import CodecError, StoreError
from rasid.domain.feed import FeedItems, FeedMemory, FeedState, PollRecord, Shown
from rasid.domain.times import require_aware
from rasid.domain.topics import FEEDS
from rasid.ports import Closing, Message, Record

POLLS_PER_FEED = 50
ITEMS_PER_FEED = 20_000  # a message has 8 MiB; of a feed with more, those seen longest ago are forgotten
_ITEMS = b"\n+items"  # behind a feed's id: the key of its items


@dataclass(slots=True)
class _Memory:
    """What is held of one feed; items as they lie in the log, since most feeds show nothing new most of the time."""

    head: FeedMemory | None = None
    items: bytes | None = None

    def shown(self) -> dict[str, Shown]:
        found = decode_body(self.items, FeedItems).items if self.items else ()
        return {one.item: one for one in found}


class KafkaFeedStore(Closing):
    """A FeedStore (rasid.ports) over the partitions that `hold` names.

    `host_of` names the host of a feed by its id, for good: it decides the partition. `may_write` is asked before each
    save: False says that the partitions may be another's by now.
    """

    def __init__(
        self, bus: KafkaBus, host_of: Callable[[str], str], may_write: Callable[[], bool] = lambda: True
    ) -> None:
        self._bus, self._host_of, self._may_write = bus, host_of, may_write
        self._partitions = bus.partitions(FEEDS.name)
        self._held: dict[int, dict[str, _Memory]] = {}
        self._lock = threading.RLock()

    @property
    def held(self) -> frozenset[int]:
        """Give the partitions held now."""
        return frozenset(self._held)

    def partition(self, feed_id: str) -> int:
        """Give the partition of a feed: the one of its host."""
        return partition_of(self._host_of(feed_id).encode(), self._partitions)

    def holds(self, feed_id: str) -> bool:
        """Tell whether the feed's partition is held."""
        return self.partition(feed_id) in self._held

    def hold(self, partitions: Collection[int]) -> None:
        """Hold these partitions from now on: fold those that are new from the log, let the others go."""
        with self._lock:
            new = set(partitions) - self._held.keys()
            folded: dict[int, dict[str, _Memory]] = {number: {} for number in new}
            for record in self._bus.read(FEEDS.name, partitions=new) if new else ():
                _fold(folded[record.partition], record)
            self._held = {number: memory for number, memory in self._held.items() if number in partitions} | folded

    def drop(self, partitions: Collection[int]) -> None:
        """Let partitions go."""
        with self._lock:
            self._held = {number: memory for number, memory in self._held.items() if number not in partitions}

    def state(self, feed_id: str) -> FeedState | None:
        """Give what is remembered of a feed (see FeedStore)."""
        with self._lock:
            memory = self._memory(feed_id)
            return memory.head.state if memory and memory.head else None

    def states(self) -> dict[str, FeedState]:
        """Give the states of the feeds held (see FeedStore)."""
        with self._lock:
            return {
                feed_id: memory.head.state
                for part in self._held.values()
                for feed_id, memory in part.items()
                if memory.head is not None
            }

    def shown(self, feed_id: str, items: Sequence[str]) -> dict[str, Shown]:
        """Give what the feed showed last of `items` (see FeedStore)."""
        with self._lock:
            memory = self._memory(feed_id)
            there = memory.shown() if memory else {}
        return {item: there[item] for item in items if item in there}

    def save(self, state: FeedState, record: PollRecord, shown: Sequence[Shown] = ()) -> None:
        """Keep one poll (see FeedStore). Raises StoreError, too, for a feed whose partition went to another poller."""
        with self._lock:
            number = self.partition(state.feed_id)
            if number not in self._held or not self._may_write():
                raise StoreError(f"{FEEDS.name}: partition {number} of {state.url} is another poller's now")
            memory = self._held[number].get(state.feed_id, _Memory())
            head = FeedMemory(state=state, polls=_with(memory.head.polls if memory.head else (), record))
            items = _items(state.feed_id, memory, shown) if shown else memory.items
            self._write(number, head, None if items is memory.items else items)
            self._held[number][state.feed_id] = _Memory(head, items)

    def history(self, feed_id: str, limit: int = 50) -> list[PollRecord]:
        """Give the newest polls, newest first (see FeedStore)."""
        with self._lock:
            memory = self._memory(feed_id)
            polls = memory.head.polls if memory and memory.head else ()
        return list(reversed(polls))[: max(limit, 0)]

    def retain(self, *, before: datetime) -> int:
        """Forget what is older than `before` (see FeedStore)."""
        require_aware(before=before)
        with self._lock:
            return sum(
                self._retain(number, feed_id, before) for number, part in self._held.items() for feed_id in list(part)
            )

    def close(self) -> None:
        """Let go of everything held; the bus stays open."""
        with self._lock:
            self._held = {}

    def _memory(self, feed_id: str) -> _Memory | None:
        # In any partition: who only looks need not know the feed list, and so not the host.
        return next((part[feed_id] for part in self._held.values() if feed_id in part), None)

    def _retain(self, number: int, feed_id: str, before: datetime) -> int:
        memory = self._held[number][feed_id]
        shown = memory.shown()
        kept = tuple(one for one in shown.values() if one.seen_at >= before)
        polls = memory.head.polls if memory.head else ()
        young = tuple(one for one in polls if one.at >= before)
        removed = len(shown) - len(kept) + len(polls) - len(young)
        if removed and memory.head:
            head = replace(memory.head, polls=young)
            items = encode_body(FeedItems(feed_id=feed_id, items=kept))
            self._write(number, head, items)
            self._held[number][feed_id] = _Memory(head, items)
        return removed

    def _write(self, number: int, head: FeedMemory, items: bytes | None) -> None:
        """Append to the log and wait until it is durable: items first (see above)."""
        feed_id, now = head.state.feed_id, datetime.now(UTC)
        messages = [encode(head, key=feed_id, time=now)]
        if items is not None:
            whole = decode_body(items, FeedItems)
            one = encode(whole, key=feed_id, time=now)
            messages.insert(0, replace(one, key=one.key + _ITEMS))
        self._bus.publish(FEEDS.name, messages, partition=number)


def _fold(held: dict[str, _Memory], record: Record) -> None:
    """Take one message in; one that is none of ours, or empty (its key was deleted), leaves nothing."""
    key, message = record.message.key, record.message
    memory = held.setdefault(key.removesuffix(_ITEMS).decode("utf-8", "replace"), _Memory())
    try:
        if key.endswith(_ITEMS):
            memory.items = _checked(message)
        else:
            memory.head = decode_body(message.value, FeedMemory) if message.value else None
    except CodecError:  # of another version: the feed is polled as if it were new, and admit knows its items
        return


def _checked(message: Message) -> bytes | None:
    if not message.value:
        return None
    decode_body(message.value, FeedItems)
    return message.value


def _with(polls: Sequence[PollRecord], record: PollRecord) -> tuple[PollRecord, ...]:
    """Add a poll; one of the same time is replaced: a poll may be saved in steps."""
    others = [one for one in polls if one.at != record.at]
    return tuple(sorted([*others, record], key=lambda one: one.at)[-POLLS_PER_FEED:])


def _items(feed_id: str, memory: _Memory, shown: Sequence[Shown]) -> bytes:
    whole = memory.shown() | {one.item: one for one in shown}
    items = list(whole.values())
    if len(items) > ITEMS_PER_FEED:
        items = sorted(items, key=lambda one: one.seen_at)[-ITEMS_PER_FEED:]
    return encode_body(FeedItems(feed_id=feed_id, items=tuple(items)))
