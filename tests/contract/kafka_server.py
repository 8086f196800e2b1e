"""The real Kafka of the tests. `make test` starts it before and stops it after; a test run by hand starts it too.

Both workers of pytest-xdist ask for it: `start` is idempotent and takes turns, so they share one broker, and each test
has a prefix of its own for its topics and groups.
"""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import kafka

from rasid.adapters.kafka_connection import KafkaAddress
from rasid.adapters.kafka_topics import TopicPlan, TopicPlans, apply
from rasid.domain.topics import ARTICLES, BACKFILL, KNOWN, RAW, Topic

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "deploy" / "local" / "kafka.sh"
TOPICS = (RAW, BACKFILL, KNOWN, ARTICLES)
PARTITIONS = 3


@cache
def kafka_servers() -> str:
    """Give `host:port` of the local broker, started if need be. Raises with the script's words when it cannot be."""
    told = os.environ.get("RASID_KAFKA")
    if told:
        return told
    done = subprocess.run([SCRIPT, "start"], capture_output=True, text=True, check=False, timeout=400)
    if done.returncode != 0:
        raise RuntimeError(f"no Kafka for the tests, `{SCRIPT.relative_to(ROOT)} start` said:\n{done.stderr}")
    return done.stdout.strip().removeprefix("RASID_KAFKA=")


@contextmanager
def own_topics(topics: tuple[Topic, ...] = TOPICS, partitions: int = PARTITIONS) -> Iterator[KafkaAddress]:
    """Give the broker's address with a prefix of one test, its topics made; they are deleted in the end."""
    address = KafkaAddress(kafka_servers(), prefix=f"t{uuid.uuid4().hex[:12]}.")
    plans = tuple(TopicPlan(topic, partitions, 92, 8 << 20) for topic in topics)
    apply(address, TopicPlans(plans, replication=1))
    try:
        yield address
    finally:
        admin = kafka.KafkaAdminClient(**address.options())
        admin.delete_topics([address.prefix + topic.name for topic in topics])
        admin.close()
