"""Matches of rules, and the alerts that come of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from rasid.domain.article import Origin
from rasid.domain.times import require_aware

AlertLevel = Literal["low", "normal", "high"]
AlertKind = Literal["match", "follow_up", "service"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """One reason a rule matched: the clause, and the field and words (as they stand) that satisfied it."""

    clause: str
    field: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertArticle:
    """What a person is told of one article of an alert."""

    id: str
    title: str
    source: str
    language: str
    first_seen_at: datetime
    url: str | None = None
    published_at: datetime | None = None

    def __post_init__(self) -> None:
        """Check that the times are aware."""
        require_aware(first_seen_at=self.first_seen_at, published_at=self.published_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One rule matched one revision of one article: all that deciding needs of it.

    `at` is when this state of the article was seen. `values` holds the article's values of the fields that the rule
    counts, compares or groups by. `story_ids` begins with the story's id; behind it those it had before a merge.
    """

    rule_id: str
    rule_version: str
    article_id: str
    revision: int
    story_id: str
    title: str
    at: datetime
    why: tuple[Why, ...]
    article: AlertArticle | None = None
    origin: Origin = "live"
    story_ids: tuple[str, ...] = ()
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that the time is aware."""
        require_aware(at=self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of an alert at one receiver; `attempts` and `cause` tell of trouble."""

    receiver: str
    status: Literal["recorded", "delivered", "failed", "retrying", "dead", "suppressed"]
    at: datetime
    attempts: int = 1
    cause: str = ""

    def __post_init__(self) -> None:
        """Check that the time is aware."""
        require_aware(at=self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something a person is told once.

    `kind`: a rule fired; it says more of an earlier alert (a new source of the story, a changed number, a withdrawal);
    or the service speaks of itself. `count` is how many matches it stands for, held-back ones too. `text` says in
    words what no article does ("12 in 10 minutes", "none for 2 hours"); `difference` what changed. `notify` names
    receivers of notify.yaml; none: those that take every alert. Only `origin` live is handed out unless asked.
    """

    id: str
    rule: str
    article_ids: tuple[str, ...]
    story_id: str
    title: str
    created_at: datetime
    why: tuple[Why, ...]
    deliveries: tuple[Delivery, ...] = ()
    rule_name: str = ""
    level: AlertLevel = "normal"
    kind: AlertKind = "match"
    articles: tuple[AlertArticle, ...] = ()
    count: int = 1
    text: str = ""
    difference: str = ""
    follows: str | None = None
    notify: tuple[str, ...] = ()
    origin: Origin = "live"

    def __post_init__(self) -> None:
        """Check that the time is aware."""
        require_aware(created_at=self.created_at)


def alert_id(rule_id: str, subject_id: str, revision: int) -> str:
    """Derive the id from rule, article or story, and revision, so that deciding twice alerts once."""
    return hashlib.blake2b(f"{rule_id}\n{subject_id}\n{revision}".encode(), digest_size=12).hexdigest()
