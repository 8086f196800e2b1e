"""Articles of a file as documents of a log: enriched, each with its time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from processors.enrich import enrich_text
from rasid.app.cli.enrich import Text, texts
from rasid.domain.article import GroupedArticle
from rasid.domain.errors import InputError

_APART = timedelta(minutes=1)


def from_file(file: str, failures: list[InputError]) -> Iterator[tuple[GroupedArticle, datetime]]:
    """Give the articles of a file by the time they say they were published at; what is wrong goes to `failures`.

    Where one has no such time, the file's order stands, an article a minute: windows then mean little.
    """
    found = list(texts([file], failures))
    if all(text.published_at for text in found):
        found.sort(key=lambda text: _time(text) or datetime.min.replace(tzinfo=UTC))
    at = datetime.now(UTC) - _APART * len(found)
    for text in found:
        at = _time(text) or at + _APART
        yield document(text, at), at


def document(text: Text, at: datetime) -> GroupedArticle:
    """Enrich a text; it is a story of its own."""
    enriched = enrich_text(text.title, text.text, article_id=text.id, url=text.url)
    article = replace(enriched.article, first_seen_at=at, published_at=_time(text), source=text.source)
    return GroupedArticle(enriched=replace(enriched, article=article), story_id=f"story-{text.id}")


def _time(text: Text) -> datetime | None:
    if text.published_at is None:
        return None
    time = datetime.fromisoformat(text.published_at)
    return time if time.tzinfo else time.replace(tzinfo=UTC)
