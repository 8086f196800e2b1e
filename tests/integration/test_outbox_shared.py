"""Several workers on one log: one at a time sends, and another takes over without sending anything twice."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from alert_makers import alert
from makers import NOON
from receivers_site import SECRET, HookServer

from rasid.adapters.sqlite_alerts import SqliteAlerts
from rasid.adapters.sqlite_bus import SqliteBus
from rasid.alerts.announce import RulesRead
from rasid.app.bootstrap import SystemClock
from rasid.app.delivery.lease import LASTS_SECONDS, Lease
from rasid.app.delivery.notify_source import NotifySource
from rasid.app.delivery.service import Delivering, DeliveringThread
from rasid.app.delivery.step import message_of
from rasid.codec import decode, kind_of
from rasid.domain import topics
from rasid.domain.delivery import Claim, intent
from rasid.settings import Settings


def worker(directory: Path, bus: SqliteBus, hooks: HookServer, stack: ExitStack, name: str) -> DeliveringThread:
    """Start the outbox of one deliver worker."""
    alerts = stack.enter_context(SqliteAlerts(directory / "alerts.db"))
    settings = Settings(data_dir=directory, fetch_allowed_hosts=(hooks.host,))
    notify = NotifySource(directory / "notify.yaml")
    rules = RulesRead((), SystemClock().now())
    return stack.enter_context(
        DeliveringThread(Delivering(settings, bus, alerts, notify, lambda: rules, shared_as=name))
    )


def ask(bus: SqliteBus, first: int, count: int) -> None:
    """Put intents into the log."""
    now = SystemClock().now()
    made = [intent(alert(number, language="ru"), "desk", now) for number in range(first, first + count)]
    bus.publish(topics.DELIVERIES.name, [message_of(one) for one in made])


def until(hooks: HookServer, count: int) -> None:
    """Wait until so many came."""
    end = time.monotonic() + 30
    while len(hooks.hooks) < count and time.monotonic() < end:
        time.sleep(0.05)
    assert len(hooks.hooks) == count


def test_one_at_a_time_sends(tmp_path: Path) -> None:
    """A second worker waits while the first sends, and takes over when that ends; nothing is sent twice."""
    with HookServer() as hooks, SqliteBus(tmp_path / "log.db") as bus, ExitStack() as stack:
        (tmp_path / "notify.yaml").write_text(
            f"receivers:\n  desk: {{webhook: {{url: 'http://{hooks.host}/', secret: {SECRET}}}}}\n", "utf-8"
        )
        with ExitStack() as first:
            worker(tmp_path, bus, hooks, first, "one")
            ask(bus, 1, 20)
            until(hooks, 20)
            worker(tmp_path, bus, hooks, stack, "two")
            ask(bus, 21, 20)
            until(hooks, 40)
        ask(bus, 41, 20)
        until(hooks, 60)
        owners = [
            decode(r.message, Claim).owner for r in bus.read(topics.DELIVERIES.name) if kind_of(r.message) is Claim
        ]
        assert list(dict.fromkeys(owners)) == ["one", "", "two"]
        time.sleep(1)
    assert max(hooks.ids().values()) == 1
    assert len(hooks.ids()) == 60


@pytest.mark.parametrize(
    ("owner", "age", "is_free"),
    [
        ("", 0, True),
        ("me", 0, True),
        ("مكتب", 0, False),
        ("مكتب", LASTS_SECONDS - 1, False),
        ("مكتب", LASTS_SECONDS + 1, True),
    ],
)
def test_whose_turn_it_is(owner: str, age: float, *, is_free: bool) -> None:
    """Free is what nobody holds, what one held before one was killed, and what its holder has long not renewed."""
    folded, noted = Lease("me"), Lease("me")
    folded.fold(Claim(owner=owner, at=NOON - timedelta(seconds=age)), NOON, 1000.0)
    noted.note(Claim(owner=owner, at=NOON), 1000.0 - age)
    assert (folded.is_free(1000.0), noted.is_free(1000.0)) == (is_free, is_free)


def test_a_clock_of_the_future_holds_nothing_for_ever() -> None:
    """A claim of a machine whose clock is ahead counts as new, and ends like any other."""
    lease = Lease("me")
    lease.fold(Claim(owner="other", at=NOON + timedelta(days=365)), NOON, 1000.0)
    assert not lease.is_free(1000.0)
    assert lease.is_free(1001.0 + LASTS_SECONDS)
