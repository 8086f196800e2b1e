"""The one writer of articles: gives an entry its id, first-seen time and revision, and knows repeats from changes.

entry --> known? --no--> a new article, revision 1
             `--yes--> the same text: nothing, or one more feed that carries it
                       a fuller text:  the same revision, completed
                       another text from a feed that showed this article before: a new revision

Every outcome depends on the log alone, so reading an entry again after a kill gives the same article again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from processors.boilerplate import without_boilerplate
from rasid.domain.article import Article, Carrier, RawEntry
from rasid.domain.known import KnownArticle, Position, Variant
from rasid.ports import Term

# Part of every hash: raise it when the analysis or the boilerplate rules change, and old hashes count as unknown.
HASH_VERSION = 1
# Another feed's text takes over only if it says clearly more; feeds cut the same teaser at different lengths.
_FULLER = 1.5
Terms = Callable[[str], Sequence[Term]]
# "completed": a fuller text of the same revision; "retitled": the feed changed while the page's text is shown.
Change = Literal["none", "completed", "revised", "retitled"]


@dataclass(frozen=True, slots=True)
class Admitted:
    """What became of an entry: the article as it now stands, None if nothing changed, and what to remember."""

    article: Article | None
    known: KnownArticle


def text_hash(title: str, text: str, terms: Terms) -> str:
    """Hash the analysed words of title and text without boilerplate: marks, markup and adverts do not count."""
    words = " ".join(term.text for term in terms(f"{title}\n{without_boilerplate(text)}"))
    return hashlib.blake2b(f"{HASH_VERSION}\n{words}".encode(), digest_size=12).hexdigest()


def article_id(key: str, first_seen_at: datetime) -> str:
    """Give the id: the first-seen month (UTC), which names the index that holds the article, and the item's key."""
    return f"{first_seen_at.astimezone(UTC):%Y%m}-{key}"


def admit(raw: RawEntry, position: Position, known: KnownArticle | None, terms: Terms) -> Admitted:
    """Decide what an entry means, given what is known under its key."""
    text = raw.entry.text or raw.entry.summary
    variant = Variant(
        feed=raw.entry.feed,
        text_origin=raw.entry.text_origin,
        text_hash=text_hash(raw.entry.title, text, terms),
        length=len(text),
    )
    if known is None:
        return _first(raw, position, variant)
    if _applied(position, known.applied):
        return Admitted(None, known)
    return _again(raw, position, variant, known)


def _applied(position: Position, last: Position) -> bool:
    return (position.topic, position.partition) == (last.topic, last.partition) and position.offset <= last.offset


def _first(raw: RawEntry, position: Position, variant: Variant) -> Admitted:
    entry = raw.entry
    article = Article(
        id=article_id(entry.key, raw.seen_at),
        key=entry.key,
        revision=1,
        edition=1,
        title=entry.title,
        text=entry.text or entry.summary,
        text_hash=variant.text_hash,
        text_origin=entry.text_origin,
        summary=entry.summary,
        html=entry.html,
        url=entry.url,
        authors=entry.authors,
        tags=tuple(dict.fromkeys((*raw.feed_tags, *entry.tags))),
        first_seen_at=raw.seen_at,
        published_at=entry.published_at,
        updated_at=entry.updated_at,
        date_flags=entry.date_flags,
        language_claimed=entry.language_claimed or raw.language_hint,
        feed=entry.feed,
        source=raw.source,
        source_country=raw.source_country,
        ownership=raw.ownership,
        carriers=(Carrier(feed=entry.feed, source=raw.source, seen_at=raw.seen_at),),
        origin=raw.origin,
        sample=raw.sample,
    )
    known = KnownArticle(key=entry.key, article=article, variants=(variant,), shown=variant, applied=position)
    return Admitted(article, known)


def _again(raw: RawEntry, position: Position, variant: Variant, known: KnownArticle) -> Admitted:
    before = next((v for v in known.variants if _same_place(v, variant)), None)
    variants = (*(v for v in known.variants if not _same_place(v, variant)), variant)
    known = replace(known, variants=variants, applied=position)
    change = _change(variant, before, known)
    article = _carried(known.article, raw)
    if change == "completed":
        article = _with_text(article, raw, variant)
        known = replace(known, shown=variant, awaiting_page=False)
    elif change == "revised":
        article = _revised(_with_text(article, raw, variant))
        known = replace(known, shown=variant, awaiting_page=False)
    elif change == "retitled":
        # The page's text stays until the page is read again: a teaser must not replace it.
        article = _revised(replace(_with_head(article, raw), text_hash=variant.text_hash))
        known = replace(known, awaiting_page=True)
    if article == known.article:
        return Admitted(None, known)
    article = replace(article, edition=known.article.edition + 1)
    return Admitted(article, replace(known, article=article))


def _revised(article: Article) -> Article:
    return replace(article, revision=article.revision + 1, edition=article.edition + 1)


def _same_place(one: Variant, other: Variant) -> bool:
    return (one.feed, one.text_origin) == (other.feed, other.text_origin)


def _change(variant: Variant, before: Variant | None, known: KnownArticle) -> Change:
    """Say what an entry does to an article that is known already."""
    shown = known.shown
    if variant.text_hash in {shown.text_hash, before.text_hash if before else None}:
        return "none"
    if variant.text_origin == "page":
        if shown.text_origin == "page":
            return "completed" if known.awaiting_page else "revised"
        return "completed" if variant.length > shown.length else "none"
    if before is None:  # a feed that joins: its own way of cutting the text is no change of the article
        fuller = shown.text_origin == "feed" and variant.length >= _FULLER * max(shown.length, 1)
        return "completed" if fuller else "none"
    return "retitled" if shown.text_origin == "page" else "revised"


def _carried(article: Article, raw: RawEntry) -> Article:
    """Add the feed to those that carry the article."""
    if any(carrier.feed == raw.entry.feed for carrier in article.carriers):
        return article
    carrier = Carrier(feed=raw.entry.feed, source=raw.source, seen_at=raw.seen_at)
    return replace(article, carriers=(*article.carriers, carrier))


def _with_head(article: Article, raw: RawEntry) -> Article:
    """Take over what the feed says around the text; a page tells none of it."""
    entry = raw.entry
    return replace(
        article,
        title=entry.title or article.title,
        summary=entry.summary or article.summary,
        updated_at=entry.updated_at or article.updated_at,
        published_at=article.published_at or entry.published_at,
        date_flags=article.date_flags if article.published_at else entry.date_flags,
    )


def _with_text(article: Article, raw: RawEntry, variant: Variant) -> Article:
    return replace(
        _with_head(article, raw),
        text=raw.entry.text or raw.entry.summary,
        html=raw.entry.html or article.html,
        text_origin=raw.entry.text_origin,
        text_hash=variant.text_hash,
    )
