"""The Kafka log keeps the promises of Bus on a real broker, and its own on keys, retention and errors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from contract.bus_contract import BusContract, OpenBus
from contract.kafka_server import TOPICS, own_topics

from rasid.adapters.kafka_bus import KafkaBus
from rasid.adapters.kafka_connection import KafkaAddress


@pytest.fixture
def address() -> Iterator[KafkaAddress]:
    """Give the broker with topics of this test's own."""
    with own_topics() as found:
        yield found


@pytest.fixture
def open_bus(address: KafkaAddress) -> Iterator[OpenBus]:
    """Give a function that opens the same log each time."""
    opened: list[KafkaBus] = []

    def open_one() -> KafkaBus:
        opened.append(KafkaBus(address, TOPICS))
        return opened[-1]

    yield open_one
    for bus in opened:
        bus.close()


class TestKafkaBus(BusContract):
    """The contract on Kafka."""
