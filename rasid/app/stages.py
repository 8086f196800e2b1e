"""The stages of an article's way in one process: which step reads which topic. The daemons use the same steps.

raw, back-fill --admit--> articles --enrich--> enriched --group--> grouped --index--> SQLite
                                                                        `--match--> matches --decide--> alerts --deliver
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from processors.pipeline import AdmitStep
from rasid.alerts.steps import DecideStep
from rasid.app import metrics
from rasid.app.delivery.receivers import Receivers
from rasid.app.delivery.step import deliver_step
from rasid.app.lanes import group_step
from rasid.app.stage import Running, Stage, in_thread
from rasid.codec import decode
from rasid.dead_letter import dead_letter
from rasid.domain import topics
from rasid.domain.article import GroupedArticle
from rasid.domain.errors import InputError
from rasid.ports import AlertStore, Bus, Clock, Index, Outputs, Record, Step

# What each stage reads, in the order of the way; live news before back-fill and replay.
READS: dict[str, tuple[str, ...]] = {
    "admit": (topics.RAW.name, topics.BACKFILL.name),
    "enrich": (topics.ARTICLES.name, topics.BACKFILL_ARTICLES.name),
    "group": (topics.ENRICHED.name, topics.BACKFILL_ENRICHED.name),
    "index": (topics.GROUPED.name, topics.BACKFILL_GROUPED.name),
    "match": (topics.GROUPED.name, topics.BACKFILL_GROUPED.name),
    "decide": (topics.MATCHES.name,),
    "deliver": (topics.ALERTS.name,),
}


def build_stages(
    *,
    bus: Bus,
    index: Index,
    alerts: AlertStore,
    enrich: Running,
    matching: Step,
    receivers: Callable[[], Receivers],
    clock: Clock,
) -> list[Stage]:
    """Give the stages, in the order of the way. What group and decide remember is read back from the log."""
    steps: dict[str, Running] = {
        "admit": in_thread(AdmitStep(partial(bus.latest, topics.KNOWN.name))),
        "enrich": enrich,
        "group": in_thread(group_step(bus)[0]),
        "index": in_thread(index_step(index)),
        "match": in_thread(matching),
        "decide": in_thread(DecideStep(since_read(bus))),
        "deliver": in_thread(deliver_step(alerts, receivers, partial(bus.latest, topics.DELIVERIES.name), clock)),
    }
    return [Stage(name, reads, steps[name]) for name, reads in READS.items()]


def since_read(bus: Bus) -> Callable[[str, datetime | None], Iterator[Record]]:
    """Give how a fold reads a topic from a time on."""
    return lambda topic, since: bus.read(topic, since=since)


def waiting(bus: Bus) -> int:
    """Count what the stages have yet to do. Upstream first: what moves on meanwhile is counted further down."""
    return sum(bus.lag(name, topic) for name, reads in READS.items() for topic in reads)


def lags(bus: Bus) -> dict[tuple[str, str], int]:
    """Give what each stage has yet to take of each topic it reads."""
    return {(name, topic): bus.lag(name, topic) for name, reads in READS.items() for topic in reads}


def index_step(index: Index) -> Step:
    """Give the step that writes documents to the index; what the index refuses for itself becomes a dead letter.

    What is replayed was analysed anew, not grouped anew: it keeps the story and the origin that the index has.
    """

    def step(records: Sequence[Record]) -> Outputs:
        documents = [_as_held(index, decode(record.message, GroupedArticle)) for record in records]
        refused = {one.id: one.reason for one in index.write(documents)}
        metrics.written(documents)
        dead = [
            dead_letter(record, stage="index", error=InputError(refused[document.id]))
            for record, document in zip(records, documents, strict=True)
            if document.id in refused
        ]
        return {topics.DEAD.name: dead} if dead else {}

    return step


def _as_held(index: Index, document: GroupedArticle) -> GroupedArticle:
    article = document.enriched.article
    held = index.get(document.id) if article.origin == "replay" else None
    if held is None:
        return document
    enriched = replace(document.enriched, article=replace(article, origin=held.enriched.article.origin))
    return replace(held, enriched=enriched)
