"""What an agent acknowledges, and what it must not: Faust's own test context, no broker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from makers import raw_entry

from processors.agents import Broker, StageApp, create_app
from processors.batches import Publish, Wire, Work
from processors.pipeline import AdmitStep
from rasid.adapters.kafka_records import headers_of, record_of, timestamp_of
from rasid.adapters.sqlite_bus import SqliteBus
from rasid.app.stage import Progress, Stage, in_thread
from rasid.app.worker import _take
from rasid.codec import decode, encode
from rasid.domain.article import Article
from rasid.domain.errors import StoreError
from rasid.domain.topics import ALERTS, ARTICLES, BACKFILL, DEAD, KNOWN, RAW
from rasid.ports import Message, Record

WIRE = Wire(record=record_of, headers=headers_of, timestamp=timestamp_of)
TEXTS = ("سوريا", "Syria", "Сирия")
SECONDS = 5


class Taking:
    """A Take that remembers its records and answers what it is told to."""

    def __init__(self, answer: Callable[[Publish], Any] = lambda _: True) -> None:
        self.records: list[Record] = []
        self._answer = answer

    async def __call__(self, records: Sequence[Record], publish: Publish) -> bool:
        """Take a batch."""
        self.records += records
        answer = self._answer(publish)
        return await answer if asyncio.iscoroutine(answer) else answer


def app_of(take: Taking, reads: tuple[str, ...] = (RAW.name,), **more: Any) -> StageApp:
    """Make an app that reaches no broker."""
    work = Work(group="admit", reads=reads, take=take, wire=WIRE, batch=10, within=0.02, **more)
    return create_app(work, Broker(servers="127.0.0.1:1", prefix="test."))


async def put(app: StageApp, *texts: str, which: int = 0, headers: dict[str, bytes] | None = None) -> list[Any]:
    """Give texts to an agent; return the messages once the agent is done with them."""
    agent = list(app.agents.values())[which]
    async with agent.test_context() as tested:
        events = [
            await tested.put(text.encode(), key=b"k", timestamp=1_700_000_000.123, headers=headers, wait=False)
            for text in texts
        ]
        await asyncio.sleep(0.3)
        return [event.message for event in events]


async def test_a_batch_is_acknowledged_when_all_that_follows_is_published() -> None:
    """Records come whole and in order, and are done when the step says so."""
    take = Taking()
    messages = await put(app_of(take), *TEXTS, headers={"ce_type": b"rasid.entry.v1", "rasid_time": b"1000000"})
    assert [record.message.value.decode() for record in take.records] == list(TEXTS)
    assert [record.offset for record in take.records] == [0, 1, 2]
    first = take.records[0]
    assert (first.topic, first.message.key, first.message.headers) == (RAW.name, b"k", {"ce_type": b"rasid.entry.v1"})
    assert first.message.time == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert all(message.acked for message in messages)


async def test_what_is_not_taken_is_not_acknowledged_nor_anything_behind_it() -> None:
    """A stop while a store is out leaves the batch to the next worker, and commits nothing past it."""
    answers = iter([False, True])
    take = Taking(lambda _: next(answers))
    app = app_of(take)
    assert not any(message.acked for message in await put(app, *TEXTS))
    assert not any(message.acked for message in await put(app, *TEXTS))
    assert len(take.records) == 3


async def test_a_fault_of_the_frame_ends_the_worker_and_acknowledges_nothing() -> None:
    """What is no record's own fault is never swallowed."""

    def broken(_: Publish) -> bool:
        raise ZeroDivisionError

    app = app_of(Taking(broken))
    messages = await put(app, *TEXTS)
    assert not any(message.acked for message in messages)
    assert app.crashed
    assert isinstance(app.crash_reason, ZeroDivisionError)


async def test_a_batch_whose_partitions_moved_publishes_nothing_and_is_not_acknowledged() -> None:
    """Another worker has them now and reads them again."""

    async def move(publish: Publish) -> bool:
        app.consumer_generation_id += 1
        await publish(ALERTS.name, [])
        return True

    app = app_of(Taking(move))
    assert not any(message.acked for message in await put(app, *TEXTS))
    assert not app.crashed


async def test_an_earlier_generation_is_not_acknowledged_even_if_faust_asks() -> None:
    """Faust acknowledges what it skips after a rebalance; the same record may still be to read."""
    app = app_of(Taking())
    [message] = await put(app_of(Taking(lambda _: False)), "Сирия")
    app.consumer_generation_id = message.generation_id + 1
    assert app.consumer.ack(message) is False
    assert not message.acked


