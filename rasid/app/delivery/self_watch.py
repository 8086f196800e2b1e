"""What the service says of itself, from counters: one alert when a trouble begins, one when it ends. Pure.

Its memory is a fold over its own alerts, so that a restart neither repeats nor forgets one. Against flapping each
trouble must last before it begins, and be clearly over before it ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from rasid.app.delivery.words import word
from rasid.domain.alert import Alert, AlertLevel, Why, alert_id

PREFIX = "service:"
_OVER = "_over"
_LAG_LASTS = timedelta(minutes=5)
_DEAD_WINDOW = timedelta(hours=1)
_LEVELS: dict[str, AlertLevel] = {"heartbeat": "low", "no_articles": "high", "receiver_failing": "high"}
Subject = tuple[str, str]  # the trouble's code, and what it is of ("" for the service as a whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """When a trouble begins; 0 turns it off. `heartbeat` is a time of day in UTC."""

    article_minutes: float = 120
    feed_hours: float = 72
    language_hours: float = 24
    lag: int = 2_000
    dead_letters: int = 1
    receiver_minutes: float = 10
    heartbeat: time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The counters at one moment. Times are of the newest article; `dead` counts dead letters, `lag` messages."""

    at: datetime
    started_at: datetime
    article_at: datetime | None = None
    languages: Mapping[str, datetime] = field(default_factory=dict)
    feeds: Mapping[str, datetime] = field(default_factory=dict)
    lag: int = 0
    dead: int = 0
    receivers: Mapping[str, tuple[datetime, str]] = field(default_factory=dict)
    articles_today: int = 0
    alerts_today: int = 0


class SelfWatch:
    """Takes readings in order, gives alerts."""

    def __init__(self, bounds: Bounds, told: Sequence[Alert] = ()) -> None:
        self._bounds = bounds
        self._begun: dict[Subject, Alert] = {}
        self._lag_since: datetime | None = None
        self._dead: list[tuple[datetime, int]] = []
        self._beat = ""
        for alert in told:
            self._fold(alert)

    def __call__(self, reading: Reading) -> list[Alert]:
        """Give what is to be told now."""
        troubles = dict(self._troubles(reading))
        made = [self._begins(key, args, reading) for key, args in troubles.items() if key not in self._begun]
        over = [key for key in self._begun if key not in troubles and self._is_over(key, reading)]
        made += [self._ends(key, reading) for key in over]
        made += self._heartbeat(reading)
        for alert in made:
            self._fold(alert)
        return made

    def _fold(self, alert: Alert) -> None:
        if not alert.rule.startswith(PREFIX) or not alert.why:
            return
        code = alert.why[0].clause
        if code == "heartbeat":
            self._beat = max(self._beat, alert.created_at.date().isoformat())
        elif code.endswith(_OVER):
            self._begun.pop((code.removesuffix(_OVER), alert.story_id), None)
        else:
            self._begun[code, alert.story_id] = alert

    def _troubles(self, now: Reading) -> Iterator[tuple[Subject, tuple[object, ...]]]:
        bounds = self._bounds
        silent = now.at - max(filter(None, (now.article_at, now.started_at)))
        is_silent = 0 < bounds.article_minutes * 60 <= silent.total_seconds()
        if is_silent:
            yield ("no_articles", ""), (int(silent.total_seconds() // 60),)
        else:  # when nothing comes at all, each feed and language need not say so
            yield from _silent("feed_silent", now.feeds, bounds.feed_hours, now)
            yield from _silent("language_silent", now.languages, bounds.language_hours, now)
        yield from self._lagging(now)
        yield from self._dying(now)
        for name, (since, cause) in now.receivers.items():
            if 0 < bounds.receiver_minutes * 60 <= (now.at - since).total_seconds():
                yield ("receiver_failing", name), (name, cause[:300])

    def _lagging(self, now: Reading) -> Iterator[tuple[Subject, tuple[object, ...]]]:
        if not self._bounds.lag or now.lag <= self._bounds.lag:
            self._lag_since = None
            return
        self._lag_since = self._lag_since or now.at
        if now.at - self._lag_since >= _LAG_LASTS:
            yield ("lag", ""), (now.lag,)

    def _dying(self, now: Reading) -> Iterator[tuple[Subject, tuple[object, ...]]]:
        self._dead = [*((at, n) for at, n in self._dead if now.at - at <= _DEAD_WINDOW), (now.at, now.dead)]
        grown = now.dead - min(count for _, count in self._dead)
        if 0 < self._bounds.dead_letters <= grown:
            yield ("dead_letters", ""), (grown,)

    def _is_over(self, key: Subject, now: Reading) -> bool:
        """Tell whether what is no trouble by its bound is clearly over."""
        match key[0]:
            case "lag":
                return now.lag <= self._bounds.lag / 2
            case "feed_silent" | "language_silent":  # not while nothing comes at all, nor for one not looked at
                seen = (now.feeds if key[0] == "feed_silent" else now.languages).get(key[1])
                return seen is None or seen > self._begun[key].created_at
            case "dead_letters":  # a restart forgets what was counted before: an hour decides
                return now.at - max(self._dead[0][0], self._begun[key].created_at) >= _DEAD_WINDOW * 0.9
        return True

    def _begins(self, key: Subject, args: tuple[object, ...], now: Reading) -> Alert:
        return _alert(key[0], key[1], args, now, None)

    def _ends(self, key: Subject, now: Reading) -> Alert:
        begun = self._begun[key]
        minutes = int((now.at - begun.created_at).total_seconds() // 60)
        args: tuple[object, ...] = (minutes,) if key[0] == "no_articles" else (key[1],)
        return _alert(key[0] + _OVER, key[1], args, now, begun)

    def _heartbeat(self, now: Reading) -> list[Alert]:
        at = self._bounds.heartbeat
        today = now.at.date().isoformat()
        if at is None or now.at.time() < at or self._beat >= today:
            return []
        return [_alert("heartbeat", today, (now.articles_today, now.alerts_today), now, None)]


def _silent(
    code: str, seen: Mapping[str, datetime], hours: float, now: Reading
) -> Iterator[tuple[Subject, tuple[object, ...]]]:
    for name, at in seen.items():
        passed = now.at - max(at, now.started_at)
        if 0 < hours * 3600 <= passed.total_seconds():
            yield (code, name), (name, int((now.at - at).total_seconds() // 3600))


def _alert(code: str, subject: str, args: tuple[object, ...], now: Reading, begun: Alert | None) -> Alert:
    words = tuple(str(one) for one in args)
    title = word(code, "en", *words)
    rule = PREFIX + code.removesuffix(_OVER)
    return Alert(
        id=alert_id(rule, f"{code} {subject} {begun.id if begun else now.at.isoformat()}", 0),
        rule=rule,
        rule_name=rule,
        article_ids=(),
        story_id=subject,
        title=title,
        text=title,
        created_at=now.at,
        why=(Why(clause=code, field="service", words=words),),
        level="normal" if begun else _LEVELS.get(code.removesuffix(_OVER), "normal"),
        kind="service",
        follows=begun.id if begun else None,
    )
