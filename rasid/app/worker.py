"""One stage as a daemon of the cluster mode: its step as Faust agents on Kafka, watched by the lag of its group.

A worker ends by itself, non-zero, whenever it cannot be sure to go on: its supervisor starts it anew, and what it did
not acknowledge comes again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import structlog

from processors.agents import Broker, Publish, StageApp, Wire, Work, create_app
from processors.lag_watchdog import LagWatchdog, Offsets
from processors.pipeline import AdmitStep, enrich_step, group_step
from rasid.adapters.elasticsearch_index import ElasticsearchIndex
from rasid.adapters.kafka_bus import KafkaBus
from rasid.adapters.kafka_connection import KafkaAddress
from rasid.adapters.kafka_offsets import GroupOffsets
from rasid.adapters.kafka_records import headers_of, record_of, timestamp_of
from rasid.adapters.log_notifier import LogNotifier
from rasid.adapters.sqlite_alerts import SqliteAlerts
from rasid.alerts.steps import decide_step, match_step
from rasid.app.analysis import Analysis
from rasid.app.bootstrap import SystemClock, shipped_rules
from rasid.app.rules import RuleSource
from rasid.app.stage import Progress, Running, Stage, in_thread
from rasid.app.stage import _outputs as outputs_of
from rasid.app.stage import _until_taken as until_taken
from rasid.app.stages import READS, deliver_step, index_step
from rasid.app.workers import Workers
from rasid.domain import topics
from rasid.domain.errors import InputError, RasidError, StoreError
from rasid.ports import Outputs, Record
from rasid.settings import Settings

log = structlog.get_logger("rasid.worker")
_DRAIN_SECONDS = 10.0
_LOOK_SECONDS = 0.2
_WATCH_SECONDS = 5.0
_WIRE = Wire(record=record_of, headers=headers_of, timestamp=timestamp_of)


# What `cluster` reads, until these are settings like the others.
VARIABLES = frozenset(
    {
        "RASID_KAFKA",
        "RASID_KAFKA_USERNAME",
        "RASID_KAFKA_PASSWORD",
        "RASID_KAFKA_PASSWORD_FILE",
        "RASID_KAFKA_CA_FILE",
        "RASID_GROUP_PREFIX",
        "RASID_ELASTICSEARCH",
        "RASID_ELASTICSEARCH_PREFIX",
        "RASID_ELASTICSEARCH_API_KEY",
        "RASID_ELASTICSEARCH_API_KEY_FILE",
        "RASID_ELASTICSEARCH_CA_FILE",
        "RASID_WORKER_MEMBER",
        "RASID_WORKER_PATIENCE",
    }
)


class StuckError(RasidError):
    """The worker does not move although there is work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Where the servers of the cluster mode are. `member` names this worker among those of its stage, for good."""

    kafka: KafkaAddress
    elasticsearch: str | None = None
    elasticsearch_prefix: str = "news"
    elasticsearch_api_key: str | None = field(default=None, repr=False)
    elasticsearch_ca_file: str | None = None
    member: str | None = None
    patience: float = 60.0


def cluster(environment: Mapping[str, str] | None = None, *, member: str | None = None) -> Cluster:
    """Read where the servers are. Raises InputError where no Kafka is named."""
    given = os.environ if environment is None else environment

    def secret(name: str) -> str | None:
        file = given.get(f"{name}_FILE")
        return Path(file).read_text("utf-8").strip() if file else given.get(name)

    servers = given.get("RASID_KAFKA")
    if not servers:
        raise InputError("no Kafka is named: set RASID_KAFKA to host:port (several by commas)")
    return Cluster(
        kafka=KafkaAddress(
            servers,
            username=given.get("RASID_KAFKA_USERNAME"),
            password=secret("RASID_KAFKA_PASSWORD"),
            ca_file=given.get("RASID_KAFKA_CA_FILE"),
            prefix=given.get("RASID_GROUP_PREFIX", ""),
        ),
        elasticsearch=given.get("RASID_ELASTICSEARCH"),
        elasticsearch_prefix=given.get("RASID_ELASTICSEARCH_PREFIX", "news"),
        elasticsearch_api_key=secret("RASID_ELASTICSEARCH_API_KEY"),
        elasticsearch_ca_file=given.get("RASID_ELASTICSEARCH_CA_FILE"),
        member=member or given.get("RASID_WORKER_MEMBER"),
        patience=float(given.get("RASID_WORKER_PATIENCE", "60")),
    )


async def run_worker(name: str, settings: Settings, where: Cluster, stop: asyncio.Event) -> None:
    """Run the worker of one stage until `stop` is set. Raises StoreError where it cannot begin, StuckError, or what
    made it fail.
    """
    _join_logs()
    with contextlib.ExitStack() as stack:
        bus = stack.enter_context(KafkaBus(where.kafka))
        group = stack.enter_context(GroupOffsets(where.kafka, name, READS[name]))
        progress = Progress()
        stage, folded = _stage(name, settings, where, bus, stack)
        # Nothing is begun before the brokers answer: Faust's own words for that are long and say little.
        if await until_taken(stage, progress, stop, partial(asyncio.to_thread, group)) is None:
            return
        app = _app(stage, folded, where, stop, progress)
        async with _started(app, where):
            log.info("worker runs", stage=name, kafka=where.kafka.servers)
            await _watched(app, stage, group, progress, LagWatchdog(where.patience), stop)
        log.info("worker ends", stage=name, done=progress.done[name], dead=progress.dead[name])


def _app(
    stage: Stage, folded: Callable[[], int] | None, where: Cluster, stop: asyncio.Event, progress: Progress
) -> StageApp:
    address = where.kafka
    on_assigned = partial(_fold, stage, progress, stop, folded) if folded else None
    member = f"{stage.name}-{where.member}" if where.member else None
    broker = Broker(
        servers=address.servers,
        prefix=address.prefix,
        member=member,
        username=address.username,
        password=address.password,
        ca_file=address.ca_file,
    )
    take = partial(_take, stage, stop, progress)
    work = Work(group=stage.name, reads=stage.reads, take=take, wire=_WIRE, on_assigned=on_assigned, batch=stage.batch)
    return create_app(work, broker)


async def _fold(stage: Stage, progress: Progress, stop: asyncio.Event, folded: Callable[[], int]) -> bool:
    return await until_taken(stage, progress, stop, partial(asyncio.to_thread, folded)) is not None


async def _take(
    stage: Stage, stop: asyncio.Event, progress: Progress, records: Sequence[Record], publish: Publish
) -> bool:
    """Take a batch with the dead letters and the patience of the embedded service (rasid.app.stage)."""
    try:
        outputs = await until_taken(stage, progress, stop, lambda: stage.step(records))
    except Exception:  # noqa: BLE001 - a record's failure, whatever it is: found by taking each alone
        if len(records) > 1:
            return await _take_each(stage, stop, progress, records, publish)
        outputs = await outputs_of(stage, records, stop, progress)
    if outputs is None or not await _publish(stage, stop, progress, outputs, publish):
        return False
    progress.done[stage.name] += len(records)
    progress.dead[stage.name] += len(outputs.get(topics.DEAD.name, ()))
    return True


async def _take_each(
    stage: Stage, stop: asyncio.Event, progress: Progress, records: Sequence[Record], publish: Publish
) -> bool:
    """Take records one by one. Each is published before the next: a step looks up what it made of the one before."""
    for record in records:
        if stop.is_set() or not await _take(stage, stop, progress, [record], publish):
            return False
    return True


async def _publish(stage: Stage, stop: asyncio.Event, progress: Progress, outputs: Outputs, publish: Publish) -> bool:
    async def settle() -> bool:
        # One after the other, in the step's order: an article before admit's memory of it.
        for topic, messages in outputs.items():
            await publish(topic, messages)
        return True

    # Under a name of its own: an outage of Kafka does not excuse offsets that stand still (see due).
    return bool(await until_taken(replace(stage, name=f"{stage.name}: publishing"), progress, stop, settle))


@contextlib.asynccontextmanager
async def _started(app: StageApp, where: Cluster) -> AsyncIterator[None]:
    try:
        await app.start()
    except Exception as error:
        raise StoreError(f"Kafka at {where.kafka.servers}: the worker cannot begin: {error}") from error
    try:
        yield
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(app.drain(), _DRAIN_SECONDS)
    finally:
        with contextlib.suppress(TimeoutError):  # without brokers it may wait for ever
            await asyncio.wait_for(app.stop(), _DRAIN_SECONDS)


async def _watched(  # what is watched, and what by
    app: StageApp,
    stage: Stage,
    group: GroupOffsets,
    progress: Progress,
    watchdog: LagWatchdog,
    stop: asyncio.Event,
) -> None:
    """Wait for `stop`; raise when the app failed or stands still."""
    prefix_length = len(app.hands.prefix)
    last = time.monotonic()
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _LOOK_SECONDS)
        if app.should_stop:
            raise app.crash_reason or StuckError(f"the {stage.name} worker's consumer stopped")
        if stop.is_set() or time.monotonic() - last < _WATCH_SECONDS:
            continue
        last = time.monotonic()
        try:
            offsets = await asyncio.to_thread(group)
        except StoreError as error:
            log.warning("the lag is not known", stage=stage.name, cause=str(error))
            continue
        mine = {(part.topic[prefix_length:], part.partition) for part in app.consumer.assignment()}
        found = {part: Offsets(*both) for part, both in offsets.items()}
        stuck = watchdog.look(last, due(found, mine, stage.reads, held=stage.name in progress.trouble))
        if stuck:
            raise StuckError(
                f"the {stage.name} worker stands still at {stuck[0]}, partition {stuck[1]}, for"
                f" {watchdog.patience:.0f} s although there is more to read"
            )


def due(
    offsets: Mapping[tuple[str, int], Offsets], mine: set[tuple[str, int]], reads: Sequence[str], *, held: bool
) -> dict[tuple[str, int], Offsets]:
    """Give the partitions that should move: this worker's, and while it has none, all of them.

    A less urgent topic may wait while a more urgent one has work, and none need move while a store is known to be out.
    """
    if held:
        return {}
    chosen = {part: found for part, found in offsets.items() if not mine or part in mine}
    for topic in reads:
        lagging = {part: found for part, found in chosen.items() if part[0] == topic and found.committed < found.end}
        if lagging:
            return lagging
    return {}


def _stage(
    name: str, settings: Settings, where: Cluster, bus: KafkaBus, stack: contextlib.ExitStack
) -> tuple[Stage, Callable[[], int] | None]:
    """Make the stage, and what folds its state from the log when partitions come to it."""
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


def _join_logs() -> None:
    logging.getLogger().addHandler(_ToStructlog(logging.WARNING))
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # each try to connect is a line; our own errors say it once


class _ToStructlog(logging.Handler):
    """Sends what Faust and the clients log through the service's own log."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger(record.name).log(record.levelno, record.getMessage())
