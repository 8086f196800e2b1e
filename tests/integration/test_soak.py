"""The small soak: the large one is `make soak`."""

from __future__ import annotations

from pathlib import Path

import pytest
from contract.kafka_server import close_refused_sockets
from integration.cluster_run import cluster_run
from integration.soak_run import own_servers, soak

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


def test_nothing_is_lost_whatever_dies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Daemons, broker and Elasticsearch are killed and frozen: each article is there once, in its right revision."""
    close_refused_sockets(monkeypatch)
    with own_servers("soak") as servers:
        addresses = [server.start() for server in servers]
        with cluster_run(*addresses, tmp_path) as run:
            found = soak(run, servers, articles=600, kills=1, frozen=12, patience=420)
    assert found.dead == 0, found.words()
    assert found.kills == 7
    assert found.outages == 6
