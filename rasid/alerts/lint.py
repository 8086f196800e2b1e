"""What can be told of a rule by reading it: that it never fires, says less than it means, or what another says. Pure.

Every finding is sure of what it says; what is not found may yet be so (satisfiability is not decided in full).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rasid.alerts.explain import clause
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

Kind = Literal["never", "often", "one-script", "contained", "spelling", "note"]
# Fields of which an article has one value only.
_SINGLE = {"language", "source_country", "ownership", "story_id", "origin", "known"}
_MOST_COMPARED = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """One thing to look at; `clause` is the part of the rule it is about, as written there."""

    kind: Kind
    text: str
    clause: str = ""


def warnings(
    rule: Rule,
    others: Sequence[Rule] = (),
    *,
    names: Callable[[str], tuple[str, ...]] = lambda _: (),
    near_name: Callable[[str], str | None] = lambda _: None,
) -> list[Warned]:
    """Give what is to be said of a rule.

    `names` gives the ids of the entities a text names, `near_name` the known name that a word is one letter from.
    """
    return [
        *(Warned(kind="never", text=reason) for reason in never(rule)),
        *_one_script(rule.query, names),
        *_spelling(rule.query, names, near_name),
        *_contained(rule, others),
        *(Warned(kind="note", text=note) for note in rule.notes if "also finds" not in note),
    ]


def never(rule: Rule) -> list[str]:
    """Say why a rule can never fire; empty where nothing says so."""
    policy = rule.deciding
    found = [reason] if (reason := _impossible(rule.query)) else []
    if not rule.enabled:
        found.append("it is switched off (is_enabled: false)")
    if policy.type == "blacklist" and not policy.listed:
        found.append("its blacklist is empty")
    if policy.type == "flatline" and policy.threshold == 0:
        found.append("threshold 0: there can not be fewer than none")
    if policy.type == "cardinality" and policy.max_cardinality is None and policy.min_cardinality == 0:
        found.append("min_cardinality 0: there can not be fewer than none")
    return found


def implies(one: Query, other: Query) -> bool:
    """Tell whether whatever matches `one` surely matches `other`; False where that is not seen."""
    return _Implication().holds(one, other)


class _Implication:
    """Compares trees part by part, at most so many parts."""

    def __init__(self) -> None:
        self._left = _MOST_COMPARED

    def holds(self, one: Query, other: Query) -> bool:
        self._left -= 1
        if self._left < 0:
            return False
        match one, other:
            case (_, Everything()) | (Nothing(), _):
                return True
            case _, And(parts):
                return all(self.holds(one, part) for part in parts)
            case Or(parts), _:
                return all(self.holds(part, other) for part in parts)
            case And(parts), _:
                return any(self.holds(part, other) for part in parts) or self._some(one, other)
            case _, Or():
                return self._some(one, other)
            case Not(mine), Not(theirs):
                return self.holds(theirs, mine)
            case _:
                return _leaf_implies(one, other)

    def _some(self, one: Query, other: Query) -> bool:
        return isinstance(other, Or) and any(self.holds(one, part) for part in other.parts)


def _leaf_implies(one: Query, other: Query) -> bool:
    match one, other:
        case Words(mine, field), Words(theirs, where):
            run = any(mine[at : at + len(theirs)] == theirs for at in range(len(mine) - len(theirs) + 1))
            return bool(theirs) and run and where in {"any", field}
        case Words(mine, field), Pattern(text, 0, _, where):
            return where in {"any", field} and any(term.startswith(text) for term in mine)
        case Value(field, mine), Value(where, theirs):
            return field == where and set(mine) <= set(theirs)
        case Near(first, second, within), Near(left, right, wide):
            sides = (set(first) <= set(left) and set(second) <= set(right)) or (
                set(first) <= set(right) and set(second) <= set(left)
            )
            return sides and within <= wide
        case Between(field, start, end), Between(where, since, until):
            later = since is None or (start is not None and start >= since)
            earlier = until is None or (end is not None and end <= until)
            return field == where and later and earlier
        case Within(first, second, gap, field), Within(left, right, wide, where):
            return {first, second} == {left, right} and gap <= wide and where in {"any", field}
        case Pattern(text, edits, _, field), Pattern(other_text, other_edits, _, where):
            wider = text == other_text or (not edits and not other_edits and text.startswith(other_text))
            return wider and edits == other_edits and where in {"any", field}
        case _:
            return False


def _impossible(query: Query) -> str:
    """Say why nothing can match; "" where something may."""
    match query:
        case Nothing():
            return "nothing is left of its query: no word or name of it is known"
        case And(parts):
            return next((why for part in parts if (why := _impossible(part))), "") or _contradiction(parts)
        case Or(parts):
            reasons = [_impossible(part) for part in parts]
            return reasons[0] if parts and all(reasons) else ""
        case Not(Everything()):
            return "it asks for no article at all (NOT *)"
        case Between(field, start, end) if start and end and start >= end:
            return f"{field}: its end lies before its beginning"
        case _:
            return ""


def _contradiction(parts: Sequence[Query]) -> str:
    flat = list(_flat(parts))
    for one in flat:
        if isinstance(one, Not) and any(implies(other, one.part) for other in flat if not isinstance(other, Not)):
            return f"it asks for {clause(one.part)} and for its opposite"
    values: dict[str, set[str]] = {}
    for one in flat:
        if isinstance(one, Value) and one.field in _SINGLE:
            held = values.setdefault(one.field, set(one.values))
            held &= set(one.values)
            if not held:
                return f"an article has one {one.field}, and two are asked for"
    for field in ("first_seen_at", "published_at"):
        spans = [one for one in flat if isinstance(one, Between) and one.field == field]
        starts, ends = [one.start for one in spans if one.start], [one.end for one in spans if one.end]
        if starts and ends and max(starts) >= min(ends):
            return f"{field}: its spans of time do not meet"
    return ""


def _flat(parts: Iterable[Query]) -> Iterator[Query]:
    for part in parts:
        if isinstance(part, And):
            yield from _flat(part.parts)
        else:
            yield part


def _literal_words(query: Query) -> Iterator[Words]:
    """Give the words asked for as such, without those that stand beside the entity they name."""
    match query:
        case And(parts):
            for part in parts:
                yield from _literal_words(part)
        case Or(parts):
            named = {part.source for part in parts if isinstance(part, Value) and part.field == "entity_ids"}
            for part in parts:
                if not (isinstance(part, Words) and part.source in named):
                    yield from _literal_words(part)
        case Not(part):
            yield from _literal_words(part)
        case Words():
            yield query


def _one_script(query: Query, names: Callable[[str], tuple[str, ...]]) -> Iterator[Warned]:
    asked = {value for one in _leaves(query) if isinstance(one, Value) for value in one.values}
    for words in dict.fromkeys(_literal_words(query)):
        ids = names(words.source) if words.source else ()
        if ids and asked.isdisjoint(ids):
            text = (
                f"{words.source!r} asks in one script for what the knowledge base knows in three:"
                f" write entity:{ids[0]} or the name without quotes"
            )
            yield Warned(kind="one-script", text=text, clause=words.source)


def _spelling(
    query: Query, names: Callable[[str], tuple[str, ...]], near_name: Callable[[str], str | None]
) -> Iterator[Warned]:
    for words in dict.fromkeys(_literal_words(query)):
        for word in words.source.split() if not names(words.source) else ():
            near = near_name(word)
            if near and not names(word):
                text = f"{word!r} is one letter from the known name {near!r}"
                yield Warned(kind="spelling", text=text, clause=words.source)


def _contained(rule: Rule, others: Sequence[Rule]) -> Iterator[Warned]:
    """Name the rules that tell every match of this one too."""
    if rule.type != "any":
        return
    for other in others:
        tells_all = other.type == "any" and other.enabled and other.min_confidence <= rule.min_confidence
        if other.id != rule.id and tells_all and implies(rule.query, other.query):
            same = implies(other.query, rule.query)
            words = "asks for the same as" if same else "is contained in"
            yield Warned(kind="contained", text=f"it {words} the rule {other.name!r} ({other.id})")


def _leaves(query: Query) -> Iterator[Query]:
    match query:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _leaves(part)
        case Not(part):
            yield from _leaves(part)
        case _:
            yield query
