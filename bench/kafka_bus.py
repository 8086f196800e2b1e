"""What KafkaBus costs over bare kafka-python on the local broker: publishing and group reading, in messages a second.

    deploy/local/kafka.sh start; python bench/kafka_bus.py [MESSAGES]

Messages are 3 KB of news-like JSON; the bare loop sends and polls with the same settings and makes no Message of them.
"""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import kafka

from rasid.adapters.kafka_bus import KafkaBus
from rasid.adapters.kafka_connection import KafkaAddress
from rasid.adapters.kafka_topics import TopicPlan, TopicPlans, apply
from rasid.domain.topics import ENRICHED, KNOWN
from rasid.ports import Message

SCRIPT = Path(__file__).parents[1] / "deploy" / "local" / "kafka.sh"
BATCH = 200


def messages(count: int) -> list[Message]:
    """Make distinct messages of about 3 KB."""
    words = "قصف سوريا обстрел Сирия shelling Syria إدلب Идлиб Idlib "
    now = datetime.now(UTC)
    return [
        Message(
            key=b"https://example.org/%d" % n,
            value=f'{{"id": {n}, "text": "{(words * 12)[n % 50 :]}{uuid.uuid5(uuid.NAMESPACE_URL, str(n))}"}}'.encode()
            * 3,
            time=now,
            headers={"ce_type": b"rasid.article.v1", "ce_id": b"%d" % n},
        )
        for n in range(count)
    ]


def timed(name: str, count: int, action: Callable[[], object]) -> None:
    """Run once and print the rate."""
    began = time.perf_counter()
    action()
    took = time.perf_counter() - began
    print(f"{name:<28}{count / took:>10,.0f} /s{took * 1e6 / count:>10.1f} µs each")


def publish(bus: KafkaBus, topic: str, sent: list[Message]) -> None:
    """Publish in batches, each acknowledged before the next, as a stage does."""
    for start in range(0, len(sent), BATCH):
        bus.publish(topic, sent[start : start + BATCH])


def bare_publish(address: KafkaAddress, topic: str, sent: list[Message]) -> None:
    """Do the same with kafka-python alone."""
    producer = kafka.KafkaProducer(
        **address.options(), acks="all", compression_type="zstd", linger_ms=2, batch_size=256 << 10
    )
    for start in range(0, len(sent), BATCH):
        futures = [
            producer.send(address.prefix + topic, key=one.key, value=one.value, headers=list(one.headers.items()))
            for one in sent[start : start + BATCH]
        ]
        for future in futures:
            future.get(30)
    producer.close()


def consume(bus: KafkaBus, topic: str, count: int) -> None:
    """Read as a stage does: a batch, a commit."""
    with bus.consumer("bench", [topic]) as consumer:
        while count > 0:
            count -= len(consumer.poll(BATCH, wait=5))
            consumer.commit()


def bare_consume(address: KafkaAddress, topic: str, count: int) -> None:
    """Do the same with kafka-python alone."""
    consumer = kafka.KafkaConsumer(
        address.prefix + topic,
        **address.options(),
        group_id=f"{address.prefix}bare",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    while count > 0:
        count -= sum(map(len, consumer.poll(timeout_ms=5000, max_records=BATCH).values()))
        consumer.commit()
    consumer.close()


def main() -> None:
    """Run all and delete the topics."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    told = subprocess.run([SCRIPT, "start"], capture_output=True, text=True, check=True).stdout
    address = KafkaAddress(told.strip().removeprefix("RASID_KAFKA="), prefix=f"bench{uuid.uuid4().hex[:8]}.")
    topics = (ENRICHED, KNOWN)
    apply(address, TopicPlans(tuple(TopicPlan(topic, 6, 1, 8 << 20) for topic in topics), 1))
    sent = messages(count)
    try:
        with KafkaBus(address, topics) as bus:
            timed("publish", count, lambda: publish(bus, ENRICHED.name, sent))
            timed("consume", count, lambda: consume(bus, ENRICHED.name, count))
            timed("fold (read)", count, lambda: sum(1 for _ in bus.read(ENRICHED.name)))
            publish(bus, KNOWN.name, sent)
            timed("latest: first, folds all", count, lambda: bus.latest(KNOWN.name, [sent[0].key]))
            keys = [one.key for one in sent[:: max(1, count // BATCH)]]
            timed("latest: keys that are there", len(keys), lambda: bus.latest(KNOWN.name, keys))
            timed(
                "latest: keys that are not",
                BATCH,
                lambda: bus.latest(KNOWN.name, [b"new %d" % n for n in range(BATCH)]),
            )
            timed("bare publish", count, lambda: bare_publish(address, ENRICHED.name, sent))
            timed("bare consume", count, lambda: bare_consume(address, ENRICHED.name, count))
    finally:
        admin = kafka.KafkaAdminClient(**address.options())
        admin.delete_topics([address.prefix + topic.name for topic in topics])
        admin.close()


if __name__ == "__main__":
    main()
