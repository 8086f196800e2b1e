"""The stages of an article's way in one process: which step reads which topic. The daemons use the same steps.

raw, back-fill --admit--> articles --enrich--> enriched --group--> grouped --index--> SQLite
                                                                        `--match--> matches --decide--> alerts --deliver
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import structlog

from processors.pipeline import AdmitStep, group_step
from rasid.alerts.steps import decide_step, match_step
from rasid.app.stage import Running, Stage, in_thread
from rasid.codec import decode
from rasid.dead_letter import dead_letter
from rasid.domain import topics
from rasid.domain.alert import Alert, Delivery, Rule
from rasid.domain.article import GroupedArticle
from rasid.domain.errors import InputError, RasidError
from rasid.ports import AlertStore, Bus, Clock, Index, Notifier, Outputs, Record, Step

log = structlog.get_logger("rasid.stages")

# What each stage reads, in the order of the way; live entries before back-fill.
READS: dict[str, tuple[str, ...]] = {
    "admit": (topics.RAW.name, topics.BACKFILL.name),
    "enrich": (topics.ARTICLES.name,),
    "group": (topics.ENRICHED.name,),
    "index": (topics.GROUPED.name,),
    "match": (topics.GROUPED.name,),
    "decide": (topics.MATCHES.name,),
    "deliver": (topics.ALERTS.name,),
}


def build_stages(
    *,
    bus: Bus,
    index: Index,
    alerts: AlertStore,
    enrich: Running,
    rules: Callable[[], Sequence[Rule]],
    notifiers: Sequence[Notifier],
    clock: Clock,
) -> list[Stage]:
    """Give the stages, in the order of the way. What decide has alerted is read back from the log."""
    alerted = {record.message.key.decode() for record in bus.read(topics.ALERTS.name)}
    steps: dict[str, Running] = {
        "admit": in_thread(AdmitStep(partial(bus.latest, topics.KNOWN.name))),
        "enrich": enrich,
        "group": in_thread(group_step),
        "index": in_thread(index_step(index)),
        "match": in_thread(match_step(rules)),
        "decide": in_thread(decide_step(alerted)),
        "deliver": in_thread(deliver_step(alerts, notifiers, clock)),
    }
    return [Stage(name, reads, steps[name]) for name, reads in READS.items()]


def waiting(bus: Bus) -> int:
    """Count what the stages have yet to do. Upstream first: what moves on meanwhile is counted further down."""
    return sum(bus.lag(name, topic) for name, reads in READS.items() for topic in reads)


def index_step(index: Index) -> Step:
    """Give the step that writes documents to the index; what the index refuses for itself becomes a dead letter."""

    def step(records: Sequence[Record]) -> Outputs:
        documents = [decode(record.message, GroupedArticle) for record in records]
        refused = {one.id: one.reason for one in index.write(documents)}
        dead = [
            dead_letter(record, stage="index", error=InputError(refused[document.id]))
            for record, document in zip(records, documents, strict=True)
            if document.id in refused
        ]
        return {topics.DEAD.name: dead} if dead else {}

    return step


def deliver_step(alerts: AlertStore, notifiers: Sequence[Notifier], clock: Clock) -> Step:
    """Give the step that keeps alerts where people find them; receivers beyond this machine come with their issue."""

    def step(records: Sequence[Record]) -> Outputs:
        made = [decode(record.message, Alert) for record in records]
        alerts.record(made)
        for alert in made:
            alerts.delivered(alert.id, Delivery(receiver="inbox", status="recorded", at=clock.now()))
            for notifier in notifiers:
                alerts.delivered(alert.id, _delivery(notifier, alert, clock))
        return {}

    return step


def _delivery(notifier: Notifier, alert: Alert, clock: Clock) -> Delivery:
    try:
        notifier.deliver(alert)
    except RasidError as error:
        log.warning("not delivered", receiver=notifier.name, alert=alert.id, cause=str(error))
        return Delivery(receiver=notifier.name, status="failed", at=clock.now())
    return Delivery(receiver=notifier.name, status="delivered", at=clock.now())
