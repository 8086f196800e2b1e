"""The outbox with all that it needs of one process: the embedded service, or the cluster's deliver worker."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

import structlog

from rasid.alerts.announce import RulesRead
from rasid.app.bootstrap import SystemClock, user_agent
from rasid.app.delivery.guarded_post import GuardedPost
from rasid.app.delivery.notifiers import make_notifier
from rasid.app.delivery.notify_source import NotifySource
from rasid.app.delivery.outbox import Outbox
from rasid.app.delivery.render import WordingOf
from rasid.domain.rule import Wording
from rasid.ports import AlertStore, Bus
from rasid.settings import Settings

log = structlog.get_logger("rasid.outbox")
_END_SECONDS = 5.0


class Delivering:
    """Serves the receivers of notify.yaml for as long as it runs."""

    def __init__(
        self,
        settings: Settings,
        bus: Bus,
        alerts: AlertStore,
        notify: NotifySource,
        rules: Callable[[], RulesRead],
        *,
        shared_as: str | None = None,
    ) -> None:
        self._post = GuardedPost(user_agent(settings), settings.fetch_allowed_hosts)
        self._notify = notify
        clock = SystemClock()

        def make() -> Outbox:
            return Outbox(
                bus=bus,
                alerts=alerts,
                receivers=notify,
                make=lambda receiver: make_notifier(receiver, self._post, clock),
                clock=clock,
                wording=wording_of(rules),
                shared_as=shared_as,
            )

        self._make = make
        self.outbox = make()

    async def run(self, stop: asyncio.Event) -> None:
        """Take up edits of notify.yaml and send, until `stop` is set."""
        watching = asyncio.create_task(self._notify.watch(stop))
        try:
            await self.outbox.run(stop)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await self._post.close()
            self.outbox = self._make()  # what it folded is old by the time it runs again


class DeliveringThread(AbstractContextManager["DeliveringThread"]):
    """Runs it beside a worker's own loop. Of several workers' one sends, and another takes over when it ends."""

    def __init__(self, delivering: Delivering) -> None:
        self._delivering = delivering
        self._ended = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)

    def __enter__(self) -> Self:
        """Start."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it; what is being sent may end."""
        self._ended.set()
        if self._loop is not None and self._stop is not None:
            with contextlib.suppress(RuntimeError):  # it has just ended
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_END_SECONDS)

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                asyncio.run(self._serve())
            except Exception as error:  # the stage goes on; what waits is in the log
                log.exception("the outbox begins anew", cause=str(error))
                self._ended.wait(1)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        if not self._ended.is_set():
            await self._delivering.run(self._stop)


def wording_of(rules: Callable[[], RulesRead]) -> WordingOf:
    """Give the look-up of how a rule's author wants its alerts told, by rule id."""
    known: tuple[object, dict[str, Wording]] = (None, {})

    def look_up(rule_id: str) -> Wording | None:
        nonlocal known
        found = rules()
        if known[0] is not found:
            known = (found, {rule.id: rule.wording for rule in found.rules})
        return known[1].get(rule_id)

    return look_up
