"""The log of whichever mode the settings name, for commands that work on both."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from rasid.app.bootstrap import existing_stores
from rasid.app.cluster import Cluster, cluster
from rasid.app.stages import READS
from rasid.domain import topics
from rasid.ports import Bus
from rasid.settings import Settings

_LOOK_SECONDS = 0.5


@contextmanager
def open_log(settings: Settings) -> Iterator[Bus]:
    """Open the cluster's log where `kafka` is set, else the data directory's. Raises StoreError."""
    if settings.kafka:
        from rasid.adapters.kafka_bus import KafkaBus  # noqa: PLC0415 - the embedded mode does without Kafka's client

        with KafkaBus(cluster(settings).kafka) as bus:
            yield bus
    else:
        with existing_stores(settings) as stores:
            yield stores.bus


def follow_history(where: Cluster, tell: Callable[[str, int], None]) -> None:
    """Wait until what is in the cluster's back-fill topics now is through all stages, however much comes behind it.

    `tell` gets the stage and how many records are before it.
    """
    from rasid.adapters.kafka_offsets import GroupOffsets  # noqa: PLC0415 - as above

    with ExitStack() as stack:
        for stage, reads in READS.items():
            history = [topic for topic in reads if topics.is_history(topic)] or list(reads)
            offsets = stack.enter_context(GroupOffsets(where.kafka, stage, history))
            ends = {part: end for part, (_, end) in offsets().items()}
            told = 0
            while left := sum(max(0, ends[part] - done) for part, (done, _) in offsets().items() if part in ends):
                if left != told:
                    tell(stage, left)
                told = left
                time.sleep(_LOOK_SECONDS)
