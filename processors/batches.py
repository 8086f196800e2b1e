"""Batches of records on their way through one step, whatever brings them: which are done, and which come again.

A batch is done when the broker has all that follows from it. One of an earlier generation of the consumer group is
dropped: its partitions may be another worker's by now, who reads it again. Behind a batch that was not taken nothing
is done any more, since a commit would pass it by.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from rasid.ports import Message, Record

# Puts messages on a topic; returns when the broker has them all. Raises StoreError when it does not take them.
Publish = Callable[[str, Sequence[Message]], Awaitable[None]]
# Takes a batch through a step and publishes what follows. False: not taken, and nothing may be acknowledged.
Take = Callable[[Sequence[Record], Publish], Awaitable[bool]]


class Event(Protocol):
    """What carries a consumer's message, with its generation."""

    @property
    def message(self) -> Any:
        """Give the message as the consumer has it."""


E = TypeVar("E", bound=Event)


@dataclass(slots=True)
class Received:
    """One record as Kafka gave it; `timestamp` in milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """How messages lie in Kafka's records, which the Kafka adapter decides.

    `record` gives ours for one of Kafka's and the topic's name without prefix; `timestamp` gives milliseconds, from
    the message and the time now in seconds.
    """

    record: Callable[[Received, str], Record]
    headers: Callable[[Message], list[tuple[str, bytes]]]
    timestamp: Callable[[Message, float], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What an app's agents do: topics by urgency (a later one goes on while the earlier ones have nothing waiting).

    `on_assigned` runs before the first batch of each generation of the group: where state is folded from the log; False
    from it means that it could not be, as from a Take.
    `batch` bounds the records in hand, `within` (seconds) how long a batch waits to fill.
    """

    group: str
    reads: tuple[str, ...]
    take: Take
    wire: Wire
    on_assigned: Callable[[], Awaitable[bool]] | None = None
    batch: int = 200
    within: float = 0.1


class SupersededError(Exception):
    """The group was divided anew while a batch was in hand: whoever has its partitions now reads it again."""


class Hands:
    """One batch at a time through the step, whichever agent it comes from: a stage has one order and one state."""

    def __init__(self, work: Work, generation: Callable[[], int], publish: Publish) -> None:
        """Take the work, what tells the group's present generation, and what publishes."""
        self._work = work
        self._now = generation
        self._publish = publish
        self._free = asyncio.Condition()
        self._busy = False
        self._waiting = [0] * len(work.reads)
        self._closed = False
        self._generation: int | None = None

    async def take(self, events: Sequence[E], topic: str, urgency: int) -> Sequence[E]:
        """Take a batch through; give the events that are done. Those of an earlier generation are passed over."""
        async with self._turn(urgency):
            generation = self._now()
            current = [event for event in events if event.message.generation_id == generation]
            if self._closed or not current:
                return ()
            try:
                records = [_record(event.message, topic, self._work.wire) for event in current]
                taken = await self._folded(generation) and await self._work.take(records, self._publisher(generation))
            except SupersededError:
                return ()
            except BaseException:
                # Nothing behind a batch that was not taken may be acknowledged: that would commit past it.
                self._closed = True
                raise
            self._closed = self._closed or not taken
            return current if taken else ()

    async def close(self) -> None:
        """Take no more, once the batch in hand is done."""
        self._closed = True
        await self.done()

    async def done(self) -> None:
        """Wait until no batch is in hand."""
        async with self._free:
            await self._free.wait_for(lambda: not self._busy)

    @asynccontextmanager
    async def _turn(self, urgency: int) -> AsyncIterator[None]:
        """Hold the step; who is more urgent gets it first."""
        self._waiting[urgency] += 1
        try:
            async with self._free:
                await self._free.wait_for(lambda: not self._busy and not any(self._waiting[:urgency]))
                self._busy = True
        finally:
            self._waiting[urgency] -= 1
        try:
            yield
        finally:
            async with self._free:
                self._busy = False
                self._free.notify_all()

    async def _folded(self, generation: int) -> bool:
        if generation == self._generation or self._work.on_assigned is None:
            return True
        if await self._work.on_assigned():
            self._generation = generation
        return generation == self._generation

    def _publisher(self, generation: int) -> Publish:
        async def publish(topic: str, messages: Sequence[Message]) -> None:
            if generation != self._now():
                raise SupersededError
            await self._publish(topic, messages)

        return publish


def _record(message: Any, topic: str, wire: Wire) -> Record:
    received = Received(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        timestamp=round((message.timestamp or 0) * 1000),
        key=message.key,
        value=message.value,
        headers=_headers(message.headers),
    )
    try:
        return wire.record(received, topic)
    except (ValueError, OverflowError):  # headers of another writer; the codec will say what it makes of the body
        return _plain_record(received, topic)


def _headers(given: Any) -> Sequence[tuple[str, bytes | None]]:
    """Give headers as pairs: Kafka has a list, Faust's tests a mapping."""
    return tuple(given.items()) if hasattr(given, "items") else tuple(given or ())


def _plain_record(received: Received, topic: str) -> Record:
    message = Message(
        key=received.key or b"",
        value=received.value or b"",
        time=datetime.fromtimestamp(max(0, received.timestamp) / 1000, UTC),
        headers={name: value or b"" for name, value in received.headers},
    )
    return Record(topic=topic, partition=received.partition, offset=received.offset, message=message)
