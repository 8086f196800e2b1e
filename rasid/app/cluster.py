"""Where the servers of the cluster mode are: read from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rasid.adapters.kafka_connection import KafkaAddress
from rasid.domain.errors import InputError

# An article that hangs a child process is given up after 120 s, twice: in its batch, and alone (rasid.app.workers).
PATIENCE = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Where the servers of the cluster mode are. `member` names this worker among those of its stage, for good.

    `patience` is how many seconds a worker's offsets may stand still although there is more to read.
    """

    kafka: KafkaAddress
    elasticsearch: str | None = None
    elasticsearch_prefix: str = "news"
    elasticsearch_api_key: str | None = field(default=None, repr=False)
    elasticsearch_ca_file: str | None = None
    member: str | None = None
    patience: float = PATIENCE


def cluster(environment: Mapping[str, str] | None = None, *, member: str | None = None) -> Cluster:
    """Read where the servers are. Raises InputError where no Kafka is named."""
    given = os.environ if environment is None else environment

    def secret(name: str) -> str | None:
        file = given.get(f"{name}_FILE")
        return Path(file).read_text("utf-8").strip() if file else given.get(name)

    servers = given.get("RASID_KAFKA")
    if not servers:
        raise InputError("no Kafka is named: set RASID_KAFKA to host:port (several by commas)")
    return Cluster(
        kafka=KafkaAddress(
            servers,
            username=given.get("RASID_KAFKA_USERNAME"),
            password=secret("RASID_KAFKA_PASSWORD"),
            ca_file=given.get("RASID_KAFKA_CA_FILE"),
            prefix=given.get("RASID_GROUP_PREFIX", ""),
        ),
        elasticsearch=given.get("RASID_ELASTICSEARCH"),
        elasticsearch_prefix=given.get("RASID_ELASTICSEARCH_PREFIX", "news"),
        elasticsearch_api_key=secret("RASID_ELASTICSEARCH_API_KEY"),
        elasticsearch_ca_file=given.get("RASID_ELASTICSEARCH_CA_FILE"),
        member=member or given.get("RASID_WORKER_MEMBER"),
        patience=float(given.get("RASID_WORKER_PATIENCE", PATIENCE)),
    )
