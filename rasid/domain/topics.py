"""The topics of the log. Each stage reads one and writes the next; nothing else joins them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: what keys its messages; `compacted` keeps the last message of a key for good."""

    name: str
    key: str
    compacted: bool = False


RAW = Topic("news.entries.raw.v1", "the item's key")
BACKFILL = Topic("news.backfill.entries.raw.v1", "the item's key")
KNOWN = Topic("news.articles.known.v1", "the item's key", compacted=True)
ARTICLES = Topic("news.articles.v1", "article id")
ENRICHED = Topic("news.articles.enriched.v1", "article id")
GROUPED = Topic("news.articles.grouped.v1", "article id")
MATCHES = Topic("news.matches.v1", "rule id, article id or tick")
ALERTS = Topic("news.alerts.v1", "alert id")
# decide's memory: each rule's state as it was now and then, so that a start need not read all of the matches.
RULE_STATES = Topic("news.rules.state.v1", "rule id", compacted=True)
# Back-fill and replay: the same way beside the live one, so that live news never waits behind history.
BACKFILL_ARTICLES = Topic("news.backfill.articles.v1", "article id")
BACKFILL_ENRICHED = Topic("news.backfill.articles.enriched.v1", "article id")
BACKFILL_GROUPED = Topic("news.backfill.articles.grouped.v1", "article id")
# The pollers' memory: each feed's is in the partition of its host, and so are the feeds of that host with one poller.
FEEDS = Topic("news.feeds.state.v1", "feed id", compacted=True)
# What went to which receiver: the outbox folds it, so that nothing is sent twice or forgotten.
DELIVERIES = Topic("news.deliveries.v1", "alert id and receiver", compacted=True)
DEAD = Topic("news.dlq.v1", "the key of the message that died")

ALL: tuple[Topic, ...] = (
    RAW,
    BACKFILL,
    KNOWN,
    ARTICLES,
    ENRICHED,
    GROUPED,
    MATCHES,
    ALERTS,
    RULE_STATES,
    BACKFILL_ARTICLES,
    BACKFILL_ENRICHED,
    BACKFILL_GROUPED,
    FEEDS,
    DELIVERIES,
    DEAD,
)

# Live topic -> the one beside it in which history takes the same way.
_BESIDE = {
    RAW.name: BACKFILL.name,
    ARTICLES.name: BACKFILL_ARTICLES.name,
    ENRICHED.name: BACKFILL_ENRICHED.name,
    GROUPED.name: BACKFILL_GROUPED.name,
}
_HISTORY = frozenset(_BESIDE.values())


def is_history(topic: str) -> bool:
    """Tell whether a topic carries back-fill and replay, not live news."""
    return topic in _HISTORY


def onward(source: str, target: str) -> str:
    """Give the topic for what follows from a record of `source`: what comes of history stays beside live news."""
    return _BESIDE.get(target, target) if source in _HISTORY else target
