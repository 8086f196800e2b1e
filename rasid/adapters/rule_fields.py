"""Field names as rule files may write them -> our own (docs: "One thing, one name")."""

from __future__ import annotations

import difflib
import re

# Ours, and the shorter forms that queries take.
_SHORT = {
    "body": "text", "lang": "language", "country": "source_country", "tag": "tags", "published": "published_at",
    "seen": "first_seen_at", "entity": "entity_ids", "person": "person_ids", "org": "org_ids", "place": "place_ids",
    "keyword": "keywords", "story": "story_id",
}  # fmt: skip
# What ElastAlert rules, schema.org and our own Elasticsearch mapping call them.
_ELSEWHERE = {
    "headline": "title", "articleBody": "text", "publisher": "source", "source.name": "source",
    "source.country": "source_country", "inLanguage": "language", "mentions": "entity_ids",
    "entities": "entity_ids", "entities.id": "entity_ids", "places": "place_ids", "places.id": "place_ids",
    "datePublished": "published_at", "@timestamp": "first_seen_at", "cluster.id": "story_id", "identifier": "id",
    "_id": "id",
}  # fmt: skip
TEXTS = frozenset({"title", "text"})
TIMES = frozenset({"published_at", "first_seen_at"})
VALUES = frozenset({
    "language", "source", "source_country", "ownership", "feed", "tags", "entity_ids", "person_ids", "org_ids",
    "place_ids", "about", "keywords", "story_id", "origin", "known",
})  # fmt: skip
# What a rule may count or compare besides: an article's own.
OWN = frozenset({"id", "url", "title", "revision", "day"})
_KNOWN = sorted({*TEXTS, *TIMES, *VALUES, *OWN, *_SHORT, *_ELSEWHERE})
_IN_QUERY = re.compile(r"(?<![\w.@])(@?\w+(?:\.\w+)*):")


def our_name(name: str) -> str:
    """Give our name of a field; a name that is not known comes back as it is, without `.keyword` or `.raw`."""
    plain = name.removesuffix(".keyword").removesuffix(".raw")
    return _SHORT.get(plain) or _ELSEWHERE.get(plain) or plain


def suggestion(name: str) -> str:
    """Give words that name the nearest known field, empty where none is near."""
    near = difflib.get_close_matches(name, _KNOWN, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def with_our_names(query: str) -> str:
    """Give a query text with the names of other worlds as ours; what stands in quotes is left alone."""
    parts = query.split('"')
    return '"'.join(part if number % 2 else _IN_QUERY.sub(_renamed, part) for number, part in enumerate(parts))


def _renamed(found: re.Match[str]) -> str:
    plain = found[1].removesuffix(".keyword").removesuffix(".raw")
    return f"{_ELSEWHERE.get(plain, plain)}:"
