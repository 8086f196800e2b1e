"""The memory of feeds as a person asks for it on the cluster: what all pollers wrote to Kafka."""

from __future__ import annotations

from ingest.feedlist import read_feeds, schema_text, shipped_text
from rasid.adapters.kafka_bus import KafkaBus
from rasid.adapters.kafka_feedstore import KafkaFeedStore
from rasid.app.bootstrap import FeedsContext, feeds_file, fetch_settings, shipped_rules
from rasid.app.cluster import cluster
from rasid.app.data_dir import DataDir
from rasid.app.poll import Hosts
from rasid.domain.topics import FEEDS
from rasid.settings import Settings


def open_cluster_feeds(settings: Settings) -> FeedsContext:
    """Open what the `feeds` commands need where pollers share the feeds. Raises StoreError."""
    data = DataDir(settings.data_dir)
    data.make()
    data.ship(shipped_text(), schema_text(), shipped_rules())
    file = feeds_file(settings)
    bus = KafkaBus(cluster(settings).kafka)
    try:
        store = _EveryFeed(bus, Hosts(lambda: read_feeds(file)))
        store.hold(range(bus.partitions(FEEDS.name)))
    except BaseException:
        bus.close()
        raise
    return FeedsContext(file, store, fetch_settings(settings))


class _EveryFeed(KafkaFeedStore):
    """The memory of all feeds as it was when opened.

    What is saved is in the log for good; the poller that holds the feed sees it once it begins anew.
    """

    def close(self) -> None:
        """Let go of everything held, and of Kafka."""
        super().close()
        self._bus.close()
