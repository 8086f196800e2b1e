"""Short ways to make domain values for tests, in the three languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest.identity import entry_id, entry_key
from rasid.domain.article import (
    Article,
    Carrier,
    EnrichedArticle,
    Entity,
    Entry,
    GroupedArticle,
    Mention,
    Names,
    Presence,
    RawEntry,
    Terms,
)
from rasid.ports import Analyzer

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TITLES = {
    "ar": "شويغو يبحث مع الأسد الوضع في سوريا",
    "en": "Shoigu and Assad discuss the situation in Syria",
    "ru": "Шойгу обсудил с Асадом положение в Сирии",
}


def raw_entry(
    url: str = "https://example.com/1",
    *,
    feed: str = "feed-a",
    minutes: float = 0,
    source: str = "Example",
    **entry: Any,
) -> RawEntry:
    """Make an entry as a poller publishes it."""
    key = entry_key(url, entry.get("guid"), feed)
    values: dict[str, Any] = {"title": TITLES["en"], "text": "One.\n\nTwo.", **entry}
    return RawEntry(
        entry=Entry(id=entry_id(feed, key), feed=feed, key=key, url=url, **values),
        seen_at=NOON + timedelta(minutes=minutes),
        source=source,
    )


def article(number: int = 1, *, language: str = "en", minutes: float = 0, **changes: Any) -> Article:
    """Make an admitted article with a title in `language`."""
    key = f"{number:032x}"
    seen = NOON + timedelta(minutes=minutes)
    made = Article(
        id=f"202611-{key}",
        key=key,
        revision=1,
        edition=1,
        title=TITLES[language],
        text="",
        text_hash="",
        first_seen_at=seen,
        feed="feed-a",
        source="Example",
        carriers=(Carrier(feed="feed-a", source="Example", seen_at=seen),),
        url=f"https://example.com/{number}",
        language_claimed=language,
    )
    return replace(made, **changes)


def document(
    analyzer: Analyzer,
    number: int = 1,
    *,
    language: str = "en",
    story: str = "",
    names: tuple[tuple[str, str], ...] = (),
    presence: dict[str, tuple[int, ...]] | None = None,
    **changes: Any,
) -> GroupedArticle:
    """Make an enriched and grouped document; `names` gives (entity id, surface in the title or text).

    `presence` gives the sentences in which ids and countries stand.
    """
    made = article(number, language=language, **changes)
    terms = Terms(
        title=" ".join(t.text for t in analyzer.terms(made.title)),
        text=" ".join(t.text for t in analyzer.terms(made.text)),
    )
    enriched = EnrichedArticle(
        article=made,
        language=language,
        language_confidence=1.0,
        analysis_version=1,
        terms=terms,
        entities=tuple(_entity(made, entity, surface) for entity, surface in names),
        presence=tuple(Presence(id=one, sentences=where) for one, where in (presence or {}).items()),
    )
    return GroupedArticle(enriched=enriched, story_id=story or f"story-{number}")


def _entity(made: Article, entity_id: str, surface: str) -> Entity:
    field = "title" if surface in made.title else "text"
    start = getattr(made, field).index(surface)
    mention = Mention(field=field, start=start, end=start + len(surface), surface=surface)  # type: ignore[arg-type]
    return Entity(id=entity_id, type="PER", name=Names(en=surface), mentions=(mention,))
