"""Rules, their matches, and the alerts that come of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from rasid.domain.query import Query
from rasid.domain.times import require_aware


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a desk wants to hear about; `version` is a hash of the rule's text."""

    id: str
    name: str
    version: str
    query: Query
    description: str = ""
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """One reason a rule matched: the clause, and the field and words (as they stand) that satisfied it."""

    clause: str
    field: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One rule matched one revision of one article."""

    rule_id: str
    rule_version: str
    article_id: str
    revision: int
    story_id: str
    title: str
    at: datetime
    why: tuple[Why, ...]

    def __post_init__(self) -> None:
        """Check that the time is aware."""
        require_aware(at=self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An alert handed to one receiver."""

    receiver: str
    status: Literal["recorded", "delivered", "failed"]
    at: datetime

    def __post_init__(self) -> None:
        """Check that the time is aware."""
        require_aware(at=self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something a person is told once."""

    id: str
    rule: str
    article_ids: tuple[str, ...]
    story_id: str
    title: str
    created_at: datetime
    why: tuple[Why, ...]
    deliveries: tuple[Delivery, ...] = ()

    def __post_init__(self) -> None:
        """Check that the time is aware."""
        require_aware(created_at=self.created_at)


def alert_id(rule_id: str, subject_id: str, revision: int) -> str:
    """Derive the id from rule, article or story, and revision, so that deciding twice alerts once."""
    return hashlib.blake2b(f"{rule_id}\n{subject_id}\n{revision}".encode(), digest_size=12).hexdigest()
