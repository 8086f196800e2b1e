"""Dead handovers brought back: a person mended what kept them from arriving."""

from __future__ import annotations

from datetime import UTC, datetime

from rasid.app.delivery.step import message_of
from rasid.codec import decode
from rasid.domain import topics
from rasid.domain.delivery import Handover, again
from rasid.ports import Bus


def dead_handovers(bus: Bus) -> list[Handover]:
    """Give what was given up, oldest first."""
    last: dict[str, Handover] = {}
    for record in bus.read(topics.DELIVERIES.name):
        handover = decode(record.message, Handover)
        last[handover.key] = handover
    return [one for one in last.values() if one.status == "dead"]


def replay_dead(bus: Bus, receiver: str | None = None) -> int:
    """Ask for what was given up to be sent again, to one receiver or all; give how many."""
    now = datetime.now(UTC)
    found = [one for one in dead_handovers(bus) if one.alert is not None and receiver in {None, one.receiver}]
    bus.publish(topics.DELIVERIES.name, [message_of(again(one, now)) for one in found])
    return len(found)
