"""`make bench-cluster`: what the cluster mode does on this machine, and what each of its parts costs.

    python bench/cluster.py [--articles 1000] [--seconds 20]

All servers and daemons share the machine. Rates: articles a second from the raw topic to searchable with all workers;
beside them each part alone: Faust forwarding without a step, enrichment in one process, a plain bulk loop of
elasticsearch-py. Then a quiet stream, for the time from publishing to grouped and to searchable (which includes up to
the refresh interval), and what each daemon holds in memory. With --backfill, the stream again beside history.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from contract.elasticsearch_server import address as elasticsearch
from contract.elasticsearch_server import remove
from contract.kafka_server import kafka_servers
from elasticsearch.helpers import bulk
from integration.cluster_run import STAGES, ClusterRun, cluster_run, entry, publish

from processors.agents import Broker, create_app
from processors.batches import Publish, Wire, Work
from processors.pipeline import enrich_step
from rasid.adapters.kafka_bus import KafkaBus
from rasid.adapters.kafka_records import headers_of, record_of, timestamp_of
from rasid.codec import decode
from rasid.domain import topics
from rasid.domain.article import GroupedArticle
from rasid.ports import Record

BATCH = 200


def main() -> None:
    """Run all of it once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--backfill", type=int, default=0)
    parser.add_argument("--rate", type=float, default=50.0)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as place,
        cluster_run(kafka_servers(), elasticsearch(), Path(place)) as run,
        KafkaBus(run.address) as bus,
    ):
        run.start(*STAGES)
        publish(bus, range(100))  # warm: models are loaded, groups have formed
        run.watch(lambda: counted(run) >= 100, 300, "the first articles")
        rate = sustained(run, bus, given.articles)
        print(f"raw topic to searchable   {rate:8.0f} articles/s")
        start = 100 + given.articles
        start = quiet(run, bus, given.rate, given.seconds, start, "a quiet stream")
        if given.backfill:
            history = [entry(number) for number in range(1_000_000, 1_000_000 + given.backfill)]
            bus.publish(topics.BACKFILL.name, history)
            quiet(run, bus, given.rate, given.seconds, start, f"beside a back-fill of {given.backfill}")
            print(f"back-fill still waiting   {bus.lag('enrich', topics.BACKFILL_ARTICLES.name):8} articles")
        for name, daemon in run.daemons.items():
            print(f"memory of {name:<15} {resident(daemon.process.pid):8.0f} MB with its children")
            daemon.stop()
        alone(run, bus, given.articles)


def sustained(run: ClusterRun, bus: KafkaBus, count: int) -> float:
    """Give articles a second from the first publish until all are searchable."""
    began = time.monotonic()
    publish(bus, range(100, 100 + count))
    run.watch(lambda: counted(run) >= 100 + count, 3_600, "the articles")
    return count / (time.monotonic() - began)


def quiet(run: ClusterRun, bus: KafkaBus, rate: float, seconds: float, start: int, name: str) -> int:
    """Print p50 and p99 of the way at a rate; give the number behind the last article."""
    count = int(rate * seconds)
    began = time.monotonic()
    for number in range(count):
        bus.publish(topics.RAW.name, [entry(start + number)])
        time.sleep(max(0.0, began + (number + 1) / rate - time.monotonic()))
    spent = time.monotonic() - began
    urls = {f"https://example.com/{start + number}" for number in range(count)}
    grouped: dict[str, float] = {}

    def arrived() -> bool:
        # The broker's timestamp of a grouped message against the entry's own time, both of this machine's clock.
        for at, record in stamped(bus):
            article = decode(record.message, GroupedArticle).enriched.article
            if article.url in urls:
                grouped.setdefault(article.url, at - article.first_seen_at.timestamp())
        return len(grouped) == count

    run.watch(arrived, 600, name)
    seen = list(grouped.values())
    print(f"{name}: {count / spent:.0f} articles/s published")
    print(f"  publish to grouped      p50 {percentile(seen, 50):.2f} s, p99 {percentile(seen, 99):.2f} s")
    return start + count


def stamped(bus: KafkaBus) -> list[tuple[float, Record]]:
    """Give grouped records with the seconds at which they were published."""
    from rasid.adapters.kafka_fold import fold  # noqa: PLC0415 - the one place that wants Kafka's own time

    parts = bus._parts(topics.GROUPED.name)  # noqa: SLF001 - as above
    ends = bus._offsets(dict.fromkeys(parts, -1))  # noqa: SLF001 - as above
    found = fold(bus._address, {part: (0, ends[part]) for part in parts})  # noqa: SLF001 - as above
    return [(one.timestamp / 1000, record_of(one, topics.GROUPED.name)) for one in found]


