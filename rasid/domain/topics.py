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
MATCHES = Topic("news.matches.v1", "rule id")
ALERTS = Topic("news.alerts.v1", "alert id")
DEAD = Topic("news.dlq.v1", "the key of the message that died")

ALL: tuple[Topic, ...] = (RAW, BACKFILL, KNOWN, ARTICLES, ENRICHED, GROUPED, MATCHES, ALERTS, DEAD)
