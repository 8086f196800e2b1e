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
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import faust
import structlog
from aiokafka.errors import KafkaError
from faust.exceptions import FaustError
from faust.streams import Stream
from faust.transport.drivers import aiokafka as driver
from faust.types import EventT, StreamT

from processors.batches import Hands, Wire, Work
from rasid.domain.errors import StoreError
from rasid.ports import Message

log = structlog.get_logger("rasid.agents")

_SMALLER = 10
_REVOKE_SECONDS = 5.0  # half a session: how long a rebalance waits for the batch in hand


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
    prefix: str

    def _create_directories(self) -> None:
        """Make none: there are no tables to keep."""

    async def drain(self) -> None:
        """Finish and commit the batch in hand; take no other."""
        await self.hands.close()
        if self.consumer.assignment():
            await self.consumer.commit()

    async def before_partitions_go(self, *_: object, **__: object) -> None:
        """Finish and commit the batch in hand; one that takes longer is dropped later (see Hands)."""
        try:
            async with asyncio.timeout(_REVOKE_SECONDS):
                await self.hands.done()
                await self.consumer.commit()
        except TimeoutError:
            log.warning("a rebalance did not wait for the batch in hand", group=self.conf.id)


def create_app(work: Work, broker: Broker) -> StageApp:
    """Make the app of one stage with an agent for each topic it reads. Connects to nothing yet."""
    app = StageApp(broker.prefix + work.group, **_settings(work, broker))
    app.transport = _Transport(app.conf.broker_consumer, app)
    app.producer_transport = _Transport(app.conf.broker_producer, app)
    app.prefix = broker.prefix

    async def publish(topic: str, messages: Sequence[Message]) -> None:
        await send(app, work.wire, broker.prefix + topic, messages)

    app.hands = Hands(work, lambda: app.consumer_generation_id, publish)
    app.on_partitions_revoked.connect(app.before_partitions_go, weak=False)
    for urgency, topic in enumerate(work.reads):
        _register(app, work, topic, urgency)
    return app


def _register(app: StageApp, work: Work, topic: str, urgency: int) -> None:
    """Make one agent; less urgent ones take small batches, since an urgent one may have to wait for one of them."""
    source = app.topic(app.prefix + topic, key_serializer="raw", value_serializer="raw", internal=True)
    size = work.batch if urgency == 0 else max(1, work.batch // _SMALLER)

    async def agent(stream: StreamT[bytes]) -> None:
        try:
            async for events in cast(Stream[EventT[Any]], stream).noack_take(size, work.within):
                for event in await app.hands.take(events, topic, urgency):
                    await stream.ack(event)
        except Exception as error:  # leaving the agent with it would acknowledge the event
            log.exception("agent failed", topic=topic)
            await app.crash(error)

    app.agent(source, name=f"{work.group}-{urgency}", concurrency=1)(agent)


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
        # Faust stops fetching at four fifths of it, and what was fetched by then must find room: it would wait for its
        # topic's agent, and live records behind it with it.
        "stream_buffer_maxsize": 6 * work.batch,
        # It would wait for ever for a batch that an outage holds; before_partitions_go and drain wait for a while.
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
