"""Matches, ticks and people's wishes -> alerts: a fold over the one order of the log of matches. Pure.

Nothing but the events counts: the same events in the same order give the same alerts, with the same ids, however
often it is begun anew and wherever it is split.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from rasid.alerts.counting import BY_TIME, count, count_tick
from rasid.alerts.throttle import due_alerts, follow_up, is_muted, tell
from rasid.domain.alert import Alert, Match
from rasid.domain.article import Origin
from rasid.domain.control import Changed, Control, RuleEdited, RulesInForce, TermsSeen, Tick
from rasid.domain.rule import Policy
from rasid.domain.rule_state import Firing, HeldBack, Lost, Muted, RuleState, Seen

Event: TypeAlias = Match | Changed | Tick | Control | RuleEdited | RulesInForce | TermsSeen
EVENTS: tuple[type, ...] = (Match, Changed, Tick, Control, RuleEdited, RulesInForce, TermsSeen)
# How long an article that matched is remembered: a later edition of it is no second match.
_REMEMBERED = timedelta(days=30)
_MOST_REMEMBERED = 50_000
_PAUSE, _MOST_LOST = timedelta(minutes=10), 200  # without ticks: a span lost
# What makes a rule count otherwise: with a change of these, its windows begin anew.
_COUNTED_BY = (
    "type", "per", "query_key", "timeframe", "fields", "cardinality_field", "compare_key", "terms_window_size",
)  # fmt: skip


@dataclass(slots=True)
class State:
    """All rules' states, by rule (and origin, where it is not live news), and the time of the log."""

    rules: dict[str, RuleState] = field(default_factory=dict)
    now: datetime | None = None
    ticked: datetime | None = None
    lost: tuple[Lost, ...] = ()


def decide(state: State, event: Event) -> list[Alert]:
    """Take the next event into `state` (which it changes) and give the alerts that follow from it."""
    if _moves_time(event):
        state.now = max(state.now, event.at) if state.now else event.at
    match event:
        case Match():
            return _matched(state, event)
        case Changed():
            return _changed(state, event)
        case Tick():
            return _ticked(state, event.at)
        case RuleEdited():
            _edited(state, event)
        case RulesInForce():
            return _in_force(state, event)
        case TermsSeen():
            _terms_seen(state, event)
        case Control():
            _asked(state, event)
    return []


def _moves_time(event: Event) -> bool:
    """Tell whether an event says what time it is: history does not, nor does the reading of a rule file."""
    if isinstance(event, Match | Changed):
        return event.origin == "live"
    return isinstance(event, Tick | Control)


def concerned(state: State, event: Event) -> list[str]:
    """Give the keys of the states that an event may change in a way that matters."""
    match event:
        case Match():
            return [key_of(event.rule_id, event.origin), event.rule_id]
        case RuleEdited():
            return [key for key, rule in state.rules.items() if rule.policy.rule_id == event.policy.rule_id] + [
                event.policy.rule_id
            ]
        case Control() | TermsSeen():
            return [event.rule]
        case Tick():
            return [key for key, rule in state.rules.items() if rule.pending or rule.policy.type in BY_TIME]
        case Changed():
            return [key for key, rule in state.rules.items() if event.article.id in rule.seen]
        case RulesInForce():
            kept = set(event.rules)
            return [key for key, rule in state.rules.items() if rule.policy.rule_id not in kept]


def seed_key(policy: Policy) -> str:
    """Give the key of the mark that a rule of type new_term, counting as it does, was told the terms of the past."""
    counted = repr([getattr(policy, name) for name in _COUNTED_BY])
    return f"seeded\n{policy.rule_id}\n{hashlib.blake2b(counted.encode(), digest_size=8).hexdigest()}"


def decide_all(events: Sequence[Event], state: State | None = None) -> list[Alert]:
    """Give the alerts of a whole log: what a back-test does."""
    state = state or State()
    return [alert for event in events for alert in decide(state, event)]


def key_of(rule_id: str, origin: Origin = "live") -> str:
    """Give what a rule's state is known by; live news, back-fill and replay never see each other's windows."""
    return rule_id if origin == "live" else f"{origin}\n{rule_id}"


def _matched(state: State, match: Match) -> list[Alert]:
    rule = _state_for(state, match.rule_id, match.origin)
    if not rule.enabled or _counted_before(rule, match):
        return []
    now = state.now if match.origin == "live" and state.now else match.at
    return [alert for firing in count(rule, match) for alert in tell(rule, firing, now)]


def _counted_before(rule: RuleState, match: Match) -> bool:
    """Note the article. Another edition or revision of it is no second match; what changed in it is told apart."""
    before = rule.seen.get(match.article_id)
    if before is None:
        rule.seen[match.article_id] = Seen(revision=match.revision, at=match.at)
        if len(rule.seen) > _MOST_REMEMBERED:
            del rule.seen[next(iter(rule.seen))]
        return False
    newer = match.revision > before.revision
    before.revision = max(before.revision, match.revision)
    told = next((rule.stories[one] for one in match.story_ids if one in rule.stories), None)
    if told:  # its story may go by another id since
        for one in match.story_ids:
            rule.stories.setdefault(one, told)
    return not (newer and rule.policy.type == "change")


