"""Enriched -> grouped: the group step as a fold over its own output.

Before the first record, and again whenever it cannot be sure of its state, it reads back the last 72 hours of what it
said; the state that gives is the state it had, so the outcome does not depend on when it was started.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import msgspec

from processors.changes import change_between
from processors.copies import is_copy, shingles
from processors.stories.groups import WINDOW_SECONDS, Arrival, Decision, Groups, story_id
from processors.stories.signature import pack, sign, signature_of, unpack
from processors.stories.spool import Spool
from rasid.codec import decode, decode_body, encode
from rasid.domain import topics
from rasid.domain.article import Article, EnrichedArticle, GroupedArticle
from rasid.domain.change import Change, StoryEvent
from rasid.ports import Message, Outputs, Record

WINDOW = timedelta(seconds=WINDOW_SECONDS)
# Gives what the log holds of the step's own output from a time on.
ReadBack = Callable[[datetime], Iterable[Record]]


class GroupStep:
    """Joins reports of one event; one instance, one partition. One thread at a time."""

    def __init__(self, read_back: ReadBack) -> None:
        self._read_back = read_back
        self._folds: dict[str, StoryFold] | None = None

    def forget(self) -> None:
        """Drop the state: the next record is decided on what the log holds then."""
        for fold in (self._folds or {}).values():
            fold.close()
        self._folds = None

    def __call__(self, records: Sequence[Record]) -> Outputs:
        """Group a batch in order. Raises CodecError for a record that is no enriched article, and then did nothing."""
        made = [decode(record.message, EnrichedArticle) for record in records]
        try:
            folds = self._folds if self._folds is not None else self._folded(min(r.message.time for r in records))
            messages: list[Message] = []
            for enriched, record in zip(made, records, strict=True):
                messages += _fold_for(folds, enriched.article.origin).take(enriched, record.message.time)
        except BaseException:
            self.forget()  # part of the batch may be in the state and never in the log
            raise
        return {topics.GROUPED.name: messages}

    def _folded(self, earliest: datetime) -> dict[str, StoryFold]:
        self._folds = {}
        for record in self._read_back(earliest - WINDOW):
            light = _LIGHT.decode(record.message.value)
            _fold_for(self._folds, light.enriched.article.origin).restore(light, record.message)
        return self._folds


@dataclass(slots=True)
class StoryFold:
    """The stories of one origin: live news never meets what is filled in from the past."""

    groups: Groups = field(default_factory=Groups)
    spool: Spool = field(default_factory=Spool)

    def close(self) -> None:
        """Let go of what lies on disk."""
        self.spool.close()

    def take(self, enriched: EnrichedArticle, time: datetime) -> list[Message]:
        """Group one article; give its document and those that move with it. A record taken before gives the same."""
        article = enriched.article
        self._expire(time)
        before = self._held(article.id)
        if before is not None:
            if _age(before.enriched) > _age(enriched):
                return []  # the log has the newer one, and so has it this one
            if _age(before.enriched) == _age(enriched):
                return [self._message(before, time), *self._moved(before.event, article.id, time)]
        arrival = _arrival(enriched, time)
        decision = self._decide(arrival, enriched, before)
        document = GroupedArticle(
            enriched=replace(enriched, signature=b""),
            story_id=decision.story_id,
            story_epoch=before.story_epoch if before else 0,
            copy_of=decision.copy_of,
            change=_change(before, enriched),
            event=decision.event,
            former_story_ids=_former(before, decision.story_id),
            signature=pack(arrival.signature),
        )
        if before and before.story_id != decision.story_id:
            document = replace(document, story_epoch=before.story_epoch + 1)
        message = self._message(document, time)
        self.groups.apply(arrival, decision)
        self.spool[article.id] = message.value
        return [message, *self._moved(decision.event, article.id, time)]

    def restore(self, light: LightDocument, message: Message) -> None:
        """Take back what the log holds."""
        self._expire(message.time)
        signature = unpack(light.signature)
        if signature is None:
            signature = sign(decode_body(message.value, GroupedArticle).enriched)
        article = light.enriched.article
        arrival = Arrival(
            id=article.id,
            signature=signature,
            language=light.enriched.language,
            at=_event_time(article).timestamp(),
            seen=message.time.timestamp(),
        )
        self.spool[article.id] = message.value
        self.groups.apply(arrival, Decision(light.story_id, light.copy_of, light.event))

    def _expire(self, time: datetime) -> None:
        for article_id in self.groups.expire(time.timestamp()):
            self.spool.pop(article_id)

    def _held(self, article_id: str) -> GroupedArticle | None:
        return decode_body(self.spool[article_id], GroupedArticle) if article_id in self.spool else None

    def _decide(self, arrival: Arrival, enriched: EnrichedArticle, before: GroupedArticle | None) -> Decision:
        """Decide once an article; a revision stays where it was, unless it was alone there."""
        own = _Own(enriched)
        if before and len(self.groups.stories[self._story_of(arrival.id)]) > 1:
            return Decision(story_id=self._story_of(arrival.id), copy_of=before.copy_of)
        decision = self.groups.decide(arrival, lambda other: own.is_copy_of(self._held(other)))
        if before is None or decision.story_id != story_id(arrival.id):
            return decision
        return replace(decision, story_id=self._story_of(arrival.id))

    def _story_of(self, article_id: str) -> str:
        return self.groups.members[article_id].story_id

    def _moved(self, event: StoryEvent | None, cause: str, time: datetime) -> list[Message]:
        """Say the articles of an event again where they now belong."""
        messages = []
        for article_id in event.article_ids if event else ():
            held = self._held(article_id)
            if held is None or event is None or article_id == cause:
                continue
            if held.story_id != event.from_story:  # said already, and now again
                messages.append(self._message(held, time))
                continue
            document = replace(
                held,
                story_id=event.to_story,
                story_epoch=held.story_epoch + 1,
                former_story_ids=_joined(held.former_story_ids, event.from_story, event.to_story),
                event=None,
                change=None,
            )
            message = self._message(document, time)
            self.spool[article_id] = message.value
            self.groups.apply(_again(document, time), Decision(event.to_story, document.copy_of))
            messages.append(message)
        return messages

    @staticmethod
    def _message(document: GroupedArticle, time: datetime) -> Message:
        return encode(document, key=document.id, time=time)


class LightArticle(msgspec.Struct, frozen=True):
    """The part of an article that grouping reads back."""

    id: str
    first_seen_at: datetime
    origin: str = "live"
    published_at: datetime | None = None


class LightEnriched(msgspec.Struct, frozen=True):
    """The part of an enriched article that grouping reads back."""

    article: LightArticle
    language: str


class LightDocument(msgspec.Struct, frozen=True):
    """The part of a grouped article that grouping reads back: the texts are not looked at."""

    enriched: LightEnriched
    story_id: str
    copy_of: str | None = None
    event: StoryEvent | None = None
    signature: bytes = b""


_LIGHT = msgspec.json.Decoder(LightDocument)


class _Own:
    """The shingles of the article that comes, made when they are asked for."""

    def __init__(self, enriched: EnrichedArticle) -> None:
        self._enriched = enriched
        self._found: set[str] | None = None

    def is_copy_of(self, other: GroupedArticle | None) -> bool:
        if other is None:
            return False
        if self._found is None:
            self._found = _shingles(self._enriched)
        return is_copy(self._found, _shingles(other.enriched))


def _shingles(enriched: EnrichedArticle) -> set[str]:
    return shingles(enriched.article.title, enriched.article.text, enriched.terms.text)


def _fold_for(folds: dict[str, StoryFold], origin: str) -> StoryFold:
    if origin not in folds:
        folds[origin] = StoryFold()
    return folds[origin]


def _age(enriched: EnrichedArticle) -> tuple[int, int]:
    return enriched.article.edition, enriched.analysis_version


def _event_time(article: Article | LightArticle) -> datetime:
    """Give when the event was told: when we saw it; of what is filled in from the past, when it was published."""
    if article.origin == "backfill":
        return article.published_at or article.first_seen_at
    return article.first_seen_at


def _arrival(enriched: EnrichedArticle, time: datetime) -> Arrival:
    at = _event_time(enriched.article).timestamp()
    return Arrival(
        id=enriched.article.id,
        signature=signature_of(enriched),
        language=enriched.language,
        at=at,
        seen=time.timestamp(),
    )


def _again(document: GroupedArticle, time: datetime) -> Arrival:
    signature = unpack(document.signature) or sign(document.enriched)
    at = _event_time(document.enriched.article).timestamp()
    return Arrival(
        id=document.id, signature=signature, language=document.enriched.language, at=at, seen=time.timestamp()
    )


def _change(before: GroupedArticle | None, enriched: EnrichedArticle) -> Change | None:
    if before is None:
        return None
    if enriched.article.revision == before.enriched.article.revision:
        return None
    return change_between(before.enriched, enriched)


def _former(before: GroupedArticle | None, now: str) -> tuple[str, ...]:
    return () if before is None else _joined(before.former_story_ids, before.story_id, now)


def _joined(former: Iterable[str], source: str, target: str) -> tuple[str, ...]:
    return tuple(one for one in dict.fromkeys((*former, source)) if one != target)
