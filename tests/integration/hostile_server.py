"""A real HTTP server on loopback that answers as it is told, byte for byte: also in ways no library would."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from ingest.fetch import Fetcher
from rasid.domain.errors import FetchError


@dataclass(frozen=True)
class Request:
    """One request as it arrived; header names in lower case."""

    target: str
    headers: Mapping[str, str]


Handler = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]
MakeFetcher = Callable[..., Awaitable[Fetcher]]  # (*allowed hosts, options, **limits); the fixture make_fetcher
Fails = Callable[..., Awaitable[FetchError]]  # (url, *allowed hosts, **limits); the fixture fails


@dataclass
class HostileServer:
    """Routes by path; remembers what was asked, and how many requests were in its hands at a time."""

    routes: dict[str, Handler] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    most_at_once: int = 0
    sent: int = 0
    host: str = "127.0.0.1"
    port: int = 0

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        self._at_once = 0
        self._handlers: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._serve, self.host, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop, whatever is still under way."""
        self._server.close()
        for task in self._handlers:
            task.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)

    @property
    def authority(self) -> str:
        """Give host:port, as an allow-list takes it."""
        return f"{self.host}:{self.port}"

    def url(self, path: str) -> str:
        """Give the address of a path."""
        return f"http://{self.authority}{path}"

    def asked(self) -> list[str]:
        """Give the targets asked for, in order."""
        return [request.target for request in self.requests]

    def on(self, path: str, handler: Handler) -> str:
        """Answer `path` with `handler`; give its address."""
        self.routes[path] = handler
        return self.url(path)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        task.add_done_callback(self._handlers.discard)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                await self._one(reader, writer)
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = (line.partition(":") for line in head[1:] if line)
        request = Request(head[0].split()[1], {name.lower(): value.strip() for name, _, value in fields})
        self.requests.append(request)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            handler = self.routes.get(request.target.partition("?")[0], answer(404))
            await handler(request, writer)
            await writer.drain()
        finally:
            self._at_once -= 1
        if writer.is_closing():
            raise ConnectionError


def answer(status: int = 200, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Handler:
    """Answer properly, with a Content-Length."""

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(_head(status, {"Content-Length": str(len(body)), **(headers or {})}) + body)

    return handle


def redirect(location: str, status: int = 302) -> Handler:
    """Point elsewhere."""
    return answer(status, {"Location": location})


def conditional(etag: str, body: bytes, headers: Mapping[str, str] | None = None) -> Handler:
    """Answer 304 to the right ETag."""

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        known = request.headers.get("if-none-match") == etag
        handler = answer(304 if known else 200, {"ETag": etag, **(headers or {})}, b"" if known else body)
        await handler(request, writer)

    return handle


def endless(piece: bytes, headers: Mapping[str, str] | None = None, *, pause: float = 0.0) -> Handler:
    """Send a body without length that never ends."""

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(_head(200, {"Connection": "close", **(headers or {})}))
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return handle


def endless_headers() -> Handler:
    """Send headers and never a body."""

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        number = 0
        while True:
            number += 1
            writer.write(f"X-Flood-{number}: {'a' * 1000}\r\n".encode())
            await writer.drain()

    return handle


def raw(data: bytes, *, then_reset: bool = False, then_close: bool = True) -> Handler:
    """Send these bytes, whatever they are, then end the connection."""

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        if then_reset:
            writer.transport.abort()
        elif then_close:
            writer.close()

    return handle


def silent(seconds: float = 3600.0) -> Handler:
    """Take the request and say nothing."""

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)

    return handle


def slow(seconds: float, body: bytes = b"") -> Handler:
    """Answer properly after a while."""

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        await answer(200, None, body)(request, writer)

    return handle


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Because\r\n{lines}\r\n".encode("utf-8", "surrogateescape")
