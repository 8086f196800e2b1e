"""Worker processes do the computing; one that dies or hangs costs its own chunk and is replaced."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest

from rasid.app.workers import WorkerError, Workers
from rasid.ports import Message, Record

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def step(records: Sequence[Record]) -> Mapping[str, Sequence[Message]]:
    """Give each record on with the worker's process id; one body kills its worker."""
    if any(record.message.value == b"die" for record in records):
        os.kill(os.getpid(), signal.SIGKILL)
    if any(record.message.value == b"raise" for record in records):
        raise ValueError("нет")
    return {"out": [record.message for record in records], str(os.getpid()): [records[0].message]}


def records(*bodies: str) -> list[Record]:
    made = [Message(key=b"k", value=body.encode(), time=NOON, headers={}) for body in bodies]
    return [Record(topic="t", partition=0, offset=n, message=message) for n, message in enumerate(made)]


@pytest.fixture
def workers() -> object:
    made = Workers(step, processes=2, preload="rasid.ports")
    yield made
    made.close()


async def test_outputs_come_in_the_order_of_the_records(workers: Workers) -> None:
    """Chunks run side by side and are joined in order, none of it in this process."""
    sent = records(*(f"سوريا {n}" for n in range(120)))
    outputs = await workers(sent)
    assert [message.value for message in outputs["out"]] == [record.message.value for record in sent]
    assert str(os.getpid()) not in outputs


async def test_a_worker_that_dies_is_an_error_and_is_replaced(workers: Workers) -> None:
    """The chunk fails with words; the next one is taken by new workers."""
    with pytest.raises(WorkerError, match="died"):
        await workers(records("Syria", "die"))
    outputs = await workers(records("Сирия"))
    assert len(outputs["out"]) == 1


async def test_a_step_that_raises_raises_here(workers: Workers) -> None:
    """The step's own error comes back as it is."""
    with pytest.raises(ValueError, match="нет"):
        await workers(records("raise"))


async def test_a_function_runs_in_a_worker(workers: Workers) -> None:
    """`call` gives a function's result, computed in a child."""
    assert await workers.call(os.getpid) != os.getpid()
