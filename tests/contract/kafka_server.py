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
from typing import Any

import kafka
import pytest
from kafka.net.inet import KafkaNetSocket

from rasid.adapters.kafka_connection import KafkaAddress
from rasid.adapters.kafka_topics import TopicPlan, TopicPlans, apply
from rasid.domain.topics import ARTICLES, BACKFILL, KNOWN, RAW, Topic

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "deploy" / "local" / "kafka.sh"
TOPICS = (RAW, BACKFILL, KNOWN, ARTICLES)
PARTITIONS = 3


def kafka_script(*words: str, **environment: str) -> dict[str, str]:
    """Run the script; give the variables it tells. Raises with its words when it fails."""
    done = subprocess.run(
        [SCRIPT, *words], capture_output=True, text=True, check=False, timeout=400, env=os.environ | environment
    )
    if done.returncode != 0:
        told = f"{SCRIPT.relative_to(ROOT)} {' '.join(words)}"
        raise RuntimeError(f"no Kafka for the tests, `{told}` said:\n{done.stderr}")
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if line.startswith("RASID_"))


@cache
def kafka_servers() -> str:
    """Give `host:port` of the local broker, started if need be."""
    return kafka_script("start")["RASID_KAFKA"]


@cache
def secure_kafka(user: str) -> KafkaAddress:
    """Give the address of the secure broker for one of its users."""
    told = kafka_script("start", "--secure")
    secrets = Path(told["RASID_KAFKA_PASSWORD_FILE"]).parent
    return KafkaAddress(
        told["RASID_KAFKA"],
        username=user,
        password=(secrets / f"{user}.password").read_text().strip(),
        ca_file=told["RASID_KAFKA_CA_FILE"],
        bootstrap_seconds=3,
    )


def new_prefix() -> str:
    """Make up a prefix for one test's topics and groups."""
    return f"t{uuid.uuid4().hex[:12]}."


def plans(topics: tuple[Topic, ...] = TOPICS, partitions: int = PARTITIONS) -> TopicPlans:
    """Say how a test's topics are to be."""
    return TopicPlans(tuple(TopicPlan(topic, partitions, 92, 8 << 20) for topic in topics), replication=1)


def close_refused_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Close sockets that were refused: kafka-python leaves them to the collector, which warns of each."""
    connect = KafkaNetSocket.sock_connect

    async def close_refused(self: Any, net: Any, sock: Any, *more: Any, **named: Any) -> Any:
        try:
            return await connect(self, net, sock, *more, **named)
        except BaseException:
            sock.close()
            raise

    monkeypatch.setattr(KafkaNetSocket, "sock_connect", close_refused)


@contextmanager
def own_topics(address: KafkaAddress, wanted: TopicPlans) -> Iterator[KafkaAddress]:
    """Make the topics of one test and delete them in the end."""
    apply(address, wanted)
    try:
        yield address
    finally:
        admin = kafka.KafkaAdminClient(**address.options())
        admin.delete_topics([address.prefix + plan.topic.name for plan in wanted.plans])
        admin.close()
