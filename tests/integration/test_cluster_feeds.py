"""`rasid feeds` where pollers share the feeds: what it tells comes from Kafka."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from contract.feedstore_contract import record, state
from contract.kafka_server import kafka_servers, new_prefix, own_topics, plans
from integration.daemons import RASID, environment

from ingest.feedlist import feed_id
from rasid.adapters.kafka_bus import KafkaBus
from rasid.adapters.kafka_connection import KafkaAddress
from rasid.adapters.kafka_feedstore import KafkaFeedStore
from rasid.app.cluster_feeds import open_cluster_feeds
from rasid.app.poll import Hosts
from rasid.domain.feed import Feed
from rasid.domain.topics import FEEDS
from rasid.settings import load

pytestmark = pytest.mark.cluster

URLS = ("http://a.example/خبر", "http://b.example/новости", "http://c.example/news")


@pytest.fixture
def address() -> Iterator[KafkaAddress]:
    """Give the broker with an empty topic of feeds' states."""
    with own_topics(KafkaAddress(kafka_servers(), prefix=new_prefix()), plans((FEEDS,))) as made:
        yield made


def test_the_list_shows_what_the_pollers_remember(address: KafkaAddress, tmp_path: Path) -> None:
    """Each feed with the health that its poller saw, whichever poller it was; what was not polled yet is new."""
    told = environment(address, tmp_path, RASID_FEEDS=str(tmp_path / "feeds.yaml"))
    (tmp_path / "feeds.yaml").write_text("version: 1\nfeeds:\n" + "".join(f"  - url: {url}\n" for url in URLS), "utf-8")
    feeds = [Feed(id=feed_id(url), url=url, title=url, source=url) for url in URLS]
    with KafkaBus(address) as bus:
        poller = KafkaFeedStore(bus, Hosts(lambda: feeds))
        poller.hold(range(bus.partitions(FEEDS.name)))
        for feed, failures in zip(feeds[:2], (0, 5), strict=True):
            seen = replace(state(feed.id), url=feed.url, failures=failures, last_error="سقط" if failures else None)
            poller.save(seen, record(feed.id))
    done = subprocess.run(
        [RASID, "feeds", "list", "--json"], env=os.environ | told, capture_output=True, text=True, check=True
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["url"], one["failures"], one["last_error"]) for one in found] == [
        (URLS[0], 0, None),
        (URLS[1], 5, "سقط"),
        (URLS[2], None, None),
    ]


def test_what_a_person_saves_is_where_the_poller_looks(address: KafkaAddress, tmp_path: Path) -> None:
    """A feed that is added again after its server ended it: the poller that holds its host remembers it as fresh."""
    told = environment(address, tmp_path, RASID_FEEDS=str(tmp_path / "feeds.yaml"))
    (tmp_path / "feeds.yaml").write_text(f"version: 1\nfeeds:\n  - url: {URLS[0]}\n", "utf-8")
    feed = Feed(id=feed_id(URLS[0]), url=URLS[0], title="", source="")
    with KafkaBus(address) as bus:
        poller = KafkaFeedStore(bus, Hosts(lambda: [feed]))
        poller.hold([poller.partition(feed.id)])
        poller.save(replace(state(feed.id), url=feed.url, gone=True), record(feed.id))
        context = open_cluster_feeds(load(None, told))
        assert context.store.states()[feed.id].gone
        context.store.save(replace(state(feed.id), url=feed.url, gone=False), record(feed.id))
        context.store.close()
        again = KafkaFeedStore(bus, Hosts(lambda: [feed]))
        again.hold([again.partition(feed.id)])
        found = again.state(feed.id)
        assert found is not None
        assert not found.gone
