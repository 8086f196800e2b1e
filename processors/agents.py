"""The stages of an article's way as Faust agents: the one user of Faust, which is given its steps.

Faust 0.15.3 acknowledges what it should not: events of an agent that raises, is cancelled or closes its generator,
what it cannot decode, and, with a concurrency above 1, what lies before an event still in work. Hence:

- concurrency 1; raw bytes; batches by `noack_take`, acknowledged here and only after the broker has all that follows
  from them (`take` acknowledges a batch also when it was cancelled);
- nothing leaves an agent as an exception: a record its step cannot take is a dead letter, an outage holds the batch
  (both are done by the `Take` an app is given), and anything else ends the worker with the batch unacknowledged;
- a batch of an earlier generation of the group is dropped: its partitions may be another worker's by now;
- no tables, no exactly-once mode, no web server, no topics of Faust's own, nothing at import.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import faust
import structlog
from aiokafka.errors import KafkaError
from faust.exceptions import FaustError
from faust.streams import Stream
from faust.transport.drivers import aiokafka as driver
from faust.types import EventT, StreamT

from rasid.domain.errors import StoreError
from rasid.ports import Message, Record

log = structlog.get_logger("rasid.agents")

# Puts messages on a topic; returns when the broker has them all. Raises StoreError when it does not take them.
Publish = Callable[[str, Sequence[Message]], Awaitable[None]]
# Takes a batch through a step and publishes what follows. False: not taken, and nothing may be acknowledged.
Take = Callable[[Sequence[Record], Publish], Awaitable[bool]]

_REVOKE_SECONDS = 5.0  # half a session: how long a rebalance waits for the batch in hand


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
class Broker:
    """Where Kafka is (`host:port`, several by commas) and who asks.

    `prefix` goes before every topic and group; a `member` name makes the membership static, so that a quick restart
    moves no partition. With a `username` it is SASL/SCRAM-SHA-512 over TLS; `ca_file` (PEM) alone means TLS.
    """

    servers: str
    prefix: str = ""
    member: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None


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


class _Consumer(driver.Consumer):
    """Acknowledges nothing of an earlier generation.

    Faust acknowledges records it skips because of their generation, also where the partition is ours again and the
    record is still to be read: a commit would then pass it by.
    """

    def ack(self, message: Any) -> bool:
        return message.generation_id == self.app.consumer_generation_id and super().ack(message)


class _Producer(driver.Producer):
    """Idempotent: a retry inside the client neither doubles nor reorders."""

    def _settings_extra(self) -> dict[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class _Transport(driver.Transport):
    Consumer = _Consumer
    Producer = _Producer


class StageApp(faust.App):
    """A Faust app for one stage."""

    hands: Hands

    def _create_directories(self) -> None:
        """Make none: there are no tables to keep."""

    async def drain(self) -> None:
        """Finish and commit the batch in hand; take no other."""
        await self.hands.close()
        if self.consumer.assignment():
            await self.consumer.commit()


def create_app(work: Work, broker: Broker) -> StageApp:
    """Make the app of one stage with an agent for each topic it reads. Connects to nothing yet."""
    app = StageApp(broker.prefix + work.group, **_settings(work, broker))
    app.transport = _Transport(app.conf.broker_consumer, app)
    app.producer_transport = _Transport(app.conf.broker_producer, app)
    hands = app.hands = Hands(app, work, broker.prefix)
    app.on_partitions_revoked.connect(hands.on_revoked, weak=False)
    for urgency, topic in enumerate(work.reads):
        _register(app, hands, work, topic, urgency)
    return app


def _register(app: StageApp, hands: Hands, work: Work, topic: str, urgency: int) -> None:
    """Make one agent; less urgent ones take smaller batches, since an urgent one may have to wait for one of them."""
    source = app.topic(hands.prefix + topic, key_serializer="raw", value_serializer="raw", internal=True)
    size = work.batch if urgency == 0 else max(1, work.batch // 4)

    async def agent(stream: StreamT[bytes]) -> None:
        try:
            async for events in cast(Stream[EventT[Any]], stream).noack_take(size, work.within):
                for event in await hands.take(events, topic, urgency):
                    await stream.ack(event)
        except Exception as error:  # leaving the agent with it would acknowledge the event
            log.exception("agent failed", topic=topic)
            await app.crash(error)

    app.agent(source, name=f"{work.group}-{urgency}", concurrency=1)(agent)


class Hands:
    """One batch at a time through the step, whichever agent it comes from: a stage has one order and one state."""

    def __init__(self, app: StageApp, work: Work, prefix: str) -> None:
        self.prefix = prefix
        self._app = app
        self._work = work
        self._free = asyncio.Condition()
        self._busy = False
        self._waiting = [0] * len(work.reads)
        self._closed = False
        self._generation: int | None = None

    async def take(self, events: Sequence[EventT[Any]], topic: str, urgency: int) -> Sequence[EventT[Any]]:
        """Take a batch through; give the events that are done. Those of an earlier generation are passed over."""
        async with self._turn(urgency):
            generation = self._app.consumer_generation_id
            current = [event for event in events if event.message.generation_id == generation]
            if self._closed or not current:
                return ()
            try:
                records = [self._record(event.message, topic) for event in current]
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
        await self._done()

    async def on_revoked(self, *_: object, **__: object) -> None:
        """Finish and commit the batch in hand before its partitions go; what takes longer is dropped later."""
        try:
            async with asyncio.timeout(_REVOKE_SECONDS):
                await self._done()
                await self._app.consumer.commit()
        except TimeoutError:
            log.warning("a rebalance did not wait for the batch in hand", group=self._work.group)

    async def _done(self) -> None:
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

    def _record(self, message: Any, topic: str) -> Record:
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
            return self._work.wire.record(received, topic)
        except (ValueError, OverflowError):  # headers of another writer; the codec will say what it makes of the body
            return _plain_record(received, topic)

    def _publisher(self, generation: int) -> Publish:
        async def publish(topic: str, messages: Sequence[Message]) -> None:
            if generation != self._app.consumer_generation_id:
                raise SupersededError
            await send(self._app, self._work.wire, self.prefix + topic, messages)

        return publish


async def send(app: faust.App, wire: Wire, topic: str, messages: Sequence[Message]) -> None:
    """Publish in order and wait until all replicas in sync have all of it. Raises StoreError.

    Faust's send only puts into a buffer and gives a future: the future is what is waited for.
    """
    now = time.time()
    try:
        producer = await app.maybe_start_producer()
        sent = [
            await producer.send(
                topic,
                key=message.key,
                value=message.value,
                partition=None,
                # Faust cuts a float of seconds to milliseconds: half a one more, so that the whole number stays.
                timestamp=(wire.timestamp(message, now) + 0.5) / 1000,
                headers=wire.headers(message),
            )
            for message in messages
        ]
        await asyncio.gather(*sent)
    except (KafkaError, FaustError) as error:
        raise StoreError(f"Kafka: publishing to {topic} failed: {type(error).__name__}: {error}") from error


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


def _settings(work: Work, broker: Broker) -> dict[str, Any]:
    """Give Faust's settings; each differs from its default for a reason said here or above."""
    return {
        "broker": [f"kafka://{server.strip()}" for server in broker.servers.split(",")],
        "broker_client_id": "rasid",
        **_security(broker),
        "autodiscover": False,
        "web_enabled": False,
        "store": "memory://",
        "processing_guarantee": "at_least_once",
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "key_serializer": "raw",
        "value_serializer": "raw",
        # A worker that died is missed after this; the default is a minute.
        "broker_session_timeout": 10.0,
        "broker_heartbeat_interval": 2.0,
        "broker_request_timeout": 30.0,
        # An outage may hold a batch for long, and the group must not be divided anew for that.
        "broker_max_poll_interval": 24 * 3600.0,
        "broker_max_poll_records": work.batch,
        "broker_commit_interval": 1.0,
        "consumer_auto_offset_reset": "earliest",
        "consumer_group_instance_id": broker.member,
        "stream_buffer_maxsize": 2 * work.batch,
        # It would wait for ever for a batch that an outage holds; Hands.on_revoked and drain wait for a while.
        "stream_wait_empty": False,
        "producer_compression_type": "zstd",
        "producer_linger": 0.002,
        "producer_max_request_size": 8 << 20,
        "producer_max_batch_size": 256 << 10,
        "producer_request_timeout": 30.0,
    }


def _security(broker: Broker) -> dict[str, Any]:
    if broker.username is None and broker.ca_file is None:
        return {}
    try:
        context = ssl.create_default_context(cafile=broker.ca_file)
    except OSError as error:
        raise StoreError(f"Kafka at {broker.servers}: {broker.ca_file} cannot be read: {error}") from error
    if broker.username is None:
        return {"ssl_context": context, "broker_credentials": faust.SSLCredentials(context)}
    return {
        "broker_credentials": faust.SASLCredentials(
            username=broker.username,
            password=broker.password or "",
            mechanism="SCRAM-SHA-512",
            ssl_context=context,
        )
    }
