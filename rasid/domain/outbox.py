"""What waits for which receiver, as a fold over the log of handovers, and what to do next. Pure.

intent -> [digest: batch recorded] -> sent -> delivered
                                       `---> failed: waiting again, later, or dead
       `-> over the receiver's limit: suppressed, counted, told in the next message
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from rasid.domain.delivery import Handover, Retry, message_id
from rasid.domain.pacing import Digest, Limit

MOST_IN_DIGEST = 200
_REMEMBERED = 100_000  # settled handovers: enough to know an intent that was published twice


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a receiver is to be served."""

    limit: Limit | None = None
    digest: Digest | None = None
    retry: Retry = field(default_factory=Retry)


@dataclass(frozen=True, slots=True)
class Send:
    """Send these in one message of this id; `is_new`: record first that they go together."""

    handovers: tuple[Handover, ...]
    id: str
    held_back: int
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Suppress:
    """The receiver has had as many as it takes: keep these back."""

    handovers: tuple[Handover, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do until then; None: until something comes."""

    until: datetime | None


Action: TypeAlias = Send | Suppress | Wait


class Ledger:
    """The fold. Not for several threads."""

    def __init__(self) -> None:
        self._waiting: dict[str, dict[str, Handover]] = defaultdict(dict)
        self._settled: dict[str, datetime] = {}
        self._sent: dict[str, deque[datetime]] = defaultdict(lambda: deque(maxlen=10_000))
        self._held: Counter[str] = Counter()

    def apply(self, handover: Handover) -> None:
        """Take in one record, in the order of the log. One that was published twice changes nothing."""
        key, receiver = handover.key, handover.receiver
        if handover.status == "waiting":
            if self._settled.get(key) != handover.queued_at:
                self._waiting[receiver][handover.alert_id] = handover
            return
        if self._settled.get(key) == handover.queued_at:
            return
        self._waiting[receiver].pop(handover.alert_id, None)
        self._settle(handover)
        if handover.status == "suppressed":
            self._held[receiver] += 1
        elif handover.status == "delivered":
            self._held[receiver] -= handover.told
            # A digest is one message however many it tells of.
            if not handover.batch or not self._sent[receiver] or self._sent[receiver][-1] != handover.at:
                self._sent[receiver].append(handover.at)

    def follow(self, handover: Handover) -> bool:
        """Take in what another wrote: an intent not known yet. True if there is something to do for its receiver.

        What this process itself recorded is in already, and may be older than what is held.
        """
        known = self._waiting[handover.receiver].get(handover.alert_id)
        if not handover.is_intent or (known and known.queued_at >= handover.queued_at):
            return False
        self.apply(handover)
        return handover.alert_id in self._waiting[handover.receiver]

    def waiting(self, receiver: str) -> list[Handover]:
        """Give what waits for a receiver, oldest first."""
        return sorted(self._waiting[receiver].values(), key=lambda one: (one.queued_at, one.alert_id))

    def plan(self, receiver: str, manner: Manner, now: datetime) -> Action:
        """Decide what to do next for a receiver."""
        waiting = self.waiting(receiver)
        if not waiting:
            return Wait(None)
        out = [one.next_at for one in waiting if one.is_outage and one.next_at and one.next_at > now]
        if out:
            return Wait(max(out))
        ready = [one for one in waiting if one.next_at is None or one.next_at <= now]
        if not ready:
            return Wait(min(one.next_at for one in waiting if one.next_at))
        batched = [one for one in ready if one.batch]
        if batched:
            return self._send([one for one in ready if one.batch == batched[0].batch], batched[0].batch)
        if manner.digest:
            return self._digest(receiver, ready, manner.digest, now)
        if manner.limit and manner.limit.is_reached(self._sent[receiver], now):
            return Suppress(tuple(ready))
        return self._send(ready[:1], message_id(ready[0].alert_id, receiver))

    def _digest(self, receiver: str, ready: list[Handover], digest: Digest, now: datetime) -> Action:
        due = digest.next(ready[0].queued_at)
        if due > now:
            return Wait(due)
        together = ready[:MOST_IN_DIGEST]
        return self._send(together, digest_id(receiver, together), is_new=True)

    def _send(self, handovers: list[Handover], id_: str, *, is_new: bool = False) -> Send:
        return Send(tuple(handovers), id_, max(0, self._held[handovers[0].receiver]), is_new)

    def _settle(self, handover: Handover) -> None:
        self._settled[handover.key] = handover.queued_at
        if len(self._settled) > _REMEMBERED:
            for key in list(self._settled)[: _REMEMBERED // 10]:
                del self._settled[key]


def digest_id(receiver: str, handovers: Iterable[Handover]) -> str:
    """Derive a digest's id from what is in it."""
    return message_id("digest", receiver, *(one.alert_id for one in handovers))
