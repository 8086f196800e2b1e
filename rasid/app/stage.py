"""One stage: poll records, let the step make messages of them, publish, commit. At least once, in order.

poll -> step -> publish -> commit
  ^       | raises: each record alone; the one that raises becomes a dead letter
  |       v
  `-- a store that is out (locked, full) holds everything until it is back: nothing is dead-lettered for that
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import structlog

from rasid.app import metrics
from rasid.codec import TRACE, carried
from rasid.dead_letter import dead_letter
from rasid.domain import topics
from rasid.domain.errors import StoreError
from rasid.ports import Bus, Consumer, Outputs, Record, Step

T = TypeVar("T")
Running = Callable[[Sequence[Record]], Awaitable[Outputs]]
_POLL_SECONDS = 0.5
_FIRST_BACKOFF, _LAST_BACKOFF = 0.2, 15.0
log = structlog.get_logger("rasid.stage")


@dataclass(frozen=True, slots=True)
class Stage:
    """A step with where it reads; `batch` bounds the records, and so the memory, in flight."""

    name: str
    reads: tuple[str, ...]
    step: Running
    batch: int = 200


@dataclass(slots=True)
class Progress:
    """What the stages have done since the start, by stage: records, dead letters, and the last trouble."""

    done: Counter[str] = field(default_factory=Counter)
    dead: Counter[str] = field(default_factory=Counter)
    trouble: dict[str, str] = field(default_factory=dict)

    def taken(self, stage: str, records: int, dead: int = 0) -> None:
        """Count what a stage has done with."""
        self.done[stage] += records
        self.dead[stage] += dead
        metrics.RECORDS.labels(stage).inc(records)
        metrics.DEAD_LETTERS.labels(stage).inc(dead)


def in_thread(step: Step) -> Running:
    """Run a blocking step beside the event loop."""

    async def run(records: Sequence[Record]) -> Outputs:
        return await asyncio.to_thread(step, records)

    return run


async def run_stage(stage: Stage, bus: Bus, stop: asyncio.Event, progress: Progress) -> None:
    """Run a stage until `stop` is set; what is in flight then is finished first."""
    opening = partial(asyncio.to_thread, bus.consumer, stage.name, stage.reads)
    consumer = await until_taken(stage, progress, stop, opening)
    if consumer is None:
        return
    try:
        while not stop.is_set():
            if not await run_once(stage, bus, consumer, stop, progress):
                break
    finally:
        consumer.close()


async def run_once(
    stage: Stage, bus: Bus, consumer: Consumer, stop: asyncio.Event, progress: Progress, wait: float = _POLL_SECONDS
) -> bool:
    """Take one batch through. False: `stop` came while a store was out, and nothing was committed."""
    polling = partial(asyncio.to_thread, consumer.poll, stage.batch, wait)
    records = await until_taken(stage, progress, stop, polling)
    if not records:
        return records is not None
    if not await _take(stage, bus, records, stop, progress):
        return False
    committed = await until_taken(stage, progress, stop, partial(asyncio.to_thread, _committed, consumer))
    progress.taken(stage.name, len(records) if committed else 0)
    return bool(committed)


async def _take(stage: Stage, bus: Bus, records: Sequence[Record], stop: asyncio.Event, progress: Progress) -> bool:
    """Take records through the step and publish what follows; a batch that the step cannot take, record by record.

    Each record's outputs are out before the next is taken: a step that remembers by the log must see them.
    """
    try:
        outputs = await until_taken(stage, progress, stop, lambda: taken(stage, records))
    except Exception as error:  # noqa: BLE001 - any failure of a step is the record's, never the service's
        if stop.is_set():  # the workers may be going down with us: the records come again
            return False
        if len(records) > 1:
            for record in records:
                if not await _take(stage, bus, [record], stop, progress):
                    return False
            return True
        outputs = {topics.DEAD.name: [dead_letter(records[0], stage=stage.name, error=error)]}
        progress.taken(stage.name, 0, 1)
        log.warning("dead letter", stage=stage.name, cause=str(error), **where_from(records[0]))
    if outputs is None:
        return False
    publishing = partial(asyncio.to_thread, _published, bus, outputs)
    return bool(await until_taken(stage, progress, stop, publishing))


def where_from(record: Record) -> dict[str, object]:
    """Give what a line of the log says of a record; its trace finds it in the log of every other daemon."""
    trace = record.message.headers.get(TRACE, b"").decode("ascii", "replace")
    place: dict[str, object] = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
    return place | ({"traceparent": trace} if trace else {})


async def taken(stage: Stage, records: Sequence[Record]) -> Outputs:
    """Take records through the step; what follows carries their trace on."""
    began = time.perf_counter()
    outputs = await stage.step(records)
    metrics.STEP_SECONDS.labels(stage.name).observe(time.perf_counter() - began)
    return carried(records, outputs)


def _published(bus: Bus, outputs: Outputs) -> bool:
    for topic, messages in outputs.items():
        bus.publish(topic, messages)
    return True


def _committed(consumer: Consumer) -> bool:
    consumer.commit()
    return True


async def until_taken(
    stage: Stage, progress: Progress, stop: asyncio.Event, action: Callable[[], Awaitable[T]]
) -> T | None:
    """Run an action until its store takes it; None if `stop` came first."""
    backoff = _FIRST_BACKOFF
    while True:
        try:
            done = await action()
        except StoreError as error:
            backoff = await _held(stage, progress, stop, error, backoff)
            if stop.is_set():
                return None
        else:
            if progress.trouble.pop(stage.name, None):
                metrics.HELD_UP.labels(stage.name).set(0)
            return done


async def _held(stage: Stage, progress: Progress, stop: asyncio.Event, error: StoreError, backoff: float) -> float:
    """Wait out an outage; give the next wait in seconds."""
    if stage.name not in progress.trouble:
        log.error("held up", stage=stage.name, cause=str(error))
    progress.trouble[stage.name] = str(error)
    metrics.HELD_UP.labels(stage.name).set(1)
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), backoff)
    return min(backoff * 2, _LAST_BACKOFF)
