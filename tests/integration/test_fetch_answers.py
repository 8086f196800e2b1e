from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from hostile_server import HostileServer, MakeFetcher, answer, conditional, raw, redirect, slow

from ingest.fetch import Fetcher, FetchSettings, GoneError, HostBlockedError
from rasid.domain.errors import FailureWeight, FetchError, InputError

FEED = "<rss><channel><title>أخبار · Новости · News</title></channel></rss>".encode()


async def failure(fetcher: Fetcher, url: str, **options: Any):
    with pytest.raises(FetchError) as caught:
        await fetcher.get(url, **options)
    return caught.value


async def test_an_answer_comes_whole_with_what_the_next_poll_needs(
    hostile_server: HostileServer, make_fetcher: MakeFetcher
):
    """Body, type, validators and freshness come out as the server gave them."""
    headers = {
        "Content-Type": "application/rss+xml; charset=utf-8",
        "ETag": 'W/"a1"',
        "Last-Modified": "Mon, 02 Nov 2026 10:00:00 GMT",
        "Cache-Control": "public, max-age=600",
    }
    url = hostile_server.on("/feed", answer(200, headers, FEED))
    fetcher = await make_fetcher(hostile_server.authority)
    response = await fetcher.get(url)
    assert (response.status, response.body, response.url, response.permanent_url) == (200, FEED, url, None)
    assert (response.content_type, response.etag) == ("application/rss+xml; charset=utf-8", 'W/"a1"')
    assert (response.last_modified, response.max_age) == ("Mon, 02 Nov 2026 10:00:00 GMT", 600.0)
    assert 0 < response.seconds < 5


async def test_the_request_says_who_asks_and_carries_no_cookie(
    hostile_server: HostileServer, make_fetcher: MakeFetcher
):
    """The User-Agent has a contact, compression is asked for, and a cookie that was set does not come back."""
    url = hostile_server.on("/feed", answer(200, {"Set-Cookie": "id=7; Path=/"}, FEED))
    fetcher = await make_fetcher(hostile_server.authority)
    await fetcher.get(url)
    await fetcher.get(url)
    headers = hostile_server.requests[1].headers
    assert headers["user-agent"] == "Rasid/0.1 (+mailto:desk@example.org)"
    assert headers["accept-encoding"] == "gzip, deflate, br, zstd"
    assert "cookie" not in headers


async def test_unchanged_is_304_without_a_body(hostile_server: HostileServer, make_fetcher: MakeFetcher):
    """The validator is sent as it was given, and kept when the server answers that nothing changed."""
    url = hostile_server.on("/feed", conditional('"a1"', FEED))
    fetcher = await make_fetcher(hostile_server.authority)
    first = await fetcher.get(url)
    second = await fetcher.get(url, etag=first.etag, last_modified="Mon, 02 Nov 2026 10:00:00 GMT")
    assert (second.status, second.body, second.etag) == (304, b"", '"a1"')
    assert second.last_modified == "Mon, 02 Nov 2026 10:00:00 GMT"
    assert hostile_server.requests[1].headers["if-modified-since"] == "Mon, 02 Nov 2026 10:00:00 GMT"


async def test_304_that_nobody_asked_for_is_a_failure(hostile_server: HostileServer, make_fetcher: MakeFetcher):
    """A server that answers 304 to an unconditional request has no document for us."""
    url = hostile_server.on("/feed", answer(304))
    error = await failure(await make_fetcher(hostile_server.authority), url)
    assert str(error) == f"{url}: the server answered 304 Not Modified"
    assert error.weight is FailureWeight.SOFT


@pytest.mark.parametrize(
    ("status", "weight", "text"),
    [
        (401, FailureWeight.HARD, "the server answered 401 Unauthorized; it wants a login"),
        (403, FailureWeight.HARD, "the server answered 403 Forbidden; the server does not want to be asked from here"),
        (404, FailureWeight.HARD, "the server answered 404 Not Found; look for the feed's new address"),
        (408, FailureWeight.TEMPORARY, "the server answered 408 Request Timeout"),
        (500, FailureWeight.SOFT, "the server answered 500 Internal Server Error"),
        (520, FailureWeight.SOFT, "the server answered 520"),
        (503, FailureWeight.TEMPORARY, "the server answered 503 Service Unavailable"),
        (204, FailureWeight.SOFT, "the server answered 204 No Content"),
        (302, FailureWeight.SOFT, "the server answered 302 Found"),
    ],
)
async def test_each_status_has_its_weight_and_its_words(
    hostile_server: HostileServer, make_fetcher: MakeFetcher, status: int, weight: FailureWeight, text: str
):
    """A person reads which status came, and the failure counts as much as its kind deserves."""
    url = hostile_server.on("/feed", answer(status))
    error = await failure(await make_fetcher(hostile_server.authority), url)
    assert (str(error), error.weight, error.status) == (f"{url}: {text}", weight, status)


