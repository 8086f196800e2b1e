from __future__ import annotations

import asyncio
import gzip
import sys
import tracemalloc
import zlib

import brotli
import pytest
from hostile_server import Fails, HostileServer, MakeFetcher, Request, answer, endless, raw

from rasid.domain.errors import FailureWeight

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FEED = "<rss><channel><title>أخبار · Новости · News</title></channel></rss>".encode() * 50
MIB = 2**20


def raw_deflate(data: bytes):
    stream = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


PACKED = {
    "gzip": gzip.compress,
    "br": lambda data: brotli.compress(data, quality=3),
    "zstd": zstd.compress,
    "deflate": zlib.compress,
}


@pytest.mark.parametrize("coding", sorted(PACKED))
async def test_each_coding_is_undone(hostile_server: HostileServer, make_fetcher: MakeFetcher, coding: str):
    """gzip, deflate, brotli and zstd come out as what went in."""
    url = hostile_server.on("/feed", answer(200, {"Content-Encoding": coding}, PACKED[coding](FEED)))
    assert (await (await make_fetcher(hostile_server.authority)).get(url)).body == FEED


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Encoding": "deflate"}, raw_deflate(FEED)),
        ({"Content-Encoding": "x-gzip"}, gzip.compress(FEED)),
        ({"Content-Encoding": "gzip"}, gzip.compress(FEED[:99]) + gzip.compress(FEED[99:])),
        ({"Content-Encoding": "gzip"}, gzip.compress(FEED) + b"\0" * 512),
        ({"Content-Encoding": "zstd"}, zstd.compress(FEED[:99]) + zstd.compress(FEED[99:])),
        ({"Content-Encoding": "identity"}, FEED),
        ({"Content-Encoding": "utf-8"}, FEED),
        ({"Content-Type": "application/gzip"}, gzip.compress(FEED)),
    ],
    ids=["raw deflate", "x-gzip", "two members", "padding", "two frames", "identity", "utf-8", "gzip file"],
)
async def test_what_servers_do_in_earnest_is_read(
    hostile_server: HostileServer, make_fetcher: MakeFetcher, headers: dict[str, str], body: bytes
):
    """Habits of real servers, and a compressed sitemap file, cost nothing."""
    url = hostile_server.on("/feed", answer(200, headers, body))
    assert (await (await make_fetcher(hostile_server.authority)).get(url)).body == FEED


@pytest.mark.parametrize("coding", sorted(PACKED))
async def test_a_bomb_is_refused_at_the_limit(hostile_server: HostileServer, fails: Fails, coding: str):
    """200 MiB of nothing in a small answer are refused at 10 MiB, and never held."""
    bomb = PACKED[coding](bytes(200 * MIB))
    url = hostile_server.on("/bomb", answer(200, {"Content-Encoding": coding}, bomb))
    assert len(bomb) < MIB
    tracemalloc.start()
    try:
        error = await fails(url)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert str(error) == f"{url}: the answer is larger than the 10485760 bytes allowed"
    assert error.weight is FailureWeight.SOFT
    assert peak < 24 * MIB


async def test_a_bomb_in_a_gzip_file_is_refused_too(hostile_server: HostileServer, fails: Fails):
    """A file that is gzip by its content alone is inflated under the same limit."""
    url = hostile_server.on(
        "/bomb.gz", answer(200, {"Content-Type": "application/gzip"}, gzip.compress(bytes(50 * MIB)))
    )
    assert str(await fails(url)) == f"{url}: the answer is larger than the 10485760 bytes allowed"


async def test_a_stream_that_inflates_to_nothing_is_cut_off(hostile_server: HostileServer, fails: Fails):
    """Empty gzip members for ever bring no byte and are left early."""
    url = hostile_server.on("/empty", endless(gzip.compress(b"") * 1000, {"Content-Encoding": "gzip"}))
    assert str(await fails(url)) == f"{url}: the answer consists of more than 1000 compressed streams"


async def test_what_counts_on_the_wire_is_limited_too(hostile_server: HostileServer, fails: Fails):
    """Padding after the end of a stream is passed over, but not without end."""

    async def padded(request: Request, writer: asyncio.StreamWriter) -> None:
        await raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(FEED), then_close=False)(
            request, writer
        )
        while True:
            writer.write(bytes(65536))
            await writer.drain()

    url = hostile_server.on("/padding", padded)
    assert str(await fails(url, max_bytes=MIB)) == f"{url}: the answer is larger than the 1048576 bytes allowed"


@pytest.mark.parametrize(
    ("coding", "body", "text"),
    [
        ("gzip", FEED, "the answer is not gzip-encoded though it says so"),
        ("br", FEED, "the answer is not br-encoded though it says so"),
        ("zstd", FEED, "the answer is not zstd-encoded though it says so"),
        ("deflate", FEED, "the answer is not deflate-encoded though it says so"),
        ("gzip", gzip.compress(FEED)[:-9], "the answer is cut short in the middle of its compressed stream"),
        ("zstd", zstd.compress(FEED)[:-9], "the answer is cut short in the middle of its compressed stream"),
        ("br", brotli.compress(FEED)[:-9], "the answer is cut short in the middle of its compressed stream"),
        ("compress", FEED, "the answer has the unknown Content-Encoding 'compress'"),
        ("gzip, gzip", gzip.compress(gzip.compress(FEED)), "the answer is encoded 2 times over, which no feed needs"),
    ],
)
async def test_a_wrong_content_encoding_is_told(
    hostile_server: HostileServer, fails: Fails, coding: str, body: bytes, text: str
):
    """A body that is not what its header says is an error of the server's, with its name."""
    url = hostile_server.on("/feed", answer(200, {"Content-Encoding": coding}, body))
    error = await fails(url)
    assert str(error) == f"{url}: {text}"
    assert error.weight is FailureWeight.SOFT


async def test_an_answer_of_nothing_is_an_empty_body(hostile_server: HostileServer, make_fetcher: MakeFetcher):
    """0 bytes are an answer; what they are worth is the parser's to say."""
    url = hostile_server.on("/feed", answer(200, {"Content-Encoding": "gzip"}))
    assert (await (await make_fetcher(hostile_server.authority)).get(url)).body == b""