def alone(run: ClusterRun, bus: KafkaBus, count: int) -> None:
    """Print what each part does by itself on the same messages."""
    articles = list(bus.read(topics.ARTICLES.name))[:count]
    grouped = [decode(record.message, GroupedArticle) for record in bus.read(topics.GROUPED.name)][:count]
    print(f"Faust forwarding alone    {asyncio.run(forwarded(run, len(articles))):8.0f} messages/s")
    began = time.monotonic()
    for start in range(0, len(articles), BATCH):
        enrich_step(articles[start : start + BATCH])
    print(f"enrichment, one process   {len(articles) / (time.monotonic() - began):8.0f} articles/s")
    print(f"our index adapter         {indexed(run, grouped):8.0f} documents/s")
    print(f"plain bulk loop           {bulked(run, len(grouped)):8.0f} documents/s")


async def forwarded(run: ClusterRun, count: int) -> float:
    """Give the rate of a Faust app that only passes records on."""
    done = 0
    finished = asyncio.Event()

    async def take(records: Sequence[Record], send: Publish) -> bool:
        nonlocal done
        await send(topics.BACKFILL_ENRICHED.name, [record.message for record in records])
        done += len(records)
        if done >= count:
            finished.set()
        return True

    wire = Wire(record=record_of, headers=headers_of, timestamp=timestamp_of)
    work = Work(group=f"bench-{uuid.uuid4().hex[:6]}", reads=(topics.ARTICLES.name,), take=take, wire=wire, batch=BATCH)
    app = create_app(work, Broker(servers=run.address.servers, prefix=run.address.prefix))
    await app.start()
    while not done:  # noqa: ASYNC110 - the first batch says that the group has formed
        await asyncio.sleep(0.01)
    began, first = time.monotonic(), done
    if done < count:
        await finished.wait()
    spent = time.monotonic() - began
    await app.stop()
    return (count - first) / spent if count > first else float("inf")


def indexed(run: ClusterRun, documents: Sequence[GroupedArticle]) -> float:
    """Give the rate of our adapter into an empty index."""
    prefix = f"{run.prefix}-alone"
    from rasid.adapters.elasticsearch_index import ElasticsearchIndex  # noqa: PLC0415 - beside its only use
    from rasid.app.analysis import Analysis  # noqa: PLC0415 - as above

    with ElasticsearchIndex(run.elasticsearch, Analysis(), prefix=prefix) as index:
        index.write(documents[:1])
        began = time.monotonic()
        for start in range(0, len(documents), BATCH):
            index.write(documents[start : start + BATCH])
        rate = len(documents) / (time.monotonic() - began)
        remove(index._client, prefix)  # noqa: SLF001 - the test's own cleaning
    return rate


def bulked(run: ClusterRun, count: int) -> float:
    """Give the rate of elasticsearch-py's own bulk helper on the documents as they lie in the index."""
    with run.index() as index:
        client = index._client  # noqa: SLF001 - a bare client is what is asked for
        found = client.search(index=f"{run.prefix}-*", size=min(count, 10_000))["hits"]["hits"]
        target = f"{run.prefix}-bare"
        sources = [{"_index": target, "_id": one["_id"], "_source": one["_source"]} for one in found]
        bulk(client, sources[:1])
        began = time.monotonic()
        bulk(client, sources, chunk_size=BATCH)
        return len(sources) / (time.monotonic() - began)


def counted(run: ClusterRun) -> int:
    """Count what is searchable."""
    with run.index() as index:
        index.refresh()
        return index.count()


def resident(pid: int) -> float:
    """Give the proportional memory of a process and its children in MB (Pss: shared pages count once)."""
    total = 0
    for one in [pid, *children(pid)]:
        for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def children(pid: int) -> list[int]:
    """Give all processes under one."""
    found = [int(one) for path in Path(f"/proc/{pid}/task").glob("*/children") for one in path.read_text().split()]
    return [*found, *(two for one in found for two in children(one))]


def percentile(values: Sequence[float], of: int) -> float:
    """Give a percentile."""
    return statistics.quantiles(values, n=100)[of - 1] if len(values) > 1 else float("nan")


if __name__ == "__main__":
    main()
