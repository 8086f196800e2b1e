"""One document against rules: stateless, so that it may run anywhere. Counting comes after (decide)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from rasid.alerts.match import reader
from rasid.domain.alert import AlertArticle, Match, Why
from rasid.domain.article import GroupedArticle, Names
from rasid.domain.control import Changed
from rasid.domain.query import Query
from rasid.domain.rule import Policy, Rule
from rasid.domain.values import values_of

_MOST_VALUES = 64


def match(rule: Rule, document: GroupedArticle, at: datetime) -> Match | None:
    """Match one document against one rule. `at`: when this state of the article was seen."""
    return Matching(document, at).match(rule)


class Matching:
    """One document before many rules: what they ask of it is made once."""

    def __init__(self, document: GroupedArticle, at: datetime) -> None:
        self._document = document
        self._at = event_time(document, at)
        self._article = told_article(document)
        self._story_ids = tuple(dict.fromkeys((document.story_id, *document.former_story_ids)))
        self._read: dict[float, tuple[GroupedArticle, Callable[[Query], tuple[Why, ...] | None]]] = {}
        self._values: dict[float, dict[str, tuple[str, ...]]] = {}

    def match(self, rule: Rule) -> Match | None:
        """Match the document against one rule."""
        least = rule.min_confidence
        if least not in self._read:
            read = sure(self._document, least) if least else self._document
            self._read[least] = (read, reader(read))
        document, asked = self._read[least]
        reasons = asked(rule.query)
        if reasons is None:
            return None
        policy = rule.deciding
        fields = fields_of(policy)
        needs_values = fields or policy.type in {"blacklist", "whitelist"}
        if needs_values and least not in self._values:
            self._values[least] = rule_values(document)
        values = self._values.get(least, {})
        listed = _compared(policy, values)
        if listed is None:
            return None
        article = document.enriched.article
        return Match(
            rule_id=rule.id,
            rule_version=rule.version,
            article_id=document.id,
            revision=article.revision,
            story_id=document.story_id,
            story_ids=self._story_ids,
            title=article.title,
            at=self._at,
            why=(*reasons, *listed),
            article=self._article,
            origin=article.origin,
            values={name: values.get(name, ())[:_MOST_VALUES] for name in fields},
        )


def changed(document: GroupedArticle, at: datetime) -> Changed | None:
    """Give the event that a document's text came to say something else, if it did."""
    if document.change is None:
        return None
    return Changed(
        article=told_article(document),
        revision=document.enriched.article.revision,
        story_id=document.story_id,
        change=document.change,
        at=event_time(document, at),
        origin=document.enriched.article.origin,
    )


def event_time(document: GroupedArticle, at: datetime) -> datetime:
    """Give when something happened: live news when it was seen, back-fill when it was published."""
    article = document.enriched.article
    return article.published_at or at if article.origin == "backfill" else at


def told_article(document: GroupedArticle) -> AlertArticle:
    """Give what a person is told of a document."""
    article = document.enriched.article
    return AlertArticle(
        id=document.id,
        title=article.title,
        source=article.source,
        language=document.enriched.language,
        first_seen_at=article.first_seen_at,
        url=article.url,
        published_at=article.published_at,
    )


def rule_values(document: GroupedArticle) -> dict[str, tuple[str, ...]]:
    """Give a document's values as rules name them: the exact fields of queries, and its id, address and title."""
    article = document.enriched.article
    own = {"id": (document.id,), "title": (article.title,), "url": (article.url,) if article.url else ()}
    return {**values_of(document), **own, "revision": (str(article.revision),)}


def fields_of(policy: Policy) -> tuple[str, ...]:
    """Give the fields that deciding needs the values of."""
    aggregated = policy.aggregation.key if policy.aggregation else ()
    compared = policy.compare_key if policy.type == "change" else ()
    terms = tuple(name for fields in policy.fields for name in fields)
    cardinal = (policy.cardinality_field,) if policy.cardinality_field else ()
    return tuple(dict.fromkeys((*policy.query_key, *aggregated, *compared, *terms, *cardinal)))


def sure(document: GroupedArticle, least: float) -> GroupedArticle:
    """Give the document without the names that were recognised with less confidence than `least`."""
    enriched = document.enriched
    unsure = {one.id for one in enriched.entities if one.confidence < least and one.name != Names()}
    if not unsure:
        return document
    enriched = replace(
        enriched,
        entities=tuple(one for one in enriched.entities if one.id not in unsure),
        places=tuple(one for one in enriched.places if one.id not in unsure),
        presence=tuple(one for one in enriched.presence if one.id not in unsure),
    )
    return replace(document, enriched=enriched)


def _compared(policy: Policy, values: dict[str, tuple[str, ...]]) -> tuple[Why, ...] | None:
    """Hold a black- or whitelist against the article: the reason it matched, None where it did not."""
    if policy.type not in {"blacklist", "whitelist"}:
        return ()
    field = policy.compare_key[0]
    found, listed = values.get(field, ()), set(policy.listed)
    if policy.type == "blacklist":
        told = tuple(value for value in found if value in listed)
        return (Why(clause=f"{field} is on the blacklist", field=field, words=told),) if told else None
    if not found:
        return None if policy.ignore_null else (Why(clause=f"{field} is missing", field=field),)
    told = tuple(value for value in found if value not in listed)
    return (Why(clause=f"{field} is not on the whitelist", field=field, words=told),) if told else None
