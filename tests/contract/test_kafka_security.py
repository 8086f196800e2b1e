"""Kafka with SASL/SCRAM over TLS: least rights are enough, and what is wrong is told without a secret."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator

import kafka
import pytest
from contract.bus_contract import drain, message
from contract.kafka_server import PARTITIONS, TOPICS, new_prefix, own_topics, plans, secure_kafka
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ResourcePattern, ResourceType
from kafka.admin import ACLResourcePatternType as Pattern

from rasid.adapters.kafka_bus import KafkaBus
from rasid.adapters.kafka_connection import KafkaAddress
from rasid.adapters.kafka_membership import KafkaMembership
from rasid.domain.errors import StoreError
from rasid.domain.topics import KNOWN, RAW

pytestmark = pytest.mark.cluster


def allow(admin: KafkaAddress, prefix: str) -> None:
    """Let the user rasid read, write and describe topics and groups of a prefix, and nothing else."""
    client = kafka.KafkaAdminClient(**admin.options())
    client.create_acls(
        [
            ACL("User:rasid", "*", operation, ACLPermissionType.ALLOW, ResourcePattern(kind, prefix, Pattern.PREFIXED))
            for kind, operation in (
                (ResourceType.TOPIC, ACLOperation.READ),
                (ResourceType.TOPIC, ACLOperation.WRITE),
                (ResourceType.GROUP, ACLOperation.READ),
            )
        ]
    )
    client.close()


@pytest.fixture
def rasid() -> Iterator[KafkaAddress]:
    """Give the address for a user with the rights on one prefix, its topics made by the admin."""
    prefix = new_prefix()
    admin = dataclasses.replace(secure_kafka("admin"), prefix=prefix)
    allow(admin, prefix)
    with own_topics(admin, plans()):
        yield dataclasses.replace(secure_kafka("rasid"), prefix=prefix)


def test_least_rights_are_enough(rasid: KafkaAddress, caplog: pytest.LogCaptureFixture) -> None:
    """Publishing, reading, looking up and lag work with read and write on the own prefix; no secret is logged."""
    caplog.set_level(logging.DEBUG)
    with KafkaBus(rasid, TOPICS) as bus:
        bus.publish(RAW.name, [message(n) for n in range(3)])
        bus.publish(KNOWN.name, [message(1)])
        assert len(drain(bus, "g", [RAW.name], 3)) == 3
        assert bus.lag("g", RAW.name) == 0
        assert len(list(bus.read(RAW.name))) == 3
        assert bus.latest(KNOWN.name, [b"k"])[b"k"].message == message(1)
    left: list[str] = []
    with KafkaMembership(rasid, "poll", RAW.name, lambda: left.append("left")) as membership:
        assert membership.look(0.1) == frozenset(range(PARTITIONS))
        # Where the leader hears of the topic only after it has shared it out, kafka-python has it join a second time.
        looks = iter(range(20))
        while not membership.is_sure():
            next(looks)
            membership.look(0.1)
        assert membership.look(0.1) == frozenset(range(PARTITIONS))
    assert rasid.password
    assert rasid.password not in caplog.text
    assert rasid.password not in repr(rasid)


def test_other_topics_are_refused(rasid: KafkaAddress) -> None:
    """Where the user has no right, the error says so."""
    admin = dataclasses.replace(secure_kafka("admin"), prefix=new_prefix())
    elsewhere = dataclasses.replace(rasid, prefix=admin.prefix)
    with own_topics(admin, plans()), KafkaBus(elsewhere, TOPICS) as bus, pytest.raises(StoreError, match="rights"):
        bus.publish(RAW.name, [message(1)])


@pytest.mark.parametrize("change", [{"password": "كلمة-سر-خاطئة-7391"}, {"username": None, "password": None}])
def test_wrong_and_missing_credentials_are_told(
    rasid: KafkaAddress, change: dict[str, str | None], caplog: pytest.LogCaptureFixture
) -> None:
    """A wrong password and none at all give an error that names the broker and the credentials, and no secret."""
    caplog.set_level(logging.DEBUG)
    wrong = dataclasses.replace(rasid, **change, bootstrap_seconds=2)
    with KafkaBus(wrong, TOPICS) as bus, pytest.raises(StoreError, match="credentials") as caught:
        bus.publish(RAW.name, [message(1)])
    assert rasid.servers in str(caught.value)
    for secret in (rasid.password, change["password"]):
        assert not secret or secret not in caplog.text + str(caught.value)
