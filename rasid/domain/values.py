"""The exact values of a document, by the field names that queries, facets, Elasticsearch and rules share."""

from __future__ import annotations

from rasid.domain.article import EntityType, GroupedArticle, Names

_BY_TYPE: dict[EntityType, str] = {"PER": "person_ids", "ORG": "org_ids"}


def values_of(document: GroupedArticle) -> dict[str, tuple[str, ...]]:
    """Give the values of each exact field; a field without any is left out."""
    enriched, article = document.enriched, document.enriched.article
    # What is only described ("the Kurdish fighters") has no name to be found by.
    entities = [entity for entity in enriched.entities if entity.name != Names()]
    values: dict[str, tuple[str, ...]] = {
        "language": (enriched.language,),
        "source": tuple(dict.fromkeys((article.source, *(carrier.source for carrier in article.carriers)))),
        "source_country": _present(article.source_country),
        "ownership": _present(article.ownership),
        "feed": tuple(carrier.feed for carrier in article.carriers),
        "tags": article.tags,
        "entity_ids": tuple(entity.id for entity in entities),
        **{field: tuple(e.id for e in entities if e.type == kind) for kind, field in _BY_TYPE.items()},
        "place_ids": tuple(place.id for place in enriched.places),
        "about": enriched.about,
        "keywords": tuple(keyword.text.casefold() for keyword in enriched.keywords),
        "known": ("true",) if all(entity.known for entity in entities) else ("false",),
        "story_id": (document.story_id,),
        "former_story_ids": document.former_story_ids,
        "origin": (article.origin,),
        "day": (article.first_seen_at.strftime("%Y-%m-%d"),),
    }
    return {field: found for field, found in values.items() if found}


def _present(value: str | None) -> tuple[str, ...]:
    return () if value is None else (value,)
