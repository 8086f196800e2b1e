"""The stages as daemons have them: each with the adapters that it alone needs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial

from processors.pipeline import AdmitStep, enrich_step, group_step
from rasid.adapters.elasticsearch_index import ElasticsearchIndex
from rasid.adapters.kafka_bus import KafkaBus
from rasid.adapters.log_notifier import LogNotifier
from rasid.adapters.sqlite_alerts import SqliteAlerts
from rasid.alerts.steps import decide_step, match_step
from rasid.app.analysis import Analysis
from rasid.app.bootstrap import SystemClock, shipped_rules
from rasid.app.cluster import Cluster
from rasid.app.rules import RuleSource
from rasid.app.stage import Running, Stage, in_thread
from rasid.app.stages import READS, deliver_step, index_step
from rasid.app.workers import Workers
from rasid.domain import topics
from rasid.domain.errors import InputError
from rasid.settings import Settings


def build_stage(
    name: str, settings: Settings, where: Cluster, bus: KafkaBus, stack: contextlib.ExitStack
) -> tuple[Stage, Callable[[], int] | None]:
    """Make the stage, and what folds its state from the log when partitions come to it; `stack` closes its stores."""
    if name == "decide":
        alerted: set[str] = set()

        def fold() -> int:
            alerted.update(record.message.key.decode() for record in bus.read(topics.ALERTS.name))
            return len(alerted)

        return Stage(name, READS[name], in_thread(decide_step(alerted))), fold
    return Stage(name, READS[name], _step(name, settings, where, bus, stack)), None


def _step(name: str, settings: Settings, where: Cluster, bus: KafkaBus, stack: contextlib.ExitStack) -> Running:
    match name:
        case "admit":
            return in_thread(AdmitStep(partial(bus.latest, topics.KNOWN.name)))
        case "enrich":
            workers = Workers(enrich_step, processes=settings.workers, preload="rasid.app.worker_start")
            stack.callback(workers.close)
            return workers
        case "group":
            return in_thread(group_step)
        case "index":
            return in_thread(index_step(_index(where, stack)))
        case "match":
            rules = RuleSource(settings.rules_dir or shipped_rules(), Analysis())
            return in_thread(match_step(rules))
        case "deliver":
            settings.data_dir.mkdir(parents=True, exist_ok=True)
            alerts = stack.enter_context(SqliteAlerts(settings.data_dir / "alerts.db"))
            return in_thread(deliver_step(alerts, [LogNotifier()], SystemClock()))
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
