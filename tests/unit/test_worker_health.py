"""A worker that waits for Kafka lives: a supervisor that kills it for that would begin the wait anew for ever."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from contract.kafka_server import close_refused_sockets

from rasid.adapters.kafka_connection import KafkaAddress
from rasid.adapters.kafka_offsets import GroupOffsets
from rasid.app.monitor import Health
from rasid.app.stage import Progress, Stage, in_thread, until_taken
from rasid.app.worker import asked
from rasid.domain.errors import StoreError

NOWHERE = KafkaAddress("127.0.0.1:1", bootstrap_seconds=0.1)


async def test_a_worker_that_waits_for_kafka_is_alive_and_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it has waited: each try to reach the brokers is a sign of life, and its failure the trouble told."""
    close_refused_sockets(monkeypatch)
    stage, progress, stop = Stage("index", (), in_thread(lambda _: {})), Progress(), asyncio.Event()
    health = Health(lambda: progress.trouble.get("index", "starting"))
    with GroupOffsets(NOWHERE, "index", ("news.grouped.v1",)) as group:
        health._alive -= 3_600
        assert health.hangs()
        with pytest.raises(StoreError, match=r"Kafka at 127\.0\.0\.1:1"):
            await asked(health, group)
        assert health.hangs() is None
        health._alive -= 3_600
        stop.set()
        assert await until_taken(stage, progress, stop, partial(asked, health, group)) is None
        assert (health.hangs(), "Kafka at 127.0.0.1:1" in str(health.trouble())) == (None, True)
