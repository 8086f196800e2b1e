from __future__ import annotations

import asyncio
import socket
import tracemalloc
from pathlib import Path

import pytest
from hostile_server import Fails, Handler, HostileServer, Request, endless, endless_headers, raw, redirect, silent
from self_signed import server_context

from rasid.domain.errors import FailureWeight

MIB = 2**20


async def test_a_huge_length_is_refused_before_reading(hostile_server: HostileServer, fails: Fails):
    """An answer that announces too much is not read at all."""
    url = hostile_server.on("/huge", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", then_close=False))
    assert str(await fails(url)) == f"{url}: the answer is larger than the 10485760 bytes allowed"


async def test_a_body_without_length_is_cut_off(hostile_server: HostileServer, fails: Fails):
    """A body that never ends is left at the limit."""
    url = hostile_server.on("/endless", endless(b"x" * 65536))
    assert str(await fails(url, max_bytes=MIB)) == f"{url}: the answer is larger than the 1048576 bytes allowed"


async def test_a_slow_drip_ends_in_time(hostile_server: HostileServer, fails: Fails):
    """One byte after another keeps nobody beyond the time for the whole fetch."""
    url = hostile_server.on("/drip", endless(b"x", pause=0.02))
    error = await fails(url, total_seconds=0.4)
    assert str(error).startswith(f"{url}: no complete answer within 0.4 s after ")
    assert error.weight is FailureWeight.TEMPORARY


async def test_a_silent_server_ends_in_time(hostile_server: HostileServer, fails: Fails):
    """A server that takes the request and says nothing costs its own poll only."""
    url = hostile_server.on("/silent", silent())
    assert str(await fails(url, total_seconds=0.3)) == f"{url}: no complete answer within 0.3 s"


@pytest.mark.parametrize(
    "flood",
    [b"HTTP/1.1 100 Continue\r\n\r\n" * 500, b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 300],
    ids=["continue", "early hints"],
)
async def test_a_flood_of_interim_answers_ends_in_time(hostile_server: HostileServer, fails: Fails, flood: bytes):
    """A server that always has something else to say first says it for the time of its own poll only."""

    async def say(request: Request, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(flood)
            await writer.drain()
            await asyncio.sleep(0.001)

    error = await fails(hostile_server.on("/interim", say), total_seconds=0.4)
    assert error.weight in {FailureWeight.TEMPORARY, FailureWeight.SOFT}


async def test_endless_trailers_and_chunk_extensions_end(hostile_server: HostileServer, fails: Fails):
    """What HTTP lets a server add to a chunked body is bounded like the rest."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    def flood(start: bytes, piece: bytes) -> Handler:
        async def say(request: Request, writer: asyncio.StreamWriter) -> None:
            writer.write(head + start)
            while True:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.001)

        return say

    hostile_server.on("/trailers", flood(b"5\r\n<rss>\r\n0\r\n", b"X-More: " + b"a" * 1000 + b"\r\n"))
    hostile_server.on("/extensions", flood(b"5;", b"a" * 60000))
    for path in ("/trailers", "/extensions"):
        tracemalloc.start()
        try:
            await fails(hostile_server.url(path), total_seconds=0.5)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 24 * MIB


async def test_slow_redirects_share_one_clock(hostile_server: HostileServer, fails: Fails):
    """Redirects across hosts do not start the clock anew."""

    async def late(request: Request, writer: asyncio.StreamWriter):
        await asyncio.sleep(0.25)
        await redirect("/again" + "x" * len(hostile_server.requests))(request, writer)

    for number in range(10):
        hostile_server.on("/again" + "x" * number, late)
    url = hostile_server.url("/again")
    error = await fails(url, total_seconds=0.6)
    assert str(error).endswith("no complete answer within 0.6 s")
    assert len(hostile_server.requests) <= 3


async def test_endless_redirects_stop(hostile_server: HostileServer, fails: Fails):
    """After five redirects it is enough."""
    url = hostile_server.on("/loop", redirect("/loop"))
    error = await fails(url)
    assert str(error) == f"{url}: more than 5 redirects, the last one to {url}"
    assert error.weight is FailureWeight.SOFT
    assert len(hostile_server.requests) == 6


async def test_redirects_between_two_hosts_stop(hostile_server: HostileServer, fails: Fails):
    """A loop through two hosts neither hangs nor lasts."""
    async with type(hostile_server)() as other:
        hostile_server.on("/there", redirect(other.url("/back")))
        other.on("/back", redirect(hostile_server.url("/there")))
        error = await fails(hostile_server.url("/there"), other.authority)
    assert "more than 5 redirects" in str(error)


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://127.0.0.1:9/", "127.0.0.1 is not a public address (this machine)"),
        ("http://127.0.0.1/", "127.0.0.1 is not a public address (this machine)"),
        ("//10.0.0.1/feed", "10.0.0.1 is not a public address (private)"),
        ("http://169.254.169.254/latest/meta-data", "169.254.169.254 is not a public address (link-local)"),
        ("http://[::1]/", "::1 is not a public address (this machine)"),
        ("http://[64:ff9b::7f00:1]/", "64:ff9b::7f00:1 is not a public address (wraps 127.0.0.1: this machine)"),
        ("http://[64:ff9b::a00:1]/", "64:ff9b::a00:1 is not a public address (wraps 10.0.0.1: private)"),
        ("http://[64:ff9b:1::1]/", "64:ff9b:1::1 is not a public address (a local NAT64)"),
        ("http://[::ffff:127.0.0.1]/", "is not a public address (wraps 127.0.0.1: this machine)"),
        ("http://[::ffff:c0a8:1]/", "is not a public address (wraps 192.168.0.1: private)"),
        ("http://2130706433/", "2130706433 is a number in place of a host name"),
        ("http://0x7f.1/", "0x7f.1 is a number in place of a host name"),
        ("http://localhost./", "localhost is not a public address (this machine)"),
    ],
)
async def test_a_redirect_into_the_house_is_refused(
    hostile_server: HostileServer, fails: Fails, location: str, reason: str
):
    """No redirect leads to an address that is not public, in whatever clothes it comes."""
    url = hostile_server.on("/old", redirect(location, 301))
    error = await fails(url)
    assert reason in str(error)
    assert error.weight is FailureWeight.HARD


@pytest.mark.parametrize(
    ("location", "scheme"),
    [
        ("file:///etc/passwd", "file"),
        ("ftp://example.org/feed", "ftp"),
        ("gopher://example.org/", "gopher"),
        ("data:,x", "data"),
    ],
)
async def test_a_redirect_to_another_protocol_is_refused(
    hostile_server: HostileServer, fails: Fails, location: str, scheme: str
):
    """Only http and https are followed."""
    url = hostile_server.on("/old", redirect(location))
    error = await fails(url)
    assert str(error) == f"{url}: it redirects to a {scheme}: address; only http and https are followed"
    assert error.weight is FailureWeight.HARD


@pytest.mark.parametrize("location", ["http://[::1", "http://a b/", "http://example.org:99999/", "https:///x"])
async def test_a_redirect_to_nonsense_is_refused(hostile_server: HostileServer, fails: Fails, location: str):
    """A Location that is no address is told as such."""
    url = hostile_server.on("/old", redirect(location))
    assert (await fails(url)).weight is FailureWeight.HARD


async def test_endless_headers_are_refused(hostile_server: HostileServer, fails: Fails):
    """Headers are bounded in number."""
    url = hostile_server.on("/headers", endless_headers())
    error = await fails(url)
    assert str(error).startswith(f"{url}: the answer is not proper HTTP (")
    assert error.weight is FailureWeight.SOFT


async def test_one_endless_header_is_refused(hostile_server: HostileServer, fails: Fails):
    """And each header is bounded in length, ended or not."""
    url = hostile_server.on("/header", endless(b"a" * 65536))
    hostile_server.on("/header", raw(b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 3 * MIB, then_close=False))
    assert str(await fails(url)).startswith(f"{url}: the answer is not proper HTTP (")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<rss>", "after 5 bytes"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n", "after 5 bytes"),
        (b"", "the connection was lost"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "the connection was lost"),
    ],
    ids=["short", "unfinished chunks", "nothing", "half a head"],
)
@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
async def test_a_connection_lost_midway_is_told(
    hostile_server: HostileServer, fails: Fails, data: bytes, text: str, *, reset: bool
):
    """A body that stops short is never taken for a whole one."""
    url = hostile_server.on("/cut", raw(data, then_reset=reset))
    error = await fails(url)
    assert "connection was lost" in str(error)
    if not reset:
        assert text in str(error)
    assert error.weight is FailureWeight.TEMPORARY


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<rss>\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n<rss>",
        b"<rss></rss>\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    ],
    ids=["no chunk", "two lengths", "a bare document", "ssh"],
)
async def test_what_is_no_http_is_told(hostile_server: HostileServer, fails: Fails, data: bytes):
    """A server that speaks something else is named as such."""
    url = hostile_server.on("/garbage", raw(data))
    error = await fails(url)
    assert str(error).startswith(f"{url}: the answer is not proper HTTP (")
    assert error.weight is FailureWeight.SOFT


async def test_a_refused_connection_is_told(fails: Fails):
    """Nobody listens: the host may be back later."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        authority = f"127.0.0.1:{taken.getsockname()[1]}"
        error = await fails(f"http://{authority}/feed", authority)
    assert str(error) == f"http://{authority}/feed: the host refuses connections"
    assert error.weight is FailureWeight.TEMPORARY


async def test_no_tls_where_https_is_asked_for_is_told(fails: Fails):
    """A server without TLS behind an https address is a lasting fault."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        authority = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        error = await fails(f"https://{authority}/feed", authority)
    assert str(error).startswith(f"https://{authority}/feed: TLS: no secure connection (")
    assert error.weight is FailureWeight.HARD


async def test_a_certificate_that_nobody_vouches_for_is_refused(fails: Fails, tmp_path: Path):
    """TLS certificates are verified: what such a server would say is never read."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_context(tmp_path)) as server:
        authority = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        error = await fails(f"https://{authority}/feed", authority)
    assert str(error) == f"https://{authority}/feed: TLS: the certificate is not valid (self-signed certificate)"
    assert error.weight is FailureWeight.HARD
