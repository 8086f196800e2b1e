"""Domain values as the JSON that others rely on: field names as in docs/commands.md."""

from __future__ import annotations

from typing import Any

import msgspec

from rasid.domain.article import EnrichedArticle, GroupedArticle
from rasid.domain.search import Hit


def enriched_json(enriched: EnrichedArticle) -> dict[str, Any]:
    """Give what `rasid enrich` prints for an article."""
    article = enriched.article
    return {
        "id": article.id,
        "title": article.title,
        "text": article.text,
        "url": article.url,
        "published_at": article.published_at,
        "language": enriched.language,
        "language_confidence": enriched.language_confidence,
        "entities": [msgspec.to_builtins(entity) for entity in enriched.entities],
        "places": [msgspec.to_builtins(place) for place in enriched.places],
        "keywords": [msgspec.to_builtins(keyword) for keyword in enriched.keywords],
        "about": list(enriched.about),
    }


def document_json(document: GroupedArticle) -> dict[str, Any]:
    """Give a whole document: what `rasid export` writes."""
    article = document.enriched.article
    return {
        **enriched_json(document.enriched),
        "story_id": document.story_id,
        "source": article.source,
        "source_country": article.source_country,
        "ownership": article.ownership,
        "feed": [carrier.feed for carrier in article.carriers],
        "tags": list(article.tags),
        "authors": list(article.authors),
        "summary": article.summary,
        "text_origin": article.text_origin,
        "updated_at": article.updated_at,
        "first_seen_at": article.first_seen_at,
        "date_flags": list(article.date_flags),
        "revision": article.revision,
        "origin": article.origin,
        "sample": article.sample,
    }


def hit_json(hit: Hit) -> dict[str, Any]:
    """Give what `rasid search` prints for a hit."""
    enriched = hit.document.enriched
    article = enriched.article
    return {
        "id": article.id,
        "score": round(hit.score, 4),
        "title": article.title,
        "url": article.url,
        "source": article.source,
        "language": enriched.language,
        "published_at": article.published_at,
        "first_seen_at": article.first_seen_at,
        "story_id": hit.document.story_id,
        "story_size": hit.story_size,
        "entities": [{"id": e.id, "type": e.type, "name": msgspec.to_builtins(e.name)} for e in enriched.entities],
        "highlights": [msgspec.to_builtins(highlight) for highlight in hit.highlights],
        "sample": article.sample,
    }
