"""Real receivers on this machine: an SMTP server, and a web server that takes webhooks; both note all that comes."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from e2e.service import free_port

SECRET = "whsec_" + "c3lyaWEtcnVzc2lhLXJhc2lkLXRlc3Qtc2VjcmV0LTAx"


@dataclass(slots=True)
class Hook:
    """One request that came to the webhook."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """Give its webhook-id."""
        return self.headers["webhook-id"]


class MailServer:
    """An SMTP server. `answer` gives what a mail is answered with, "" for yes."""

    def __init__(self, **given: Any) -> None:
        self.mails: list[EmailMessage] = []
        self.answer: Callable[[EmailMessage], str] = lambda _: ""
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=20, **given)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take one mail."""
        assert isinstance(envelope.content, bytes)
        mail = BytesParser(policy=default).parsebytes(envelope.content)
        assert isinstance(mail, EmailMessage)
        said = self.answer(mail)
        if not said:
            self.mails.append(mail)
        return said or "250 OK"

    def ids(self) -> Counter[str]:
        """Count the Message-IDs."""
        return Counter(str(mail["Message-ID"]) for mail in self.mails)

    def __enter__(self) -> Self:
        """Start."""
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._controller.stop()


@dataclass(slots=True)
class HookServer:
    """A web server. `answer` gives the response to each request; it may take its time."""

    hooks: list[Hook] = field(default_factory=list)
    answer: Callable[[web.Request, Hook], Any] | None = None
    port: int = field(default_factory=free_port)
    _thread: threading.Thread | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _stop: asyncio.Event | None = None
    _ready: threading.Event = field(default_factory=threading.Event)

    @property
    def host(self) -> str:
        """Give host:port."""
        return f"127.0.0.1:{self.port}"

    def ids(self) -> Counter[str]:
        """Count the webhook-ids."""
        return Counter(hook.id for hook in self.hooks)

    def __enter__(self) -> Self:
        """Start, and wait until it listens."""
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        assert self._loop is not None
        assert self._stop is not None
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._take)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        hook = Hook({name.lower(): value for name, value in request.headers.items()}, await request.read())
        if self.answer is not None:
            answer = self.answer(request, hook)
            found = await answer if asyncio.iscoroutine(answer) else answer
            if found is not None:
                assert isinstance(found, web.StreamResponse)
                return found
        self.hooks.append(hook)
        return web.Response(text="ok")
