"""Grouped articles --match--> matches --decide--> alerts: pure steps, but for the rules and ids they are given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from rasid.alerts.match import why
from rasid.codec import decode, encode
from rasid.domain import topics
from rasid.domain.alert import Alert, Match, Rule, alert_id
from rasid.domain.article import GroupedArticle
from rasid.ports import Message, Outputs, Record, Step


def match(rule: Rule, document: GroupedArticle, at: datetime) -> Match | None:
    """Match one document against one rule."""
    reasons = why(rule.query, document)
    if reasons is None:
        return None
    article = document.enriched.article
    return Match(
        rule_id=rule.id,
        rule_version=rule.version,
        article_id=document.id,
        revision=article.revision,
        story_id=document.story_id,
        title=article.title,
        at=at,
        why=reasons,
    )


def match_step(rules: Callable[[], Sequence[Rule]]) -> Step:
    """Give the step that matches each document against the rules there are when it comes."""

    def step(records: Sequence[Record]) -> Outputs:
        active = [rule for rule in rules() if rule.enabled]
        found: list[Message] = []
        for record in records:
            document = decode(record.message, GroupedArticle)
            for rule in active:
                matched = match(rule, document, record.message.time)
                if matched:
                    found.append(encode(matched, key=rule.id, time=record.message.time))
        return {topics.MATCHES.name: found}

    return step


def decide_step(alerted: set[str]) -> Step:
    """Give the step that alerts once a rule, article and revision. `alerted`: the alert ids the log holds already."""

    def step(records: Sequence[Record]) -> Outputs:
        made: list[Message] = []
        for record in records:
            alert = decide(decode(record.message, Match))
            if alert.id not in alerted:
                alerted.add(alert.id)
                made.append(encode(alert, key=alert.id, time=record.message.time))
        return {topics.ALERTS.name: made}

    return step


def decide(matched: Match) -> Alert:
    """Make the alert of a match."""
    return Alert(
        id=alert_id(matched.rule_id, matched.article_id, matched.revision),
        rule=matched.rule_id,
        article_ids=(matched.article_id,),
        story_id=matched.story_id,
        title=matched.title,
        created_at=matched.at,
        why=matched.why,
    )
