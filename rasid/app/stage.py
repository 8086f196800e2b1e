"""One stage: poll records, let the step make messages of them, publish, commit. At least once, in order.

poll -> step -> publish -> commit
  ^       | raises: each record alone; the one that raises becomes a dead letter
  |       v
  `-- a store that is out (locked, full) holds everything until it is back: nothing is dead-lettered for that
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import structlog

from rasid.dead_letter import dead_letter
from rasid.domain import topics
from rasid.domain.errors import StoreError
from rasid.ports import Bus, Consumer, Message, Outputs, Record, Step

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


def in_thread(step: Step) -> Running:
    """Run a blocking step beside the event loop."""

    async def run(records: Sequence[Record]) -> Outputs:
        return await asyncio.to_thread(step, records)

    return run


async def run_stage(stage: Stage, bus: Bus, stop: asyncio.Event, progress: Progress) -> None:
    """Run a stage until `stop` is set; what is in flight then is finished first."""
    opening = partial(asyncio.to_thread, bus.consumer, stage.name, stage.reads)
    consumer = await _until_taken(stage, progress, stop, opening)
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
    records = await _until_taken(stage, progress, stop, polling)
    if not records:
        return records is not None
    outputs = await _outputs(stage, records, stop, progress)
    if outputs is None:
        return False

    def settle() -> bool:
        for topic, messages in outputs.items():
            bus.publish(topic, messages)
        consumer.commit()
        return True

    settled = await _until_taken(stage, progress, stop, partial(asyncio.to_thread, settle))
    if settled:
        progress.done[stage.name] += len(records)
        progress.dead[stage.name] += len(outputs.get(topics.DEAD.name, ()))
    return bool(settled)


async def _outputs(stage: Stage, records: Sequence[Record], stop: asyncio.Event, progress: Progress) -> Outputs | None:
    """Run the step; for a batch it cannot take, record by record, so that one bad record costs only itself."""
    try:
        return await _until_taken(stage, progress, stop, lambda: stage.step(records))
    except Exception as error:  # noqa: BLE001 - any failure of a step is the record's, never the service's
        if stop.is_set():  # the workers may be going down with us: the records come again
            return None
        if len(records) == 1:
            log.warning(
                "dead letter", stage=stage.name, offset=records[0].offset, topic=records[0].topic, cause=str(error)
            )
            return {topics.DEAD.name: [dead_letter(records[0], stage=stage.name, error=error)]}
    joined: dict[str, list[Message]] = {}
    for record in records:
        one = await _outputs(stage, [record], stop, progress)
        if one is None:
            return None
        for topic, messages in one.items():
            joined.setdefault(topic, []).extend(messages)
    return joined


async def _until_taken(
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
            progress.trouble.pop(stage.name, None)
            return done


async def _held(stage: Stage, progress: Progress, stop: asyncio.Event, error: StoreError, backoff: float) -> float:
    """Wait out an outage; give the next wait in seconds."""
    if stage.name not in progress.trouble:
        log.error("held up", stage=stage.name, cause=str(error))
    progress.trouble[stage.name] = str(error)
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), backoff)
    return min(backoff * 2, _LAST_BACKOFF)
