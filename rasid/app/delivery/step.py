"""alerts --deliver--> the inbox, and for each receiver an intent in the log; the outbox does the sending."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from rasid.app.delivery.receivers import Receivers
from rasid.codec import decode, encode
from rasid.domain import topics
from rasid.domain.alert import Alert, Delivery
from rasid.domain.delivery import Handover, dead, intent
from rasid.ports import AlertStore, Clock, Message, Outputs, Record, Step

log = structlog.get_logger("rasid.alert")
Latest = Callable[[Sequence[bytes]], dict[bytes, Record]]


def deliver_step(alerts: AlertStore, receivers: Callable[[], Receivers], latest: Latest, clock: Clock) -> Step:
    """Give the step. `latest` looks handovers up in the log: an alert that comes twice is asked for once a receiver."""

    def step(records: Sequence[Record]) -> Outputs:
        made = [decode(record.message, Alert) for record in records]
        alerts.record(made)
        live = [alert for alert in made if alert.origin == "live"]
        wanted = {one.key: one for alert in live for one in _handovers(alert, receivers(), clock)}
        known = latest([key.encode() for key in wanted]) if wanted else {}
        fresh = [one for key, one in wanted.items() if key.encode() not in known]
        kept = Delivery(receiver="inbox", status="recorded", at=clock.now())
        alerts.delivered([(one.id, kept) for one in made] + [(one.alert_id, one.delivery()) for one in fresh])
        for alert in made:
            log.info("alert", rule=alert.rule, title=alert.title, articles=list(alert.article_ids), id=alert.id)
        return {topics.DELIVERIES.name: [message_of(one) for one in fresh]} if fresh else {}

    return step


def message_of(handover: Handover) -> Message:
    """Give the message that records a handover."""
    return encode(handover, key=handover.key, time=handover.at)


def _handovers(alert: Alert, receivers: Receivers, clock: Clock) -> list[Handover]:
    now = clock.now()
    found = [intent(alert, receiver.name, now) for receiver in receivers.of(alert)]
    missing = [dead(intent(alert, name, now), now, receivers.unknown(name)) for name in receivers.missing(alert)]
    return found + missing
