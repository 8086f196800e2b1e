"""`rasid poll`: one of many pollers that share the feeds through a consumer group of Kafka.

Who holds a partition of news.feeds.state.v1 polls the feeds whose hosts belong to it. When partitions move, the poller
of what was held ends, its memory is safe in the log, and another begins with what is held then: a feed is polled by one
at a time, beyond the moment in which a member that hangs is found out.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

import structlog

from ingest.feedlist import schema_text, shipped_text
from ingest.fetch import Fetcher
from ingest.fulltext import extract
from ingest.pages import full_texts
from ingest.parse_pool import ParsePool
from ingest.poller import Poller, PollEvent
from ingest.robots import Robots
from rasid.adapters.kafka_bus import KafkaBus
from rasid.adapters.kafka_feedstore import KafkaFeedStore
from rasid.adapters.kafka_membership import KafkaMembership
from rasid.app import metrics
from rasid.app.bootstrap import SystemClock, fetch_settings, shipped_rules
from rasid.app.cluster import Cluster
from rasid.app.data_dir import DataDir
from rasid.app.feeds import FeedSource
from rasid.app.monitor import Health, monitored
from rasid.app.sample import SampleServer, sample_server
from rasid.app.workers import Workers
from rasid.codec import begin_trace, encode
from rasid.domain import topics
from rasid.domain.article import RawEntry
from rasid.domain.errors import StoreError
from rasid.domain.feed import Feed
from rasid.ports import Outputs, Record
from rasid.settings import Settings

log = structlog.get_logger("rasid.poll")
GROUP = "poll"
_MOST_WAITING = 5_000  # entries before admit at which a huge source waits
_LOOK_SECONDS = 0.3
_LEAVE_SECONDS = 5.0  # half a session: the group waits for us no longer
_BACKOFF_SECONDS = 1.0


async def run_poll(settings: Settings, where: Cluster, stop: asyncio.Event) -> None:
    """Poll this member's share of the feeds until `stop` is set. Raises StoreError where it cannot begin."""
    data = DataDir(settings.data_dir)
    data.make()
    data.ship(shipped_text(), schema_text(), shipped_rules())
    async with contextlib.AsyncExitStack() as stack:
        bus = stack.enter_context(KafkaBus(where.kafka))
        sample = await stack.enter_async_context(sample_server(wanted=settings.sample))
        feeds = FeedSource(settings, sample)
        share = _Share(settings, bus, feeds, await stack.enter_async_context(_tools(settings, sample)))
        member = f"{GROUP}-{where.member}" if where.member else None
        joining = partial(KafkaMembership, where.kafka, GROUP, topics.FEEDS.name, share.leave_soon, member=member)
        share.membership = stack.enter_context(await asyncio.to_thread(joining))
        health = Health(trouble=share.trouble, lags=share.lags)
        await stack.enter_async_context(monitored("poll", settings, health))
        watching = asyncio.create_task(feeds.watch(stop))
        try:
            await share.run(stop, health)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        log.info("poller ends")


@dataclass(frozen=True, slots=True)
class _Tools:
    """What every poller of this process shares: connections, courtesy towards hosts, child processes."""

    fetcher: Fetcher
    pool: ParsePool
    workers: Workers


