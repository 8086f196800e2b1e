"""A rule tried on what there is: on the log as long as it is kept, before it on the index, or on articles of a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from rasid.alerts.backtest import Trial, Tried, backtest_log, remembered, switched_on
from rasid.alerts.calendar import next_time
from rasid.alerts.decide import Event
from rasid.alerts.log_order import in_log_order, in_time_order
from rasid.alerts.steps import event_of
from rasid.app.delivery.receivers import JsonlTarget, Receiver
from rasid.app.delivery.render import render
from rasid.app.term_history import terms_held
from rasid.codec import kind_of
from rasid.domain import topics
from rasid.domain.alert import Alert, Match
from rasid.domain.article import GroupedArticle
from rasid.domain.control import Control, TermsSeen
from rasid.domain.delivery import Language
from rasid.domain.errors import CodecError
from rasid.domain.query import And, Between
from rasid.domain.rule import Rule
from rasid.ports import Bus, Index, Record

_MOST_SAMPLES, _MOST_TOLD, _MOST_SOURCES = 10, 50, 50
_MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Report:
    """What a rule did over a span: counts, a few matches from all over it, and what it would have said."""

    articles: int = 0
    matches: int = 0
    approximate: int = 0
    alerts: dict[str, Alert] = field(default_factory=dict)
    days: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    samples: list[Match] = field(default_factory=list)
    _every: int = 1
    _seen: set[str] = field(default_factory=set)
    _matching: set[str] = field(default_factory=set)

    def take(self, tried: Tried) -> list[Match]:
        """Count one moment; give its matches that are new: a later edition of an article is no second one."""
        if tried.document is not None and tried.document.id not in self._seen:
            self._seen.add(tried.document.id)
            self.articles += 1
        for alert in tried.alerts:
            self.alerts.setdefault(alert.id, alert)
        fresh = [found for found in tried.matches if found.article_id not in self._matching]
        for found in fresh:
            self._matching.add(found.article_id)
            self._matched(found, approximate=tried.approximate)
        return fresh

    def _matched(self, found: Match, *, approximate: bool) -> None:
        self.matches += 1
        self.approximate += approximate
        self.days[f"{found.at:%Y-%m-%d}"] += 1
        if found.article:
            self.languages[found.article.language] += 1
            self.sources[found.article.source] += 1
        # Evenly spread, whatever their number: every n-th, and twice that when there are too many.
        if (self.matches - 1) % self._every == 0:
            self.samples.append(found)
            if len(self.samples) > _MOST_SAMPLES:
                self.samples = self.samples[::2]
                self._every *= 2

    def json(self, rule: Rule) -> dict[str, Any]:
        """Give it as `rasid rules test --json` and the editor show it."""
        return {
            "matches": self.matches,
            "alerts": len(self.alerts),
            "articles": self.articles,
            "approximate": self.approximate,
            "days": dict(sorted(self.days.items())),
            "languages": dict(self.languages.most_common()),
            "sources": dict(self.sources.most_common(_MOST_SOURCES)),
            "samples": [_sample(found) for found in self.samples],
            "told": [_told(alert, rule) for alert in self.shown_alerts()],
            "notes": list(rule.notes),
        }

    def shown_alerts(self) -> list[Alert]:
        """Give the newest alerts, oldest of them first."""
        return list(self.alerts.values())[-_MOST_TOLD:]


def said(alert: Alert, rule: Rule, language: Language = "en") -> str:
    """Give the text of a message about an alert, as its rule words it."""
    receiver = Receiver(name="trial", target=JsonlTarget(None), language=language)
    return render(receiver, [alert], id_=alert.id, at=alert.created_at, wording=lambda _: rule.wording).text


def _sample(found: Match) -> dict[str, Any]:
    told = found.article
    more = {"language": told.language, "source": told.source, "url": told.url} if told else {}
    return {"article_id": found.article_id, "at": found.at, "title": found.title, **more}


def _told(alert: Alert, rule: Rule) -> dict[str, Any]:
    return {
        "id": alert.id,
        "at": alert.created_at,
        "kind": alert.kind,
        "title": alert.title,
        "count": alert.count,
        "article_ids": list(alert.article_ids),
        "said": said(alert, rule),
    }


def over_store(rule: Rule, bus: Bus, index: Index, since: datetime) -> Iterator[Tried]:
    """Try a rule on everything seen since a time.

    It is begun earlier, by what it remembers (a window, a silence), so that it starts as it would have stood. Before
    that, a new edition of an older article is no match: its first one was.
    """
    rule = switched_on(rule)
    start, begins = since - remembered(rule.deciding), _begin(bus)
    older = _from_index(index, start, begins) if begins is None or start < begins else iter(())
    history = in_time_order(_seen_since(bus.read(topics.BACKFILL_GROUPED.name), since))
    log = in_log_order(
        lambda: bus.read(topics.GROUPED.name, since=start), lambda: bus.read(topics.MATCHES.name, since=start)
    )
    before = [*([] if _is_seeded(bus, rule) else _terms(index, rule, start)), *_said_before(bus, rule, start)]
    is_cut = begins is not None and begins < start
    for tried in backtest_log([rule], older, chain(log, history), begins=begins, before=before):
        if _counts(tried, since) and not (is_cut and _is_edition(tried, start)):
            yield tried


def over_documents(rule: Rule, documents: Iterable[tuple[GroupedArticle, datetime]]) -> Iterator[Tried]:
    """Try a rule on documents by themselves, each with its time; what waits at the end to be told together is told."""
    trial, last = Trial([switched_on(rule)]), None
    for document, at in documents:
        last = max(at, last or at)
        passed = trial.until(at)
        tried = trial.document(document, at)
        yield replace(tried, alerts=(*passed, *tried.alerts))
    aggregation = rule.deciding.aggregation
    if last and aggregation:
        due = next_time(aggregation.schedule, last) if aggregation.schedule else last + (aggregation.window or _MINUTE)
        yield Tried(None, (), tuple(trial.until(due + _MINUTE)), due)


def over_index(rule: Rule, index: Index, since: datetime, now: datetime) -> Iterator[Tried]:
    """Try a rule on what the index finds for it: quick, but where a document stands in the log is not known.

    Documents that do not match are never read, so only matches are counted.
    """
    rule = switched_on(rule)
    start = since - remembered(rule.deciding)
    trial = Trial([rule])
    for document in index.scan(And((rule.query, Between("first_seen_at", start, now)))):
        at = document.enriched.article.first_seen_at
        passed = trial.until(at)
        tried = replace(trial.document(document, at), approximate=True)
        if at >= since:
            yield replace(tried, alerts=(*passed, *tried.alerts))
    yield Tried(None, (), tuple(trial.until(now)), now, approximate=True)


def _counts(tried: Tried, since: datetime) -> bool:
    if tried.document is not None and tried.document.enriched.article.origin != "live":
        return tried.document.enriched.article.first_seen_at >= since
    return tried.at is not None and tried.at >= since


def _seen_since(records: Iterator[Record], since: datetime) -> Iterator[Record]:
    """Leave out history that came in earlier months, by its id, which begins with the month: nothing is decoded."""
    month = f"{since:%Y%m}".encode()
    return (record for record in records if record.message.key[: len(month)] >= month)


def _is_edition(tried: Tried, start: datetime) -> bool:
    document = tried.document
    return document is not None and document.enriched.article.first_seen_at < start


def _begin(bus: Bus) -> datetime | None:
    """Give the event time at which the log of documents begins."""
    first = next(iter(bus.read(topics.GROUPED.name)), None)
    return first.message.time if first else None


def _said_before(bus: Bus, rule: Rule, start: datetime) -> list[Event]:
    """Give what the log says of the rule ahead of `start`: mutes, and terms seen."""
    found: list[Event] = []
    for record in bus.read(topics.MATCHES.name):
        if record.message.time >= start or kind_of(record.message) not in {Control, TermsSeen}:
            continue
        try:
            found.append(event_of(record))
        except CodecError:  # decide's to say
            continue
    return [one for one in found if isinstance(one, Control | TermsSeen) and one.rule == rule.id]


def _is_seeded(bus: Bus, rule: Rule) -> bool:
    """Tell whether the log says which terms the rule need not call new."""
    return any(
        kind_of(record.message) is TermsSeen and record.message.key == rule.id.encode()
        for record in bus.read(topics.MATCHES.name)
    )


def _terms(index: Index, rule: Rule, start: datetime) -> list[Event]:
    """Give the terms that the index holds from before `start`, for a rule that was never in force."""
    if rule.type != "new_term":
        return []
    earlier = And((rule.query, Between("first_seen_at", None, start)))
    found = terms_held(index, replace(rule, query=earlier), start - rule.deciding.terms_window_size)
    return [TermsSeen(rule=rule.id, terms=found, at=start)]


def _from_index(index: Index, start: datetime, end: datetime | None) -> Iterator[tuple[GroupedArticle, datetime]]:
    """Give what only the index holds, oldest first; history counts as seen when it came."""
    for document in index.scan(Between("first_seen_at", start, end)):
        if document.enriched.article.origin == "live":
            yield document, document.enriched.article.first_seen_at
