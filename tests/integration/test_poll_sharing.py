"""Many pollers on a real Kafka: every feed goes on being polled, by one at a time, whoever comes and goes."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from contract.kafka_server import kafka_servers, new_prefix, own_topics, plans
from integration.daemons import Daemon, ended, environment, wait
from integration.many_hosts import TITLES, Site

from rasid.adapters.kafka_bus import KafkaBus
from rasid.adapters.kafka_connection import KafkaAddress
from rasid.codec import TRACE, decode
from rasid.domain import topics
from rasid.domain.article import RawEntry

PARTITIONS = 4

pytestmark = pytest.mark.cluster


@pytest.fixture
def address() -> Iterator[KafkaAddress]:
    """Give the broker with all topics, for this test alone."""
    found = KafkaAddress(kafka_servers(), prefix=new_prefix())
    with own_topics(found, plans(topics.ALL, PARTITIONS)) as made:
        yield made


def poller(name: str, address: KafkaAddress, place: Path, feeds: Path) -> Daemon:
    (place / name).mkdir(exist_ok=True)
    told = environment(
        address,
        place / name,
        RASID_FEEDS=str(feeds),
        RASID_SAMPLE="off",
        RASID_CONTACT=f"{name}@example.org",
        RASID_HOST_PAUSE="0",
        RASID_FETCH_ALLOWED_HOSTS="127.0.0.0/8",
    )
    return Daemon(["poll", "--member", name], place / name, told)


def test_pollers_come_and_go_and_every_feed_is_polled_by_one(address: KafkaAddress, tmp_path: Path) -> None:
    """Two share the hosts; one is killed, one comes, one ends, one hangs: soon all hosts are polled, each by one."""
    feeds = tmp_path / "feeds.yaml"
    with Site() as site, ended([]) as running, KafkaBus(address) as bus:
        listed = "".join(
            f"  - {{url: '{url}', interval: {{min: 1s, max: 1s}}, full_text: never}}\n" for url in site.feeds()
        )
        feeds.write_text(f"version: 1\nfeeds:\n{listed}")
        one, two = (poller(name, address, tmp_path, feeds) for name in ("one", "two"))
        running += [one, two]
        wait(running, lambda: site.all_by({"one", "two"}, 2.5), 60, "two pollers sharing")
        wanted = {
            f"{url.removeprefix('http://').replace(f':{site.port}', '')}/{n}" for url in site.feeds() for n in TITLES
        }
        wait(running, lambda: set(published(bus)) == wanted, 60, "every entry")
        one.kill()
        running.remove(one)
        wait(running, lambda: site.all_by({"two"}, 2.5), 40, "the one that is left polling all")
        three = poller("three", address, tmp_path, feeds)
        running.append(three)
        wait(running, lambda: site.all_by({"two", "three"}, 2.5), 40, "a third sharing")
        assert two.stop() == 0, two.told()
        running.remove(two)
        wait(running, lambda: site.all_by({"three"}, 2.5), 40, "the third polling all")
        four = poller("four", address, tmp_path, feeds)
        running.append(four)
        wait(running, lambda: site.all_by({"three", "four"}, 2.5), 40, "a fourth sharing")
        three.process.send_signal(signal.SIGSTOP)  # it hangs for longer than its session
        wait(running, lambda: site.all_by({"four"}, 2.5), 40, "the fourth polling all")
        three.process.send_signal(signal.SIGCONT)
        wait(running, lambda: site.all_by({"three", "four"}, 2.5), 40, "the one that hung sharing again")
        assert four.stop() == 0, four.told()
        running.remove(four)
        assert all(TRACE in record.message.headers for record in bus.read(topics.RAW.name))
        assert three.stop() == 0, three.told()
        running.remove(three)
        # What one has remembered as shown, the next does not show again: only who was cut short repeats.
        repeated = published(bus).total() - len(wanted)
        assert repeated <= len(wanted) // 2, f"{repeated} of {len(wanted)} entries came again"


def published(bus: KafkaBus) -> Counter[str]:
    """Count what was published, by guid."""
    return Counter(decode(record.message, RawEntry).entry.guid or "" for record in bus.read(topics.RAW.name))
