"""Which rules are in force, said into the log of matches: so that deciding knows them at their place in its order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rasid.alerts.decide import seed_key
from rasid.domain.control import RuleEdited, RulesInForce, TermsSeen
from rasid.domain.rule import Rule

Announcement = RuleEdited | RulesInForce | TermsSeen
# Gives the terms that articles of the past hold, for a rule of type new_term; by field.
History = Callable[[Rule], dict[str, tuple[str, ...]]]
_MOST_TERMS = 5_000


@dataclass(frozen=True, slots=True)
class RulesRead:
    """The rules as the files stood at `at`; the same object as long as nothing changed."""

    rules: tuple[Rule, ...]
    at: datetime


class Announcer:
    """Says what one speaker has not said yet. All of it at its first time; saying it again changes nothing."""

    def __init__(self, history: History | None = None, was_seeded: Callable[[str], bool] = lambda _key: False) -> None:
        self._history = history
        self._was_seeded = was_seeded
        self._said: dict[str, str] = {}
        self._last: RulesRead | None = None

    def __call__(self, read: RulesRead) -> Sequence[Announcement]:
        """Give the announcements of what changed."""
        if read is self._last:
            return ()
        found: list[Announcement] = []
        for rule in read.rules:
            if self._said.get(rule.id) != rule.version:
                found.append(RuleEdited(policy=rule.deciding, at=read.at))
                found += self._terms(rule, read.at)
        said = {rule.id: rule.version for rule in read.rules}
        if self._last is None or said.keys() != self._said.keys():
            found.append(RulesInForce(rules=tuple(said), at=read.at))
        self._said, self._last = said, read
        return found

    def forget(self) -> None:
        """Say everything again next time: what was said last did not get through."""
        self._said, self._last = {}, None

    def _terms(self, rule: Rule, at: datetime) -> list[Announcement]:
        """Look up the terms of the past, once for good: another start finds in the log that it was done."""
        if rule.type != "new_term" or self._history is None or self._was_seeded(seed_key(rule.deciding)):
            return []
        terms = {name: found[:_MOST_TERMS] for name, found in self._history(rule).items()}
        return [TermsSeen(rule=rule.id, terms=terms, at=at)]


def seed_marks(said: Sequence[Announcement], read: RulesRead) -> list[tuple[str, TermsSeen]]:
    """Give, with their keys, the marks that these announcements told rules the terms of the past."""
    policies = {rule.id: rule.deciding for rule in read.rules}
    told = [one for one in said if isinstance(one, TermsSeen)]
    return [(seed_key(policies[one.rule]), TermsSeen(rule=one.rule, terms={}, at=one.at)) for one in told]


def key_of(said: Announcement) -> str:
    """Give the key under which an announcement goes into the log."""
    match said:
        case RuleEdited():
            return said.policy.rule_id
        case TermsSeen():
            return said.rule
        case RulesInForce():
            return "rules"
