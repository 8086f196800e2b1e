from __future__ import annotations

import asyncio
import os
import signal

import pytest

from ingest.parse_pool import ParsePool
from ingest.parsing import ParsedFeed
from rasid.domain.errors import ParseError

GOOD = """<rss version="2.0"><channel><title>أخبار</title>
<item><title>شويغو في دمشق</title></item><item><title>Шойгу в Дамаске</title></item><item><title>Shoigu in Damascus</title></item>
</channel></rss>""".encode()
TITLES = ["شويغو في دمشق", "Шойгу в Дамаске", "Shoigu in Damascus"]


def flood(attributes: int) -> bytes:
    """Make a document of one tag with very many attributes, cut off so that only feedparser would read on."""
    return b"<rss><channel><item " + b" ".join(b'a%d="1"' % number for number in range(attributes)) + b"><title>x"


def bomb() -> bytes:
    """Make a document whose entities would grow to 10^11 characters."""
    entities = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 12))
    return (
        b'<!DOCTYPE x [<!ENTITY l0 "lol">'
        + entities
        + b"]><rss><channel><item><title>&l11;</title></item></channel></rss>"
    )


async def read(pool: ParsePool, body: bytes) -> ParsedFeed:
    return await pool.parse(body, feed="f", url="https://e.example/", content_type=None)


async def assert_alive(pool: ParsePool) -> None:
    assert [entry.title for entry in (await read(pool, GOOD)).entries] == TITLES


async def test_the_pool_reads_what_the_parser_reads() -> None:
    """A document comes back from the child process whole, in every script."""
    async with ParsePool(workers=1) as pool:
        parsed = await read(pool, GOOD)
    assert [entry.title for entry in parsed.entries] == TITLES
    assert parsed.title == "أخبار"


async def test_an_error_says_what_was_wrong() -> None:
    """What the parser refuses arrives as the parser's own error."""
    async with ParsePool(workers=1) as pool:
        with pytest.raises(ParseError, match="empty"):
            await read(pool, b"")
        with pytest.raises(ParseError, match="HTML page"):
            await read(pool, "<html><body>нет</body></html>".encode())
        await assert_alive(pool)


async def test_a_document_that_takes_too_long_costs_only_itself() -> None:
    """200,000 attributes in one tag end with a clear error, while other documents are read and after."""
    async with ParsePool(workers=2, seconds=1.5) as pool:
        await asyncio.gather(assert_alive(pool), assert_alive(pool))  # both processes have started
        hostile = asyncio.create_task(read(pool, flood(200_000)))
        read_meanwhile = 0
        while not hostile.done():
            await assert_alive(pool)
            read_meanwhile += 1
            await asyncio.sleep(0.05)
        with pytest.raises(ParseError, match=r"took longer than 1\.5 s"):
            await hostile
        assert read_meanwhile > 1
        await asyncio.gather(assert_alive(pool), assert_alive(pool))


async def test_a_document_that_needs_too_much_memory_costs_only_itself() -> None:
    """Memory that runs out is an error that says so; the next document finds a fresh process."""
    body = b"<rss version='2.0'><channel><item><title>" + b"x" * 60_000_000 + b"</title></item></channel></rss>"
    async with ParsePool(workers=1, seconds=60, memory_mb=200) as pool:
        with pytest.raises(ParseError, match="memory"):
            await read(pool, body)
        await assert_alive(pool)


async def test_300000_items_end_with_the_entries_or_a_clear_error() -> None:
    """A document of 300,000 items is read or given up, within clock and memory."""
    body = b"<rss version='2.0'><channel>" + b"<item><title>x</title></item>" * 300_000 + b"</channel></rss>"
    async with ParsePool(workers=1, seconds=2.5) as pool:
        try:
            assert len((await read(pool, body)).entries) == 300_000
        except ParseError as error:
            assert "given up" in str(error)  # noqa: PT017 (either outcome is right)
        await assert_alive(pool)


@pytest.mark.parametrize(
    "body",
    [
        bomb(),
        b"<rss><channel><item><description>" + b"&lt;div&gt;" * 100_000 + b"</description></item></channel></rss>",
        b"<rss>" + b"<a>" * 20_000,
        b'{"items": ' + b"[" * 100_000,
    ],
    ids=["entity bomb", "deep markup", "deep XML", "deep JSON"],
)
async def test_bombs_are_harmless(body: bytes) -> None:
    """Entity bombs and deep nesting give entries or a clear error; the process serves on."""
    async with ParsePool(workers=1, seconds=5) as pool:
        try:
            parsed = await read(pool, body)
            assert sum(len(entry.title) + len(entry.text) for entry in parsed.entries) < 1_000_000
        except ParseError as error:
            assert str(error)  # noqa: PT017 (either outcome is right)
        await assert_alive(pool)


async def test_a_killed_process_is_replaced() -> None:
    """A child that is killed while idle costs the document that meets it, not the next."""
    async with ParsePool(workers=1) as pool:
        await assert_alive(pool)
        (worker,) = pool._workers
        os.kill(worker._process.pid, signal.SIGKILL)
        with pytest.raises(ParseError, match="SIGKILL"):
            await read(pool, GOOD)
        await assert_alive(pool)


async def test_a_cancelled_document_leaves_the_pool_whole() -> None:
    """Nobody waiting any more ends the child's work; its place is filled again."""
    async with ParsePool(workers=1) as pool:
        await assert_alive(pool)
        task = asyncio.create_task(read(pool, flood(200_000)))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await assert_alive(pool)


async def test_no_process_outlives_the_pool() -> None:
    """Closing the pool ends its children."""
    async with ParsePool(workers=2) as pool:
        await asyncio.gather(assert_alive(pool), assert_alive(pool))
        processes = [worker._process for worker in pool._workers]
    assert processes
    assert all(process.returncode is not None for process in processes)
