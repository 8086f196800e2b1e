"""The serving of one receiver: what waits for it is sent, one message at a time, and recorded before the next."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from rasid.app.delivery.receivers import Receiver
from rasid.app.delivery.recorder import Recorder, sleep
from rasid.domain.alert import Alert
from rasid.domain.delivery import OLDEST, Failure, Handover, Outgoing, dead, delivered, failed, suppressed
from rasid.domain.errors import DeliveryError
from rasid.domain.outbox import Ledger, Send, Suppress, Wait
from rasid.ports import Clock, Notifier

log = structlog.get_logger("rasid.outbox")
SEND_SECONDS = 60.0
_LONGEST_WAIT = 30.0  # by the wall clock a machine may sleep through: look again
# Makes the message of alerts: receiver, alerts, its id, the time of the first intent, how many were held back.
Compose = Callable[[Receiver, Sequence[Alert], str, datetime, int], Outgoing]


@dataclass(slots=True)
class Post:
    """How a receiver is doing, for those who watch: since when it fails, and why."""

    failing_since: datetime | None = None
    cause: str = ""


class Line:
    """One receiver's. `posts` is told of its trouble, under its name. Begins once the line `before` it has ended."""

    def __init__(
        self,
        receiver: Receiver,
        notifier: Notifier,
        ledger: Ledger,
        compose: Compose,
        clock: Clock,
        posts: dict[str, Post],
        before: Line | None,
    ) -> None:
        self.receiver = receiver
        self.wake = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self._notifier = notifier
        self._ledger = ledger
        self._compose = compose
        self._clock = clock
        self._posts = posts
        self._before = before
        self._is_over = False

    def start(self, recorder: Recorder) -> None:
        """Begin to serve."""
        self.task = asyncio.create_task(self._serve(recorder), name=f"receiver {self.receiver.name}")

    def end(self) -> None:
        """Let it end after what it is doing."""
        self._is_over = True
        self.wake.set()

    async def _serve(self, recorder: Recorder) -> None:
        try:
            if self._before and self._before.task:  # two at once could send one message twice
                await asyncio.wait({self._before.task})
            self._before = None
            while not self._is_over:
                self.wake.clear()
                await self._next(recorder)
        finally:
            self._posts.pop(self.receiver.name, None)
            await self._notifier.close()

    async def _next(self, recorder: Recorder) -> None:
        now = self._clock.now()
        match self._ledger.plan(self.receiver.name, self.receiver.manner, now):
            case Wait(until):
                seconds = _LONGEST_WAIT if until is None else (until - now).total_seconds()
                await sleep(self.wake, min(max(seconds, 0.01), _LONGEST_WAIT))
            case Suppress(handovers):
                limit = self.receiver.manner.limit
                words = f"over the limit of {limit.count} in {limit.seconds:.0f} s" if limit else "over the limit"
                await self._record(recorder, [suppressed(one, now, words) for one in handovers])
            case Send() as send:
                await self._send(send, recorder)

    async def _send(self, send: Send, recorder: Recorder) -> None:
        handovers = send.handovers
        if send.is_new:
            handovers = tuple(replace(one, batch=send.id, at=self._clock.now()) for one in handovers)
            if not await self._record(recorder, handovers):
                return
        failure = await self._try(send, handovers)
        now = self._clock.now()
        if failure is None:
            self._posts.pop(self.receiver.name, None)
            told = [send.held_back, *([0] * (len(handovers) - 1))]
            sent = [delivered(one, now, told=count) for one, count in zip(handovers, told, strict=True)]
            await self._record(recorder, sent)
        else:
            self._posts.setdefault(self.receiver.name, Post(now)).cause = failure.cause
            await self._record(recorder, self._after(handovers, failure, now))

    async def _record(self, recorder: Recorder, handovers: Sequence[Handover]) -> bool:
        done = await recorder.record(self._ledger, handovers)
        self._is_over = self._is_over or not done  # the service ends: what is not recorded must not be tried on
        return done

    async def _try(self, send: Send, handovers: Sequence[Handover]) -> Failure | None:
        """Send once; whatever goes wrong is this message's trouble, or the receiver's, never the service's."""
        try:
            alerts = [one.alert for one in handovers if one.alert]
            message = self._compose(self.receiver, alerts, send.id, handovers[0].queued_at, send.held_back)
            async with asyncio.timeout(SEND_SECONDS):
                await self._notifier.send(message)
        except DeliveryError as error:
            return Failure(str(error), error.is_outage, error.retry_after, error.is_final)
        except TimeoutError:
            return Failure(f"did not end within {SEND_SECONDS:.0f} s")
        except Exception as error:
            log.exception("sending failed", receiver=self.receiver.name)
            return Failure(f"{type(error).__name__}: {error}", is_outage=False)
        return None

    def _after(self, handovers: Sequence[Handover], failure: Failure, now: datetime) -> list[Handover]:
        """Give what a failure makes of these, and of all that has waited too long for a receiver that is out."""
        chance = random.random()  # noqa: S311 - spreads retries; one for all of a digest, which stays together
        tried = [failed(one, failure, now, self.receiver.manner.retry, chance) for one in handovers]
        keys = {one.key for one in tried}
        others = self._ledger.waiting(self.receiver.name) if failure.is_outage else []
        old = [one for one in others if one.key not in keys and now - one.queued_at > OLDEST]
        log.warning(
            "not delivered", receiver=self.receiver.name, alerts=len(tried), attempts=tried[0].attempts,
            status=tried[0].status, cause=failure.cause,
        )  # fmt: skip
        return tried + [dead(one, now, failure.cause) for one in old]
