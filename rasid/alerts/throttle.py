"""How often: silences after an alert (realert), mutes, active hours, aggregation. What is held back is counted.

firing --> muted? silenced? --> held back, counted, told of with the key's next alert
      `--> outside active hours, aggregated --> waits to be told together
      `--> an alert
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil, log2

from rasid.alerts.calendar import is_open, next_opening, next_time
from rasid.alerts.counting import in_words
from rasid.domain.alert import Alert, AlertArticle, AlertKind, Why, alert_id
from rasid.domain.rule import Aggregation, Policy
from rasid.domain.rule_state import Firing, HeldBack, Pending, RuleState, Seen, Silence, Told

MOST_TOLD, _MOST_IDS = 50, 500  # articles told of in an alert; articles that it names by id
_MOST_WHY = 20
_MOST_WAITING = 500  # firings kept by name until they are told together; more are counted
_HOURS = "active hours"


def tell(state: RuleState, firing: Firing, now: datetime) -> list[Alert]:
    """Give the alert of a firing, or hold it back; `now` is the time of the log."""
    policy = state.policy
    live = firing.origin == "live"
    keys = _silenced_by(policy, firing)
    if live and is_muted(state, (*firing.keys, *firing.story_ids), now):
        _hold(state, keys[0], firing)
        return []
    closed = live and policy.active_hours is not None and not is_open(policy.active_hours, now)
    told = None if closed else _told(state, firing)
    if told:
        return [_follow_up(state, firing, told, now)]
    if live and policy.realert and not _silence(state, keys, now):
        _hold(state, keys[0], firing)
        return []
    if closed and policy.active_hours:
        _wait(state, _HOURS, firing, next_opening(policy.active_hours, now))
        return []
    if live and policy.aggregation:
        alerts = _flush(state, firing.group, now)
        _wait(state, firing.group, firing, _due(policy.aggregation, now))
        return alerts
    return [make_alert(state, [firing], now)]


def due_alerts(state: RuleState, now: datetime, *, all_of_them: bool = False) -> list[Alert]:
    """Give the alerts whose waiting is over."""
    groups = [group for group, pending in state.pending.items() if all_of_them or pending.due <= now]
    alerts: list[Alert] = []
    for group in groups:
        alerts += _told_together(state, state.pending.pop(group), now)
    return alerts


def is_muted(state: RuleState, subjects: tuple[str, ...], now: datetime) -> bool:
    """Tell whether a person asked to hear nothing of the rule, or of one of these subjects."""
    for subject in ("", *subjects):
        mute = state.muted.get(subject)
        if mute and (mute.until is None or now < mute.until):
            return True
    return False


def next_silence(policy: Policy, before: Silence | None, now: datetime) -> Silence:
    """Give the silence that begins with an alert.

    With exponential_realert it doubles, up to that maximum, when the last silence ended less than its own length ago;
    else it halves for each such length that passed quietly (ElastAlert 2's documents, "exponential_realert").
    """
    most = policy.exponential_realert
    if before is None or most is None:
        return Silence(until=now + policy.realert)
    quiet, exponent = (now - before.until) / policy.realert, before.exponent
    if quiet < 2**exponent:
        exponent += 1
    else:
        # The lengths from this one down to that of k add up to 2 ** (exponent + 1) - 2 ** (k + 1).
        exponent = max(ceil(log2(max(2 ** (exponent + 1) - quiet, 1))) - 1, 0)
    exponent = min(exponent, ceil(log2(max(most / policy.realert, 1))))
    return Silence(until=now + min(policy.realert * 2**exponent, most), exponent=exponent)


def make_alert(state: RuleState, firings: list[Firing], now: datetime) -> Alert:
    """Make one alert of firings, with what was held back under their keys before; remember what it told of."""
    policy, first = state.policy, firings[0]
    held = [state.held.pop(key) for key in dict.fromkeys(_held_keys(policy, firings)) if key in state.held]
    articles = _distinct([*(a for one in firings for a in one.articles), *(a for one in held for a in one.articles)])
    ids = tuple(
        dict.fromkeys((*(i for one in firings for i in one.article_ids), *(i for one in held for i in one.ids)))
    )
    together = first.subject if len(firings) == 1 else f"{first.subject}\n{len(firings)}\n{firings[-1].subject}"
    alert = Alert(
        id=alert_id(policy.rule_id, together, first.revision),
        rule=policy.rule_id,
        rule_name=policy.name,
        level=policy.level,
        notify=policy.notify,
        article_ids=ids[:_MOST_IDS],
        articles=articles[:MOST_TOLD],
        story_id=first.story_ids[0] if first.story_ids else "",
        title=first.title,
        created_at=now,
        why=_reasons(firings),
        count=sum(one.count for one in firings) + sum(one.count for one in held),
        text=first.text,
        origin=first.origin,
    )
    _remember(state, firings, alert.id, now)
    return alert


def _follow_up(state: RuleState, firing: Firing, told: Told, now: datetime) -> Alert:
    """Say that one more source tells a story that was alerted of."""
    article = firing.articles[0] if firing.articles else None
    words = f"also {article.source} ({article.language})" if article else ""
    subject = f"{firing.story_ids[0]}\n{firing.article_ids[0]}"
    alert = follow_up(state.policy, firing, told.alert, now, subject=subject, text=words)
    _remember(state, [firing], told.alert, now)
    return alert


def follow_up(policy: Policy, firing: Firing, follows: str, now: datetime, *, subject: str, text: str = "") -> Alert:
    """Make an alert that says more of an earlier one."""
    kind: AlertKind = "follow_up"
    return Alert(
        id=alert_id(policy.rule_id, subject, firing.revision),
        rule=policy.rule_id,
        rule_name=policy.name,
        level=policy.level,
        notify=policy.notify,
        kind=kind,
        follows=follows,
        article_ids=firing.article_ids,
        articles=firing.articles,
        story_id=firing.story_ids[0] if firing.story_ids else "",
        title=firing.title,
        created_at=now,
        why=firing.why,
        count=firing.count,
        text=text,
        origin=firing.origin,
    )


def _told(state: RuleState, firing: Firing) -> Told | None:
    """Give the alert that told of the firing's story, under whichever id the story had then."""
    if state.policy.per != "story" or firing.subject not in firing.story_ids:
        return None
    told = next((state.stories[one] for one in firing.story_ids if one in state.stories), None)
    if told:
        for one in firing.story_ids:
            state.stories.setdefault(one, told)
    return told


def _silenced_by(policy: Policy, firing: Firing) -> tuple[str, ...]:
    """Give the keys whose silence a firing is under: its story where stories are told of once, else its query_key."""
    if policy.per == "story" and firing.subject in firing.story_ids:
        return firing.story_ids
    return firing.keys


def _silence(state: RuleState, keys: tuple[str, ...], now: datetime) -> bool:
    """Begin a silence for the keys; False where all of them are silent already."""
    silences = state.silences
    if all(key in silences and now < silences[key].until for key in keys):
        return False
    for key in keys:
        silences[key] = next_silence(state.policy, silences.get(key), now)
    return True


def _hold(state: RuleState, key: str, firing: Firing) -> None:
    held = state.held.setdefault(key, HeldBack())
    held.count += max(firing.count, 1)
    held.ids.extend(firing.article_ids[: max(0, _MOST_IDS - len(held.ids))])
    held.articles.extend(firing.articles[: max(0, MOST_TOLD - len(held.articles))])


def _held_keys(policy: Policy, firings: list[Firing]) -> Iterator[str]:
    for one in firings:
        yield from _silenced_by(policy, one)


def _wait(state: RuleState, group: str, firing: Firing, due: datetime) -> None:
    pending = state.pending.setdefault(group, Pending(due=due))
    pending.count += firing.count
    if len(pending.firings) < _MOST_WAITING:
        pending.firings.append(firing)
    pending.last = max(pending.last or firing.at, firing.at)


def _flush(state: RuleState, group: str, now: datetime) -> list[Alert]:
    pending = state.pending.get(group)
    if pending is None or pending.due > now:
        return []
    return _told_together(state, state.pending.pop(group), now)


def _told_together(state: RuleState, pending: Pending, now: datetime) -> list[Alert]:
    """Make the one alert of what waited; with one alert a story, those of one story count as one."""
    if not pending.firings:
        return []
    alert = make_alert(state, pending.firings, now)
    unnamed = pending.count - sum(one.count for one in pending.firings)
    first = min(one.at for one in pending.firings)
    text = alert.text if pending.count == 1 else _span(pending.count, first, pending.last or first)
    return [replace(alert, count=alert.count + unnamed, text=text)]


def _due(aggregation: Aggregation, now: datetime) -> datetime:
    if aggregation.schedule:
        return next_time(aggregation.schedule, now)
    return now + (aggregation.window or timedelta(0))


def _remember(state: RuleState, firings: list[Firing], alert: str, now: datetime) -> None:
    for firing in firings:
        for article in firing.article_ids:
            seen = state.seen.setdefault(article, Seen(revision=firing.revision, at=firing.at))
            seen.alert = seen.alert or alert
        if state.policy.per == "story":
            for story in firing.story_ids:
                state.stories.setdefault(story, Told(alert=alert, at=now))


def _distinct(articles: list[AlertArticle]) -> tuple[AlertArticle, ...]:
    return tuple({one.id: one for one in reversed(articles)}.values())[::-1]


def _reasons(firings: list[Firing]) -> tuple[Why, ...]:
    return tuple(dict.fromkeys(reason for one in firings for reason in one.why))[:_MOST_WHY]


def _span(count: int, first: datetime, last: datetime) -> str:
    minutes = timedelta(minutes=max(1, round((last - first).total_seconds() / 60)))
    return f"{count} within {in_words(minutes)}"