class _Share:
    """The poller of the partitions held, whichever they are. One event loop; `leave_soon` from the member's thread."""

    membership: KafkaMembership

    def __init__(self, settings: Settings, bus: KafkaBus, feeds: FeedSource, tools: _Tools) -> None:
        self._settings, self._bus, self._feeds, self._tools = settings, bus, feeds, tools
        self._loop = asyncio.get_running_loop()
        self._hosts = Hosts(feeds)
        self._store = KafkaFeedStore(bus, self._hosts, lambda: self.membership.is_sure())  # noqa: PLW0108 - it joins the group later
        self._stop: asyncio.Event | None = None
        self._polling: asyncio.Task[None] | None = None
        self._cause: str | None = "joining the group"

    async def run(self, stop: asyncio.Event, health: Health) -> None:
        """Follow the group until `stop`."""
        try:
            while not stop.is_set():
                health.alive()
                try:
                    held = await asyncio.to_thread(self.membership.look, _LOOK_SECONDS)
                    if self._polling is None or held != self._store.held:
                        await self._begin(held)
                    self._cause = None
                except StoreError as error:
                    if self._cause != str(error):
                        log.error("held up", cause=str(error))  # noqa: TRY400 - an outage, not a fault
                    self._cause = str(error)
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(stop.wait(), _BACKOFF_SECONDS)
                if self._polling is not None and self._polling.done():
                    self._polling.result()  # a poller ends only when it is told to
                    self._polling = None
        finally:
            await self._end()

    def leave_soon(self) -> None:
        """End the poller before its partitions go. Called in the thread that looks after the membership."""
        ending = asyncio.run_coroutine_threadsafe(self._end(), self._loop)
        with contextlib.suppress(TimeoutError):
            ending.result(_LEAVE_SECONDS)

    def trouble(self) -> str | None:
        """Say why no feed is polled."""
        return self._cause

    def lags(self) -> dict[tuple[str, str], int]:
        """Give what waits before admit."""
        return {("admit", topics.RAW.name): self._bus.lag("admit", topics.RAW.name)}

    async def _begin(self, held: frozenset[int]) -> None:
        await self._end()
        await asyncio.to_thread(self._store.hold, held)
        self._stop = asyncio.Event()
        self._polling = asyncio.create_task(self._poller(_Mine(self._feeds, self._store)).run(self._stop))
        log.info("partitions held", partitions=sorted(held), remembered=len(self._store.states()))

    async def _end(self) -> None:
        polling, self._polling = self._polling, None
        if polling is not None and self._stop is not None:
            self._stop.set()
            await asyncio.gather(polling, return_exceptions=True)
        self._store.drop(self._store.held)

    def _poller(self, mine: _Mine) -> Poller:
        fetcher, workers = self._tools.fetcher, self._tools.workers
        return Poller(
            feeds=mine,
            store=self._store,
            publish=self._publish,
            fetcher=fetcher,
            pool=self._tools.pool,
            clock=SystemClock(),
            room=self._room,
            full_texts=full_texts(fetcher, Robots(fetcher), partial(workers.call, extract)),
            on_event=_polled,
            in_flight=self._settings.fetch_in_flight,
        )

    async def _publish(self, entries: Sequence[RawEntry]) -> None:
        messages = [begin_trace(encode(raw, key=raw.entry.key, time=raw.seen_at)) for raw in entries]
        await asyncio.to_thread(self._bus.publish, topics.RAW.name, messages)

    async def _room(self) -> None:
        """Wait while admit has much before it: a fast source waits for the steps."""
        while await asyncio.to_thread(self._bus.lag, "admit", topics.RAW.name) > _MOST_WAITING:
            if self._stop is None or self._stop.is_set():
                return
            await asyncio.sleep(0.5)


class Hosts:
    """Names a feed's host by its id, for good: by the address in the feed list, wherever the feed has moved since."""

    def __init__(self, feeds: Callable[[], Sequence[Feed]]) -> None:
        self._feeds = feeds
        self._listed: Sequence[Feed] | None = None
        self._hosts: dict[str, str] = {}

    def __call__(self, feed_id: str) -> str:
        """Give the host; for a feed that is not listed, its id."""
        listed = self._feeds()
        if listed is not self._listed:
            # The sample's server has another port in each process.
            self._hosts = {feed.id: "sample" if feed.sample else _host(feed.url) for feed in listed}
            self._listed = listed
        return self._hosts.get(feed_id, feed_id)


class _Mine:
    """Gives the feeds of the partitions held; the same object until they change."""

    def __init__(self, feeds: Callable[[], Sequence[Feed]], store: KafkaFeedStore) -> None:
        self._feeds, self._store = feeds, store
        self._listed: Sequence[Feed] | None = None
        self._mine: Sequence[Feed] = ()

    def __call__(self) -> Sequence[Feed]:
        """Give them."""
        listed = self._feeds()
        if listed is not self._listed:
            self._mine = tuple(feed for feed in listed if self._store.holds(feed.id))
            self._listed = listed
            metrics.FEEDS.set(len(self._mine))
        return self._mine


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or url).rstrip(".").lower()
    except ValueError:
        return url


def _polled(event: PollEvent) -> None:
    feed = event.feed.url if event.feed else None
    if event.record is None:
        log.warning(event.kind, feed=feed, words=event.words)
        return
    metrics.POLLS.labels(event.record.outcome).inc()
    write = log.warning if event.record.error else log.info if event.record.new_entries else log.debug
    write(event.kind, feed=feed, outcome=event.record.outcome, new=event.record.new_entries, words=event.words)


def _no_step(_: Sequence[Record]) -> Outputs:
    return {}


@contextlib.asynccontextmanager
async def _tools(settings: Settings, sample: SampleServer | None) -> AsyncIterator[_Tools]:
    workers = Workers(_no_step, processes=settings.workers, preload="rasid.app.poll_start")
    loopback = frozenset({sample.host}) if sample else frozenset()
    try:
        async with Fetcher(fetch_settings(settings, loopback)) as fetcher, ParsePool() as pool:
            yield _Tools(fetcher, pool, workers)
    finally:
        workers.close()