async def test_gone_is_an_error_of_its_own(hostile_server: HostileServer, make_fetcher: MakeFetcher):
    """410 says that the feed has ended."""
    url = hostile_server.on("/feed", answer(410))
    error = await failure(await make_fetcher(hostile_server.authority), url)
    assert isinstance(error, GoneError)
    assert str(error) == f"{url}: gone for good (410)"


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "120"},
        {"Retry-After": "Mon, 02 Nov 2026 10:02:00 GMT", "Date": "Mon, 02 Nov 2026 10:00:00 GMT"},
    ],
)
async def test_a_host_that_wants_silence_gets_it(
    hostile_server: HostileServer, make_fetcher: MakeFetcher, status: int, headers: dict[str, str]
):
    """Both forms of Retry-After are read to the second, and no other feed of the host is asked meanwhile."""
    url = hostile_server.on("/feed", answer(status, headers))
    other = hostile_server.on("/other", answer(200, None, FEED))
    fetcher = await make_fetcher(hostile_server.authority)
    error = await failure(fetcher, url)
    assert (error.retry_after, error.weight) == (120.0, FailureWeight.TEMPORARY)
    assert str(error).endswith("it wants to be left alone for 120 s")
    blocked = await failure(fetcher, other)
    assert isinstance(blocked, HostBlockedError)
    assert re.fullmatch(rf"{other}: not asked: the host wants no request for another 1[12]\d s", str(blocked))
    assert blocked.retry_after is not None
    assert 110 < blocked.retry_after <= 120
    assert hostile_server.asked() == ["/feed"]


async def test_silence_ends_to_the_second(hostile_server: HostileServer, make_fetcher: MakeFetcher):
    """After the time that Retry-After named the host is asked again."""
    url = hostile_server.on("/feed", answer(429, {"Retry-After": "1"}))
    fetcher = await make_fetcher(hostile_server.authority)
    error = await failure(fetcher, url)
    hostile_server.on("/feed", answer(200, None, FEED))
    await asyncio.sleep(error.retry_after)
    assert (await fetcher.get(url)).body == FEED


async def test_429_without_a_time_silences_the_host_for_a_while(
    hostile_server: HostileServer, make_fetcher: MakeFetcher
):
    """A host that is asked too often is left alone even if it names no time."""
    url = hostile_server.on("/feed", answer(429))
    error = await failure(await make_fetcher(hostile_server.authority), url)
    assert error.retry_after == 30.0


async def test_leading_permanent_redirects_move_the_address(hostile_server: HostileServer, make_fetcher: MakeFetcher):
    """The address to remember is the last one that only permanent redirects led to."""
    url = hostile_server.on("/old", redirect("/newer", 301))
    hostile_server.on("/newer", redirect("/newest", 308))
    hostile_server.on("/newest", redirect("/today", 302))
    hostile_server.on("/today", redirect("/here", 301))
    hostile_server.on("/here", answer(200, None, FEED))
    response = await (await make_fetcher(hostile_server.authority)).get(url)
    assert response.permanent_url == hostile_server.url("/newest")
    assert response.url == hostile_server.url("/here")


@pytest.mark.parametrize("status", [302, 303, 307])
async def test_a_temporary_redirect_moves_nothing(
    hostile_server: HostileServer, make_fetcher: MakeFetcher, status: int
):
    """A redirect for now is followed and forgotten, whatever follows it."""
    url = hostile_server.on("/old", redirect("/new", status))
    hostile_server.on("/new", redirect("/newest", 301))
    hostile_server.on("/newest", answer(200, None, FEED))
    response = await (await make_fetcher(hostile_server.authority)).get(url)
    assert (response.permanent_url, response.body) == (None, FEED)


@pytest.mark.parametrize("location", ["/خبر", "/новости", "/a b", "/caf\udce9"])
async def test_locations_that_are_not_escaped_are_followed(
    hostile_server: HostileServer, make_fetcher: MakeFetcher, location: str
):
    """Arabic, Cyrillic, spaces and bytes of an old charset in a Location lead where they should."""
    url = hostile_server.on("/old", redirect(location))
    fetcher = await make_fetcher(hostile_server.authority)
    await failure(fetcher, url)
    escaped = hostile_server.asked()[1]
    assert escaped.isascii()
    hostile_server.on(escaped, answer(200, None, FEED))
    assert (await fetcher.get(url)).body == FEED


async def test_credentials_stay_with_their_host(hostile_server: HostileServer, make_fetcher: MakeFetcher):
    """User and password go to the host they were given for and along its own redirects, never to another one."""
    async with type(hostile_server)() as other:
        url = hostile_server.on("/old", redirect("/new", 301)).replace("//", "//desk:s3cret@")
        hostile_server.on("/new", redirect(other.on("/feed", answer(200, None, FEED)), 301))
        response = await (await make_fetcher(hostile_server.authority, other.authority)).get(url)
        assert [r.headers.get("authorization") for r in hostile_server.requests] == ["Basic ZGVzazpzM2NyZXQ="] * 2
        assert other.requests[0].headers.get("authorization") is None
        assert response.permanent_url == other.url("/feed")


