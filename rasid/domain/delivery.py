"""An alert on its way to one receiver: what the log says of it, what goes out, and what a failure makes of it. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from rasid.domain.alert import Alert, Delivery
from rasid.domain.times import require_aware

Language = Literal["ar", "en", "ru"]
HandoverStatus = Literal["waiting", "delivered", "suppressed", "dead"]
_STATUS: dict[HandoverStatus, Literal["retrying", "delivered", "suppressed", "dead"]] = {
    "waiting": "retrying", "delivered": "delivered", "suppressed": "suppressed", "dead": "dead",
}  # fmt: skip
# What waits longer than this for a receiver that is out is news to nobody.
OLDEST = timedelta(days=3)
_REFUSALS = 3  # a receiver that answers and says no will hardly say yes later


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """The state of one alert for one receiver, as `news.deliveries.v1` keeps it (key: alert id and receiver).

    Recorded as `waiting` before anything is sent, and again after each try. `alert` is kept while it may yet be sent;
    `batch` is the id of the digest it goes in, recorded before that goes out; `is_outage`: the receiver did not
    answer, so others need not try either; `told` counts held-back alerts that this message told of.
    """

    alert_id: str
    receiver: str
    status: HandoverStatus
    at: datetime
    queued_at: datetime
    attempts: int = 0
    next_at: datetime | None = None
    cause: str = ""
    is_outage: bool = False
    batch: str = ""
    told: int = 0
    alert: Alert | None = None

    def __post_init__(self) -> None:
        """Check that the times are aware."""
        require_aware(at=self.at, queued_at=self.queued_at, next_at=self.next_at)

    @property
    def key(self) -> str:
        """Give the key of its messages in the log."""
        return handover_key(self.alert_id, self.receiver)

    @property
    def is_intent(self) -> bool:
        """Tell whether it asks for a sending, not yet tried."""
        return self.status == "waiting" and not self.attempts and not self.batch

    def delivery(self) -> Delivery:
        """Give it as people read it beside the alert."""
        return Delivery(
            receiver=self.receiver, status=_STATUS[self.status], at=self.at, attempts=self.attempts, cause=self.cause
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """From here on in `news.deliveries.v1` this outbox does the sending, and no other (key: "outbox"); "": none does.

    Renewed while it runs, so that another may take over from one that fell silent.
    """

    owner: str
    at: datetime

    def __post_init__(self) -> None:
        """Check that the time is aware."""
        require_aware(at=self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message as it goes out. `id` is the same on every try, so that the other end can drop a repeat.

    `held_back` counts alerts that the receiver's limit kept from it since its last message.
    """

    id: str
    alerts: tuple[Alert, ...]
    subject: str
    text: str
    html: str
    language: Language
    at: datetime
    held_back: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a try failed. `is_outage`: the receiver is away; else it refused this one. `retry_after` in seconds.

    `is_final`: it must not be tried again.
    """

    cause: str
    is_outage: bool = True
    retry_after: float | None = None
    is_final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often and when to try again: `first` seconds, doubled up to `most`, a fifth more or less by chance."""

    attempts: int = 20
    first: float = 2.0
    most: float = 900.0

    def pause(self, attempts: int, chance: float) -> float:
        """Give the seconds to wait after the `attempts`-th try; `chance` in 0..1."""
        return float(min(self.first * 2.0 ** min(attempts - 1, 60), self.most) * (0.8 + 0.4 * chance))


def handover_key(alert_id: str, receiver: str) -> str:
    """Give the key of an alert's messages for one receiver."""
    return f"{alert_id} {receiver}"


def message_id(*parts: str) -> str:
    """Derive the id of a message from what it is of and for: the same on every try."""
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


def intent(alert: Alert, receiver: str, at: datetime) -> Handover:
    """Give the record that an alert is to go to a receiver."""
    return Handover(alert_id=alert.id, receiver=receiver, status="waiting", at=at, queued_at=at, alert=alert)


def delivered(handover: Handover, at: datetime, *, told: int = 0) -> Handover:
    """Give the record that it was sent."""
    return replace(
        handover, status="delivered", at=at, attempts=handover.attempts + 1, next_at=None, cause="", told=told,
        is_outage=False, alert=None,
    )  # fmt: skip


def suppressed(handover: Handover, at: datetime, cause: str) -> Handover:
    """Give the record that the receiver's limit kept it back."""
    return replace(handover, status="suppressed", at=at, next_at=None, cause=cause, alert=None)


def dead(handover: Handover, at: datetime, cause: str) -> Handover:
    """Give the record that nobody tries any more; the alert stays with it, so that a person may."""
    return replace(handover, status="dead", at=at, next_at=None, cause=cause, batch="", is_outage=False)


def failed(handover: Handover, failure: Failure, at: datetime, retry: Retry, chance: float) -> Handover:
    """Give what a failed try makes of it: waiting for the next one, or dead after the last."""
    attempts = handover.attempts + 1
    tried = replace(handover, attempts=attempts, at=at, cause=failure.cause, is_outage=failure.is_outage)
    last = retry.attempts if failure.is_outage else min(_REFUSALS, retry.attempts)
    if failure.is_final or attempts >= last or at - handover.queued_at > OLDEST:
        return dead(tried, at, failure.cause)
    pause = max(retry.pause(attempts, chance), min(failure.retry_after or 0.0, 4 * retry.most))
    return replace(tried, next_at=at + timedelta(seconds=pause))


def again(handover: Handover, at: datetime) -> Handover:
    """Give the intent that brings a dead one back."""
    return replace(
        handover, status="waiting", at=at, queued_at=at, attempts=0, next_at=None, cause="", batch="", told=0,
        is_outage=False,
    )  # fmt: skip
