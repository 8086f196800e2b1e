"""What rules would have said: the same matching and deciding as live, over documents of the past. Pure.

Time passes by the ticks that the log holds; where it holds none (a file, the index), they are made here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from rasid.alerts.counting import BY_TIME
from rasid.alerts.decide import Event, State, decide
from rasid.alerts.matching import changed, event_time, match
from rasid.alerts.rule_index import RuleIndex
from rasid.domain.alert import Alert, Match
from rasid.domain.article import GroupedArticle
from rasid.domain.control import Changed, Control, RuleEdited, RulesInForce, TermsSeen, Tick
from rasid.domain.rule import Policy, Rule

_MINUTE = timedelta(minutes=1)
_MOST_TICKS = 200_000
_LONGEST_TIME_WAITED = timedelta(days=90)
# A document with its event time in the log, or what the log of matches says besides.
Moment = tuple[GroupedArticle, datetime] | Event


@dataclass(frozen=True, slots=True)
class Tried:
    """One moment: its document if it is one, what matched it, and what would have been told at its coming.

    `at` is the event time of the moment; `approximate`: it came from the index, without its place in the log.
    """

    document: GroupedArticle | None
    matches: tuple[Match, ...]
    alerts: tuple[Alert, ...]
    at: datetime | None = None
    approximate: bool = False


class Trial:
    """Rules on trial: a fold of its own, which nothing but what it is given enters."""

    def __init__(self, rules: Sequence[Rule], before: Iterable[Event] = ()) -> None:
        self._index, self._state = RuleIndex(rules), State()
        self._ids = {rule.id for rule in rules}
        self._clock = _Clock(self._state)
        for rule in rules:
            decide(self._state, RuleEdited(policy=rule.deciding, at=datetime(1, 1, 1, tzinfo=UTC)))
        for event in before:
            decide(self._state, event)

    def document(self, document: GroupedArticle, at: datetime) -> Tried:
        """Take a document whose event time in the log is `at`."""
        matches = tuple(found for rule in self._index.candidates(document) if (found := match(rule, document, at)))
        change = changed(document, at)
        events: list[Event] = [*matches, *([change] if change else [])]
        alerts = [alert for event in events for alert in decide(self._state, event)]
        return Tried(document, matches, tuple(alerts), at)

    def event(self, event: Event) -> Tried:
        """Take what the log says besides: ticks, terms seen, and what people asked of these rules.

        What other rules matched only says how late it was; edits are passed over, for the rules here are given.
        """
        match event:
            case Match() | Changed():
                if event.origin == "live":
                    self._state.now = max(self._state.now or event.at, event.at)
            case Tick():
                return Tried(None, (), tuple(decide(self._state, event)), event.at)
            case Control(rule=rule) | TermsSeen(rule=rule) if rule in self._ids:
                decide(self._state, event)
            case RuleEdited() | RulesInForce() | Control() | TermsSeen():
                if isinstance(event, Control):
                    self._state.now = max(self._state.now or event.at, event.at)
        return Tried(None, (), (), event.at)

    def until(self, at: datetime) -> list[Alert]:
        """Let time pass by ticks made here."""
        return self._clock.tick_to(at)


def backtest(
    rules: Sequence[Rule],
    documents: Iterable[tuple[GroupedArticle, datetime]],
    *,
    until: datetime | None = None,
    before: Iterable[Event] = (),
) -> Iterator[Tried]:
    """Run rules over documents in the order of the log, each with its event time there.

    Time passes by ticks made here, a minute each, from the first document on and up to `until`; they are left out
    while no rule waits for time to pass. `before` is what is in the log ahead of them: terms seen, mutes. The last
    value, of no document, holds what time alone brought at the end.
    """
    trial = Trial(rules, before)
    for document, at in documents:
        passed = trial.until(event_time(document, at))
        tried = trial.document(document, at)
        yield replace(tried, alerts=(*passed, *tried.alerts))
    if until:
        yield Tried(None, (), tuple(trial.until(until)), until)


def backtest_log(
    rules: Sequence[Rule],
    older: Iterable[tuple[GroupedArticle, datetime]],
    log: Iterable[Moment],
    *,
    begins: datetime | None = None,
    before: Iterable[Event] = (),
) -> Iterator[Tried]:
    """Run rules over the log, and before it over what only the index holds (`older`, by time: approximate).

    Of the log's moments (rasid.alerts.log_order) come the very alerts that a live run over it made. `begins` is when
    the log does: up to there time passes by ticks made here.
    """
    trial = Trial(rules, before)
    has_older = False
    for document, at in older:
        has_older = True
        passed = trial.until(at)
        tried = trial.document(document, at)
        yield replace(tried, alerts=(*passed, *tried.alerts), approximate=True)
    if has_older and begins:
        yield Tried(None, (), tuple(trial.until(begins)), begins, approximate=True)
    for moment in log:
        yield trial.document(*moment) if isinstance(moment, tuple) else trial.event(moment)


def remembered(policy: Policy) -> timedelta:
    """Give how long before a span of time its rule must be run, so that its windows and silences are what they were."""
    aggregated = policy.aggregation.window if policy.aggregation else None
    spans = [
        2 * (policy.timeframe or timedelta(0)),
        policy.terms_window_size if policy.type == "new_term" else timedelta(0),
        policy.exponential_realert or policy.realert,
        aggregated or timedelta(0),
    ]
    return min(max(spans), _LONGEST_TIME_WAITED)


def switched_on(rule: Rule) -> Rule:
    """Give the rule as if it were enabled: a trial asks what it would say."""
    return replace(rule, enabled=True, policy=replace(rule.deciding, enabled=True))


class _Clock:
    """Makes the ticks that a service would have published meanwhile."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._last: datetime | None = None
        self._left = _MOST_TICKS

    def tick_to(self, at: datetime) -> list[Alert]:
        """Let time pass up to `at`; give what that makes worth telling."""
        minute = at.replace(second=0, microsecond=0)
        if self._last is None:
            self._last = minute - _MINUTE
        alerts: list[Alert] = []
        while self._last < minute and self._left:
            waits = any(rule.pending or rule.policy.type in BY_TIME for rule in self._state.rules.values())
            self._last = self._last + _MINUTE if waits else minute
            self._left -= 1
            alerts += decide(self._state, Tick(at=self._last))
        return alerts
