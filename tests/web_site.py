"""Runs the real web page over a real index on a free port, in a thread, and asks it things with exact headers."""

from __future__ import annotations

import asyncio
import http.client
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import msgspec
from e2e.service import free_port

from rasid.adapters.sqlite_alerts import SqliteAlerts
from rasid.adapters.sqlite_bus import SqliteBus
from rasid.adapters.sqlite_feedstore import SqliteFeedStore
from rasid.adapters.sqlite_index import SqliteIndex
from rasid.app.analysis import Analysis
from rasid.app.inbox import Inbox
from rasid.app.rules import RuleSource
from rasid.app.rules_desk import RuleDesk
from rasid.app.web.context import WebContext
from rasid.app.web.server import serve
from rasid.domain.article import GroupedArticle
from rasid.domain.feed import Feed
from rasid.settings import Settings

ANALYSIS = Analysis()


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer: its status, its headers by lower-case name, its text."""

    status: int
    headers: dict[str, str]
    text: str

    def json(self) -> Any:
        """Read the text as JSON."""
        return msgspec.json.decode(self.text)


class Site:
    """A running page; `index` and `feed_store` are the ones it reads."""

    def __init__(self, directory: Path, *, feeds: Sequence[Feed] = (), **settings: Any) -> None:
        self.port = free_port()
        self.settings = Settings(data_dir=directory, web_port=self.port, **settings)
        self.index = SqliteIndex(directory / "index.db", ANALYSIS)
        self.feed_store = SqliteFeedStore(directory / "feeds.db")
        self.bus = SqliteBus(directory / "log.db")
        self.alerts = SqliteAlerts(directory / "alerts.db")
        self.inbox = Inbox(self.alerts, self.bus, version=self.alerts.version)
        rules = directory / "rules"
        self.rules = RuleDesk(RuleSource(rules, ANALYSIS), rules, self.bus, self.index, self.alerts, ANALYSIS)
        self.feeds = list(feeds)
        self.feeds_error: str | None = None
        self.written = 0
        self.host = f"127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        context = WebContext(
            settings=self.settings,
            index=self.index,
            feed_store=self.feed_store,
            analyzer=ANALYSIS,
            feeds=lambda: self.feeds,
            feeds_error=lambda: self.feeds_error,
            changed=lambda: self.written,
            rules=self.rules,
            stop=self._stop,
            inbox=self.inbox,
        )
        await serve(context)

    def stop(self) -> None:
        """Stop it, and wait for its end."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        assert not self._thread.is_alive()

    def run_here(self) -> None:
        """Run in this thread until it ends: for a start that must fail."""
        asyncio.run(self._serve())

    def write(self, *documents: GroupedArticle) -> None:
        """Index documents, as the index stage does."""
        self.index.write(documents)
        self.written += 1

    def ask(
        self,
        path: str = "/",
        method: str = "GET",
        *,
        headers: Mapping[str, str] | None = None,
        host: str | None = "",
        form: Mapping[str, str] | None = None,
    ) -> Answered:
        """Send one request with just these headers; `host` None leaves the Host header out, "" is the right one."""
        body = urlencode(form).encode() if form is not None else b""
        sent = {"content-type": "application/x-www-form-urlencoded"} if form is not None else {}
        sent |= {"content-length": str(len(body))} if body else {}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        if host is None:
            connection._http_vsn_str = "HTTP/1.0"  # type: ignore[attr-defined]  # HTTP/1.1 cannot go without
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in {"host": host or self.host, **sent, **(headers or {})}.items():
            if name != "host" or host is not None:
                connection.putheader(name, value.encode())
        connection.endheaders(body)
        with connection.getresponse() as answer:
            text = answer.read().decode()
            found = {name.lower(): value for name, value in answer.getheaders()}
        connection.close()
        return Answered(answer.status, found, text)

    def __enter__(self) -> Self:
        """Start, and wait until it answers."""
        self._thread.start()
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                self.ask("/healthz")
            except OSError:
                time.sleep(0.02)
            else:
                return self
        raise AssertionError("the page did not start")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and let go of the stores."""
        self.stop()
        self.index.close()
        self.feed_store.close()
        self.alerts.close()
        self.bus.close()
