from __future__ import annotations

import asyncio

import pytest
from yarl import URL

from ingest.courtesy import Courtesy, HostBlockedError, host_key

NEWS = URL("https://news.example/feed")


class Hand:
    """A clock that a test turns by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        """Give the time that was set."""
        return self.seconds


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://news.example/a", "https://NEWS.example.:443/b", True),
        ("http://news.example/", "http://www.news.example/", False),
        ("http://127.0.0.1:81/", "http://127.0.0.1:82/", False),
        ("http://news.example/", "https://news.example:8443/", False),
        ("http://новости.example/", "http://xn--b1amnebsh.example/", True),
        ("http://أخبار.example/", "http://xn--igbicxr.example/", True),
    ],
)
def test_a_host_is_a_name_at_its_usual_ports(one: str, other: str, *, same: bool):
    """Http and https of one name are one host; a service on a port of its own is another."""
    assert (host_key(URL(one)) == host_key(URL(other))) == same


async def test_turns_are_one_at_a_time_and_in_order():
    """Whoever asks first is served first, never two together."""
    courtesy = Courtesy(0)
    served, inside = [], 0

    async def ask(number: int):
        nonlocal inside
        async with courtesy.turn(NEWS):
            inside += 1
            assert inside == 1
            await asyncio.sleep(0)
            served.append(number)
            inside -= 1

    await asyncio.gather(*(ask(number) for number in range(20)))
    assert served == list(range(20))


async def test_a_host_rests_between_turns(monkeypatch: pytest.MonkeyPatch):
    """The pause counts from the end of the last turn, and other hosts do not wait for it."""
    clock, slept = Hand(), []

    async def sleep(seconds: float):
        slept.append(seconds)
        clock.seconds += seconds

    monkeypatch.setattr(asyncio, "sleep", sleep)
    courtesy = Courtesy(1.0, clock)
    async with courtesy.turn(NEWS):
        clock.seconds += 5
    clock.seconds += 0.25
    async with courtesy.turn(URL("https://other.example/")):
        pass
    async with courtesy.turn(NEWS):
        pass
    assert slept == [0.75]


async def test_a_failure_or_a_cancelled_turn_frees_the_host():
    """What goes wrong in a turn, or while waiting for one, holds nobody up."""
    courtesy = Courtesy(0)
    with pytest.raises(ValueError, match="broken"):
        async with courtesy.turn(NEWS):
            raise ValueError("broken")
    async with courtesy.turn(NEWS):
        waiting = asyncio.create_task(courtesy.turn(NEWS).__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    async with asyncio.timeout(1), courtesy.turn(NEWS):
        pass


async def test_a_block_is_kept_to_the_second():
    """One instant before its end the host is blocked, at its end it is not; the longer of two blocks holds."""
    clock = Hand()
    courtesy = Courtesy(0, clock)
    courtesy.block(NEWS, 120)
    courtesy.block(NEWS, 60)
    clock.seconds += 119.5
    with pytest.raises(HostBlockedError, match=r"https://news\.example/feed: not asked") as caught:
        async with courtesy.turn(NEWS):
            pass
    assert caught.value.retry_after == 0.5
    assert courtesy.blocked_for(NEWS) == 0.5
    clock.seconds += 0.5
    async with courtesy.turn(NEWS):
        pass
    assert courtesy.blocked_for(URL("https://unknown.example/")) == 0.0


async def test_those_who_wait_learn_of_a_block():
    """A host that asks for silence in one answer is not asked by those who were waiting in line."""
    courtesy = Courtesy(0)
    async with courtesy.turn(NEWS):
        waiting = asyncio.create_task(courtesy.turn(NEWS).__aenter__())
        await asyncio.sleep(0)
        courtesy.block(NEWS, 60)
    with pytest.raises(HostBlockedError):
        await waiting


async def test_a_block_names_no_password():
    """The error of a blocked host shows its address without credentials."""
    courtesy = Courtesy(0)
    url = NEWS.with_user("desk").with_password("s3cret")
    courtesy.block(url, 60)
    with pytest.raises(HostBlockedError) as caught:
        async with courtesy.turn(url):
            pass
    assert "s3cret" not in str(caught.value)


async def test_hosts_that_owe_nothing_are_forgotten():
    """A crawl over very many hosts keeps those that still rest or are blocked, and not the others."""
    clock = Hand()
    courtesy = Courtesy(0, clock)
    courtesy.block(NEWS, 60)
    for number in range(5000):
        async with courtesy.turn(URL(f"https://h{number}.example/")):
            pass
    assert len(courtesy._hosts) <= 4097
    assert courtesy.blocked_for(NEWS) == 60
