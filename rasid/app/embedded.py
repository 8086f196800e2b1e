"""The embedded service: pollers, stages, web page and housekeeping as tasks of one event loop, CPU work beside it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import structlog

from ingest.fetch import Fetcher
from ingest.fulltext import extract
from ingest.pages import full_texts
from ingest.parse_pool import ParsePool
from ingest.poller import Poller, PollEvent
from ingest.robots import Robots
from processors.pipeline import enrich_step
from rasid.alerts.announce import Announcer
from rasid.alerts.steps import MatchStep
from rasid.app import metrics
from rasid.app.bootstrap import Stores, SystemClock, fetch_settings
from rasid.app.delivery.notify_source import NotifySource
from rasid.app.delivery.service import Delivering
from rasid.app.delivery.watchman import Watchman
from rasid.app.feeds import FeedSource
from rasid.app.rules import RuleSource
from rasid.app.sample import SampleServer, sample_server
from rasid.app.stage import Progress, Stage, run_stage
from rasid.app.stages import build_stages, waiting
from rasid.app.term_history import announcer
from rasid.app.ticks import Ticker
from rasid.app.workers import Workers
from rasid.codec import begin_trace, encode
from rasid.domain import topics
from rasid.domain.article import RawEntry
from rasid.domain.errors import StoreError
from rasid.settings import Settings

log = structlog.get_logger("rasid")
MOST_WAITING = 1_000  # messages before the stages at which a huge source waits: some seconds of work
_HOUSEKEEPING = 3600.0
_STOP_SECONDS = 2.5
_LOOK_SECONDS = 0.1


@dataclass(slots=True)
class Service:
    """A running embedded service, for the web page, the progress display and tests."""

    settings: Settings
    stores: Stores
    stop: asyncio.Event
    progress: Progress = field(default_factory=Progress)
    feeds: FeedSource | None = None
    notify: NotifySource = field(init=False)
    rules: RuleSource = field(init=False)
    delivering: Delivering | None = None
    polls: int = 0
    failed_polls: int = 0

    def __post_init__(self) -> None:
        """Look who is to be told of alerts, and by which rules."""
        self.rules = RuleSource(self.settings.rules_dir or self.stores.data.rules, self.stores.analysis)
        self.notify = NotifySource(self.stores.data.notify)

    async def publish(self, entries: Sequence[RawEntry]) -> None:
        """Put entries into the log; they are durable when this returns."""
        messages = [begin_trace(encode(raw, key=raw.entry.key, time=raw.seen_at)) for raw in entries]
        await asyncio.to_thread(self.stores.bus.publish, topics.RAW.name, messages)

    async def room(self) -> None:
        """Wait until the log has room: a fast source waits for the steps, and memory stays bounded."""
        while await asyncio.to_thread(waiting, self.stores.bus) > MOST_WAITING:
            if self.stop.is_set():
                return
            await asyncio.sleep(0.5)

    def polled(self, event: PollEvent) -> None:
        """Count and log one poll."""
        feed = event.feed.url if event.feed else None
        if event.record is None:
            log.warning(event.kind, feed=feed, words=event.words)
            return
        self.polls += 1
        self.failed_polls += event.record.outcome in {"failed", "gone"}
        metrics.POLLS.labels(event.record.outcome).inc()
        write = log.warning if event.record.error else log.debug
        write(event.kind, feed=feed, outcome=event.record.outcome, new=event.record.new_entries, words=event.words)


async def run_service(
    settings: Settings, stores: Stores, stop: asyncio.Event, web: Callable[[Service], Awaitable[None]] | None = None
) -> None:
    """Run until `stop` is set; then end within seconds. What was not finished then is in the log and comes again."""
    service = Service(settings, stores, stop)
    async with contextlib.AsyncExitStack() as stack:
        workers = await stack.enter_async_context(_workers(settings))
        sample = await stack.enter_async_context(sample_server(wanted=settings.sample))
        service.feeds = FeedSource(settings, sample)
        tasks: list[Awaitable[None]] = [_guarded(stage, service) for stage in _stages(service, workers)]
        tasks += [_poll(service, workers, sample), _housekeeping(service), service.feeds.watch(stop)]
        tasks.append(_end_workers(workers, stop))
        tasks += [_deliver(service), _watch(service), _tick(service)]
        if web is not None:
            tasks.append(web(service))
        await _all(tasks, stop)


async def drain(settings: Settings, stores: Stores) -> None:
    """Run the stages until everything in the log is through: how `rasid ingest` waits for its articles."""
    service = Service(settings, stores, asyncio.Event())
    async with _workers(settings) as workers:
        stages = _stages(service, workers)
        running = [asyncio.create_task(_guarded(stage, service)) for stage in stages]
        try:
            while await asyncio.to_thread(waiting, stores.bus):
                if any(task.done() for task in running):  # it failed: gather brings out why
                    break
                await asyncio.sleep(_LOOK_SECONDS)
        finally:
            service.stop.set()
            await asyncio.gather(*running)


def _stages(service: Service, workers: Workers) -> list[Stage]:
    return build_stages(
        bus=service.stores.bus,
        index=service.stores.index,
        alerts=service.stores.alerts,
        enrich=workers,
        matching=MatchStep(service.rules, _announcer(service)),
        receivers=service.notify,
        clock=SystemClock(),
    )


@contextlib.asynccontextmanager
async def _workers(settings: Settings) -> AsyncIterator[Workers]:
    workers = Workers(enrich_step, processes=settings.workers, preload="rasid.app.worker_start")
    try:
        yield workers
    finally:
        workers.close()


async def _end_workers(workers: Workers, stop: asyncio.Event) -> None:
    """End the workers as soon as the service stops: what they were at is not committed and comes again."""
    await stop.wait()
    workers.close()


async def _deliver(service: Service) -> None:
    """Send alerts out."""
    stores = service.stores
    service.delivering = Delivering(service.settings, stores.bus, stores.alerts, service.notify, service.rules)
    await service.delivering.run(service.stop)


def _announcer(service: Service) -> Announcer:
    return announcer(lambda: service.stores.index, service.stores.bus, SystemClock())


async def _tick(service: Service) -> None:
    """Say into the log which rules are in force, and that time passes."""
    ticker = Ticker(service.stores.bus, service.rules, _announcer(service), SystemClock())
    await ticker.run(service.stop)


async def _watch(service: Service) -> None:
    """Let the service alert on itself."""
    watchman = Watchman(
        service.settings,
        service.stores,
        SystemClock(),
        feeds=service.feeds or (lambda: ()),
        lag=partial(waiting, service.stores.bus),
        posts=lambda: service.delivering.outbox.posts if service.delivering else {},
    )
    await watchman.run(service.stop)


async def _guarded(stage: Stage, service: Service) -> None:
    await run_stage(stage, service.stores.bus, service.stop, service.progress)


async def _poll(service: Service, workers: Workers, sample: SampleServer | None) -> None:
    settings = service.settings
    loopback = frozenset({sample.host}) if sample else frozenset()
    async with (
        Fetcher(fetch_settings(settings, loopback)) as fetcher,
        ParsePool() as pool,
    ):
        poller = Poller(
            feeds=service.feeds or (lambda: ()),
            store=service.stores.feeds,
            publish=service.publish,
            fetcher=fetcher,
            pool=pool,
            clock=SystemClock(),
            room=service.room,
            full_texts=full_texts(fetcher, Robots(fetcher), partial(workers.call, extract)),
            on_event=service.polled,
            in_flight=settings.fetch_in_flight,
        )
        await poller.run(service.stop)


async def _housekeeping(service: Service) -> None:
    """Keep log, index and memory within their age and size."""
    while not service.stop.is_set():
        try:
            await asyncio.to_thread(retain, service.settings, service.stores)
        except StoreError as error:
            log.warning("housekeeping put off", cause=str(error))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(service.stop.wait(), _HOUSEKEEPING)


def retain(settings: Settings, stores: Stores) -> None:
    """Drop what is older or larger than the settings allow."""
    before = SystemClock().now() - timedelta(days=settings.retention_days)
    stores.bus.retain(before=before, max_bytes=settings.log_max_bytes)
    stores.index.retain(before=before)
    stores.index.retain_size(settings.index_max_bytes)
    stores.feeds.retain(before=before)
    stores.feeds.retain_size(settings.feeds_max_bytes)
    stores.alerts.retain(before=before)


async def _all(coroutines: Sequence[Awaitable[None]], stop: asyncio.Event) -> None:
    """Run tasks until `stop`, or until one fails: then the others are told to stop and the failure comes out."""
    tasks = [asyncio.ensure_future(one) for one in coroutines]
    for task in tasks:
        task.add_done_callback(lambda done: stop.set() if not done.cancelled() and done.exception() else None)
    await stop.wait()
    _, late = await asyncio.wait(tasks, timeout=_STOP_SECONDS)
    for task in late:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome
