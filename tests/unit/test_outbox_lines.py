"""The outbox with receivers of a test's own: what breaks in one place holds up nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from alert_makers import alert

from rasid.adapters.sqlite_alerts import SqliteAlerts
from rasid.adapters.sqlite_bus import SqliteBus
from rasid.app.bootstrap import SystemClock
from rasid.app.delivery.outbox import Outbox
from rasid.app.delivery.receivers import JsonlTarget, Receiver, Receivers
from rasid.app.delivery.step import message_of
from rasid.codec import decode
from rasid.domain import topics
from rasid.domain.alert import Alert, Why
from rasid.domain.delivery import Handover, Outgoing, Retry, intent
from rasid.domain.errors import DeliveryError, NotifyError, StoreFullError
from rasid.domain.outbox import Manner
from rasid.ports import Message

CLOCK = SystemClock()
_QUICK = Manner(retry=Retry(first=0.05))


class Told:
    """A receiver that notes what it gets; `trouble` may raise."""

    def __init__(self, trouble: Callable[[Outgoing], None] = lambda _: None) -> None:
        self.got: list[str] = []
        self.closed = 0
        self._trouble = trouble

    async def send(self, message: Outgoing) -> None:
        """Take a message."""
        await asyncio.sleep(0)
        self._trouble(message)
        self.got.append(message.alerts[0].id)

    async def close(self) -> None:
        """Count it."""
        await asyncio.sleep(0)
        self.closed += 1


class FullBus(SqliteBus):
    """A log whose disk is full for a while."""

    full = 0

    def publish(self, topic: str, messages: object) -> None:
        """Refuse as long as it is full."""
        if self.full and topic == topics.DELIVERIES.name:
            self.full -= 1
            raise StoreFullError("log.db: the disk is full")
        super().publish(topic, messages)  # type: ignore[arg-type]


class Case:
    """An outbox on a log, with its receivers."""

    def __init__(self, directory: Path, **notifiers: Told) -> None:
        self.bus = FullBus(directory / "log.db")
        self.alerts = SqliteAlerts(directory / "alerts.db")
        self.notifiers = notifiers
        self.receivers = Receivers(
            receivers=tuple(Receiver(name=name, target=JsonlTarget(None), manner=_QUICK) for name in notifiers)
        )
        self.outbox = self._make()

    def _make(self) -> Outbox:
        return Outbox(
            bus=self.bus, alerts=self.alerts, receivers=lambda: self.receivers, make=self._notifier, clock=CLOCK
        )

    def _notifier(self, receiver: Receiver) -> Told:
        if receiver.name == "broken":
            raise NotifyError("لا يمكن")
        return self.notifiers[receiver.name]

    def ask(self, *alerts: Alert) -> None:
        """Ask for alerts to be sent to every receiver."""
        made: list[Message] = [
            message_of(intent(one, receiver.name, CLOCK.now())) for one in alerts for receiver in self.receivers
        ]
        SqliteBus.publish(self.bus, topics.DELIVERIES.name, made)

    def statuses(self, receiver: str) -> dict[str, str]:
        """Give the last status of each alert."""
        found = [decode(record.message, Handover) for record in self.bus.read(topics.DELIVERIES.name)]
        return {one.alert_id: one.status for one in found if one.receiver == receiver}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Outbox]:
        """Run it."""
        stop = asyncio.Event()
        outbox = self._make()
        task = asyncio.create_task(outbox.run(stop))
        try:
            yield outbox
        finally:
            stop.set()
            await task

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds."""
        async with asyncio.timeout(20):
            while not condition():  # noqa: ASYNC110 - what is waited for lies in a file
                await asyncio.sleep(0.02)

    def close(self) -> None:
        """Let go."""
        self.bus.close()
        self.alerts.close()


async def test_a_message_that_breaks_its_sender_is_passed_by(tmp_path: Path) -> None:
    """A failure nobody foresaw is tried again, ends as dead, and holds up neither the next alert nor the service."""

    def trouble(message: Outgoing) -> None:
        if message.alerts[0].id == alert(1).id:
            raise UnicodeEncodeError("ascii", "сбой", 0, 1, "не ascii")

    told = Told(trouble)
    case = Case(tmp_path, desk=told)
    async with case.running():
        case.ask(alert(1), alert(2))
        await case.until(lambda: case.statuses("desk").get(alert(2).id) == "delivered")
        await case.until(lambda: case.statuses("desk")[alert(1).id] == "dead")
    assert told.got == [alert(2).id]
    case.close()


async def test_an_alert_that_cannot_be_worded_is_passed_by(tmp_path: Path) -> None:
    """An alert of the service in words that this version has not is sent in its own."""
    told = Told()
    case = Case(tmp_path, desk=told)
    strange = alert(1, kind="service", why=(Why(clause="of the future", field="service"),))
    async with case.running():
        case.ask(strange, alert(2))
        await case.until(lambda: len(told.got) == 2)
    case.close()


async def test_a_full_disk_sends_nothing_twice(tmp_path: Path) -> None:
    """While the log takes no outcome nothing else is sent; then it goes on where it was."""
    told = Told()
    case = Case(tmp_path, desk=told)
    async with case.running():
        case.bus.full = 2
        case.ask(*(alert(n) for n in range(1, 6)))
        await case.until(lambda: list(case.statuses("desk").values()).count("delivered") == 5)
    assert told.got == [alert(n).id for n in range(1, 6)]
    case.close()


async def test_a_receiver_that_cannot_be_made_holds_up_no_other(tmp_path: Path) -> None:
    """It is told of as failing; the others have their alerts."""
    told = Told()
    case = Case(tmp_path, broken=Told(), desk=told)
    async with case.running() as outbox:
        case.ask(alert(1))
        await case.until(lambda: told.got == [alert(1).id])
        assert outbox.posts["broken"].cause == "لا يمكن"
    case.close()


async def test_receivers_come_and_go_while_running(tmp_path: Path) -> None:
    """A receiver taken out is closed and what waits for it stays in the log; it goes on when it is back."""
    told = Told()
    case = Case(tmp_path, desk=told)
    there = case.receivers
    async with case.running():
        await case.until(lambda: case.receivers is there)
        case.ask(alert(1))
        await case.until(lambda: len(told.got) == 1)
        case.receivers = Receivers()
        await case.until(lambda: told.closed == 1)
        case.receivers = there
        case.ask(alert(2))
        await case.until(lambda: len(told.got) == 2)
        case.receivers = replace(there, receivers=(replace(there.receivers[0], language="ru"),))
        case.ask(alert(3))
        await case.until(lambda: len(told.got) == 3)
    assert told.got == [alert(n).id for n in (1, 2, 3)]
    case.close()


@pytest.mark.parametrize("error", [DeliveryError("503"), DeliveryError("422", is_outage=False)])
async def test_what_fails_is_seen_by_those_who_watch(tmp_path: Path, error: DeliveryError) -> None:
    """Since when and why a receiver fails is there to be told, and gone when it takes a message."""
    broken = [True]

    def trouble(_message: Outgoing) -> None:
        if broken.pop():
            broken.append(True)
            raise error
        broken.append(False)

    told = Told(trouble)
    case = Case(tmp_path, desk=told)
    async with case.running() as outbox:
        case.ask(alert(1))
        await case.until(lambda: "desk" in outbox.posts)
        assert outbox.posts["desk"].cause == str(error)
        broken[:] = [False]
        await case.until(lambda: case.statuses("desk")[alert(1).id] == "delivered")
        assert "desk" not in outbox.posts
    case.close()
