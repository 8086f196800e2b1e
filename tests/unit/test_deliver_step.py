"""Alerts from the log: kept where people find them, and asked to be sent once a receiver."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from alert_makers import alert
from makers import NOON

from rasid.adapters.sqlite_alerts import SqliteAlerts
from rasid.adapters.sqlite_bus import SqliteBus
from rasid.app.delivery.receivers import JsonlTarget, Receiver, Receivers
from rasid.app.delivery.replay import dead_handovers, replay_dead
from rasid.app.delivery.step import deliver_step
from rasid.codec import decode, encode
from rasid.domain import topics
from rasid.domain.alert import Alert
from rasid.domain.delivery import Handover
from rasid.domain.judgement import InboxFilter
from rasid.ports import Outputs, Record

DESK = Receiver(name="مكتب", target=JsonlTarget(None))
NIGHT = Receiver(name="ночь", target=JsonlTarget(None), only_named=True)


class Noon:
    """A clock that stands."""

    def now(self) -> object:
        """Give noon."""
        return NOON


@dataclass(slots=True)
class Desk:
    """The step with its log and store."""

    bus: SqliteBus
    alerts: SqliteAlerts
    receivers: Receivers = field(default_factory=lambda: Receivers(receivers=(DESK, NIGHT)))

    def take(self, *alerts: Alert) -> Outputs:
        """Take alerts through the step, and publish what follows."""
        latest = partial(self.bus.latest, topics.DELIVERIES.name)
        step = deliver_step(self.alerts, lambda: self.receivers, latest, Noon())  # type: ignore[arg-type]
        messages = [encode(one, key=one.id, time=NOON) for one in alerts]
        outputs = step([Record(topic="t", partition=0, offset=n, message=m) for n, m in enumerate(messages)])
        for topic, made in outputs.items():
            self.bus.publish(topic, made)
        return outputs

    def asked(self) -> list[Handover]:
        """Give what stands in the log of deliveries."""
        return [decode(record.message, Handover) for record in self.bus.read(topics.DELIVERIES.name)]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Give a desk with two receivers."""
    with SqliteBus(tmp_path / "log.db") as bus, SqliteAlerts(tmp_path / "alerts.db") as alerts:
        yield Desk(bus, alerts)


def test_each_alert_is_kept_and_asked_for_once(desk: Desk) -> None:
    """An alert that comes again, in a batch or later, is asked for no second time."""
    desk.take(alert(1, language="ar"), alert(2, language="ru"), alert(1, language="ar"))
    assert desk.take(alert(1, language="ar")) == {}
    assert [(one.alert_id, one.receiver, one.status) for one in desk.asked()] == [
        (alert(1).id, "مكتب", "waiting"), (alert(2).id, "مكتب", "waiting"),
    ]  # fmt: skip
    kept = {
        item.alert.id: {one.receiver: one.status for one in item.alert.deliveries}
        for item in desk.alerts.inbox(InboxFilter())
    }
    assert kept == {alert(n).id: {"inbox": "recorded", "مكتب": "retrying"} for n in (1, 2)}


@pytest.mark.parametrize("origin", ["backfill", "replay"])
def test_history_is_kept_and_not_sent(desk: Desk, origin: str) -> None:
    """Alerts of back-fill and replay are in the inbox only."""
    assert desk.take(alert(origin=origin)) == {}
    assert len(desk.alerts.alerts()) == 1


def test_a_rule_that_names_receivers_is_heard_by_these(desk: Desk) -> None:
    """`notify` names receivers; a name that nobody has is dead with a cause, and is sent once there is one."""
    desk.take(alert(notify=("ночь", "дежурный")))
    first, second = desk.asked()
    assert (first.receiver, first.status) == ("ночь", "waiting")
    assert (second.receiver, second.status) == ("дежурный", "dead")
    assert "there is no receiver 'дежурный'" in second.cause
    assert [one.receiver for one in dead_handovers(desk.bus)] == ["дежурный"]
    assert replay_dead(desk.bus, "ночь") == 0
    assert replay_dead(desk.bus) == 1
    assert desk.asked()[-1].is_intent
    assert dead_handovers(desk.bus) == []


def test_without_receivers_nothing_is_asked_for(desk: Desk) -> None:
    """The inbox works on its own."""
    desk.receivers = Receivers()
    assert desk.take(alert()) == {}
    (kept,) = desk.alerts.alerts()
    assert [one.receiver for one in kept.deliveries] == ["inbox"]
