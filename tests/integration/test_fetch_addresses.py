from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Any

import pytest
from hostile_server import HostileServer, MakeFetcher, answer, redirect

from ingest.fetch import Fetcher
from ingest.guarded_connector import system_lookup
from rasid.domain.errors import FailureWeight, FetchError


async def failure(fetcher: Fetcher, url: str):
    with pytest.raises(FetchError) as caught:
        await fetcher.get(url)
    return caught.value


def lookup_of(*answers: Any):
    """Resolve to these addresses, one answer a question, the last one for good."""
    left = list(answers)

    async def lookup(host: str, port: int):
        found = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(found, Exception):
            raise found
        return found

    return lookup


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://127.0.0.1.:80/", "http://[::1]/", "http://0/", "http://0.0.0.0/", "http://127.1/",
        "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://0177.0.0.1/", "http://017700000001/",
        "http://127.0.0.1%2f@10.0.0.1/", "http://localhost/", "http://LOCALHOST./", "http://a.localhost/",
        "http://127。0。0。1/", "http://①②⑦.⓪.⓪.①/", "http://%31%32%37.0.0.1/", "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://[fe80::1%25lo]/", "http://[::]/",
    ],
)  # fmt: skip
async def test_no_spelling_of_an_inner_address_is_connected_to(
    make_fetcher: MakeFetcher, monkeypatch: pytest.MonkeyPatch, url: str
):
    """However an inner address is written, no socket is opened for it."""
    opened = []
    real = socket.socket.connect
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: opened.append(address) or real(self, address))
    error = await failure(await make_fetcher(), url)
    assert error.weight is FailureWeight.HARD
    assert opened == []


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["::1"],
        ["::ffff:10.0.0.1"],
        ["64:ff9b::a00:1"],
        ["93.184.216.34", "192.168.0.1"],
        ["fe80::1%lo"],
    ],
)
async def test_a_name_that_leads_inside_is_refused(make_fetcher: MakeFetcher, addresses: list[str]):
    """What a name resolves to decides, and one inner address among public ones refuses the name."""
    fetcher = await make_fetcher(options={"lookup": lookup_of(addresses)})
    error = await failure(fetcher, "http://news.example/feed")
    inner = ip_address(addresses[-1].partition("%")[0])
    assert str(error).startswith(f"http://news.example/feed: news.example resolves to {inner} is not")
    assert error.weight is FailureWeight.HARD


async def test_a_name_that_is_rebound_is_refused(hostile_server: HostileServer, make_fetcher: MakeFetcher):
    """A name that is allowed once and leads elsewhere at the next lookup is judged by each answer anew."""
    fetcher = await make_fetcher(hostile_server.authority, options={"lookup": lookup_of(["127.0.0.1"])})
    hostile_server.on("/feed", redirect(f"http://rebound.example:{hostile_server.port}/inside"))
    error = await failure(fetcher, hostile_server.url("/feed"))
    assert "rebound.example resolves to 127.0.0.1" in str(error)
    assert hostile_server.asked() == ["/feed"]


async def test_the_socket_is_checked_after_the_name(
    hostile_server: HostileServer, make_fetcher: MakeFetcher, monkeypatch: pytest.MonkeyPatch
):
    """Even if the check of names were passed by, the last gate looks at the address of the socket itself."""
    monkeypatch.setattr("ingest.guarded_connector.check_resolved", lambda *_: None)
    monkeypatch.setattr("ingest.fetch.check_host", lambda *_: None)
    hostile_server.on("/feed", answer(200, None, b"inside"))
    fetcher = await make_fetcher(options={"lookup": lookup_of(["127.0.0.1"])})
    for host in ("news.example", "127.0.0.1"):
        error = await failure(fetcher, f"http://{host}:{hostile_server.port}/feed")
        assert "127.0.0.1 is not a public address (this machine)" in str(error)
    assert hostile_server.requests == []


@pytest.mark.parametrize("entry", ["127.0.0.0/8", "127.0.0.1", "intranet.example", "Intranet.Example.:{port}"])
async def test_a_listed_host_is_reached(hostile_server: HostileServer, make_fetcher: MakeFetcher, entry: str):
    """Name, name with port, address and block all allow what they name."""
    lookup = lookup_of(["127.0.0.1"])
    fetcher = await make_fetcher(entry.format(port=hostile_server.port), options={"lookup": lookup})
    hostile_server.on("/feed", answer(200, None, b"inside"))
    response = await fetcher.get(f"http://intranet.example:{hostile_server.port}/feed")
    assert response.body == b"inside"


async def test_a_listed_service_opens_no_other_port(hostile_server: HostileServer, make_fetcher: MakeFetcher):
    """host:port allows that port alone."""
    fetcher = await make_fetcher("intranet.example:1", options={"lookup": lookup_of(["127.0.0.1"])})
    error = await failure(fetcher, f"http://intranet.example:{hostile_server.port}/feed")
    assert "resolves to 127.0.0.1" in str(error)


@pytest.mark.parametrize(
    ("error", "text", "weight"),
    [
        (socket.gaierror(socket.EAI_NONAME, "unknown"), "the host name is unknown", FailureWeight.HARD),
        (
            socket.gaierror(socket.EAI_AGAIN, "later"),
            "the host name could not be looked up just now",
            FailureWeight.TEMPORARY,
        ),
        ([], "the host name is unknown", FailureWeight.HARD),
    ],
)
async def test_a_name_that_leads_nowhere_is_told(
    make_fetcher: MakeFetcher, error: Any, text: str, weight: FailureWeight
):
    """A name that does not exist counts hard, a name server that is down does not."""
    fetcher = await make_fetcher(options={"lookup": lookup_of(error)})
    caught = await failure(fetcher, "http://news.example/feed")
    assert (caught.reason, caught.weight) == (text, weight)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/",
        "javascript:alert(1)",
        "feed",
        "",
        "http://",
        "http:///x",
        "http://[::1",
        "http://" + "a" * 9000,
    ],
)
async def test_only_web_addresses_are_asked_for(make_fetcher: MakeFetcher, url: str):
    """Anything but http and https is refused before anything happens, in words and at a readable length."""
    error = await failure(await make_fetcher(), url)
    assert error.weight is FailureWeight.HARD
    assert len(str(error)) < 400


async def test_the_systems_own_lookup_finds_loopback():
    """The lookup that is used in earnest gives addresses as text, and its failures as the system's error."""
    assert await system_lookup("127.0.0.1", 80) == ["127.0.0.1"]
    with pytest.raises(socket.gaierror):
        await system_lookup("a" * 80 + ".example", 80)
