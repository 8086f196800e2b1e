"""What the log of matches holds besides matches: the passing of time, edits of rules, and what people ask of a rule.

All of it is published to `news.matches.v1` (key: the rule's id, or "tick"), whose one order is what alerts follow from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from rasid.domain.alert import AlertArticle
from rasid.domain.article import Origin
from rasid.domain.change import Change
from rasid.domain.rule import Policy
from rasid.domain.times import require_aware


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A minute of the wall clock has passed, and all that was seen before `at` has been matched."""

    at: datetime

    def __post_init__(self) -> None:
        """Check that the time is aware."""
        require_aware(at=self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A person asks: `mute` a rule until unmuted, `snooze` it `until` a time, `unmute` ends both.

    With a `subject` (a story's id, or a value of the rule's query_key) only that is meant. While muted, matches are
    counted, and the first alert after it says how many there were.
    """

    action: Literal["mute", "unmute", "snooze"]
    rule: str
    at: datetime
    until: datetime | None = None
    subject: str = ""
    by: str = ""

    def __post_init__(self) -> None:
        """Check the times."""
        require_aware(at=self.at, until=self.until)
        if (self.action == "snooze") != (self.until is not None):
            raise ValueError("a snooze, and only it, has an end")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEdited:
    """A rule is in force as `policy` says from here on. An older edit (by `at`) than the one known changes nothing."""

    policy: Policy
    at: datetime

    def __post_init__(self) -> None:
        """Check that the time is aware."""
        require_aware(at=self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesInForce:
    """These rules (their ids), and no others, are in force from here on."""

    rules: tuple[str, ...]
    at: datetime

    def __post_init__(self) -> None:
        """Check that the time is aware."""
        require_aware(at=self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsSeen:
    """What a rule of type new_term need not call new: terms of articles older than the rule, by field."""

    rule: str
    terms: dict[str, tuple[str, ...]]
    at: datetime

    def __post_init__(self) -> None:
        """Check that the time is aware."""
        require_aware(at=self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """An article changed in what it says, or was withdrawn: who was alerted of it hears of the difference."""

    article: AlertArticle
    revision: int
    story_id: str
    change: Change
    at: datetime
    origin: Origin = "live"

    def __post_init__(self) -> None:
        """Check that the time is aware."""
        require_aware(at=self.at)
