"""One stage as a daemon of the cluster mode: its step as Faust agents on Kafka, watched by the lag of its group.

A worker ends by itself, non-zero, whenever it cannot be sure to go on: its supervisor starts it anew, and what it did
not acknowledge comes again.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import structlog

from processors.agents import Broker, StageApp, create_app
from processors.batches import Publish, Wire, Work
from processors.lag_watchdog import LagWatchdog, Offsets
from rasid.adapters.kafka_bus import KafkaBus
from rasid.adapters.kafka_offsets import GroupOffsets
from rasid.adapters.kafka_records import headers_of, record_of, timestamp_of
from rasid.app.cluster import Cluster
from rasid.app.monitor import Health, monitored
from rasid.app.stage import Progress, Stage, taken, until_taken, where_from
from rasid.app.stages import READS
from rasid.app.worker_stages import build_stage
from rasid.dead_letter import dead_letter
from rasid.domain import topics
from rasid.domain.errors import RasidError, StoreError
from rasid.ports import Outputs, Record
from rasid.settings import Settings

log = structlog.get_logger("rasid.worker")
_DRAIN_SECONDS = 10.0
_LOOK_SECONDS = 0.2
_WATCH_SECONDS = 5.0
# These do something beside their partitions (ticks, handing out), which must end when the partitions go for good.
_BESIDE = {"match", "deliver"}
_DISPOSSESSED_SECONDS = 20.0  # a rebalance takes partitions for a moment and gives them back
_WIRE = Wire(record=record_of, headers=headers_of, timestamp=timestamp_of)


class StuckError(RasidError):
    """The worker does not move although there is work."""


async def run_worker(name: str, settings: Settings, where: Cluster, stop: asyncio.Event) -> None:
    """Run the worker of one stage until `stop` is set. Raises StoreError where it cannot begin, StuckError, or what
    made it fail.
    """
    async with contextlib.AsyncExitStack() as stack:
        bus = stack.enter_context(KafkaBus(where.kafka))
        group = stack.enter_context(GroupOffsets(where.kafka, name, READS[name]))
        progress = Progress()
        stores = stack.enter_context(contextlib.ExitStack())
        stage, folded = build_stage(name, settings, where, bus, stores)
        health = Health(lambda: progress.trouble.get(name, "starting"), partial(_lags, name, group))
        await stack.enter_async_context(monitored(name, settings, health))
        # Nothing is begun before the brokers answer: Faust's own words for that are long and say little.
        if await until_taken(stage, progress, stop, partial(asked, health, group)) is None:
            return
        app = _app(stage, folded, where, stop, progress)
        async with _started(app, where):
            log.info("worker runs", stage=name, kafka=where.kafka.servers)
            health.trouble = partial(_trouble, app, progress)
            await _watched(app, stage, group, progress, LagWatchdog(where.patience), stop, health)
        log.info("worker ends", stage=name, done=progress.done[name], dead=progress.dead[name])


async def asked(health: Health, group: GroupOffsets) -> bool:
    """Ask Kafka once. A worker that asks for hours, since no broker is there, is not one that hangs."""
    health.alive()
    await asyncio.to_thread(group)
    health.alive()
    return True


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
        outputs = await until_taken(stage, progress, stop, lambda: taken(stage, records))
    except Exception as error:  # noqa: BLE001 - a record's failure, whatever it is: found by taking each alone
        if len(records) > 1:
            return await _take_each(stage, stop, progress, records, publish)
        if stop.is_set():  # the step's processes may be going down with us: the record comes again
            return False
        log.warning("dead letter", stage=stage.name, cause=str(error), **where_from(records[0]))
        outputs = {topics.DEAD.name: [dead_letter(records[0], stage=stage.name, error=error)]}
    if outputs is None or not await _publish(stage, stop, progress, outputs, publish):
        return False
    progress.taken(stage.name, len(records), len(outputs.get(topics.DEAD.name, ())))
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
        try:
            await app.start()
        except Exception as error:
            raise StoreError(f"Kafka at {where.kafka.servers}: the worker cannot begin: {error}") from error
        yield
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(app.drain(), _DRAIN_SECONDS)
    finally:
        with contextlib.suppress(TimeoutError):  # without brokers it may wait for ever
            await asyncio.wait_for(app.stop(), _DRAIN_SECONDS)


async def _watched(
    app: StageApp,
    stage: Stage,
    group: GroupOffsets,
    progress: Progress,
    watchdog: LagWatchdog,
    stop: asyncio.Event,
    health: Health,
) -> None:
    """Wait for `stop`; raise when the app failed or stands still."""
    prefix_length = len(app.prefix)
    last = held_at = time.monotonic()
    held = False
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _LOOK_SECONDS)
        health.alive()
        if app.should_stop:
            raise app.crash_reason or StuckError(f"the {stage.name} worker's consumer stopped")
        if app.consumer.assignment():
            held, held_at = True, time.monotonic()
        elif held and stage.name in _BESIDE and time.monotonic() - held_at > _DISPOSSESSED_SECONDS:
            raise StuckError(f"the partitions of the {stage.name} worker went to another: begin anew, to stand by")
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


def _trouble(app: StageApp, progress: Progress) -> str | None:
    """Say why the worker is not ready: a store is out, or no partition is its own yet (a stand-by says so for good)."""
    held_up = next(iter(progress.trouble.values()), None)
    return held_up or (None if app.consumer.assignment() else "no partition is this worker's")


def _lags(name: str, group: GroupOffsets) -> dict[tuple[str, str], int]:
    lags: dict[tuple[str, str], int] = {}
    for (topic, _), (committed, end) in group().items():
        lags[name, topic] = lags.get((name, topic), 0) + max(0, end - committed)
    return lags
