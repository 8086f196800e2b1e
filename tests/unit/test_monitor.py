"""A daemon's own server: what it counts, whether it lives, whether it is ready."""

from __future__ import annotations

import socket

import aiohttp
import pytest

from rasid.app import metrics
from rasid.app.monitor import PORTS, Health, monitored
from rasid.domain.errors import StoreError
from rasid.settings import load


async def get(port: int, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, await answer.text()


async def test_it_tells_counts_life_and_readiness() -> None:
    """/metrics has the counts with the lag of now; /readyz says why it is not ready; /healthz only whether it hangs."""
    waiting = {"сирия": 7}
    trouble: list[str] = ["Kafka at nowhere: إنقطاع"]
    health = Health(lambda: trouble[0] if trouble else None, lambda: {("admit", "news.raw"): waiting["сирия"]})
    metrics.RECORDS.labels("admit").inc(3)
    async with monitored("admit", load(None, {"RASID_METRICS_PORT": "0"}), health) as port:
        status, text = await get(port, "/metrics")
        assert status == 200
        assert 'rasid_lag_records{stage="admit",topic="news.raw"} 7.0' in text
        assert 'rasid_records_total{stage="admit"}' in text
        assert await get(port, "/readyz") == (503, "Kafka at nowhere: إنقطاع\n")
        assert await get(port, "/healthz") == (200, "ok\n")
        trouble.clear()
        assert await get(port, "/readyz") == (200, "ok\n")
        health._alive -= 120
        assert (await get(port, "/healthz"))[0] == (await get(port, "/readyz"))[0] == 503
        health.alive()
        assert (await get(port, "/healthz"))[0] == 200


async def test_an_outage_of_the_lag_leaves_the_other_counts() -> None:
    """A broker that is away does not take the metrics with it."""

    def away() -> dict[tuple[str, str], int]:
        raise StoreError("Kafka at nowhere")

    async with monitored("poll", load(None, {"RASID_METRICS_PORT": "0"}), Health(lags=away)) as port:
        assert (await get(port, "/metrics"))[0] == 200


async def test_a_second_daemon_of_a_machine_finds_a_port() -> None:
    """The daemon's own port goes to the first; a port that was asked for is not given up silently."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        PORTS["test"] = port
        async with monitored("test", load(None, {}), Health()) as found:
            assert found not in {0, port}
        with pytest.raises(StoreError, match=f"127.0.0.1:{port} cannot be used"):
            async with monitored("test", load(None, {"RASID_METRICS_PORT": str(port)}), Health()):
                pass
    del PORTS["test"]
