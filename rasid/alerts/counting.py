"""The nine rule types: what of a rule's matches, or of their absence, is worth telling. Throttling comes after.

Each follows what ElastAlert 2's documents say of it (docs/source/ruletypes.rst). Time is the log's: that of the match,
and of ticks where something did not come. A field with many values counts under each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rasid.alerts.windows import ALL, MISSING, add, drop_before, keys_of, newest, split_at, watched_since
from rasid.domain.alert import Match
from rasid.domain.rule import Policy, RuleType
from rasid.domain.rule_state import Compared, Event, Firing, Lost, RuleState

MOST_ARTICLES = 20
_MOST_TERMS_TOLD = 10


def count(state: RuleState, match: Match) -> list[Firing]:
    """Take a match of an article not counted before; give what it makes worth telling."""
    return _BY_MATCH[state.policy.type](state, match)


def count_tick(state: RuleState, now: datetime, lost: Sequence[Lost] = ()) -> list[Firing]:
    """Let time pass; give what its passing makes worth telling. `lost`: spans in which nobody could have watched."""
    by_tick = _BY_TICK.get(state.policy.type)
    return by_tick(state, now, lost) if by_tick else []


def _each(state: RuleState, match: Match) -> list[Firing]:
    """Types any, blacklist and whitelist: every match (the lists were compared when the rule was matched)."""
    keys = keys_of(state.policy.query_key, match.values)
    return [_firing(state.policy, match, subject=_identity(state.policy, match), keys=keys)]


def _frequency(state: RuleState, match: Match) -> list[Firing]:
    """At least num_events within the timeframe; then counting begins anew."""
    policy, found = state.policy, []
    for key in keys_of(policy.query_key, match.values):
        events = state.windows.setdefault(key, [])
        event = Event(
            at=match.at, id=_identity(policy, match), article=match.article if policy.attach_related else None
        )
        if any(one.id == event.id for one in events):
            continue
        add(events, event)
        drop_before(events, events[-1].at - _timeframe(policy))
        if len(events) >= policy.num_events:
            text = f"{len(events)} in {in_words(_timeframe(policy))}{_of(key)}"
            found.append(_counted(policy, match, key, events, text))
            del state.windows[key]
    return found


def _spike(state: RuleState, match: Match) -> list[Firing]:
    """Hold the last timeframe against the one before it."""
    found = []
    for key in keys_of(state.policy.query_key, match.values):
        events = state.windows.setdefault(key, [])
        event = Event(at=match.at, id=_identity(state.policy, match))
        if any(one.id == event.id for one in events):
            continue
        add(events, event)
        told = _spiked(state, key, max(match.at, events[-1].at))
        if told:
            current, text = told
            found.append(_counted(state.policy, match, key, current, text))
    return found


def _spike_tick(state: RuleState, now: datetime, _lost: Sequence[Lost]) -> list[Firing]:
    found = []
    for key in list(state.windows):
        told = _spiked(state, key, now)
        if told:
            current, text = told
            found.append(_of_time(state.policy, key, now, text, count=len(current), ids=newest(current, MOST_ARTICLES)))
        elif key != ALL and not state.windows[key]:
            del state.windows[key]
            state.first.pop(key, None)
            state.skip_until.pop(key, None)
    return found


def _spiked(state: RuleState, key: str, now: datetime) -> tuple[list[Event], str] | None:
    """Give the current window's events and words where the rate has changed enough and both windows are established."""
    policy, timeframe = state.policy, _timeframe(state.policy)
    first = state.first.setdefault(key, now)
    current, reference = split_at(state.windows[key], now, timeframe)
    if now - first < 2 * timeframe:
        fresh = state.filled_once and policy.query_key and policy.alert_on_new_data
        if not fresh or now < state.skip_until.get(key, now):
            return None
    else:
        state.filled_once = True
    if len(current) < (policy.threshold_cur or 0) or len(reference) < (policy.threshold_ref or 0):
        return None
    up = len(current) >= len(reference) * policy.spike_height
    down = len(current) <= len(reference) / policy.spike_height
    if not (up and policy.spike_type in {"up", "both"}) and not (down and policy.spike_type in {"down", "both"}):
        return None
    state.windows[key] = current
    del state.first[key]
    state.skip_until[key] = now + 2 * timeframe
    return current, f"{len(current)} in {in_words(timeframe)}, {len(reference)} in the time before{_of(key)}"


