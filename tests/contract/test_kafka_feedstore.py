from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from contract.feedstore_contract import NOON, FeedStoreContract, OpenStore, record, shown, state
from contract.kafka_server import kafka_servers, new_prefix, own_topics, plans

from rasid.adapters.kafka_bus import KafkaBus
from rasid.adapters.kafka_connection import KafkaAddress
from rasid.adapters.kafka_feedstore import ITEMS_PER_FEED, KafkaFeedStore
from rasid.app import web_daemon
from rasid.app.web_daemon import FollowedFeeds
from rasid.domain.errors import StoreError
from rasid.domain.topics import FEEDS
from rasid.ports import Message

PARTITIONS = 3
TOPICS = (FEEDS,)

pytestmark = pytest.mark.cluster


@pytest.fixture
def bus() -> Iterator[KafkaBus]:
    """Give a log with an empty topic of feeds' states."""
    with (
        own_topics(KafkaAddress(kafka_servers(), prefix=new_prefix()), plans(TOPICS)) as address,
        KafkaBus(address, TOPICS) as opened,
    ):
        yield opened


def whole(bus: KafkaBus) -> KafkaFeedStore:
    """Open a store that holds every partition; a feed's host is its id's first part."""
    store = KafkaFeedStore(bus, lambda feed: feed.split("-")[0])
    store.hold(range(PARTITIONS))
    return store


@pytest.fixture
def open_store(bus: KafkaBus) -> OpenStore:
    """Give a function that opens the one store of this test, again and again."""
    return lambda: whole(bus)


class TestKafkaFeedStore(FeedStoreContract):
    """The contract, on Kafka."""


def test_the_page_follows_what_pollers_save(bus: KafkaBus, monkeypatch: pytest.MonkeyPatch) -> None:
    """It shows the states of all partitions as they are in the log, not as they were when it began; it writes none."""
    monkeypatch.setattr(web_daemon, "_FOLLOW_SECONDS", 0.0)
    page, poller = FollowedFeeds(bus), whole(bus)
    assert page.states() == {}
    for feed in ("a-1", "b-1", "c-1"):
        poller.save(state(feed), record(feed))
        assert page.states() == poller.states()
    with pytest.raises(StoreError):
        page.save(state("a-1"), record("a-1"))


def test_feeds_of_one_host_share_a_partition(bus: KafkaBus) -> None:
    """Whatever the number of feeds, a host's are in one partition, and hosts spread over all."""
    store = whole(bus)
    hosts = {host: {store.partition(f"{host}-{n}") for n in range(5)} for host in map(str, range(50))}
    assert all(len(found) == 1 for found in hosts.values())
    assert set.union(*hosts.values()) == set(range(PARTITIONS))


def test_a_store_holds_its_partitions_alone(bus: KafkaBus) -> None:
    """What another poller saved is there once the partition is held, and no more once it was let go."""
    one, other = whole(bus), KafkaFeedStore(bus, lambda feed: feed.split("-")[0])
    feeds = [f"صحيفة{n}-1" for n in range(20)]
    for feed in feeds:
        one.save(state(feed), record(feed), [shown("a")])
    part = one.partition(feeds[0])
    other.hold({part})
    mine = {feed for feed in feeds if one.partition(feed) == part}
    assert set(other.states()) == mine
    assert other.shown(feeds[0], ["a"]) == {"a": shown("a")}
    stranger = next(feed for feed in feeds if feed not in mine)
    with pytest.raises(StoreError, match="another poller's"):
        other.save(state(stranger), record(stranger))
    other.drop({part})
    assert other.states() == {}
    one.save(state(feeds[0], interval=77.0), record(feeds[0], minutes=1))
    other.hold({part})
    assert other.state(feeds[0]) == state(feeds[0], interval=77.0)


def test_a_store_that_may_be_out_of_date_writes_nothing(bus: KafkaBus) -> None:
    """A poller that slept through its session leaves the feed to who has it now."""
    store = KafkaFeedStore(bus, str, may_write=lambda: False)
    store.hold(range(PARTITIONS))
    with pytest.raises(StoreError, match="another poller's"):
        store.save(state(), record())
    assert list(bus.read(FEEDS.name)) == []


def test_a_poison_message_is_a_feed_that_is_polled_anew(bus: KafkaBus) -> None:
    """What cannot be read leaves its own feed unknown and the others as they are."""
    whole(bus).save(state("sana-1"), record("sana-1"))
    for key in (b"tass-1", b"tass-1\n+items"):
        poison = Message(key=key, value=b"\xff{", time=NOON, headers={})
        bus.publish(FEEDS.name, [poison], partition=whole(bus).partition("tass-1"))
    again = whole(bus)
    assert set(again.states()) == {"sana-1"}
    assert again.shown("tass-1", ["a"]) == {}


def test_a_feed_with_very_many_items_keeps_the_newest(bus: KafkaBus) -> None:
    """A message has a limit: the items seen longest ago are forgotten."""
    store = whole(bus)
    many = [shown(f"пункт {n}", minutes=n) for n in range(ITEMS_PER_FEED + 10)]
    store.save(state(), record(), many)
    assert set(store.shown("sana-sy-1", [one.item for one in many])) == {one.item for one in many[10:]}
    assert store.retain(before=NOON + timedelta(minutes=20)) == 11