async def test_state_is_folded_before_the_first_batch_of_each_generation() -> None:
    """When partitions move, what others wrote meanwhile is read before anything is decided."""
    folds: list[int] = []

    async def fold() -> bool:
        folds.append(len(take.records))
        return True

    take = Taking()
    app = app_of(take, on_assigned=fold)
    await put(app, "سوريا")
    await put(app, "Syria")
    app.consumer_generation_id += 1
    await put(app, "Сирия")
    assert folds == [0, 2]


async def test_nothing_is_decided_on_state_that_could_not_be_folded() -> None:
    """A stop while the log is out leaves the batch to the next worker."""

    async def out() -> bool:
        return False

    take = Taking()
    assert not any(message.acked for message in await put(app_of(take, on_assigned=out), *TEXTS))
    assert take.records == []


async def test_headers_nobody_could_have_written_kill_no_worker() -> None:
    """A time beyond all calendars is left to the codec; the record arrives with its own timestamp."""
    take = Taking()
    [message] = await put(app_of(take), "سوريا", headers={"rasid_time": b"9" * 40})
    assert message.acked
    assert take.records[0].message.time == datetime(2023, 11, 14, 22, 13, 20, 123000, tzinfo=UTC)


async def test_live_entries_go_before_back_fill() -> None:
    """While a batch is in hand, a live one that comes later than a back-fill one is next all the same."""
    going = asyncio.Event()

    async def slow(_: Publish) -> bool:
        await asyncio.wait_for(going.wait(), SECONDS)
        return True

    take = Taking(slow)
    app = app_of(take, reads=(RAW.name, BACKFILL.name))
    first, second = (asyncio.create_task(put_slowly(app, text, 1)) for text in ("0", "1"))
    await until(lambda: len(take.records) == 1)
    live = asyncio.create_task(put_slowly(app, "2", 0))
    await asyncio.sleep(0.1)
    going.set()
    await asyncio.gather(first, second, live)
    assert [record.message.value for record in take.records] == [b"0", b"2", b"1"]


async def put_slowly(app: StageApp, text: str, urgency: int) -> None:
    """Hand one record to the step as an agent does."""
    message = type("M", (), {"topic": "t", "partition": 0, "offset": 0, "timestamp": 0.0, "key": b"", "headers": ()})
    message.value, message.generation_id = text.encode(), app.consumer_generation_id  # type: ignore[attr-defined]
    await app.hands.take([type("E", (), {"message": message})], RAW.name, urgency)  # type: ignore[list-item]


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not true():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.01)


async def test_nothing_is_taken_once_closed() -> None:
    """A worker that is told to end finishes the batch in hand and takes no other."""
    take = Taking()
    app = app_of(take)
    await app.hands.close()
    assert not any(message.acked for message in await put(app, *TEXTS))
    assert take.records == []


def test_an_app_is_made_without_a_connection_and_names_itself_after_its_group() -> None:
    """Nothing is declared, served or stored by Faust itself."""
    app = app_of(Taking())
    conf = app.conf
    assert (conf.id, conf.web_enabled, conf.topic_allow_declare) == ("test.admit", False, False)
    assert [agent.concurrency for agent in app.agents.values()] == [1]
    assert not app.tables.data


async def test_poison_in_a_batch_hides_no_record_from_those_behind_it(tmp_path: Path) -> None:
    """When each record is taken alone, a changed entry is still the revision of the one before it in the batch."""
    raws = [raw_entry("https://example.com/1", minutes=n, text=text) for n, text in enumerate(TEXTS)]
    sent = [encode(raw, key=raw.entry.key, time=raw.seen_at) for raw in raws]
    sent[1] = replace(sent[1], value=b"{")
    with SqliteBus(tmp_path / "log.db") as bus:
        bus.publish(RAW.name, sent)
        stage = Stage("admit", (RAW.name,), in_thread(AdmitStep(partial(bus.latest, KNOWN.name))))

        async def publish(topic: str, messages: Sequence[Message]) -> None:
            bus.publish(topic, messages)

        assert await _take(stage, asyncio.Event(), Progress(), list(bus.read(RAW.name)), publish)
        admitted = [decode(record.message, Article) for record in bus.read(ARTICLES.name)]
        assert [(one.revision, one.text) for one in admitted] == [(1, TEXTS[0]), (2, TEXTS[2])]
        assert len({one.id for one in admitted}) == 1
        assert [record.message.value for record in bus.read(DEAD.name)] == [b"{"]


def test_a_missing_certificate_authority_is_named() -> None:
    """A wrong path is a sentence, not a stack trace."""
    with pytest.raises(StoreError, match="ca\\.pem"):
        create_app(
            Work(group="g", reads=(RAW.name,), take=Taking(), wire=WIRE), Broker(servers="x:1", ca_file="/no/ca.pem")
        )
