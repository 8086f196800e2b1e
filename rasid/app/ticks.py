"""The passing of time, said into the log once a minute, so that silence can be noticed and digests fall due.

A tick means that everything seen before it has been matched: it goes out only after each stage before it was through.
While the stages are behind, none goes out, and no rule takes our own delay for the world's silence.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from types import TracebackType

import structlog

from rasid.alerts.announce import Announcer, RulesRead, key_of, seed_marks
from rasid.codec import encode
from rasid.domain import topics
from rasid.domain.control import Tick
from rasid.domain.errors import StoreError
from rasid.ports import Bus, Clock

log = structlog.get_logger("rasid.ticks")
MINUTE = timedelta(minutes=1)
_LOOK_SECONDS = 0.2
_END_SECONDS = 5.0
_FLOWING, _PASSING = 100, timedelta(seconds=5)
# The stages that news passes before it is matched, with the topic of live news that each reads.
_BEFORE = (
    ("admit", topics.RAW.name),
    ("enrich", topics.ARTICLES.name),
    ("group", topics.ENRICHED.name),
    ("match", topics.GROUPED.name),
)


class Ticker:
    """Publishes a tick a minute, and before it which rules are in force."""

    def __init__(
        self, bus: Bus, rules: Callable[[], RulesRead], announcer: Announcer, clock: Clock, every: timedelta = MINUTE
    ) -> None:
        self._bus = bus
        self._rules = rules
        self._announcer = announcer
        self._clock = clock
        self._every = every

    async def run(self, stop: asyncio.Event) -> None:
        """Tick until `stop` is set; a store that is out costs ticks, nothing else."""
        while not stop.is_set():
            at = self._last_minute()
            try:
                await asyncio.to_thread(self._announce, at)
                if await self._through(stop, at):
                    await asyncio.to_thread(self._publish, at)
            except StoreError as error:
                self._announcer.forget()
                log.warning("no tick", cause=str(error))
            await _wait(stop, (at + self._every - self._clock.now()).total_seconds())

    def _last_minute(self) -> datetime:
        now = self._clock.now()
        return now - timedelta(seconds=now.timestamp() % self._every.total_seconds())

    async def _through(self, stop: asyncio.Event, at: datetime) -> bool:
        """Wait until what was seen before `at` has been matched; False where that takes until the next tick."""
        for stage, topic in _BEFORE:
            while not self._has_passed(await asyncio.to_thread(self._bus.lag, stage, topic), at):
                if self._clock.now() >= at + self._every or await _wait(stop, _LOOK_SECONDS):
                    return False
        return not stop.is_set()

    def _has_passed(self, lag: int, at: datetime) -> bool:
        """Tell whether a stage is through. News that never pauses leaves no moment without lag: then a little of it,
        some time after, is of news seen since.
        """
        return not lag or (lag <= _FLOWING and self._clock.now() >= at + _PASSING)

    def _announce(self, at: datetime) -> None:
        read = self._rules()
        said = self._announcer(read)
        self._bus.publish(topics.MATCHES.name, [encode(one, key=key_of(one), time=at) for one in said])
        marks = [encode(mark, key=key, time=at) for key, mark in seed_marks(said, read)]
        self._bus.publish(topics.RULE_STATES.name, marks)

    def _publish(self, at: datetime) -> None:
        self._bus.publish(topics.MATCHES.name, [encode(Tick(at=at), key="tick", time=at)])


async def _wait(stop: asyncio.Event, seconds: float) -> bool:
    """Wait; True as soon as `stop` is set."""
    try:
        await asyncio.wait_for(stop.wait(), max(seconds, 0.01))
    except TimeoutError:
        return False
    return True


class TickerThread(AbstractContextManager["TickerThread"]):
    """Runs a ticker beside a worker's own loop, begun when the matching is that worker's."""

    def __init__(self, ticker: Ticker) -> None:
        self._ticker = ticker
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="ticker", daemon=True)

    def begin(self) -> int:
        """Start it, once."""
        if not self._thread.ident:
            self._thread.start()
        return 0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        if self._thread.is_alive() and self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(_END_SECONDS)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        while not self._stop.is_set():
            try:
                await self._ticker.run(self._stop)
            except Exception:  # matching goes on; without ticks only what time brings waits
                log.exception("the ticker begins anew")
                await _wait(self._stop, 1.0)
