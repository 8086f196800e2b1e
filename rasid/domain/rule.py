"""Rules: what a desk wants to hear about, when, and how often. Keys are named as in ElastAlert 2's rule files."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from rasid.domain.alert import AlertLevel
from rasid.domain.query import Everything, Query

RuleType = Literal[
    "any", "frequency", "spike", "flatline", "new_term", "cardinality", "blacklist", "whitelist", "change",
]  # fmt: skip
SpikeType = Literal["up", "down", "both"]
Per = Literal["article", "story"]
DEFAULT_REALERT = timedelta(minutes=1)
DEFAULT_TERMS_WINDOW = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregation:
    """Alerts gathered into one: for `window` from the first, or until the next time of `schedule` (cron, UTC)."""

    window: timedelta | None = None
    schedule: str = ""
    key: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveHours:
    """When alerts may go out, as minutes of the local day; `end` before `start` runs over midnight.

    `days` counts from Monday, 0. What matches outside these hours is held and told when they begin.
    """

    start: int
    end: int
    timezone: str = "UTC"
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """All that deciding needs of a rule; it travels in the log, so that a replay decides as it was decided then.

    Keys that a type does not use stand at their defaults. Fields are in our own names (see `rasid.domain.values`).
    """

    rule_id: str
    name: str = ""
    version: str = ""
    type: RuleType = "any"
    enabled: bool = True
    level: AlertLevel = "normal"
    notify: tuple[str, ...] = ()
    per: Per = "article"
    # how often
    query_key: tuple[str, ...] = ()
    realert: timedelta = DEFAULT_REALERT
    exponential_realert: timedelta | None = None
    aggregation: Aggregation | None = None
    active_hours: ActiveHours | None = None
    # windows and thresholds, by type
    timeframe: timedelta | None = None
    num_events: int = 1
    attach_related: bool = False
    spike_height: float = 1.0
    spike_type: SpikeType = "up"
    threshold_ref: int | None = None
    threshold_cur: int | None = None
    alert_on_new_data: bool = False
    threshold: int = 1
    forget_keys: bool = False
    fields: tuple[tuple[str, ...], ...] = ()
    terms_window_size: timedelta = DEFAULT_TERMS_WINDOW
    alert_on_missing_field: bool = False
    cardinality_field: str = ""
    max_cardinality: int | None = None
    min_cardinality: int | None = None
    compare_key: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    ignore_null: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How the alert's author wants it told; kept as written for delivery, which renders it."""

    alert: tuple[str, ...] = ()
    alert_subject: str = ""
    alert_subject_args: tuple[str, ...] = ()
    alert_text: str = ""
    alert_text_args: tuple[str, ...] = ()
    alert_text_kw: dict[str, str] = field(default_factory=dict)
    alert_text_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a desk wants to hear about; `version` is a hash of the rule's text, `query` all its filters in one tree.

    `min_confidence` (0 to 1): names recognised with less do not count. `source` is the file it stands in; `notes`
    tell what of the file is read otherwise than a reader may think.
    """

    id: str
    name: str
    version: str
    query: Query = field(default_factory=Everything)
    description: str = ""
    enabled: bool = True
    policy: Policy | None = None
    wording: Wording = field(default_factory=Wording)
    owner: str = ""
    priority: int = 2
    tags: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    min_confidence: float = 0.0
    languages: tuple[str, ...] = ()
    source: str = ""
    notes: tuple[str, ...] = ()

    @property
    def type(self) -> RuleType:
        """Give the rule's type."""
        return self.deciding.type

    @property
    def level(self) -> AlertLevel:
        """Give the level of its alerts."""
        return self.deciding.level

    @property
    def notify(self) -> tuple[str, ...]:
        """Give the receivers it names; none: those that take every alert."""
        return self.deciding.notify

    @property
    def deciding(self) -> Policy:
        """Give what deciding needs; a rule made without it tells of every match."""
        return self.policy or Policy(
            rule_id=self.id, name=self.name, version=self.version, enabled=self.enabled, realert=timedelta(0)
        )
