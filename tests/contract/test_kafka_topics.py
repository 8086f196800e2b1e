"""deploy/topics.yaml is whole and safe, and applying it makes the cluster so, on a real broker."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import kafka
import pytest
import yaml
from contract.kafka_server import ROOT, kafka_servers, new_prefix
from kafka.admin import ConfigResource, ConfigResourceType

from rasid.adapters.kafka_connection import KafkaAddress
from rasid.adapters.kafka_topics import TopicPlans, apply, load_plans
from rasid.domain.errors import InputError, StoreError
from rasid.domain.topics import ALL, KNOWN, RAW

SHIPPED = ROOT / "deploy" / "topics.yaml"

pytestmark = pytest.mark.cluster


@pytest.fixture
def address() -> Iterator[KafkaAddress]:
    """Give the broker, under a prefix of this test's own, without topics; they are deleted in the end."""
    address = KafkaAddress(kafka_servers(), prefix=new_prefix())
    yield address
    admin = kafka.KafkaAdminClient(**address.options())
    admin.delete_topics([name for name in admin.list_topics() if name.startswith(address.prefix)])
    admin.close()


def changed(path: Path, name: str, **settings: object) -> Path:
    """Write the shipped file with another setting for one topic."""
    document = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    document["topics"].setdefault(name, {}).update(settings)
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def test_the_shipped_topics_are_made_once_and_mended(address: KafkaAddress) -> None:
    """The first application makes every topic, the second changes nothing, a foreign change is set right."""
    plans = load_plans(SHIPPED)
    assert {plan.topic for plan in plans.plans} == set(ALL)
    made = apply(address, plans)
    assert [line.split(":")[0] for line in made] == [plan.topic.name for plan in plans.plans]
    assert apply(address, plans) == []
    admin = kafka.KafkaAdminClient(**address.options())
    admin.alter_configs(
        [ConfigResource(ConfigResourceType.TOPIC, address.prefix + KNOWN.name, {"retention.ms": "1000"})]
    )
    admin.close()
    # The brokers learn of a change a moment after it was acknowledged.
    mended = next(changes for _ in range(1000) if (changes := apply(address, plans)))
    assert mended == [f"{KNOWN.name}: retention.ms was 1000, is {92 * 24 * 3600 * 1000}"]


def test_a_dry_run_says_what_would_be_done_and_does_nothing(address: KafkaAddress) -> None:
    """The sentences name what is to be made; nothing is there afterwards."""
    plans = load_plans(SHIPPED)
    told = apply(address, plans, dry_run=True)
    assert [line.split(":")[0] for line in told] == [plan.topic.name for plan in plans.plans]
    assert all("to be made" in line for line in told)
    assert apply(address, plans, dry_run=True) == told


def test_another_number_of_partitions_is_refused(address: KafkaAddress) -> None:
    """More partitions would move keys: the topic and both numbers are named, and nothing is changed."""
    plans = load_plans(SHIPPED)
    raw = next(plan for plan in plans.plans if plan.topic == RAW)
    apply(address, TopicPlans((raw,), 1))
    more = TopicPlans((dataclasses.replace(raw, partitions=7),), 1)
    with pytest.raises(StoreError, match=r"news\.entries\.raw\.v1 has 6 partitions.*wants 7"):
        apply(address, more)


@pytest.mark.parametrize(
    ("name", "settings", "told"),
    [
        (KNOWN.name, {"retention_days": 91}, "at least 92 are needed"),
        (RAW.name, {"partitions": 7}, "the same number of partitions"),
        (RAW.name, {"retention_days": "سنة"}, "not a list of topics"),
        ("news.nowhere", {"retention_days": 3}, "news.nowhere is not a topic of this program"),
    ],
)
def test_an_unsafe_file_is_refused(tmp_path: Path, name: str, settings: dict[str, object], told: str) -> None:
    """A fold longer than the retention, partitions that differ, nonsense and unknown topics are named with the file."""
    path = changed(tmp_path / "topics.yaml", name, **settings)
    with pytest.raises(InputError, match=told) as caught:
        load_plans(path)
    assert str(path) in str(caught.value)
