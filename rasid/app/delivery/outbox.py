"""Sends what the log says is to be sent: one task a receiver, so that none waits for another.

    deliveries topic --fold at the start, then followed--> ledger --plan--> send --> record what became of it
         ^---------------------------------------------------------------------------------'

Intents are in the log before anything is sent, outcomes after: a kill in between sends once more, under the same id.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

import structlog

from rasid.app.delivery.lease import RENEW_SECONDS, Lease
from rasid.app.delivery.line import Line, Post
from rasid.app.delivery.receivers import Receiver, Receivers
from rasid.app.delivery.recorder import Recorder, sleep
from rasid.app.delivery.render import WordingOf, render
from rasid.codec import decode, encode, kind_of
from rasid.domain import topics
from rasid.domain.alert import Alert
from rasid.domain.delivery import Claim, Handover, Outgoing
from rasid.domain.errors import CodecError, RasidError, StoreError
from rasid.domain.outbox import Ledger
from rasid.ports import AlertStore, Bus, Clock, Consumer, Notifier, Record

log = structlog.get_logger("rasid.outbox")
GROUP = "outbox"
_POLL_SECONDS = 0.5
_SETTLED_SECONDS = 1.0
_STOP_SECONDS = 1.5
_RETOLD = 200
MakeNotifier = Callable[[Receiver], Notifier]


class Outbox:
    """One for the whole service: two would send twice. From one event loop; runs once.

    Where processes share the log, each has a name (`shared_as`) under which it holds the sending while it runs.
    """

    def __init__(
        self,
        *,
        bus: Bus,
        alerts: AlertStore,
        receivers: Callable[[], Receivers],
        make: MakeNotifier,
        clock: Clock,
        wording: WordingOf = lambda _: None,
        shared_as: str | None = None,
    ) -> None:
        self._bus = bus
        self._alerts = alerts
        self._receivers = receivers
        self._make = make
        self._clock = clock
        self._wording = wording
        self._ledger = Ledger()
        self._lines: dict[str, Line] = {}
        self._ending: dict[str, Line] = {}
        self._group = f"{GROUP}-{uuid.uuid4().hex[:12]}"  # its own: each reads all of the topic
        self._lease = Lease(shared_as) if shared_as else None
        self._folded: dict[int, int] = {}
        self._seen: Receivers | None = None
        self.posts: dict[str, Post] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Serve all receivers until `stop` is set, or another process does; what is being sent then may end."""
        # Its own threads: polling the log and recording must not wait for the stages' turn.
        with ThreadPoolExecutor(2, thread_name_prefix="outbox") as pool:
            recorder = Recorder(self._bus, self._alerts, pool, stop)
            consumer = await recorder.until_taken(partial(self._bus.consumer, self._group, [topics.DELIVERIES.name]))
            if consumer is None or await recorder.until_taken(self._fold) is None:
                return
            try:
                if await self._my_turn(consumer, recorder, stop):
                    await self._serve_all(consumer, recorder, stop)
            finally:
                consumer.close()

    async def _my_turn(self, consumer: Consumer, recorder: Recorder, stop: asyncio.Event) -> bool:
        """Wait until no other process sends, and claim it; False: `stop` came first."""
        lease = self._lease
        if lease is None:
            return True
        while not stop.is_set():
            if lease.is_free(time.monotonic()) and await self._claim(recorder, lease.name):
                # Two may have claimed it at once: the later claim counts, and both see that in a moment.
                await sleep(stop, _SETTLED_SECONDS)
                await self._look(consumer, recorder)
                if not lease.is_lost():
                    # What the one before recorded last has come by now.
                    self._ledger = Ledger()
                    return await recorder.until_taken(self._fold) is not None
            await self._look(consumer, recorder)
        return False

    async def _serve_all(self, consumer: Consumer, recorder: Recorder, stop: asyncio.Event) -> None:
        telling = asyncio.create_task(recorder.tell())
        renewed = time.monotonic()
        try:
            self._arrange(recorder)
            while not stop.is_set():
                await self._look(consumer, recorder)
                if self._lease and self._lease.is_lost():
                    log.warning("another outbox does the sending now", mine=self._lease.name)
                    break
                self._arrange(recorder)
                if self._lease and time.monotonic() - renewed > RENEW_SECONDS:
                    renewed = time.monotonic()
                    await self._claim(recorder, self._lease.name)
        finally:
            await self._end()
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
            await recorder.flush()
            if self._lease and not self._lease.is_lost():
                await self._claim(recorder, "")

    async def _claim(self, recorder: Recorder, owner: str) -> bool:
        claim = Claim(owner=owner, at=self._clock.now())
        return await recorder.publish([encode(claim, key=GROUP, time=claim.at)])

    async def _look(self, consumer: Consumer, recorder: Recorder) -> None:
        """Follow the log for a moment."""
        records = await recorder.until_taken(lambda: consumer.poll(500, _POLL_SECONDS))
        for record in records or ():
            if record.offset <= self._folded.get(record.partition, -1):
                continue
            if self._lease and (claim := _claim_of(record)):
                self._lease.note(claim, time.monotonic())
            handover = _read(record)
            if handover is not None and self._ledger.follow(handover) and handover.receiver in self._lines:
                self._lines[handover.receiver].wake.set()

    def _fold(self) -> bool:
        """Read the log's state. The consumer, which never commits, gives the same again; `_look` skips it."""
        last: dict[str, Handover] = {}
        for record in self._bus.read(topics.DELIVERIES.name):
            self._folded[record.partition] = record.offset
            if self._lease and (claim := _claim_of(record)):
                self._lease.fold(claim, self._clock.now(), time.monotonic())
            if (handover := _read(record)) is not None:
                self._ledger.apply(handover)
                last.pop(handover.key, None)
                last[handover.key] = handover
        # A kill between the log and the store that people read: the newest are told to it again.
        self._alerts.delivered([(one.alert_id, one.delivery()) for one in list(last.values())[-_RETOLD:]])
        return True

    def _arrange(self, recorder: Recorder) -> None:
        """Begin to serve receivers that are new or changed; let go of those that are not there any more."""
        try:
            there = self._receivers()
        except StoreError:  # the file is broken from the start, and its source has said so
            return
        if there is self._seen:
            return
        self._seen = there
        wanted = {receiver.name: receiver for receiver in there}
        for name, line in list(self._lines.items()):
            if wanted.get(name) != line.receiver:
                line.end()
                self._ending[name] = self._lines.pop(name)
        for name, receiver in wanted.items():
            if name not in self._lines:
                self._begin(receiver, recorder)

    def _begin(self, receiver: Receiver, recorder: Recorder) -> None:
        name = receiver.name
        try:
            notifier = self._make(receiver)
        except (RasidError, ValueError, OSError) as error:  # one that cannot be made holds up no other
            log.warning("receiver not served", receiver=name, cause=str(error))
            self.posts[name] = Post(self._clock.now(), str(error))
            return
        before = self._ending.pop(name, None)
        line = Line(receiver, notifier, self._ledger, self._compose, self._clock, self.posts, before)
        self._lines[name] = line
        line.start(recorder)

    def _compose(self, receiver: Receiver, alerts: Sequence[Alert], id_: str, at: datetime, held_back: int) -> Outgoing:
        page = self._seen.page if self._seen else ""
        return render(receiver, alerts, id_=id_, at=at, held_back=held_back, page=page, wording=self._wording)

    async def _end(self) -> None:
        """Let what is being sent end within a moment; what does not is sent again, under the same id."""
        lines = [*self._lines.values(), *self._ending.values()]
        for line in lines:
            line.end()
        tasks = [line.task for line in lines if line.task is not None]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _claim_of(record: Record) -> Claim | None:
    return decode(record.message, Claim) if kind_of(record.message) is Claim else None


def _read(record: Record) -> Handover | None:
    if kind_of(record.message) is Claim:
        return None
    try:
        return decode(record.message, Handover)
    except CodecError as error:  # somebody else's words in our topic: said, and passed by
        log.warning("not a handover", offset=record.offset, cause=str(error))
        return None