def _changed(state: State, event: Changed) -> list[Alert]:
    alerts = []
    for rule in state.rules.values():
        seen = rule.seen.get(event.article.id)
        if rule.origin != event.origin or not rule.enabled or seen is None or seen.alert is None:
            continue
        firing = Firing(
            subject=event.article.id, keys=(event.story_id,), at=event.at, revision=event.revision,
            articles=(event.article,), article_ids=(event.article.id,), story_ids=(event.story_id,),
            title=event.article.title, origin=event.origin,
        )  # fmt: skip
        if is_muted(rule, (event.story_id,), event.at):
            rule.held.setdefault(event.story_id, HeldBack()).count += 1
            continue
        told = follow_up(rule.policy, firing, seen.alert, event.at, subject=f"{event.article.id}\n{event.change.kind}")
        words = "withdrawn" if event.change.kind == "withdrawn" else "changed"
        alerts.append(replace(told, text=words, difference=event.change.text))
    return _not_told(state, alerts)


def _not_told(state: State, alerts: list[Alert]) -> list[Alert]:
    """Leave out follow-ups made before: an edition of the same revision says the same change again."""
    fresh = []
    for alert in alerts:
        told = state.rules[key_of(alert.rule, alert.origin)].follow_ups
        if alert.id not in told:
            told[alert.id] = alert.created_at
            fresh.append(alert)
    return fresh


def _ticked(state: State, now: datetime) -> list[Alert]:
    if state.ticked and now <= state.ticked:  # a second ticker, or the same record again
        return []
    if state.ticked and now - state.ticked > _PAUSE:  # who was not there cannot say that nothing came
        state.lost = (*state.lost[-_MOST_LOST:], Lost(since=state.ticked, until=now))
    state.ticked = now
    alerts: list[Alert] = []
    for rule in state.rules.values():
        if rule.origin != "live":
            continue
        alerts += due_alerts(rule, now)
        if rule.enabled:
            alerts += [alert for firing in count_tick(rule, now, state.lost) for alert in tell(rule, firing, now)]
        if now.minute == 0:
            _forget(rule, now)
    return alerts


def _forget(rule: RuleState, now: datetime) -> None:
    """Let go of what can matter no more; at set times of the log, so that it does not depend on when one looks."""
    before = now - _REMEMBERED
    rule.seen = {one: seen for one, seen in rule.seen.items() if seen.at > before}
    rule.stories = {one: told for one, told in rule.stories.items() if told.at > before}
    rule.follow_ups = {one: at for one, at in rule.follow_ups.items() if at > before}
    longest = rule.policy.exponential_realert or rule.policy.realert
    rule.silences = {key: one for key, one in rule.silences.items() if one.until + 4 * longest > now}
    rule.muted = {key: mute for key, mute in rule.muted.items() if mute.until is None or mute.until > now}
    if rule.policy.type == "frequency" and rule.policy.timeframe:
        start = now - rule.policy.timeframe
        rule.windows = {key: events for key, events in rule.windows.items() if events and events[-1].at > start}
    if rule.policy.type == "new_term":
        start = now - rule.policy.terms_window_size
        rule.terms = {name: {v: at for v, at in seen.items() if at >= start} for name, seen in rule.terms.items()}


def _edited(state: State, event: RuleEdited) -> None:
    policy = event.policy
    _state_for(state, policy.rule_id, "live")
    for rule in state.rules.values():
        if rule.policy.rule_id != policy.rule_id or (rule.edited_at and event.at < rule.edited_at):
            continue
        if any(getattr(policy, name) != getattr(rule.policy, name) for name in _COUNTED_BY):
            rule.windows, rule.first, rule.skip_until, rule.filled_once = {}, {}, {}, False
            rule.terms, rule.compared, rule.seeded = {}, {}, False
        rule.policy, rule.edited_at, rule.enabled = policy, event.at, policy.enabled


def _in_force(state: State, event: RulesInForce) -> list[Alert]:
    """Let go of rules that are no more; what waited to be told of them is told."""
    kept, alerts = set(event.rules), []
    for rule in state.rules.values():
        if rule.policy.rule_id in kept or not rule.enabled or (rule.edited_at and event.at < rule.edited_at):
            continue
        alerts += due_alerts(rule, event.at, all_of_them=True)
        rule.windows, rule.first, rule.skip_until, rule.compared = {}, {}, {}, {}
        # What it told of and what it knows stay: a rule that comes back does not tell of it again.
        rule.enabled, rule.filled_once, rule.edited_at = False, False, event.at
    return alerts


def _terms_seen(state: State, event: TermsSeen) -> None:
    rule = _state_for(state, event.rule, "live")
    if rule.seeded:  # what came since is counted; looking again would pass over what is yet to be counted
        return
    rule.seeded = True
    for name, terms in event.terms.items():
        seen = rule.terms.setdefault(name, {})
        for term in terms:
            seen.setdefault(term, event.at)


def _asked(state: State, event: Control) -> None:
    rule = _state_for(state, event.rule, "live")
    if event.action == "unmute":
        rule.muted.pop(event.subject, None)
    else:
        rule.muted[event.subject] = Muted(until=event.until)


def _state_for(state: State, rule_id: str, origin: Origin) -> RuleState:
    key = key_of(rule_id, origin)
    if key not in state.rules:
        live = state.rules.get(rule_id)
        # A rule that the log does not know yet tells of every match.
        policy = live.policy if live else Policy(rule_id=rule_id, realert=timedelta(0))
        state.rules[key] = RuleState(policy=policy, origin=origin, edited_at=live.edited_at if live else None)
    return state.rules[key]