def _flatline(state: RuleState, match: Match) -> list[Firing]:
    """Count; that too little came is found as time passes."""
    for key in keys_of(state.policy.query_key, match.values):
        events = state.windows.setdefault(key, [])
        state.first.setdefault(key, match.at)
        add(events, Event(at=match.at, id=_identity(state.policy, match)))
    return []


def _flatline_tick(state: RuleState, now: datetime, lost: Sequence[Lost]) -> list[Firing]:
    """Fewer than `threshold` within the timeframe, again and again until there are enough or the key is forgotten."""
    policy, timeframe, found = state.policy, _timeframe(state.policy), []
    start = watched_since(now, timeframe, lost)
    if not policy.query_key:
        state.windows.setdefault(ALL, [])
    for key in list(state.windows):
        events = state.windows[key]
        drop_before(events, start)
        if state.first.setdefault(key, now) > start or len(events) >= policy.threshold:
            continue
        amount = str(len(events)) if events else "none"
        found.append(_of_time(policy, key, now, f"{amount} in {in_words(timeframe)}{_of(key)}", count=len(events)))
        if policy.forget_keys and policy.query_key:
            del state.windows[key], state.first[key]
    return found


def _new_term(state: RuleState, match: Match) -> list[Firing]:
    """Tell of a value not seen within terms_window_size, or of a missing one where that is asked for."""
    policy, found = state.policy, []
    for fields in policy.fields or tuple((one,) for one in policy.query_key):
        name = ",".join(fields)
        seen = state.terms.setdefault(name, {})
        missing = not all(match.values.get(field) for field in fields)
        values = () if missing else keys_of(fields, match.values)
        new = [value for value in values if match.at - seen.get(value, _NEVER) > policy.terms_window_size]
        for value in values:
            seen[value] = max(match.at, seen.get(value, match.at))
        if new or (missing and policy.alert_on_missing_field):
            text = f"new {name}: {_some(new)}" if new else f"{name} is missing"
            subject = f"{name}\n{_identity(policy, match)}"
            keys = keys_of(policy.query_key, match.values)
            found.append(_firing(policy, match, subject=subject, keys=keys, text=text))
    return found


def _cardinality(state: RuleState, match: Match) -> list[Firing]:
    """More than max_cardinality different values within the timeframe, or fewer than min_cardinality."""
    policy, found = state.policy, []
    values = match.values.get(policy.cardinality_field, ())
    for key in keys_of(policy.query_key, match.values):
        known = state.terms.setdefault(key, {})
        state.first.setdefault(key, match.at)
        if not values:
            continue
        for value in values:
            known[value] = max(match.at, known.get(value, match.at))
        text = _counted_values(state, key, max(known.values()))
        if text:
            found.append(_firing(policy, match, subject=f"{key}\n{match.article_id}", keys=(key,), text=text))
    return found


def _cardinality_tick(state: RuleState, now: datetime, lost: Sequence[Lost]) -> list[Firing]:
    if state.policy.min_cardinality is None:
        return []
    told = [(key, _counted_values(state, key, now, lost)) for key in list(state.terms)]
    return [_of_time(state.policy, key, now, text) for key, text in told if text]


def _counted_values(state: RuleState, key: str, now: datetime, lost: Sequence[Lost] = ()) -> str:
    """Say that too many or too few values are known of a key, nothing where they are as they should be."""
    policy, timeframe, known = state.policy, _timeframe(state.policy), state.terms[key]
    start = watched_since(now, timeframe, lost)
    for value in [value for value, at in known.items() if at < start]:
        del known[value]
    many = policy.max_cardinality is not None and len(known) > policy.max_cardinality
    few = policy.min_cardinality is not None and len(known) < policy.min_cardinality
    if not many and not (few and state.first.setdefault(key, now) < start):
        return ""
    state.first[key] = now
    return f"{len(known)} different {policy.cardinality_field} in {in_words(timeframe)}{_of(key)}"


