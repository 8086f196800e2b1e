"""A document as Elasticsearch holds it: every field once, under its name in queries, and the way back."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from rasid.adapters.sqlite_query import micros
from rasid.domain.article import Entity, GroupedArticle, Place, Presence
from rasid.domain.errors import StoreError
from rasid.domain.values import values_of

Json = dict[str, Any]

_ARTICLE = (
    "id", "revision", "edition", "title", "text", "summary", "url", "text_origin", "authors", "tags", "source_country",
    "ownership", "published_at", "updated_at", "first_seen_at", "date_flags", "origin", "sample", "carriers",
)  # fmt: skip
_ENRICHED = ("language", "language_confidence", "analysis_version", "entities", "places", "about")
_DOCUMENT = ("story_id", "story_epoch", "copy_of")
_NO_ID = "-"


def source_of(document: GroupedArticle, *, indexed_at: datetime) -> bytes:
    """Give the JSON of a document. Raises UnicodeEncodeError for unpaired surrogates.

    What no field is mapped for lies in `kept`; what queries need and the document only implies stands beside it.
    """
    whole: Json = msgspec.to_builtins(document)
    enriched: Json = whole.pop("enriched")
    article: Json = enriched.pop("article")
    terms: Json = enriched.pop("terms")
    source = {
        **_implied(document),
        **{name: article.pop(name) for name in _ARTICLE},
        **{name: enriched.pop(name) for name in _ENRICHED},
        **{name: whole.pop(name) for name in _DOCUMENT},
        "kept": {"article": article, "enriched": enriched, "document": whole},
        "title_terms": terms["title"],
        "text_terms": terms["text"],
        "indexed_at": indexed_at,
    }
    _locate(source)
    return msgspec.json.encode(source)


def document_of(source: Json) -> GroupedArticle:
    """Give the document, equal to the one that was stored. Raises StoreError for one that was changed by hand."""
    try:
        kept = source["kept"]
        article = {**{name: source[name] for name in _ARTICLE}, **kept["article"]}
        enriched = {
            **{name: source[name] for name in _ENRICHED},
            **kept["enriched"],
            "article": article,
            "terms": {"title": source["title_terms"], "text": source["text_terms"]},
        }
        whole = {**{name: source[name] for name in _DOCUMENT}, **kept["document"], "enriched": enriched}
        return msgspec.convert(whole, GroupedArticle)
    except (KeyError, TypeError, msgspec.ValidationError) as error:
        raise StoreError(f"document {source.get('id')} in Elasticsearch is not one of rasid's: {error!r}") from error


def labels_of(document: GroupedArticle) -> Iterator[tuple[str, str]]:
    """Give the ids in a document with what a person reads for them."""
    things: list[Entity | Place] = [*document.enriched.entities, *document.enriched.places]
    for thing in things:
        if label := thing.name.en or thing.name.ar or thing.name.ru:
            yield thing.id, label


def presence_term(entity_id: str) -> str:
    """Give the term that stands for an id in `presence_terms`: short, and without spaces whatever the id."""
    return hashlib.blake2b(entity_id.encode(), digest_size=9).hexdigest()


def _implied(document: GroupedArticle) -> Json:
    article = document.enriched.article
    return {
        **values_of(document),
        "first_seen_micros": micros(article.first_seen_at),
        "published_micros": micros(article.published_at) if article.published_at else None,
        "presence_terms": _sentences(document.enriched.presence),
    }


def _sentences(presence: tuple[Presence, ...]) -> list[str]:
    """Give, sentence by sentence, the terms of the ids that stand in it: each lies a gap from the next."""
    standing: dict[int, list[str]] = defaultdict(list)
    for one in presence:
        term = presence_term(one.id)
        for sentence in one.sentences:
            standing[sentence].append(term)
    return [" ".join(standing.get(sentence, [_NO_ID])) for sentence in range(max(standing, default=-1) + 1)]


def _locate(source: Json) -> None:
    found = []
    for place in source["places"]:
        if place["lat"] is not None and place["lon"] is not None:
            place["location"] = {"lat": place["lat"], "lon": place["lon"]}
            found.append(place["location"])
    source["locations"] = found
