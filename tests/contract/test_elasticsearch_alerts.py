"""Alerts in Elasticsearch keep the promises of AlertStore on the real server, and their own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from contract.alertstore_contract import AlertStoreContract, OpenAlerts
from contract.elasticsearch_server import address, remove
from makers import NOON

from rasid.adapters.elasticsearch_alerts import ElasticsearchAlerts
from rasid.domain.alert import Alert, AlertArticle, Delivery, Why
from rasid.domain.judgement import InboxFilter, Precision

pytestmark = pytest.mark.cluster

TITLES = {"ar": "غارة على إدلب", "ru": "Удар по Идлибу", "en": "Strike on Idlib"}


def alert(number: int, *, rule: str = "russia-syria", language: str = "ar", **changes: object) -> Alert:
    """Make an alert, the later the higher its number."""
    seen = NOON + timedelta(microseconds=number)
    one = AlertArticle(id=f"a{number}", title=TITLES[language], source="Ъ", language=language, first_seen_at=seen)
    why = (Why(clause="Idlib", field="title", words=("إدلب", "Идлибу")),)
    made = Alert(
        id=f"alert-{number}", rule=rule, article_ids=(one.id,), story_id="s", title=TITLES[language],
        created_at=seen, why=why, articles=(one,),
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.fixture
def open_store() -> Iterator[OpenAlerts]:
    """Give a function that opens the one store of this test, again and again."""
    prefix = f"test-{uuid4().hex[:12]}"
    opened: list[ElasticsearchAlerts] = []

    def open_one() -> ElasticsearchAlerts:
        opened.append(ElasticsearchAlerts(address(), prefix=prefix))
        return opened[-1]

    yield open_one
    if opened:
        remove(opened[0]._client, prefix)
    for store in opened:
        store.close()


class TestElasticsearchAlerts(AlertStoreContract):
    """The contract, on Elasticsearch."""


@pytest.fixture
def store() -> Iterator[ElasticsearchAlerts]:
    """Give an empty store."""
    prefix = f"test-{uuid4().hex[:12]}"
    with ElasticsearchAlerts(address(), prefix=prefix) as made:
        try:
            yield made
        finally:
            remove(made._client, prefix)


def test_an_empty_store_answers(store: ElasticsearchAlerts) -> None:
    """Before the first alert there is nothing to read, and no error."""
    assert (store.alerts(), store.get("x"), store.inbox(InboxFilter(), after="x")) == ([], None, [])
    assert (store.count(InboxFilter()), store.rules(), store.precision()) == (0, {}, {})
    assert (store.acknowledge(["x"], NOON), store.judge("x", "right", NOON), store.retain(before=NOON)) == (0, False, 0)


def test_alerts_come_back_whole(store: ElasticsearchAlerts) -> None:
    """In three languages, to the microsecond, newest first; recorded again they stay as they were."""
    made = [alert(n, language=code) for n, code in enumerate(TITLES)]
    store.record(made)
    store.record([replace(one, title="later") for one in made])
    assert store.alerts() == made[::-1]
    assert store.alerts(since=made[1].created_at, limit=1) == [made[2]]
    assert store.alerts(since=made[2].created_at + timedelta(microseconds=1)) == []


def test_each_receiver_has_its_last_outcome(store: ElasticsearchAlerts) -> None:
    """What failed first and then went out is delivered; the other receiver's outcome stays its own."""
    store.record([alert(1)])
    tries = [
        Delivery(receiver=name, status=status, at=NOON, attempts=attempts, cause="مشغول")
        for name, status, attempts in [("desk", "retrying", 1), ("mail", "dead", 3), ("desk", "delivered", 2)]
    ]
    for one in tries[:2]:
        store.delivered([("alert-1", one)])
    store.delivered([("alert-1", tries[2])])
    assert store.alerts() == [replace(alert(1), deliveries=(tries[2], tries[1]))]


def test_the_inbox_is_filtered_and_paged(store: ElasticsearchAlerts) -> None:
    """By rule, level, time and what is open; a page goes on behind the last one's alert."""
    store.record([alert(n, rule=f"rule-{n % 2}", level="high" if n > 7 else "normal") for n in range(10)])
    assert store.acknowledge(["alert-9", "alert-1", "none"], NOON) == 2
    assert store.acknowledge(["alert-9"], NOON + timedelta(hours=1)) == 0
    assert getattr(store.get("alert-9"), "acknowledged_at", None) == NOON
    numbers = {
        "rule": InboxFilter(rule="rule-1"), "high": InboxFilter(level="high"), "open": InboxFilter(is_open=True),
        "since": InboxFilter(since=alert(8).created_at), "both": InboxFilter(rule="rule-1", is_open=True),
    }  # fmt: skip
    found = {name: [int(one.alert.id[6:]) for one in store.inbox(wanted)] for name, wanted in numbers.items()}
    assert found == {
        "rule": [9, 7, 5, 3, 1], "high": [9, 8], "open": [8, 7, 6, 5, 4, 3, 2, 0], "since": [9, 8], "both": [7, 5, 3],
    }  # fmt: skip
    assert {name: store.count(wanted) for name, wanted in numbers.items()} == {n: len(ids) for n, ids in found.items()}
    first = store.inbox(InboxFilter(), limit=4)
    second = store.inbox(InboxFilter(), limit=4, after=first[-1].alert.id)
    assert [int(one.alert.id[6:]) for one in (*first, *second)] == [9, 8, 7, 6, 5, 4, 3, 2]
    assert store.rules() == {"rule-0": 5, "rule-1": 5}


def test_judgements_outlive_their_alerts(store: ElasticsearchAlerts) -> None:
    """A rule's precision counts what was judged of alerts that are gone; a judgement can be taken back."""
    store.record([alert(n) for n in range(4)])
    for number, verdict in enumerate(("right", "wrong", "right")):
        assert store.judge(f"alert-{number}", verdict, NOON)
    assert store.judge("alert-1", None, NOON)
    store.delivered([("alert-0", Delivery(receiver="desk", status="delivered", at=NOON))])
    assert [one.verdict for one in store.inbox(InboxFilter())] == [None, "right", None, "right"]
    assert store.retain(before=alert(1).created_at) == 1
    assert store._client.count(index=store._names.deliveries)["count"] in {0, 1}  # until the next refresh
    assert store.precision() == {"russia-syria": Precision(right=2, wrong=0)}
    assert not store.judge("alert-0", "wrong", NOON)


def test_two_who_acknowledge_at_once_do_it_once(store: ElasticsearchAlerts) -> None:
    """Of eight threads one is told that the alert was open."""
    store.record([alert(1)])
    done: list[int] = []
    threads = [threading.Thread(target=lambda: done.append(store.acknowledge(["alert-1"], NOON))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done) == 1
