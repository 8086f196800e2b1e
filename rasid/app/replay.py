"""Analysing anew what was admitted before: articles of the log once more through enrich, beside live news.

A replayed article keeps its id, edition and story. The index takes it only where its version is higher, that is after
a better analysis; so a replay changes nothing that is unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from rasid.codec import begin_trace, decode, encode
from rasid.domain import topics
from rasid.domain.article import Article
from rasid.domain.errors import CodecError
from rasid.ports import Bus, Message

_BATCH = 500
_SOURCES = (topics.ARTICLES.name, topics.BACKFILL_ARTICLES.name)


def replay(bus: Bus, since: datetime, until: datetime | None, room: Callable[[], None] = lambda: None) -> int:
    """Put articles whose event time is from `since` to before `until` into the back-fill topic; give how many.

    The event time is when a live article was first seen, and when a back-filled one says it was published. `room` is
    called before each batch, and returns when the log has room.
    """
    count = 0
    batch: list[Message] = []
    for message in _articles(bus, since, until):
        batch.append(message)
        if len(batch) == _BATCH:
            count += _publish(bus, batch, room)
            batch = []
    return count + _publish(bus, batch, room)


def _articles(bus: Bus, since: datetime, until: datetime | None) -> Iterator[Message]:
    for source in _SOURCES:
        for record in bus.read(source, since=since):
            if until is not None and record.message.time >= until:
                continue
            try:
                article = decode(record.message, Article)
            except CodecError:  # its dead letter says so already
                continue
            if article.origin != "replay":  # a replay is no source of another
                again = replace(article, origin="replay")
                yield begin_trace(encode(again, key=article.id, time=record.message.time))


def _publish(bus: Bus, batch: list[Message], room: Callable[[], None]) -> int:
    if batch:
        room()
        bus.publish(topics.BACKFILL_ARTICLES.name, batch)
    return len(batch)
