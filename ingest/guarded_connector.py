"""Connections to allowed addresses only: names are judged by what they resolve to, sockets by where they go."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult

from ingest.addresses import AllowedHosts, check_address, check_resolved, normal_host, parse_address

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
AddressInfo = tuple[Any, Any, Any, Any, tuple[Any, ...]]

_LOOKUPS = 16  # name lookups at a time; a dead name server must not hold everyone else's threads
_CONNECTIONS = 256
_DNS_SECONDS = 60
_REMEMBERED = 10_000


async def system_lookup(host: str, port: int) -> Sequence[str]:
    """Resolve a name as the system does, in a thread that never holds up the end of the program.

    Raises socket.gaierror. A pool's threads are joined at exit, and a lookup may take longer than we want to wait then.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Sequence[str]] = loop.create_future()

    def settle(addresses: Sequence[str], error: OSError | None) -> None:
        if not answer.done():
            answer.set_result(addresses) if error is None else answer.set_exception(error)

    def look_up() -> None:
        found: list[str] = []
        failure: OSError | None = None
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
            found = list(dict.fromkeys(str(info[4][0]) for info in infos))
        except OSError as error:
            failure = error
        except UnicodeError:
            failure = socket.gaierror(socket.EAI_NONAME, "no valid host name")
        try:
            loop.call_soon_threadsafe(settle, found, failure)
        except RuntimeError:  # the loop is closed: nobody waits any more
            return

    threading.Thread(target=look_up, name=f"lookup-{host[:40]}", daemon=True).start()
    return await answer


class GuardedResolver(AbstractResolver):
    """Resolves names and refuses those that lead to an address that may not be fetched."""

    def __init__(self, allowed: AllowedHosts, lookup: Lookup) -> None:
        self._allowed = allowed
        self._lookup = lookup
        self._slots = asyncio.Semaphore(_LOOKUPS)
        self._listed: dict[tuple[str, int], None] = {}

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 -- aiohttp's interface; we take both families
    ) -> list[ResolveResult]:
        """Give the addresses of `host`; raises RefusedAddressError, or OSError if there are none."""
        async with self._slots:
            addresses = await self._lookup(host, port)
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "the name has no address")
        check_resolved(host, port, addresses, self._allowed)
        if self._allowed.name(normal_host(host), port):
            self._remember(addresses, port)
        return [_result(host, address, port) for address in addresses]

    def open_socket(self, info: AddressInfo) -> socket.socket:
        """Make the socket for one connection; raises RefusedAddressError for an address nobody may be sent to.

        The last gate: whatever led here, this is the address that is connected to.
        """
        family, kind, protocol, _, target = info
        if (target[0], target[1]) not in self._listed and not self._service(target):
            address = parse_address(target[0])
            assert address is not None  # noqa: S101 -- a socket address is numeric by then
            check_address(address, self._allowed)
        return socket.socket(family, kind, protocol)

    async def close(self) -> None:
        """Forget what was resolved."""
        self._listed.clear()

    def _service(self, target: tuple[Any, ...]) -> bool:
        return self._allowed.name(target[0], target[1])

    def _remember(self, addresses: Sequence[str], port: int) -> None:
        if len(self._listed) >= _REMEMBERED:
            self._listed.clear()
        self._listed.update(dict.fromkeys((address, port) for address in addresses))


def guarded_connector(allowed: AllowedHosts, lookup: Lookup = system_lookup) -> TCPConnector:
    """Make a connector that reaches public and allowed addresses only, with TLS certificates verified."""
    resolver = GuardedResolver(allowed, lookup)
    return TCPConnector(
        resolver=resolver,
        socket_factory=resolver.open_socket,
        ttl_dns_cache=_DNS_SECONDS,
        limit=_CONNECTIONS,
        family=socket.AF_UNSPEC,
    )


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)
