"""One request at a time per host, a pause after each, and silence for as long as a host asks for it.

A host is a name at the scheme's own port; a service on another port is a host of its own. Used from one event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType

from yarl import URL

from ingest.web_urls import without_credentials
from rasid.domain.errors import FailureWeight, FetchError

_KEEP = 4096  # hosts remembered before those that owe nothing are forgotten
TOO_MANY_REQUESTS_PAUSE = 30.0  # seconds of silence after a 429 that names none (as Media Cloud's fetcher has it)


class HostBlockedError(FetchError):
    """The host asked to be left alone and the time is not over: nothing was sent, and the feed did no wrong."""


@dataclass(slots=True)
class _Host:
    """What is kept of one host; `users` have its turn or wait for it, the times are the clock's."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0
    free_at: float = 0.0
    blocked_until: float = 0.0


class Turn:
    """One stay at a host: `async with` waits until the host is free, holds it, and lets it rest afterwards.

    Entering raises HostBlockedError with the seconds left, before waiting and after.
    """

    __slots__ = ("_clock", "_host", "_pause", "_url")

    def __init__(self, host: _Host, url: URL, pause: float, clock: Callable[[], float]) -> None:
        self._host = host
        self._url = url
        self._pause = pause
        self._clock = clock

    async def __aenter__(self) -> None:
        """Wait for the turn."""
        host = self._host
        self._check_block()
        host.users += 1
        try:
            await host.lock.acquire()
        except BaseException:
            host.users -= 1
            raise
        try:
            rest = host.free_at - self._clock()
            if rest > 0:
                await asyncio.sleep(rest)
            self._check_block()
        except BaseException:
            self._leave()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the host rest, then let the next one in."""
        self._host.free_at = self._clock() + self._pause
        self._leave()

    def _leave(self) -> None:
        self._host.lock.release()
        self._host.users -= 1

    def _check_block(self) -> None:
        if not self._host.blocked_until:
            return
        left = self._host.blocked_until - self._clock()
        if left <= 0:
            self._host.blocked_until = 0.0
            return
        raise HostBlockedError(
            f"not asked: the host wants no request for another {left:.0f} s",
            url=without_credentials(self._url),
            weight=FailureWeight.TEMPORARY,
            retry_after=left,
        )


class Courtesy:
    """Hands out turns; `clock` counts seconds like time.monotonic, `pause` is in seconds."""

    def __init__(self, pause: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._pause = pause
        self._clock = clock
        self._hosts: dict[str, _Host] = {}

    def turn(self, url: URL) -> Turn:
        """Give the turn to wait for at the host of `url`."""
        return Turn(self._host(host_key(url)), url, self._pause, self._clock)

    def block(self, url: URL, seconds: float) -> None:
        """Leave the host of `url` alone for `seconds` from now; a longer block already there stays."""
        host = self._host(host_key(url))
        host.blocked_until = max(host.blocked_until, self._clock() + seconds)

    def blocked_for(self, url: URL) -> float:
        """Give the seconds that the host of `url` is still to be left alone, 0 if none."""
        host = self._hosts.get(host_key(url))
        return 0.0 if host is None else max(host.blocked_until - self._clock(), 0.0)

    def _host(self, key: str) -> _Host:
        host = self._hosts.get(key)
        if host is None:
            if len(self._hosts) >= _KEEP:
                self._forget()
            host = self._hosts[key] = _Host()
        return host

    def _forget(self) -> None:
        now = self._clock()
        for key, host in list(self._hosts.items()):
            if not host.users and host.free_at <= now and host.blocked_until <= now:
                del self._hosts[key]


def host_key(url: URL) -> str:
    """Name the host that must not be asked twice at a time."""
    name = (url.raw_host or "").rstrip(".")
    return name if url.explicit_port is None or url.is_default_port() else f"{name}:{url.explicit_port}"