def _change(state: RuleState, match: Match) -> list[Firing]:
    """Another value than the last article with the same query_key had, within the timeframe if there is one."""
    policy, found = state.policy, []
    values = [sorted(match.values.get(field, ())) for field in policy.compare_key]
    if policy.ignore_null and not all(values):
        return []
    for key in keys_of(policy.query_key, match.values):
        before = state.compared.get(key)
        if before and match.at < before.at:
            continue  # a late article says nothing of what came after it
        state.compared[key] = Compared(values=values, at=match.at)
        if before is None or before.values == values:
            continue
        if policy.timeframe and match.at - before.at > policy.timeframe:
            continue
        told = "; ".join(
            f"{field}: {_listed(old)} → {_listed(new)}"
            for field, old, new in zip(policy.compare_key, before.values, values, strict=True)
            if old != new
        )
        found.append(_firing(policy, match, subject=f"{key}\n{match.article_id}", keys=(key,), text=told + _of(key)))
    return found


_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_BY_MATCH: dict[RuleType, Callable[[RuleState, Match], list[Firing]]] = {
    "any": _each, "blacklist": _each, "whitelist": _each, "frequency": _frequency, "spike": _spike,
    "flatline": _flatline, "new_term": _new_term, "cardinality": _cardinality, "change": _change,
}  # fmt: skip
_BY_TICK: dict[RuleType, Callable[[RuleState, datetime, Sequence[Lost]], list[Firing]]] = {
    "spike": _spike_tick, "flatline": _flatline_tick, "cardinality": _cardinality_tick,
}  # fmt: skip


# The types that tell of what did not come.
BY_TIME = frozenset(_BY_TICK)


def in_words(span: timedelta) -> str:
    """Say a span as a person would: 10 minutes, 2 hours, 1 day."""
    for seconds, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if span.total_seconds() >= seconds and span.total_seconds() % seconds == 0:
            number = int(span.total_seconds() // seconds)
            return f"{number} {unit}{'s' if number != 1 else ''}"
    return f"{span.total_seconds():g} seconds"


def _timeframe(policy: Policy) -> timedelta:
    return policy.timeframe or timedelta(0)


def _identity(policy: Policy, match: Match) -> str:
    """Give what is counted once: the article, or its story."""
    return match.story_id if policy.per == "story" else match.article_id


def _of(key: str) -> str:
    return "" if key == ALL else f" ({key})" if key != MISSING else " (without one)"


def _listed(values: list[str]) -> str:
    return ", ".join(values) or "nothing"


def _some(values: list[str]) -> str:
    more = len(values) - _MOST_TERMS_TOLD
    return ", ".join(values[:_MOST_TERMS_TOLD]) + (f" and {more} more" if more > 0 else "")


def _counted(policy: Policy, match: Match, key: str, events: list[Event], text: str) -> Firing:
    """Tell of a window: by its last article, with the others where they are asked for or are what it is about."""
    made = _firing(policy, match, subject=f"{key}\n{match.article_id}", keys=(key,), text=text)
    related = [event.article for event in reversed(events[-MOST_ARTICLES:]) if event.article]
    articles = {one.id: one for one in (*made.articles, *related)}
    shows_ids = policy.per == "article" and (policy.attach_related or policy.type == "spike")
    ids = (*made.article_ids, *articles, *(reversed(newest(events, MOST_ARTICLES)) if shows_ids else ()))
    return replace(made, count=len(events), articles=tuple(articles.values()), article_ids=tuple(dict.fromkeys(ids)))


def _firing(policy: Policy, match: Match, *, subject: str, keys: tuple[str, ...], text: str = "") -> Firing:
    return Firing(
        subject=subject,
        keys=keys,
        at=match.at,
        revision=match.revision,
        articles=(match.article,) if match.article else (),
        article_ids=(match.article_id,),
        story_ids=match.story_ids or (match.story_id,),
        group=keys_of(policy.aggregation.key, match.values)[0] if policy.aggregation else "",
        title=match.title,
        why=match.why,
        text=text,
        origin=match.origin,
    )


def _of_time(
    policy: Policy, key: str, now: datetime, text: str, *, count: int = 0, ids: tuple[str, ...] = ()
) -> Firing:
    return Firing(
        subject=f"{key}\n{now.isoformat()}", keys=(key,), at=now, article_ids=ids, title=policy.name or policy.rule_id,
        count=count, text=text,
    )  # fmt: skip
