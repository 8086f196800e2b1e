"""The stages as daemons have them: each with the adapters that it alone needs."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable
from functools import partial

from processors.pipeline import AdmitStep, enrich_step
from rasid.adapters.elasticsearch_index import ElasticsearchIndex
from rasid.adapters.kafka_bus import KafkaBus
from rasid.adapters.sqlite_alerts import SqliteAlerts
from rasid.alerts.announce import Announcer
from rasid.alerts.steps import DecideStep, MatchStep
from rasid.app.analysis import Analysis
from rasid.app.bootstrap import SystemClock, shipped_rules
from rasid.app.cluster import Cluster
from rasid.app.delivery.notify_source import NAME, NotifySource, ship
from rasid.app.delivery.service import Delivering, DeliveringThread
from rasid.app.delivery.step import deliver_step
from rasid.app.indices import open_alerts
from rasid.app.lanes import group_step
from rasid.app.rules import RuleSource
from rasid.app.stage import Running, Stage, in_thread
from rasid.app.stages import READS, index_step, since_read
from rasid.app.term_history import announcer
from rasid.app.ticks import Ticker, TickerThread
from rasid.app.workers import Workers
from rasid.domain import topics
from rasid.domain.errors import InputError
from rasid.ports import AlertStore
from rasid.settings import Settings

_ENRICHED_EACH, _MOST_ENRICHED = 100, 200  # articles a batch: of each process, and in all


def build_stage(
    name: str, settings: Settings, where: Cluster, bus: KafkaBus, stack: contextlib.ExitStack
) -> tuple[Stage, Callable[[], int] | None]:
    """Make the stage, and what folds its state from the log when partitions come to it; `stack` closes its stores."""
    if name == "decide":
        deciding = DecideStep(since_read(bus))
        return Stage(name, READS[name], in_thread(deciding)), deciding.forget
    if name == "group":
        step, forget = group_step(bus)
        return Stage(name, READS[name], in_thread(step)), forget
    if name == "match":
        return _match(settings, where, bus, stack)
    if name == "deliver":
        return _deliver(settings, where, bus, stack)
    if name == "enrich":
        return _enrich(settings, stack)
    return Stage(name, READS[name], _step(name, where, bus, stack)), None


def _enrich(settings: Settings, stack: contextlib.ExitStack) -> tuple[Stage, None]:
    """Make the stage that takes nearly all of the time: small batches, so that the first is soon through."""
    workers = Workers(enrich_step, processes=settings.workers, preload="rasid.app.worker_start")
    stack.callback(workers.close)
    workers.begin()  # the models load while the group is joined
    return Stage("enrich", READS["enrich"], workers, batch=min(_MOST_ENRICHED, _ENRICHED_EACH * settings.workers)), None


def _deliver(settings: Settings, where: Cluster, bus: KafkaBus, stack: contextlib.ExitStack) -> tuple[Stage, None]:
    """Make the stage with its outbox: one worker at a time serves the receivers (see rasid.app.delivery.lease)."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if settings.elasticsearch:  # where the page and Kibana read them
        alerts: AlertStore = stack.enter_context(open_alerts(settings))
    else:
        alerts = stack.enter_context(SqliteAlerts(settings.data_dir / "alerts.db"))
    ship(settings.data_dir / NAME)  # for people to edit, as `rasid run` does
    notify = NotifySource(settings.data_dir / NAME)
    rules = RuleSource(settings.rules_dir or shipped_rules(), Analysis())
    name = where.member or uuid.uuid4().hex
    stack.enter_context(DeliveringThread(Delivering(settings, bus, alerts, notify, rules, shared_as=name)))
    step = deliver_step(alerts, notify, partial(bus.latest, topics.DELIVERIES.name), SystemClock())
    return Stage("deliver", READS["deliver"], in_thread(step)), None


def _match(
    settings: Settings, where: Cluster, bus: KafkaBus, stack: contextlib.ExitStack
) -> tuple[Stage, Callable[[], int]]:
    """Make the stage with its ticker, which begins when the articles are this worker's."""
    rules = RuleSource(settings.rules_dir or shipped_rules(), Analysis())

    def saying() -> Announcer:
        return announcer(lambda: _index(where, stack), bus, SystemClock()) if where.elasticsearch else Announcer()

    ticking = stack.enter_context(TickerThread(Ticker(bus, rules, saying(), SystemClock())))
    return Stage("match", READS["match"], in_thread(MatchStep(rules, saying()))), ticking.begin


def _step(name: str, where: Cluster, bus: KafkaBus, stack: contextlib.ExitStack) -> Running:
    match name:
        case "admit":
            return in_thread(AdmitStep(partial(bus.latest, topics.KNOWN.name)))
        case "index":
            return in_thread(index_step(_index(where, stack)))
    raise InputError(f"there is no stage {name!r}; there are {', '.join(READS)}")


def _index(where: Cluster, stack: contextlib.ExitStack) -> ElasticsearchIndex:
    if not where.elasticsearch:
        raise InputError("no Elasticsearch is named: set RASID_ELASTICSEARCH to its URL")
    return stack.enter_context(
        ElasticsearchIndex(
            where.elasticsearch,
            Analysis(),
            prefix=where.elasticsearch_prefix,
            api_key=where.elasticsearch_api_key,
            ca_certs=where.elasticsearch_ca_file,
        )
    )
