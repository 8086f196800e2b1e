"""The whole cluster mode on real servers: daemons as processes, and what a person would look at afterwards."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import kafka
from contract.elasticsearch_server import remove
from contract.kafka_server import new_prefix
from integration.daemons import Daemon, environment
from makers import raw_entry

from rasid.adapters.elasticsearch_index import ElasticsearchIndex
from rasid.adapters.kafka_bus import KafkaBus
from rasid.adapters.kafka_connection import KafkaAddress
from rasid.adapters.kafka_topics import TopicPlans, apply, load_plans
from rasid.adapters.sqlite_index import SqliteIndex
from rasid.app.analysis import Analysis
from rasid.app.cluster import shipped_topics
from rasid.app.stages import index_step
from rasid.codec import begin_trace, encode
from rasid.domain import topics
from rasid.domain.article import GroupedArticle
from rasid.domain.errors import StoreError
from rasid.domain.query import Everything
from rasid.ports import Index, Message

STAGES = ("admit", "enrich", "group", "index", "match", "decide", "deliver")
TITLES = {
    "ar": "لقاء رقم {} بين شويغو والأسد في دمشق",
    "en": "Meeting number {} of Shoigu and Assad in Damascus",
    "ru": "Встреча номер {} Шойгу и Асада в Дамаске",
}
TEXTS = {
    "ar": "التقى وزير الدفاع الروسي في دمشق الرئيس السوري وبحثا الوضع في إدلب. المراجعة {1}، الرقم {0}.",
    "en": "The Russian defence minister met the Syrian president in Damascus about Idlib. Revision {1}, number {0}.",
    "ru": "Министр обороны России обсудил в Дамаске с президентом Сирии Идлиб. Правка {1}, номер {0}.",
}
REVISED_EVERY = 10  # each tenth article is revised once


@dataclass
class ClusterRun:
    """Daemons on a Kafka and an Elasticsearch that are there already, under names of this run's own."""

    address: KafkaAddress
    elasticsearch: str
    prefix: str
    place: Path
    daemons: dict[str, Daemon] = field(default_factory=dict)

    def start(self, *names: str, **more: str) -> None:
        """Start workers by their stage."""
        for name in names:
            self.daemons[name] = Daemon(["worker", name, "--member", "one"], self.place, self.environment(**more))

    def environment(self, **more: str) -> dict[str, str]:
        """Give what its commands need to know."""
        servers = {"RASID_ELASTICSEARCH": self.elasticsearch, "RASID_ELASTICSEARCH_PREFIX": self.prefix}
        return environment(self.address, self.place, **servers, **more)

    def watch(self, until: Callable[[], object], seconds: float, what: str) -> float:
        """Supervise: start again what ended by itself, as systemd would; give the seconds it took."""
        began = time.monotonic()
        while True:
            try:
                if until():
                    return time.monotonic() - began
            except StoreError:  # a server is just out
                pass
            for daemon in self.daemons.values():
                if daemon.process.poll() is not None:
                    daemon.start()
            told = "\n".join(f"--- {name}\n{one.told()[-1500:]}" for name, one in self.daemons.items())
            assert time.monotonic() - began < seconds, f"{what} did not come in {seconds:.0f} s\n{told}"
            time.sleep(0.3)

    def index(self) -> ElasticsearchIndex:
        """Open what the index daemon has written."""
        return ElasticsearchIndex(self.elasticsearch, Analysis(), prefix=self.prefix)


@contextmanager
def cluster_run(servers: str, elasticsearch: str, place: Path) -> Iterator[ClusterRun]:
    """Make topics as they are shipped, give the run, and take everything away in the end."""
    address = KafkaAddress(servers, prefix=new_prefix())
    run = ClusterRun(address, elasticsearch, f"test-{address.prefix.rstrip('.')}", place)
    plans = TopicPlans(load_plans(shipped_topics()).plans, replication=1)
    apply(address, plans)
    try:
        yield run
    finally:
        for daemon in run.daemons.values():
            daemon.kill()
        with run.index() as index:
            remove(index._client, run.prefix)
        admin = kafka.KafkaAdminClient(**address.options())
        admin.delete_topics([address.prefix + plan.topic.name for plan in plans.plans])
        admin.close()


def entry(number: int, revision: int = 1) -> Message:
    """Make what a poller publishes; texts are distinct in all but their subject."""
    language = list(TITLES)[number % 3]
    noise = hashlib.blake2b(f"{number}".encode(), digest_size=20).hexdigest()
    words = " ".join(noise[at : at + 5] for at in range(0, 40, 5))
    raw = raw_entry(
        f"https://example.com/{number}",
        title=TITLES[language].format(number),
        text=f"{TEXTS[language].format(number, revision)} {words}",
        language_claimed=language,
    )
    now = datetime.now(UTC)
    raw = replace(raw, seen_at=now)
    return begin_trace(encode(raw, key=raw.entry.key, time=now))


def publish(bus: KafkaBus, numbers: Sequence[int]) -> None:
    """Publish articles, each tenth with a revision behind it."""
    for start in range(0, len(numbers), 500):
        some = numbers[start : start + 500]
        messages = [entry(number) for number in some]
        messages += [entry(number, 2) for number in some if number % REVISED_EVERY == 0]
        while True:
            try:
                bus.publish(topics.RAW.name, messages)
                break
            except StoreError:  # what came twice is one article
                time.sleep(1)


def check(run: ClusterRun, count: int) -> None:
    """Hold the index to what was published: nothing lost, nothing twice, every revision the right one."""
    with run.index() as index:
        index.refresh()
        found = list(documents(index))
    urls = Counter(document.enriched.article.url for document in found)
    wanted = {f"https://example.com/{number}" for number in range(count)}
    assert set(urls) == wanted, f"{len(wanted - set(urls))} lost, {len(set(urls) - wanted)} strange"
    assert max(urls.values()) == 1, "an article came out twice"
    wrong = [
        document.id
        for document in found
        if document.enriched.article.revision
        != (2 if int((document.enriched.article.url or "").rsplit("/")[-1]) % REVISED_EVERY == 0 else 1)
    ]
    assert wrong == []


def documents(index: Index) -> Iterator[GroupedArticle]:
    """Give every document."""
    yield from index.scan(Everything())


def embedded_index(run: ClusterRun, place: Path) -> SqliteIndex:
    """Feed the embedded mode's index with the cluster's log."""
    index = SqliteIndex(place / "embedded.db", Analysis())
    step = index_step(index)
    with KafkaBus(run.address) as bus:
        for topic in (topics.GROUPED.name, topics.BACKFILL_GROUPED.name):
            batch = []
            for record in bus.read(topic):
                batch.append(record)
                if len(batch) == 500:
                    step(batch)
                    batch = []
            if batch:
                step(batch)
    index.refresh()
    return index
