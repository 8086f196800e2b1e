"""Reads the embedded service's counters every minute and publishes what it has to say of itself as alerts."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time, timedelta

import structlog

from rasid.app.bootstrap import Stores
from rasid.app.delivery.line import Post
from rasid.app.delivery.self_watch import PREFIX, Bounds, Reading, SelfWatch
from rasid.codec import decode, encode
from rasid.domain import topics
from rasid.domain.alert import Alert
from rasid.domain.errors import CodecError, InputError, StoreError
from rasid.domain.feed import Feed
from rasid.domain.judgement import InboxFilter
from rasid.domain.query import Between, Everything, Query, Value
from rasid.ports import Bus, Clock
from rasid.settings import Settings

log = structlog.get_logger("rasid.watch")
LOOK_EVERY = 60.0
_TOLD = timedelta(days=30)


class Watchman:
    """Watches one embedded service."""

    def __init__(
        self,
        settings: Settings,
        stores: Stores,
        clock: Clock,
        *,
        feeds: Callable[[], Sequence[Feed]],
        lag: Callable[[], int],
        posts: Callable[[], Mapping[str, Post]],
    ) -> None:
        self._stores = stores
        self._clock = clock
        self._feeds = feeds
        self._lag = lag
        self._posts = posts
        self._started = clock.now()
        self._bounds = bounds_of(settings)
        self._only_sample = settings.feeds == "sample"  # nothing new is to be expected

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop` is set."""
        watch: SelfWatch | None = None
        while not stop.is_set():
            try:
                watch = watch or SelfWatch(self._bounds, await asyncio.to_thread(told, self._stores.bus, self._started))
                alerts = watch(await asyncio.to_thread(self._reading))
                await asyncio.to_thread(publish, self._stores.bus, alerts)
            except StoreError as error:
                # What was not published is known again from the log next time.
                watch = None
                log.warning("the service could not look at itself", cause=str(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_EVERY)

    def _reading(self) -> Reading:
        now, started = self._clock.now(), self._started
        feeds = [feed for feed in self._feeds() if feed.enabled and not feed.sample]
        states = self._stores.feeds.states()
        seen = {feed.title or feed.url: states[feed.id].last_new_at for feed in feeds if feed.id in states}
        languages = sorted({feed.language for feed in feeds if feed.language})
        newest = {code: self._newest(Value("language", (code,))) for code in languages}
        day = now - timedelta(days=1)
        posts = {name: (post.failing_since, post.cause) for name, post in self._posts().items()}
        return Reading(
            at=now,
            started_at=now if self._only_sample else started,
            article_at=self._newest(Everything()),
            languages={code: at for code, at in newest.items() if at},
            feeds={name: at for name, at in seen.items() if at},
            lag=self._lag(),
            dead=self._stores.bus.last(topics.DEAD.name),
            receivers={name: (since, cause) for name, (since, cause) in posts.items() if since},
            articles_today=self._stores.index.search(Between("first_seen_at", day, None), limit=1).total
            if self._bounds.heartbeat
            else 0,
            alerts_today=self._stores.alerts.count(InboxFilter(since=day)) if self._bounds.heartbeat else 0,
        )

    def _newest(self, query: Query) -> datetime | None:
        hits = self._stores.index.search(query, limit=1).hits
        return hits[0].document.enriched.article.first_seen_at if hits else None


def told(bus: Bus, now: datetime) -> list[Alert]:
    """Give what was told before, from the log."""
    found: list[Alert] = []
    for record in bus.read(topics.ALERTS.name, since=now - _TOLD):
        with contextlib.suppress(CodecError):
            alert = decode(record.message, Alert)
            if alert.rule.startswith(PREFIX):
                found.append(alert)
    return found


def publish(bus: Bus, alerts: Sequence[Alert]) -> None:
    """Put alerts into the log, from where they go the way of all alerts."""
    bus.publish(topics.ALERTS.name, [encode(one, key=one.id, time=one.created_at) for one in alerts])


def bounds_of(settings: Settings) -> Bounds:
    """Read the bounds from the settings. Raises InputError for a heartbeat that is no time of day."""
    try:
        beat = time.fromisoformat(settings.watch_heartbeat) if settings.watch_heartbeat else None
    except ValueError as error:
        raise InputError(f"watch_heartbeat: {settings.watch_heartbeat!r} is no time of day like 08:00") from error
    return Bounds(
        article_minutes=settings.watch_article_minutes,
        feed_hours=settings.watch_feed_hours,
        language_hours=settings.watch_language_hours,
        lag=settings.watch_lag,
        dead_letters=settings.watch_dead_letters,
        receiver_minutes=settings.watch_receiver_minutes,
        heartbeat=beat,
    )
