"""The deliver worker on a real Kafka, killed while alerts go out to a real mail server and a real webhook."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from alert_makers import alert
from contract.kafka_server import kafka_servers, new_prefix, own_topics
from receivers_site import SECRET, HookServer, MailServer

from rasid.adapters.kafka_bus import KafkaBus
from rasid.adapters.kafka_connection import KafkaAddress
from rasid.adapters.kafka_topics import TopicPlan, TopicPlans
from rasid.codec import decode, encode, kind_of
from rasid.domain import topics
from rasid.domain.delivery import Handover, message_id

pytestmark = pytest.mark.cluster

KILLS = 10
EACH = 8


class Deliverer:
    """`rasid worker deliver` as a process; may be killed and started again."""

    def __init__(self, address: KafkaAddress, data: Path, allowed: str, member: str) -> None:
        self._command = [Path(sys.executable).with_name("rasid"), "worker", "deliver", "--member", member]
        self.log = data.parent / f"deliver-{member}.log"
        self._environment = os.environ | {
            "RASID_KAFKA": address.servers,
            "RASID_GROUP_PREFIX": address.prefix,
            "RASID_DATA_DIR": str(data),
            "RASID_FETCH_ALLOWED_HOSTS": allowed,
            "PYTHONUTF8": "1",
        }
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        """Start it; does not wait."""
        with self.log.open("ab") as log:
            self.begun = len(self.log.read_text("utf-8"))
            self.process = subprocess.Popen(self._command, env=self._environment, stderr=log, stdout=log)
        return self.process

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()


@pytest.fixture
def address() -> Iterator[KafkaAddress]:
    """Give the broker with the topics that delivery needs, for this test alone."""
    wanted = (topics.ALERTS, topics.DELIVERIES, topics.DEAD, topics.MATCHES)
    plans = TopicPlans(tuple(TopicPlan(topic, 1, 92, 8 << 20) for topic in wanted), replication=1)
    with own_topics(KafkaAddress(kafka_servers(), prefix=new_prefix()), plans) as found:
        yield found


def test_ten_kills_on_kafka(address: KafkaAddress, tmp_path: Path) -> None:
    """Killed 10 times while alerts go out: none is missed; what came twice came under the same id, once a kill."""
    pick = random.Random(5)
    alerts = [alert(n, language=("ar", "en", "ru")[n % 3]) for n in range(1, KILLS * EACH + 1)]
    data = tmp_path / "data"
    data.mkdir()
    with HookServer() as hooks, MailServer() as mails, KafkaBus(address) as bus:
        (data / "notify.yaml").write_text(
            "receivers:\n"
            f"  desk: {{webhook: {{url: 'http://{hooks.host}/', secret: {SECRET}}}}}\n"
            f"  mail: {{smtp: {{host: 127.0.0.1, port: {mails.port}, security: none, from: rasid@example.org,"
            " to: a@example.org}}\n",
            "utf-8",
        )
        worker = Deliverer(address, data, hooks.host, "one")
        try:
            for number in range(KILLS):
                before = len(hooks.hooks) + len(mails.mails)
                part = alerts[number * EACH : (number + 1) * EACH]
                bus.publish(topics.ALERTS.name, [encode(one, key=one.id, time=one.created_at) for one in part])
                wait(worker, lambda before=before: len(hooks.hooks) + len(mails.mails) > before)  # type: ignore[misc]
                time.sleep(pick.uniform(0, 0.2))
                worker.kill()
                worker.start()
            wait(worker, lambda: len(hooks.ids()) == len(alerts) and len(mails.ids()) == len(alerts))
            wait(worker, lambda: states(bus).count("delivered") == 2 * len(alerts))
            wait(worker, lambda: "worker runs" in worker.log.read_text("utf-8")[worker.begun :])
            worker.process.send_signal(signal.SIGTERM)
            assert worker.process.wait(30) == 0
        finally:
            if worker.process.poll() is None:
                worker.kill()
    hook_ids, mail_ids = hooks.ids(), mails.ids()
    assert set(hook_ids) == {f"msg_{message_id(one.id, 'desk')}" for one in alerts}
    assert set(mail_ids) == {f"<{message_id(one.id, 'mail')}@example.org>" for one in alerts}
    assert hook_ids.total() - len(hook_ids) <= KILLS
    assert mail_ids.total() - len(mail_ids) <= KILLS


def states(bus: KafkaBus) -> list[str]:
    """Give the last status of each alert and receiver."""
    found: dict[str, str] = {}
    for record in bus.read(topics.DELIVERIES.name):
        if kind_of(record.message) is Handover:
            found[record.message.key.decode()] = decode(record.message, Handover).status
    return list(found.values())


def wait(worker: Deliverer, condition: object, seconds: float = 120) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return
        if worker.process.poll() is not None:  # it would be waited for in vain
            break
        time.sleep(0.1)
    raise AssertionError(worker.log.read_text("utf-8")[-5000:])
