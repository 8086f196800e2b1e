"""Puts what became of messages into the log, the ledger, and where people read; waits out stores that are out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import TypeVar

import structlog

from rasid.app.delivery.step import message_of
from rasid.domain import topics
from rasid.domain.alert import Delivery
from rasid.domain.delivery import Handover
from rasid.domain.errors import StoreError
from rasid.domain.outbox import Ledger
from rasid.ports import AlertStore, Bus, Message

log = structlog.get_logger("rasid.outbox")
T = TypeVar("T")
_HELD_SECONDS = 1.0
_TOLD_AT_ONCE = 500


class Recorder:
    """For one outbox while it runs, from its event loop. Blocking calls go to `pool`."""

    def __init__(self, bus: Bus, alerts: AlertStore, pool: Executor, stop: asyncio.Event) -> None:
        self._bus = bus
        self._alerts = alerts
        self._pool = pool
        self._stop = stop
        self._untold: list[tuple[str, Delivery]] = []
        self._has_more = asyncio.Event()

    async def record(self, ledger: Ledger, handovers: Sequence[Handover]) -> bool:
        """Put outcomes into the log, and then into the ledger; False: `stop` came before the log took them.

        The log first: it is what counts after a kill. Nothing else is sent to the receiver until they are in.
        """
        if not await self.publish([message_of(one) for one in handovers]):
            return False
        for one in handovers:
            ledger.apply(one)
        self._untold += [(one.alert_id, one.delivery()) for one in handovers]
        self._has_more.set()
        return True

    async def publish(self, messages: Sequence[Message]) -> bool:
        """Put messages into the topic; False: `stop` came first."""

        def action() -> bool:
            self._bus.publish(topics.DELIVERIES.name, messages)
            return True

        return bool(await self.until_taken(action))

    async def tell(self) -> None:
        """Keep outcomes where people read them, many at a time, until cancelled: nobody's sending waits for that."""
        while True:
            await self._has_more.wait()
            self._has_more.clear()
            await self.flush()

    async def flush(self) -> None:
        """Keep what is not kept yet."""
        while self._untold:
            part = self._untold[:_TOLD_AT_ONCE]
            if await self.until_taken(partial(self._keep, part)) is None:
                return
            del self._untold[: len(part)]

    async def until_taken(self, action: Callable[[], T]) -> T | None:
        """Run a blocking action until its store takes it; None if `stop` came first."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                return await loop.run_in_executor(self._pool, action)
            except StoreError as error:
                log.warning("held up", cause=str(error))
                await sleep(self._stop, _HELD_SECONDS)
                if self._stop.is_set():
                    return None

    def _keep(self, part: Sequence[tuple[str, Delivery]]) -> bool:
        self._alerts.delivered(part)
        return True


async def sleep(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, at most so long."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
