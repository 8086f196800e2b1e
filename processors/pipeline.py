"""The steps of an article's way, each from records to messages: what runs on SQLite, on Kafka or in a test alike.

raw entries --admit--> articles --enrich--> enriched --group--> grouped (--> index, match)
                 `--> known (admit's memory)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from processors.admit import admit
from processors.enrich import enrich
from processors.stories.signature import signed
from processors.stories.step import GroupStep
from processors.tokens import terms
from rasid.codec import decode, encode
from rasid.domain import topics
from rasid.domain.article import Article, RawEntry
from rasid.domain.known import KnownArticle, Position
from rasid.ports import Message, Outputs, Record

__all__ = ["AdmitStep", "GroupStep", "Recall", "enrich_step"]

# Gives admit's memory for the keys of a batch.
Recall = Callable[[Sequence[bytes]], Mapping[bytes, Record]]


class AdmitStep:
    """Raw entries -> articles, and what admit remembers of them.

    The article goes out before its memory does: after a kill between the two, it is made again, equal.
    """

    def __init__(self, recall: Recall) -> None:
        self._recall = recall

    def __call__(self, records: Sequence[Record]) -> Outputs:
        """Admit a batch in order; later entries of the batch see what earlier ones made."""
        recalled = self._recall([record.message.key for record in records])
        known = {key: decode(record.message, KnownArticle) for key, record in recalled.items()}
        articles: dict[str, list[Message]] = {topics.ARTICLES.name: []}
        changed: dict[bytes, Message] = {}
        for record in records:
            raw = decode(record.message, RawEntry)
            key = record.message.key
            position = Position(topic=record.topic, partition=record.partition, offset=record.offset)
            admitted = admit(raw, position, known.get(key), terms)
            if admitted.known is not known.get(key):
                known[key] = admitted.known
                changed[key] = encode(admitted.known, key=raw.entry.key, time=raw.seen_at)
            if admitted.article is not None:
                topic = topics.onward(record.topic, topics.ARTICLES.name)
                message = encode(admitted.article, key=admitted.article.id, time=record.message.time)
                articles.setdefault(topic, []).append(message)
        return {**articles, topics.KNOWN.name: list(changed.values())}


def enrich_step(records: Sequence[Record]) -> Outputs:
    """Articles -> enriched articles. Holds no state, so any worker process may run it."""
    made: dict[str, list[Message]] = {topics.ENRICHED.name: []}
    for record in records:
        enriched = signed(enrich(decode(record.message, Article)))
        message = encode(enriched, key=enriched.article.id, time=record.message.time)
        made.setdefault(topics.onward(record.topic, topics.ENRICHED.name), []).append(message)
    return made
