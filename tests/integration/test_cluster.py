"""The whole way in the cluster mode, on a real Kafka and Elasticsearch: from a feed to a reader and to an alert."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from contract.elasticsearch_server import address as elasticsearch
from contract.kafka_server import kafka_servers
from integration.cluster_run import STAGES, ClusterRun, check, cluster_run, documents, embedded_index, entry, publish
from integration.daemons import RASID, Daemon
from integration.many_hosts import HOSTS, TITLES, Site
from wire import RULE, WIRE

from rasid.adapters.kafka_bus import KafkaBus
from rasid.codec import TRACE, decode
from rasid.domain import topics
from rasid.domain.alert import Alert
from rasid.domain.query import Everything, Value
from rasid.ports import Message

ARTICLES = 150
HISTORY = ("سقوط دمشق", "Damascus falls", "Дамаск пал")

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[ClusterRun]:
    """Give a cluster of this test's own on the shared servers."""
    with cluster_run(kafka_servers(), elasticsearch(), tmp_path) as made:
        yield made


def rasid(run: ClusterRun, *words: str, code: int = 0) -> list[dict[str, object]]:
    """Run a command on the cluster; give its JSON lines."""
    done = subprocess.run(
        [RASID, *words, "--json"],
        env=os.environ | run.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == code, done.stderr + done.stdout
    return [json.loads(line) for line in done.stdout.splitlines()]


SYRIA = 'name: "Сирия في الأخبار"\ntype: any\nfilter:\n- query_string: {query: "Syria"}\nrealert: {minutes: 0}\n'


def with_rule(run: ClusterRun, rule: str = SYRIA) -> None:
    """Start the workers with one rule."""
    rules = run.place / "rules"
    rules.mkdir()
    (rules / "one.yaml").write_text(rule, "utf-8")
    run.start(*STAGES, RASID_RULES_DIR=str(rules))


def poison(number: int) -> Message:
    """Make entries that no stage can take, each in another way."""
    good = entry(10_000 + number)
    values = [b"\xff{", b'{"entry": 1}', b""]
    return Message(key=b"poison-%d" % number, value=values[number % 3], time=good.time, headers=good.headers)


def test_from_a_feed_to_a_reader_and_to_an_alert(run: ClusterRun) -> None:
    """What feeds show in three languages is searchable and alerted, with one trace from the poll to the alert."""
    with Site() as site, KafkaBus(run.address) as bus:
        feeds = run.place / "feeds.yaml"
        feeds.write_text(
            "version: 1\nfeeds:\n"
            + "".join(
                f"  - {{url: '{url}', interval: {{min: 2s, max: 2s}}, full_text: never}}\n" for url in site.feeds()
            )
        )
        with_rule(run)
        told = run.environment(
            RASID_FEEDS=str(feeds),
            RASID_SAMPLE="off",
            RASID_HOST_PAUSE="0",
            RASID_FETCH_ALLOWED_HOSTS="127.0.0.0/8",
            RASID_CONTACT="one@example.org",
        )
        run.daemons["poll"] = Daemon(["poll"], run.place, told)
        wanted = len(HOSTS) * 2 * len(TITLES)
        with run.index() as index:

            def searchable() -> bool:
                index.refresh()
                return index.count() == wanted and alerted(bus) == wanted

            run.watch(searchable, 120, "the articles")
            russian = index.search(Value("language", ("ru",)), limit=100)
            assert russian.total == len(HOSTS) * 2
        traces = {
            name: {record.message.headers[TRACE] for record in bus.read(name)}
            for name in (topics.RAW.name, topics.GROUPED.name)
        }
        assert traces[topics.GROUPED.name] <= traces[topics.RAW.name]
        assert len(traces[topics.GROUPED.name]) >= wanted
        checks = {str(one["check"]): one for one in rasid(run, "doctor")}
        assert {"brokers", "topics", "lag", "feeds", "Elasticsearch", "mapping", "clock", "disk"} <= set(checks)
        codes = {name: daemon.stop() for name, daemon in run.daemons.items()}
        assert codes == dict.fromkeys(codes, 0), "\n".join(one.told()[-2000:] for one in run.daemons.values())


def alerted(bus: KafkaBus) -> int:
    return len({one for record in bus.read(topics.ALERTS.name) for one in decode(record.message, Alert).article_ids})


def test_twelve_wire_copies_are_one_story_and_one_alert_with_eleven_updates(run: ClusterRun) -> None:
    """Copies in three languages that come through the cluster join one story; a rule per story alerts once."""
    with KafkaBus(run.address) as bus, run.index() as index:
        with_rule(run, RULE)
        assert rasid(run, "ingest", "--jsonl", str(WIRE))
        run.watch(lambda: alerted(bus) == 12, 120, "the alerts")
        alerts = {record.message.key: decode(record.message, Alert) for record in bus.read(topics.ALERTS.name)}
        assert sorted(one.kind for one in alerts.values()) == ["follow_up"] * 11 + ["match"]
        index.refresh()
        stories = {one.story_id for one in index.scan(Everything())}
        assert {one.story_id for one in alerts.values()} == stories
        assert len(stories) == 1


def test_kills_and_poison_lose_nothing_and_the_embedded_mode_agrees(run: ClusterRun) -> None:
    """Each daemon is killed among the articles: all arrive once, in the right revision; poison waits with its cause."""
    with KafkaBus(run.address) as bus, run.index() as index:
        with_rule(run)
        publish(bus, range(ARTICLES // 2))
        run.watch(lambda: any(True for _ in bus.read(topics.GROUPED.name)), 120, "the first article")
        for number, name in enumerate(STAGES):
            bus.publish(topics.RAW.name, [poison(number)])
            run.daemons[name].kill()
            run.daemons[name].start()
        publish(bus, range(ARTICLES // 2, ARTICLES))

        def through() -> bool:
            index.refresh()
            return index.count() == ARTICLES and not any(bus.lag(stage, topic) for stage, topic in LAST)

        run.watch(through, 240, "the articles")
        check(run, ARTICLES)
        letters = rasid(run, "dlq", "list")
        assert {one["key"] for one in letters} == {f"poison-{number}" for number in range(len(STAGES))}
        assert {one["stage"] for one in letters} == {"admit"}
        # A kill between a letter and its commit writes it twice, as all that has no id.
        assert rasid(run, "dlq", "replay") == [{"replayed": len(letters)}]
        run.watch(lambda: bus.lag("replay", topics.DEAD.name) >= len(letters), 60, "the poison, dead again")
        assert rasid(run, "replay", "--from", "1h", "--wait") == [{"replayed": ARTICLES + ARTICLES // 10}]
        run.watch(lambda: bus.lag("index", topics.BACKFILL_GROUPED.name) == 0, 60, "the replay")
        check(run, ARTICLES)
        with embedded_index(run, run.place) as embedded:
            held = {document.id: document for document in documents(embedded)}
        assert {document.id: document for document in documents(index)} == held
        history = run.place / "history.jsonl"
        lines = [{"title": title, "url": f"https://example.com/{n}"} for n, title in enumerate(HISTORY, start=90_000)]
        history.write_text("".join(f"{json.dumps(line | {'published_at': '2024-12-08'})}\n" for line in lines))
        assert rasid(run, "ingest", "--jsonl", str(history)) == [{"entries": 3, "dead": 0, "failed": 0}]
        index.refresh()
        found = index.search(Value("origin", ("backfill",)))
        assert {hit.document.enriched.article.title for hit in found.hits} == set(HISTORY)
        for daemon in run.daemons.values():
            assert daemon.process.poll() is None


LAST = (("admit", topics.RAW.name), ("group", topics.ENRICHED.name), ("decide", topics.MATCHES.name))


def test_a_daemon_tells_how_it_is(run: ClusterRun) -> None:
    """/metrics counts what was taken, /readyz says what holds it up, /healthz that it lives."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    run.start("admit", RASID_METRICS_PORT=str(port))
    with KafkaBus(run.address) as bus:
        publish(bus, range(5))
        run.watch(lambda: len(list(bus.read(topics.ARTICLES.name))) >= 5, 60, "articles")

    def page(path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return str(answer.read().decode())

    assert 'rasid_records_total{stage="admit"} 6.0' in page("/metrics")
    lag = f'rasid_lag_records{{stage="admit",topic="{topics.RAW.name}"}} 0.0'
    run.watch(lambda: lag in page("/metrics"), 30, "the commit")  # a worker commits once a second
    assert page("/healthz") == page("/readyz") == "ok\n"
