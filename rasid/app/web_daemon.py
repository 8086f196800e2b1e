"""The page as a daemon of the cluster mode: what the embedded service reads from its files comes from the servers."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from ingest.feedlist import schema_text, shipped_text
from rasid.adapters.kafka_bus import KafkaBus
from rasid.adapters.kafka_feedstore import KafkaFeedStore
from rasid.app.analysis import Analysis
from rasid.app.bootstrap import shipped_rules
from rasid.app.cluster import Cluster
from rasid.app.data_dir import DataDir
from rasid.app.delivery.notify_source import NotifySource
from rasid.app.feeds import FeedSource
from rasid.app.inbox import Inbox
from rasid.app.indices import open_alerts, open_index
from rasid.app.monitor import Health, monitored
from rasid.app.rules import RuleSource
from rasid.app.rules_desk import RuleDesk
from rasid.app.web.context import WebContext
from rasid.app.web.server import serve
from rasid.domain import topics
from rasid.domain.errors import StoreError
from rasid.domain.feed import FeedState
from rasid.domain.judgement import InboxFilter
from rasid.ports import AlertStore, Bus, Index
from rasid.settings import Settings

log = structlog.get_logger("rasid.web")
_LOOK_SECONDS = 1.0
_FOLLOW_SECONDS = 15.0


async def run_web(settings: Settings, where: Cluster, stop: asyncio.Event) -> None:
    """Serve the page until `stop` is set. Raises InputError where no Elasticsearch is named, StoreError."""
    data = DataDir(settings.data_dir)
    data.make()
    data.ship(shipped_text(), schema_text(), shipped_rules())
    async with contextlib.AsyncExitStack() as stack:
        bus = stack.enter_context(KafkaBus(where.kafka))
        index = stack.enter_context(open_index(settings))
        alerts = stack.enter_context(open_alerts(settings))
        articles = Watched(index.count)
        inbox = Watched(lambda: (alerts.count(InboxFilter()), alerts.count(InboxFilter(is_open=True))))
        health = Health(trouble=lambda: articles.trouble)
        await stack.enter_async_context(monitored("web", settings, health))
        feeds, notify = FeedSource(settings, None), NotifySource(data.notify)
        context = WebContext(
            settings=settings,
            index=index,
            feed_store=await asyncio.to_thread(FollowedFeeds, bus),
            analyzer=Analysis(),
            feeds=feeds,
            feeds_error=lambda: feeds.error,
            changed=articles.version,
            stop=stop,
            inbox=Inbox(alerts, bus, version=inbox.version),
            notify_error=lambda: _error_of(notify),
            rules=_rules(settings, bus, index, alerts),
        )
        beside = [articles.watch(stop, health), inbox.watch(stop, health), feeds.watch(stop)]
        await _all([serve(context), *beside], stop)


def _rules(settings: Settings, bus: Bus, index: Index, alerts: AlertStore) -> RuleDesk:
    """Give the rules in force: those of `rules_dir`, which the matching workers read too, else the shipped ones."""
    analysis, directory = Analysis(), settings.rules_dir or shipped_rules()
    locked = "" if settings.rules_dir else "set rules_dir (RASID_RULES_DIR) to a directory that all daemons see"
    return RuleDesk(RuleSource(directory, analysis), directory, bus, index, alerts, analysis, locked=locked)


def _error_of(notify: NotifySource) -> str | None:
    notify.look()
    return str(notify.error) if notify.error else None


async def _all(tasks: list[Coroutine[Any, Any, None]], stop: asyncio.Event) -> None:
    """Run all until the first fails or all end; then none goes on."""
    try:
        async with asyncio.TaskGroup() as group:
            for task in tasks:
                group.create_task(task)
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    finally:
        stop.set()


class Watched:
    """A number that moves whenever what `look` gives is another: looked at in a thread, read by the event loop."""

    def __init__(self, look: Callable[[], object]) -> None:
        self._look = look
        self._number = 0
        self.trouble: str | None = "starting"

    def version(self) -> int:
        """Give the number."""
        return self._number

    async def watch(self, stop: asyncio.Event, health: Health) -> None:
        """Look until `stop`."""
        last: object = None
        while not stop.is_set():
            health.alive()
            try:
                found = await asyncio.to_thread(self._look)
            except StoreError as error:
                if self.trouble != str(error):
                    log.warning("held up", cause=str(error))
                self.trouble = str(error)
            else:
                self.trouble = None
                self._number += found != last
                last = found
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _LOOK_SECONDS)


class FollowedFeeds(KafkaFeedStore):
    """The states of all feeds as the pollers wrote them, at most some seconds ago. Writes nothing."""

    def __init__(self, bus: KafkaBus) -> None:
        super().__init__(bus, host_of=lambda feed_id: feed_id, may_write=lambda: False)
        self._all = range(bus.partitions(topics.FEEDS.name))
        self._known: dict[str, FeedState] = {}
        self._due = 0.0
        self._following = threading.Lock()

    def states(self) -> dict[str, FeedState]:
        """Give the states of all feeds (see FeedStore)."""
        with self._following:
            if time.monotonic() >= self._due:
                self.drop(self._all)
                self.hold(self._all)
                self._known = super().states()
                self._due = time.monotonic() + _FOLLOW_SECONDS
            return self._known
