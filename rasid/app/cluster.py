"""Where the servers of the cluster mode are, from the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import rasid
from rasid import settings as settings_module
from rasid.adapters.kafka_connection import KafkaAddress
from rasid.domain.errors import InputError
from rasid.settings import Settings


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
    patience: float = 300.0


def shipped_topics() -> Path:
    """Give the list of topics that comes with the program: in the wheel, or in the checkout."""
    packaged = Path(str(resources.files("rasid"))) / "topics.yaml"
    return packaged if packaged.is_file() else Path(rasid.__file__).parent.parent / "deploy" / "topics.yaml"


def cluster(settings: Settings | None = None, *, member: str | None = None) -> Cluster:
    """Give where the servers are; without settings, as the environment says. Raises InputError where no Kafka is."""
    settings = settings_module.load() if settings is None else settings
    if not settings.kafka:
        raise InputError("no Kafka is named: set `kafka` (RASID_KAFKA) to host:port (several by commas)")
    return Cluster(
        kafka=KafkaAddress(
            settings.kafka,
            username=settings.kafka_username,
            password=settings.kafka_password,
            ca_file=settings.kafka_ca_file,
            prefix=settings.group_prefix,
        ),
        elasticsearch=settings.elasticsearch,
        elasticsearch_prefix=settings.elasticsearch_prefix,
        elasticsearch_api_key=settings.elasticsearch_api_key,
        elasticsearch_ca_file=settings.elasticsearch_ca_file,
        member=member or settings.worker_member,
        patience=settings.worker_patience,
    )
