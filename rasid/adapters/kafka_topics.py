"""Making the topics of the log as deploy/topics.yaml wants them, and telling where the cluster differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kafka
import yaml
from kafka.admin import ConfigResource, ConfigResourceType

from rasid.adapters.kafka_connection import KafkaAddress
from rasid.domain import topics as log_topics
from rasid.domain.errors import InputError, StoreError
from rasid.domain.topics import ALL, Topic

_DAY_MS = 24 * 3600 * 1000
_SPARE_DAYS = 2  # retention drops whole segments and runs now and then; an outage may last a day
_FUTURE_MS = 2 * _DAY_MS  # kafka_records dates at most a day ahead; another for clocks that differ
# One consumer reads both, and a key of both is one worker's.
_TOGETHER = (
    (log_topics.RAW.name, log_topics.BACKFILL.name),
    (log_topics.ARTICLES.name, log_topics.BACKFILL_ARTICLES.name),
    (log_topics.ENRICHED.name, log_topics.BACKFILL_ENRICHED.name),
    (log_topics.GROUPED.name, log_topics.BACKFILL_GROUPED.name),
)
# A compacted topic is read from its start: what compaction has not reached yet is kept small.
_COMPACTION = {"segment.bytes": str(64 << 20), "max.compaction.lag.ms": str(_DAY_MS)}


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """How one topic is to be."""

    topic: Topic
    partitions: int
    retention_days: float
    max_message_bytes: int

    def config(self) -> dict[str, str]:
        """Give Kafka's settings for it."""
        return {
            "cleanup.policy": "compact,delete" if self.topic.compacted else "delete",
            "retention.ms": str(int(self.retention_days * _DAY_MS)),
            "max.message.bytes": str(self.max_message_bytes),
            "message.timestamp.type": "CreateTime",
            "message.timestamp.after.max.ms": str(_FUTURE_MS),
            "compression.type": "producer",
            **(_COMPACTION if self.topic.compacted else {}),
        }


@dataclass(frozen=True, slots=True)
class TopicPlans:
    """The whole file: what is wanted of each topic, in the file's order."""

    plans: tuple[TopicPlan, ...]
    replication: int


def load_plans(path: Path, topics: Sequence[Topic] = ALL) -> TopicPlans:
    """Read the file. Raises InputError that names the topic for one missing, unknown or kept too short a time."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        wanted: dict[str, dict[str, Any]] = document["topics"]
        known = {topic.name: topic for topic in topics}
        for name in known.keys() ^ wanted.keys():
            problem = "is missing" if name in known else "is not a topic of this program"
            raise InputError(f"{name} {problem}", source=str(path))
        plans = tuple(_plan(path, known[name], document | wanted[name]) for name in wanted)
        counts = {plan.topic.name: plan.partitions for plan in plans}
        for pair in _TOGETHER:
            if len({counts[name] for name in pair if name in counts}) > 1:
                raise InputError(f"{' and '.join(pair)} need the same number of partitions", source=str(path))
        return TopicPlans(plans, int(document["replication"]))
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"not a list of topics: {error}", source=str(path)) from error


def _plan(path: Path, topic: Topic, said: Mapping[str, Any]) -> TopicPlan:
    retention, fold = float(said["retention_days"]), float(said.get("fold_days", 0))
    if retention < fold + _SPARE_DAYS:
        raise InputError(
            f"{topic.name}: retention_days is {retention:g}, but {fold:g} days are read back at a start:"
            f" at least {fold + _SPARE_DAYS:g} are needed",
            source=str(path),
        )
    return TopicPlan(topic, int(said["partitions"]), retention, int(said["max_message_bytes"]))


def apply(address: KafkaAddress, plans: TopicPlans, *, dry_run: bool = False) -> list[str]:
    """Make missing topics, correct settings that differ; give a sentence for each change, done or (`dry_run`) to do.

    Raises StoreError for a topic that has another number of partitions: that cannot be corrected in place.
    """
    with address.translate("making the topics"):
        admin = address.make(kafka.KafkaAdminClient)
        try:
            there = {one["name"]: len(one["partitions"]) for one in admin.describe_topics()}
            _require_same_partitions(address, plans, there)
            copies = min(plans.replication, len(admin.describe_cluster()["brokers"]))
            made = _create(admin, address, plans, there, copies, dry_run=dry_run)
            return made + _correct(admin, address, plans, there, dry_run=dry_run)
        finally:
            admin.close()


def _require_same_partitions(address: KafkaAddress, plans: TopicPlans, there: Mapping[str, int]) -> None:
    for plan in plans.plans:
        found = there.get(address.prefix + plan.topic.name, plan.partitions)
        if found != plan.partitions:
            raise StoreError(
                f"Kafka at {address.servers}: {plan.topic.name} has {found} partitions, deploy/topics.yaml wants"
                f" {plan.partitions}: a key would lose its order. Write {found} there, or begin a new topic"
            )


def _create(
    admin: Any, address: KafkaAddress, plans: TopicPlans, there: Mapping[str, int], copies: int, *, dry_run: bool
) -> list[str]:
    missing = [plan for plan in plans.plans if address.prefix + plan.topic.name not in there]
    if missing and not dry_run:
        admin.create_topics(
            {
                address.prefix + plan.topic.name: {
                    "num_partitions": plan.partitions,
                    "replication_factor": copies,
                    "configs": plan.config() | {"min.insync.replicas": str(max(1, copies - 1))},
                }
                for plan in missing
            },
            wait_for_metadata=True,
        )
    return [
        f"{plan.topic.name}: {'to be made' if dry_run else 'made'} with {plan.partitions} partitions, {copies} copies,"
        f" kept {plan.retention_days:g} days"
        for plan in missing
    ]


def _correct(
    admin: Any, address: KafkaAddress, plans: TopicPlans, there: Mapping[str, int], *, dry_run: bool
) -> list[str]:
    held = {address.prefix + plan.topic.name: plan for plan in plans.plans if address.prefix + plan.topic.name in there}
    if not held:
        return []
    asked = [ConfigResource(ConfigResourceType.TOPIC, name, list(plan.config())) for name, plan in held.items()]
    found = admin.describe_configs(asked, config_filter="all")["topic"]
    changes: list[str] = []
    for name, plan in held.items():
        different = {key: want for key, want in plan.config().items() if found[name][key]["value"] != want}
        if different and not dry_run:
            admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, different)])
        changes += [
            f"{plan.topic.name}: {key} {'is' if dry_run else 'was'} {found[name][key]['value']},"
            f" {'is to be' if dry_run else 'is'} {want}"
            for key, want in different.items()
        ]
    return changes
