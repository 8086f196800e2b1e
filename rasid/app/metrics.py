"""What the daemons and the service count, for Prometheus. Names are part of the interface (deploy/grafana)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from prometheus_client import Counter, Gauge, Histogram, generate_latest

from rasid.domain.article import GroupedArticle

# (stage, topic) -> messages that the stage has yet to take.
Lags = Callable[[], Mapping[tuple[str, str], int]]
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

RECORDS = Counter("rasid_records", "Records a stage has taken.", ["stage"])
DEAD_LETTERS = Counter("rasid_dead_letters", "Records a stage could not take.", ["stage"])
LAG = Gauge("rasid_lag_records", "Records a stage has yet to take.", ["stage", "topic"])
HELD_UP = Gauge("rasid_held_up", "1 while a stage waits for a store that is out.", ["stage"])
STEP_SECONDS = Histogram("rasid_step_seconds", "What a batch takes in a stage's step.", ["stage"])
POLLS = Counter("rasid_polls", "Polls of feeds by outcome.", ["outcome"])
FEEDS = Gauge("rasid_feeds", "Feeds this poller polls.")
ARTICLES = Counter("rasid_articles", "Documents written to the index, by language.", ["language"])
INDEXED_AFTER = Histogram(
    "rasid_indexed_after_seconds",
    "From first seeing a live article to having it in the index.",
    buckets=(0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300, 3600),
)


def written(documents: Sequence[GroupedArticle]) -> None:
    """Count documents that the index has taken."""
    now = datetime.now(UTC)
    for document in documents:
        ARTICLES.labels(document.enriched.language).inc()
        if document.enriched.article.origin == "live":
            INDEXED_AFTER.observe((now - document.enriched.article.first_seen_at).total_seconds())


async def text(lags: Lags | None = None) -> bytes:
    """Give all counts in Prometheus' text format; the lag is asked for now."""
    if lags is not None:
        for (stage, topic), lag in (await asyncio.to_thread(lags)).items():
            LAG.labels(stage, topic).set(lag)
    return generate_latest()
