"""What every AlertStore promises. An adapter's test module subclasses AlertStoreContract and gives `open_store`."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from alert_makers import alert
from makers import NOON

from rasid.domain.alert import Delivery
from rasid.domain.judgement import InboxFilter, Precision
from rasid.ports import AlertStore

OpenAlerts = Callable[[], AlertStore]
EVERYTHING = InboxFilter()
MIXED = [alert(n, language=("ar", "en", "ru")[n % 3], minutes=n) for n in range(9)]


def delivery(receiver: str = "desk", status: str = "delivered", **changes: object) -> Delivery:
    """Make an outcome."""
    return Delivery(receiver=receiver, status=status, at=NOON, **changes)  # type: ignore[arg-type]


class AlertStoreContract:
    """The promises, one a test."""

    def test_alerts_come_back_as_they_were_newest_first(self, open_store: OpenAlerts) -> None:
        """What is recorded is found again whole, in three scripts, also by another opening."""
        open_store().record(MIXED)
        assert open_store().alerts() == MIXED[::-1]
        assert open_store().alerts(limit=2) == MIXED[:-3:-1]
        assert open_store().alerts(since=MIXED[7].created_at) == [MIXED[8], MIXED[7]]

    def test_recorded_twice_is_there_once(self, open_store: OpenAlerts) -> None:
        """An alert that is there stays as it is, with what people did about it."""
        store = open_store()
        store.record([alert()])
        store.acknowledge([alert().id], NOON)
        store.record([replace(alert(), title="другой заголовок")])
        found = store.get(alert().id)
        assert found
        assert (found.alert, found.acknowledged_at) == (alert(), NOON)

    def test_the_last_outcome_of_each_receiver_counts(self, open_store: OpenAlerts) -> None:
        """Deliveries are kept by receiver, the last one of each."""
        store = open_store()
        store.record([alert()])
        store.delivered([(alert().id, delivery(status="retrying", cause="لا جواب")), (alert().id, delivery("почта"))])
        store.delivered([(alert().id, delivery(attempts=2))])
        (found,) = store.alerts()
        assert sorted(found.deliveries, key=lambda one: one.receiver) == [delivery(attempts=2), delivery("почта")]

    def test_an_unknown_alert_is_none(self, open_store: OpenAlerts) -> None:
        """What was never recorded is not there, and cannot be judged or acknowledged."""
        store = open_store()
        assert store.get("нет") is None
        assert store.judge("нет", "right", NOON) is False
        assert store.acknowledge(["нет"], NOON) == 0
        assert store.precision() == {}

    @pytest.mark.parametrize(
        ("wanted", "numbers"),
        [
            (EVERYTHING, [8, 7, 6, 5, 4, 3, 2, 1, 0]),
            (InboxFilter(rule="إدلب"), [8, 4, 0]),
            (InboxFilter(level="high"), [6, 3, 0]),
            (InboxFilter(rule="إدلب", level="high"), [0]),
            (InboxFilter(is_open=True), [8, 7, 5, 4, 3, 1, 0]),
            (InboxFilter(since=NOON + timedelta(minutes=7)), [8, 7]),
            (InboxFilter(rule="нет такого"), []),
        ],
    )
    def test_filters_and_counts_agree(self, open_store: OpenAlerts, wanted: InboxFilter, numbers: list[int]) -> None:
        """Each filter gives just its alerts, in pages too, and the count is theirs."""
        store = open_store()
        made = [
            replace(one, rule="إدلب" if n % 4 == 0 else one.rule, level="high" if n % 3 == 0 else "low")
            for n, one in enumerate(MIXED)
        ]
        store.record(made)
        store.acknowledge([MIXED[2].id, MIXED[6].id], NOON)
        assert [item.alert for item in store.inbox(wanted)] == [made[n] for n in numbers]
        assert store.count(wanted) == len(numbers)
        paged, after = [], None
        while page := store.inbox(wanted, limit=2, after=after):
            paged += page
            after = page[-1].alert.id
        assert [item.alert for item in paged] == [made[n] for n in numbers]

    def test_alerts_of_one_moment_are_paged_without_loss(self, open_store: OpenAlerts) -> None:
        """Pages go by time and id: many alerts of the same microsecond all come, once."""
        store = open_store()
        store.record([alert(n) for n in range(25)])
        seen: list[str] = []
        while page := store.inbox(EVERYTHING, limit=4, after=seen[-1] if seen else None):
            seen += [item.alert.id for item in page]
        assert len(seen) == len(set(seen)) == 25

    def test_rules_are_counted(self, open_store: OpenAlerts) -> None:
        """Each rule that has alerts, with how many."""
        store = open_store()
        store.record([*MIXED[:3], replace(MIXED[4], rule="Идлиб")])
        assert store.rules() == {"russia-syria": 3, "Идлиб": 1}

    def test_acknowledging_counts_what_was_open(self, open_store: OpenAlerts) -> None:
        """The first time stays; a second acknowledgement changes nothing."""
        store = open_store()
        store.record(MIXED)
        assert store.acknowledge([one.id for one in MIXED[:2]], NOON) == 2
        assert store.acknowledge([one.id for one in MIXED[:3]], NOON + timedelta(hours=1)) == 1
        assert [item.acknowledged_at for item in store.inbox(EVERYTHING)[-3:]] == [
            NOON + timedelta(hours=1),
            NOON,
            NOON,
        ]

    def test_judgements_make_precision(self, open_store: OpenAlerts) -> None:
        """Each rule's judged alerts are counted; a judgement may be changed and taken back."""
        store = open_store()
        store.record(MIXED)
        for one in MIXED[:4]:
            assert store.judge(one.id, "right", NOON)
        store.judge(MIXED[3].id, "wrong", NOON)
        assert store.precision() == {"russia-syria": Precision(right=3, wrong=1)}
        assert [item.verdict for item in store.inbox(EVERYTHING)[-4:]] == ["wrong", "right", "right", "right"]
        assert store.judge(MIXED[0].id, None, NOON)
        assert store.precision() == {"russia-syria": Precision(right=2, wrong=1)}

    def test_threads_may_share_it(self, open_store: OpenAlerts) -> None:
        """Alerts recorded from several threads are all there."""
        store = open_store()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda n: store.record([alert(n)]), range(40)))
        assert store.count(EVERYTHING) == 40
