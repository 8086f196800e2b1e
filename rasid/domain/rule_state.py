"""What deciding remembers of one rule: a fold over the log of matches, as plain values that can be kept and compared.

Keys of the dictionaries are what a rule counts by: the value of its query_key, a story's id, or "all".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from rasid.domain.alert import AlertArticle, Why
from rasid.domain.article import Origin
from rasid.domain.rule import Policy


@dataclass(slots=True, kw_only=True)
class Event:
    """One thing counted in a window; `article` only where the rule tells of all of them."""

    at: datetime
    id: str
    article: AlertArticle | None = None


@dataclass(slots=True, kw_only=True)
class Seen:
    """An article that matched: the highest revision, when, and the alert that told of it, if one did."""

    revision: int
    at: datetime
    alert: str | None = None


@dataclass(slots=True, kw_only=True)
class Told:
    """A story that was alerted of."""

    alert: str
    at: datetime


@dataclass(slots=True, kw_only=True)
class Silence:
    """Until when a key is not told of again; `exponent` doubles the next silence that often."""

    until: datetime
    exponent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """What a rule's type found worth telling, before throttling. `subject` makes the alert's id."""

    subject: str
    keys: tuple[str, ...]
    at: datetime
    revision: int = 1
    articles: tuple[AlertArticle, ...] = ()
    article_ids: tuple[str, ...] = ()
    story_ids: tuple[str, ...] = ()
    group: str = ""
    title: str = ""
    why: tuple[Why, ...] = ()
    count: int = 1
    text: str = ""
    origin: Origin = "live"


@dataclass(slots=True, kw_only=True)
class HeldBack:
    """What was throttled or muted since the last alert of a key: how many, and the first of the articles."""

    count: int = 0
    ids: list[str] = field(default_factory=list)
    articles: list[AlertArticle] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Pending:
    """Firings that wait to be told together at `due`: the first of them, and how many there are up to `last`."""

    due: datetime
    firings: list[Firing] = field(default_factory=list)
    count: int = 0
    last: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Compared:
    """The last values of a rule of type change."""

    values: list[list[str]]
    at: datetime


@dataclass(slots=True, kw_only=True)
class Muted:
    """A mute of a rule, or of one subject of it; without `until`, until it is ended."""

    until: datetime | None = None


@dataclass(slots=True, kw_only=True)
class RuleState:
    """All that deciding remembers of one rule for articles of one origin; `applied` is the last offset in it."""

    policy: Policy
    origin: Origin = "live"
    applied: int = -1
    edited_at: datetime | None = None
    enabled: bool = True
    muted: dict[str, Muted] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)
    follow_ups: dict[str, datetime] = field(default_factory=dict)
    stories: dict[str, Told] = field(default_factory=dict)
    windows: dict[str, list[Event]] = field(default_factory=dict)
    first: dict[str, datetime] = field(default_factory=dict)
    skip_until: dict[str, datetime] = field(default_factory=dict)
    filled_once: bool = False
    seeded: bool = False
    terms: dict[str, dict[str, datetime]] = field(default_factory=dict)
    compared: dict[str, Compared] = field(default_factory=dict)
    silences: dict[str, Silence] = field(default_factory=dict)
    held: dict[str, HeldBack] = field(default_factory=dict)
    pending: dict[str, Pending] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A span in which no time passed in the log: the service was off, or behind."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StateMark:
    """Up to the offset `applied` (event time `at`), every rule's state is in the log beside this mark."""

    applied: int
    at: datetime
    now: datetime | None = None
    ticked: datetime | None = None
    lost: tuple[Lost, ...] = ()
