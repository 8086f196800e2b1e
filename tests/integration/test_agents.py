"""The workers on a real Kafka: what is killed loses nothing, what is poison is kept with its cause."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from contract.kafka_server import kafka_servers, new_prefix, own_topics, plans
from makers import TITLES, article, raw_entry

from rasid.adapters.kafka_bus import KafkaBus
from rasid.adapters.kafka_connection import KafkaAddress
from rasid.codec import decode, encode
from rasid.dead_letter import cause
from rasid.domain import topics
from rasid.domain.article import GroupedArticle
from rasid.ports import Message

TEXTS = {
    "ar": "التقى وزير الدفاع الروسي في دمشق الرئيس السوري وبحثا الوضع في إدلب، رقم {}.",
    "en": "The Russian defence minister met the Syrian president in Damascus about Idlib, number {}.",
    "ru": "Министр обороны России встретился в Дамаске с президентом Сирии, номер {}.",
}
ENTRIES = 60

pytestmark = pytest.mark.cluster


class Worker:
    """`rasid worker` as a process of its own; its log goes to a file."""

    def __init__(self, stage: str, address: KafkaAddress, place: Path) -> None:
        self._command = [Path(sys.executable).with_name("rasid"), "worker", stage, "--member", "one"]
        self._log = place / f"{stage}.log"
        self._environment = os.environ | {
            "RASID_KAFKA": address.servers,
            "RASID_GROUP_PREFIX": address.prefix,
            "RASID_ELASTICSEARCH": "http://127.0.0.1:1",  # nobody is there
            "RASID_WORKERS": "1",
            "RASID_DATA_DIR": str(place / "data"),
            "PYTHONUTF8": "1",
        }
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(self._command, env=self._environment, stderr=log, stdout=log)

    def kill_and_restart(self) -> None:
        """End it as the kernel would, and begin it anew as its supervisor would."""
        self.process.kill()
        self.process.wait()
        self.process = self._start()

    def stop(self) -> None:
        """Tell it to end."""
        self.process.send_signal(signal.SIGTERM)

    def told(self) -> str:
        """Give its log."""
        return self._log.read_text("utf-8")


@pytest.fixture
def address() -> Iterator[KafkaAddress]:
    """Give the broker with all topics, for this test alone."""
    with own_topics(KafkaAddress(kafka_servers(), prefix=new_prefix()), plans(topics.ALL)) as found:
        yield found


@pytest.fixture
def bus(address: KafkaAddress) -> Iterator[KafkaBus]:
    """Give the log."""
    with KafkaBus(address) as opened:
        yield opened


@pytest.fixture
def start(address: KafkaAddress, tmp_path: Path) -> Iterator[Callable[[str], Worker]]:
    """Give what starts a worker; all are gone in the end."""
    started: list[Worker] = []

    def one(stage: str) -> Worker:
        started.append(Worker(stage, address, tmp_path))
        return started[-1]

    yield one
    for worker in started:
        worker.process.kill()
        worker.process.wait()


def entry(number: int) -> Message:
    language = list(TITLES)[number % 3]
    raw = raw_entry(
        f"https://example.com/{number}",
        minutes=number,
        title=f"{TITLES[language]} {number}",
        text=TEXTS[language].format(number),
        language_claimed=language,
    )
    return encode(raw, key=raw.entry.key, time=raw.seen_at)


def grouped(bus: KafkaBus) -> dict[str, GroupedArticle]:
    """Give what has arrived by its URL; what came twice must be equal."""
    found: dict[str, GroupedArticle] = {}
    for record in bus.read(topics.GROUPED.name):
        document = decode(record.message, GroupedArticle)
        url = document.enriched.article.url or ""
        assert found.setdefault(url, document) == document
    return found


def wait(bus: KafkaBus, workers: list[Worker], until: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not until():
        told = "\n".join(worker.told()[-3000:] for worker in workers)
        assert all(worker.process.poll() is None for worker in workers), told
        assert time.monotonic() < end, f"{len(grouped(bus))} have arrived\n{told}"
        time.sleep(0.3)


def test_a_kill_and_poison_lose_nothing(address: KafkaAddress, bus: KafkaBus, start: Callable[[str], Worker]) -> None:
    """Entries in three languages all arrive though enrich dies among them; poison is a dead letter, an outage none."""
    poison = replace(entry(7), value=b'{"entry": \xff}', key=b"poison")
    huge = replace(entry(8), key=b"huge", headers={**entry(8).headers, "ce_type": b"rasid.entry.v99"})
    bus.publish(topics.RAW.name, [entry(n) for n in range(ENTRIES // 2)] + [poison, huge])
    workers = [start(stage) for stage in ("admit", "enrich", "group", "index")]
    wait(bus, workers, lambda: len(list(bus.read(topics.ENRICHED.name))) > 0)
    bus.publish(topics.RAW.name, [entry(n) for n in range(ENTRIES // 2, ENTRIES)])
    workers[1].kill_and_restart()
    wait(bus, workers, lambda: len(grouped(bus)) >= ENTRIES)
    arrived = grouped(bus)
    assert set(arrived) == {f"https://example.com/{n}" for n in range(ENTRIES)}
    assert {found.enriched.language for found in arrived.values()} == {"ar", "en", "ru"}
    dead = {record.message.key: record.message for record in bus.read(topics.DEAD.name)}
    assert set(dead) == {b"poison", b"huge"}
    assert dead[b"poison"].value == poison.value
    assert cause(dead[b"poison"])["stage"] == "admit"
    assert cause(dead[b"poison"])["topic"] == topics.RAW.name
    assert cause(dead[b"poison"])["exception.class.name"] == "rasid.domain.errors.CodecError"
    assert "newer version" in cause(dead[b"huge"])["exception.message"]
    for worker in workers:
        worker.stop()
    exits = [worker.process.wait(60) for worker in workers]
    assert exits == [0, 0, 0, 0], "\n".join(worker.told() for worker in workers)
    lag = {stage: bus.lag(stage, topic) for stage, topic in STAGES.items()}
    assert lag == dict.fromkeys(STAGES, 0)
    assert "held up" in workers[3].told()
    assert bus.lag("index", topics.GROUPED.name) >= ENTRIES


STAGES = {"admit": topics.RAW.name, "enrich": topics.ARTICLES.name, "group": topics.ENRICHED.name}


def test_live_news_passes_a_back_fill(address: KafkaAddress, bus: KafkaBus, start: Callable[[str], Worker]) -> None:
    """While history waits in thousands, live articles are through before more than a little of it."""
    history = [made(number, title=f"{TITLES['ru']} {number}") for number in range(HISTORY)]
    bus.publish(topics.BACKFILL_ARTICLES.name, history)
    enrich = start("enrich")
    wait(bus, [enrich], lambda: done(bus, topics.BACKFILL_ENRICHED.name) > 0)
    before = done(bus, topics.BACKFILL_ENRICHED.name)
    bus.publish(topics.ARTICLES.name, [made(HISTORY + number) for number in range(LIVE)])
    wait(bus, [enrich], lambda: done(bus, topics.ENRICHED.name) == LIVE)
    # What the worker had fetched and had in hand goes on; a buffer of it in the way would be a thousand.
    assert done(bus, topics.BACKFILL_ENRICHED.name) - before < HISTORY // 4


HISTORY, LIVE = 4_000, 40


def made(number: int, **changes: object) -> Message:
    one = article(number, **changes)
    return encode(one, key=one.id, time=one.first_seen_at)


def done(bus: KafkaBus, topic: str) -> int:
    return bus.lag("nobody", topic)
