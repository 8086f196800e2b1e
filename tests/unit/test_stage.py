"""A stage loses nothing: one bad record costs itself, an outage costs time, a stop costs nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rasid.adapters.sqlite_bus import SqliteBus
from rasid.app.stage import Progress, Stage, in_thread, run_once, run_stage
from rasid.dead_letter import cause
from rasid.domain.errors import StoreBusyError
from rasid.domain.topics import ARTICLES, DEAD, ENRICHED
from rasid.ports import Message, Record

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
Outputs = Mapping[str, Sequence[Message]]


def message(text: str) -> Message:
    return Message(key=b"k", value=text.encode(), time=NOON, headers={"h": b"1"})


def texts(bus: SqliteBus, topic: str) -> list[str]:
    return [record.message.value.decode() for record in bus.read(topic)]


def forward(records: Sequence[Record]) -> Outputs:
    """Copy each record on; a record that says so is poison."""
    if any(b"poison" in record.message.value for record in records):
        raise ValueError("it is poison")
    return {ENRICHED.name: [record.message for record in records]}


@pytest.fixture
def bus(tmp_path: Path) -> SqliteBus:
    return SqliteBus(tmp_path / "log.db")


async def once(bus: SqliteBus, step: Callable[[Sequence[Record]], Outputs], progress: Progress | None = None) -> bool:
    """Take one batch through a stage."""
    stage = Stage("enrich", (ARTICLES.name,), in_thread(step))
    consumer = bus.consumer(stage.name, stage.reads)
    return await run_once(stage, bus, consumer, asyncio.Event(), progress or Progress(), wait=0)


async def test_one_bad_record_becomes_a_dead_letter_and_the_others_go_on(bus: SqliteBus) -> None:
    """The poison is kept untouched with its cause; its neighbours arrive in order."""
    bus.publish(ARTICLES.name, [message(t) for t in ("سوريا", "poison", "Сирия", "Syria")])
    progress = Progress()
    assert await once(bus, forward, progress)
    assert texts(bus, ENRICHED.name) == ["سوريا", "Сирия", "Syria"]
    [dead] = list(bus.read(DEAD.name))
    assert (dead.message.value, dead.message.key, dead.message.headers["h"]) == (b"poison", b"k", b"1")
    why = cause(dead.message)
    assert (why["stage"], why["topic"], why["offset"]) == ("enrich", ARTICLES.name, "2")
    assert (why["exception.class.name"], why["exception.message"]) == ("builtins.ValueError", "it is poison")
    assert "ValueError: it is poison" in why["exception.stacktrace"]
    assert (progress.done["enrich"], progress.dead["enrich"]) == (4, 1)
    assert bus.lag("enrich", ARTICLES.name) == 0


async def test_an_outage_of_a_store_is_waited_out_and_dead_letters_nothing(bus: SqliteBus) -> None:
    """A locked store holds the batch until it is back."""
    outages = iter([True, True, False])

    def locked_twice(records: Sequence[Record]) -> Outputs:
        if next(outages):
            raise StoreBusyError("index.db: the database stayed locked")
        return forward(records)

    bus.publish(ARTICLES.name, [message("سوريا")])
    progress = Progress()
    assert await once(bus, locked_twice, progress)
    assert texts(bus, ENRICHED.name) == ["سوريا"]
    assert texts(bus, DEAD.name) == []
    assert progress.trouble == {}


async def test_a_stop_during_an_outage_commits_nothing(bus: SqliteBus) -> None:
    """What could not be finished before the stop is there again after it."""
    stop = asyncio.Event()

    def locked(records: Sequence[Record]) -> Outputs:
        asyncio.run_coroutine_threadsafe(_set(stop), loop)
        raise StoreBusyError("locked")

    loop = asyncio.get_running_loop()
    bus.publish(ARTICLES.name, [message("Сирия")])
    await run_stage(Stage("enrich", (ARTICLES.name,), in_thread(locked)), bus, stop, Progress())
    assert bus.lag("enrich", ARTICLES.name) == 1
    assert texts(bus, DEAD.name) == []


async def test_a_worker_that_dies_while_we_stop_dead_letters_nothing(bus: SqliteBus) -> None:
    """A failure during the stop is no fault of the record."""
    stop = asyncio.Event()

    async def dies(_: Sequence[Record]) -> Outputs:
        stop.set()
        raise RuntimeError("a worker process died")

    bus.publish(ARTICLES.name, [message("Syria")])
    await run_stage(Stage("enrich", (ARTICLES.name,), dies), bus, stop, Progress())
    assert bus.lag("enrich", ARTICLES.name) == 1
    assert texts(bus, DEAD.name) == []


async def test_stages_run_until_they_are_stopped(bus: SqliteBus) -> None:
    """A running stage takes up what is published meanwhile, and ends when told."""
    stop = asyncio.Event()
    running = asyncio.create_task(
        run_stage(Stage("enrich", (ARTICLES.name,), in_thread(forward)), bus, stop, Progress())
    )
    for text in ("سوريا", "Syria", "Сирия"):
        await asyncio.to_thread(bus.publish, ARTICLES.name, [message(text)])
    while len(texts(bus, ENRICHED.name)) < 3:  # noqa: ASYNC110 - the log is the only thing to look at
        await asyncio.sleep(0.01)
    stop.set()
    await running
    assert texts(bus, ENRICHED.name) == ["سوريا", "Syria", "Сирия"]


async def _set(stop: asyncio.Event) -> None:
    stop.set()


async def test_after_poison_each_record_sees_what_the_one_before_made(bus: SqliteBus) -> None:
    """A batch taken record by record is as good as one taken whole: admit still knows a change from a new article."""
    key = b"k"
    seen: list[int] = []

    def remembering(records: Sequence[Record]) -> Outputs:
        if any(record.message.value == b"poison" for record in records):
            raise ValueError("it is poison")
        before = len(list(bus.read(ENRICHED.name)))
        seen.append(before)
        return {ENRICHED.name: [Message(key=key, value=b"%d" % before, time=NOON, headers={}) for _ in records]}

    bus.publish(ARTICLES.name, [message("سوريا"), message("poison"), message("Сирия")])
    assert await once(bus, remembering)
    assert seen == [0, 1]
