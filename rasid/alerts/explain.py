"""Why a rule matched a document, or which clause was the first that kept it from matching. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from rasid.alerts.match import why
from rasid.alerts.matching import match, rule_values, sure
from rasid.domain.alert import Why
from rasid.domain.article import GroupedArticle
from rasid.domain.query import (
    And,
    Between,
    Everything,
    Near,
    Not,
    Nothing,
    Or,
    Pattern,
    Query,
    Value,
    Within,
    Words,
)
from rasid.domain.rule import Rule

_MOST_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The first clause that did not hold; `found` is what the article has in its place."""

    clause: str
    reason: str
    found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Whether a rule matches a document: its reasons, or the first clause that failed."""

    why: tuple[Why, ...] = ()
    failed: Failed | None = None

    @property
    def matches(self) -> bool:
        """Tell whether the rule matches."""
        return self.failed is None


def explain(rule: Rule, document: GroupedArticle) -> Explanation:
    """Say why a rule matches a document, or what of it is the first that does not."""
    matched = match(rule, document, document.enriched.article.first_seen_at)
    if matched:
        return Explanation(why=matched.why)
    read = sure(document, rule.min_confidence) if rule.min_confidence else document
    failed = _failed(rule.query, read)
    if failed is None:
        failed = _listed(rule, read)
    elif read is not document and why(rule.query, document) is not None:
        reason = f"the names it asks for were recognised with less confidence than {rule.min_confidence:g}"
        failed = Failed(clause="min_confidence", reason=reason)
    return Explanation(failed=failed)


# Fields as queries write them, where the tree calls them otherwise.
_WRITTEN = {"entity_ids": "entity", "person_ids": "person", "org_ids": "org", "place_ids": "place"}


def clause(query: Query) -> str:  # noqa: C901 - a case for each kind of node
    """Write a query as a person would."""
    match query:
        case And(parts):
            return " AND ".join(_inner(part) for part in parts) or "*"
        case Or(parts):
            return " OR ".join(dict.fromkeys(_inner(part) for part in parts)) or "nothing"
        case Not(part):
            return f"NOT {_inner(part)}"
        case Value(field, values, source):
            return f"{_WRITTEN.get(field, field)}:{source or ' '.join(values)}"
        case Words(terms, field, source):
            return ("" if field == "any" else f"{field}:") + (source or " ".join(terms))
        case Pattern(text, edits):
            return query.source or f"{text}{f'~{edits}' if edits else '*'}"
        case Within(first, second, gap):
            return query.source or f'"{" ".join(first)}; {" ".join(second)}"~{gap}'
        case Near(first, second, within, source):
            return f"near:{source.removeprefix('near:') or f'{first[0]} {second[0]}~{within}'}"
        case Between(field, start, end):
            return f"{field}:[{_moment(start)} TO {_moment(end)}]"
        case Everything():
            return "*"
        case Nothing():
            return "nothing"


def _inner(query: Query) -> str:
    return f"({clause(query)})" if isinstance(query, And | Or) and len(query.parts) > 1 else clause(query)


def _failed(query: Query, document: GroupedArticle) -> Failed | None:
    """Give the first clause that does not hold, as deep down as it can be named; None where all do."""
    held = why(query, document)
    if held is not None:
        return None
    match query:
        case And(parts):
            return next(failed for part in parts if (failed := _failed(part, document)))
        case Or(parts):
            return Failed(clause=clause(query), reason="none of these holds", found=_instead(parts, document))
        case Not(part):
            found = tuple(dict.fromkeys(word for one in why(part, document) or () for word in one.words))
            return Failed(clause=clause(query), reason="the article has what it must not have", found=found)
        case Nothing():
            return Failed(clause=clause(query), reason="this clause asks for no word or name, so nothing fits it")
        case _:
            return Failed(clause=clause(query), reason=_reason(query, document), found=_instead((query,), document))


def _reason(query: Query, document: GroupedArticle) -> str:
    match query:
        case Words(terms) if len(terms) > 1:
            return "the words do not stand next to each other"
        case Words() | Pattern():
            return "the word does not occur"
        case Within(gap=gap):
            return f"the two do not stand within {gap} words of each other"
        case Value(field="entity_ids" | "person_ids" | "org_ids" | "place_ids"):
            return "the article does not name it"
        case Value(field=field):
            return f"{field} is another"
        case Near(first, second, within):
            present = {one.id for one in document.enriched.presence}
            missing = [side[0] for side in (first, second) if present.isdisjoint(side)]
            if missing:
                return f"the article does not speak of {' and '.join(missing)}"
            return f"both are there, but not within {within} sentence{'s' if within > 1 else ''} of each other"
        case Between(field=field):
            return f"{field} is outside"
        case _:
            return "does not hold"


def _instead(parts: tuple[Query, ...], document: GroupedArticle) -> tuple[str, ...]:
    """Give what the article has of the fields that are asked for, where that tells something."""
    values = rule_values(document)
    fields = dict.fromkeys(part.field for part in parts if isinstance(part, Value))
    names = {one.id: one.mentions[0].surface for one in document.enriched.entities if one.mentions}
    found = (
        names.get(value, value) if field in _WRITTEN else value for field in fields for value in values.get(field, ())
    )
    return tuple(dict.fromkeys(found))[:_MOST_SHOWN]


def _listed(rule: Rule, document: GroupedArticle) -> Failed:
    policy = rule.deciding
    field = policy.compare_key[0] if policy.compare_key else ""
    found = rule_values(document).get(field, ())[:_MOST_SHOWN]
    where = "is on the blacklist" if policy.type == "blacklist" else "is missing from the whitelist"
    return Failed(clause=policy.type, reason=f"no value of {field} {where}", found=found)


def _moment(at: object) -> str:
    return "*" if at is None else str(at)
