"""What an Elasticsearch server says of itself: version, analyzers, clock and room on its disks."""

from __future__ import annotations

import time
from dataclasses import dataclass

import elasticsearch
from elasticsearch import ApiError, Elasticsearch

from rasid.adapters.elasticsearch_client import TIMEOUT, connect, translate
from rasid.ports import Closing

ANALYZERS = ("arabic", "russian", "english")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerHealth:
    """`status` is Elasticsearch's green, yellow or red; `skew` seconds by which its clock is ahead of ours (by up to
    the time the question took); `free` the room of the fullest disk, in bytes and as a share.
    """

    version: str
    status: str
    missing_analyzers: tuple[str, ...]
    skew: float
    free_bytes: int
    free_share: float


def client_major() -> int:
    """Give the major version of the client library, which must be the server's."""
    return int(elasticsearch.__version__[0])


class ElasticsearchHealth(Closing):
    """Asks one server; the user needs the right `monitor`."""

    def __init__(self, address: str, *, api_key: str | None = None, ca_certs: str | None = None) -> None:
        self._address = address
        self._client: Elasticsearch = connect(address, api_key=api_key, ca_certs=ca_certs, timeout=TIMEOUT)

    def look(self) -> ServerHealth:
        """Ask. Raises StoreError."""
        with translate(self._address):
            began = time.time()
            nodes = list(self._client.nodes.stats(metric="fs,os")["nodes"].values())
            took = time.time() - began
            versions = {node["version"] for node in self._client.nodes.info()["nodes"].values()}
            status = str(self._client.cluster.health()["status"])
            missing = tuple(name for name in ANALYZERS if not self._has_analyzer(name))
        skew = nodes[0]["timestamp"] / 1000 - (began + took / 2)
        disks = [node["fs"]["total"] for node in nodes]
        fullest = min(disks, key=lambda disk: disk["available_in_bytes"] / max(1, disk["total_in_bytes"]))
        return ServerHealth(
            version=min(versions),
            status=status,
            missing_analyzers=missing,
            skew=skew if abs(skew) > took else 0.0,
            free_bytes=int(fullest["available_in_bytes"]),
            free_share=fullest["available_in_bytes"] / max(1, fullest["total_in_bytes"]),
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _has_analyzer(self, name: str) -> bool:
        try:
            self._client.indices.analyze(analyzer=name, text="a")
        except ApiError as error:
            if error.status_code == 400:  # noqa: PLR2004 - a bad request: there is none of that name
                return False
            raise
        return True