async def test_credentials_in_a_location_are_not_used(hostile_server: HostileServer, make_fetcher: MakeFetcher):
    """A server cannot make us log in somewhere else."""
    async with type(hostile_server)() as other:
        target = other.on("/feed", answer(200, None, FEED)).replace("//", "//root:toor@")
        url = hostile_server.on("/old", redirect(target, 301))
        response = await (await make_fetcher(hostile_server.authority, other.authority)).get(url)
        assert "authorization" not in other.requests[0].headers
        assert response.url == other.url("/feed")


async def test_passwords_are_in_no_error(hostile_server: HostileServer, make_fetcher: MakeFetcher):
    """What a person or a log reads of an address never has its password."""
    fetcher = await make_fetcher(hostile_server.authority)
    for path in ("/missing", "/busy", "/garbage", "/loop"):
        hostile_server.on("/busy", answer(503, {"Retry-After": "0"}))
        hostile_server.on("/garbage", raw(b"what?\r\n\r\n"))
        hostile_server.on("/loop", redirect("/loop"))
        error = await failure(fetcher, hostile_server.url(path).replace("//", "//desk:s3cret@"))
        assert "s3cret" not in str(error)
        assert "s3cret" not in error.url
        assert error.url == hostile_server.url(path)


async def test_one_request_at_a_time_per_host(hostile_server: HostileServer, make_fetcher: MakeFetcher):
    """However many feeds of a host are due, the host sees one request at a time."""
    urls = [hostile_server.on(f"/{number}", slow(0.01, FEED)) for number in range(10)]
    fetcher = await make_fetcher(hostile_server.authority)
    await asyncio.gather(*(fetcher.get(url) for url in urls))
    assert hostile_server.most_at_once == 1
    assert len(hostile_server.requests) == 10


async def test_two_hosts_are_asked_side_by_side(hostile_server: HostileServer, make_fetcher: MakeFetcher):
    """A host that takes its time holds up its own feeds only."""
    async with type(hostile_server)() as other:
        slow_url = hostile_server.on("/slow", slow(60))
        quick_url = other.on("/quick", answer(200, None, FEED))
        fetcher = await make_fetcher(hostile_server.authority, other.authority)
        waiting = asyncio.create_task(fetcher.get(slow_url))
        assert (await fetcher.get(quick_url)).body == FEED
        assert not waiting.done()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_the_wait_for_a_turn_is_not_the_feeds_fault(hostile_server: HostileServer, make_fetcher: MakeFetcher):
    """A feed that waits long for its host's turn still has all its own seconds."""
    urls = [hostile_server.on(f"/{number}", slow(0.2, FEED)) for number in range(6)]
    fetcher = await make_fetcher(hostile_server.authority, total_seconds=1)
    responses = await asyncio.gather(*(fetcher.get(url) for url in urls))
    assert all(response.seconds < 1 for response in responses)


async def test_proxies_of_the_environment_are_ignored(
    hostile_server: HostileServer, make_fetcher: MakeFetcher, monkeypatch: pytest.MonkeyPatch
):
    """A proxy would connect where our check cannot see."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    url = hostile_server.on("/feed", answer(200, None, FEED))
    assert (await (await make_fetcher(hostile_server.authority)).get(url)).body == FEED


async def test_a_host_name_is_resolved_by_the_system(hostile_server: HostileServer, make_fetcher: MakeFetcher):
    """A listed name goes the whole way: the system's own lookup, its addresses, a connection."""
    hostile_server.on("/feed", answer(200, None, FEED))
    fetcher = await make_fetcher(f"localhost:{hostile_server.port}")
    assert (await fetcher.get(f"http://localhost:{hostile_server.port}/feed")).body == FEED


async def test_a_kept_connection_that_the_server_closed_is_opened_anew(
    hostile_server: HostileServer, make_fetcher: MakeFetcher
):
    """A connection that was kept from the last poll and is dead by now costs the feed nothing."""
    closing = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nabc", then_close=True)
    url = hostile_server.on("/feed", closing)
    fetcher = await make_fetcher(hostile_server.authority)
    for _ in range(3):
        assert (await fetcher.get(url)).body == b"abc"


async def test_a_fetcher_that_is_not_open_says_so(hostile_server: HostileServer):
    """Forgetting the context manager is a mistake of the program, told as one."""
    settings = FetchSettings(user_agent="x", allowed_hosts=frozenset({hostile_server.authority}))
    with pytest.raises(RuntimeError, match="async with Fetcher"):
        await Fetcher(settings).get(hostile_server.url("/"))


async def test_a_slip_in_the_allowed_hosts_is_told_at_once():
    """A wrong entry is named when the fetcher is made, not when it is needed."""
    with pytest.raises(InputError, match=r"'10\.1\.2\.3/8' is not a network"):
        Fetcher(FetchSettings(user_agent="x", allowed_hosts=frozenset({"10.1.2.3/8"})))
