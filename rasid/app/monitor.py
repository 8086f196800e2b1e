"""A daemon's own small server: /metrics for Prometheus, /healthz and /readyz for its supervisor and for people."""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog
from aiohttp import web

from rasid.app import metrics
from rasid.domain.errors import StoreError
from rasid.settings import Settings

log = structlog.get_logger("rasid.monitor")
Answer = Callable[[web.Request], Awaitable[web.Response]]
PORTS = {"poll": 9350, "admit": 9351, "enrich": 9352, "group": 9353, "index": 9354, "match": 9355, "decide": 9356}
PORTS |= {"deliver": 9357, "web": 9358}
# The daemon's main loop says that it lives several times a second; one silent for this long hangs.
_SILENT_SECONDS = 60.0


@dataclass(slots=True)
class Health:
    """What a daemon says of itself. `trouble` says why it is not ready, None when it is."""

    trouble: Callable[[], str | None] = lambda: "starting"
    lags: metrics.Lags | None = None
    _alive: float = field(default_factory=time.monotonic)

    def alive(self) -> None:
        """Say that the main loop goes round."""
        self._alive = time.monotonic()

    def hangs(self) -> str | None:
        """Say for how long the main loop has not gone round, if too long."""
        silent = time.monotonic() - self._alive
        return f"nothing moved for {silent:.0f} s" if silent > _SILENT_SECONDS else None


@asynccontextmanager
async def monitored(name: str, settings: Settings, health: Health) -> AsyncIterator[int]:
    """Answer while the daemon runs; gives the port. Raises StoreError for an address that cannot be used."""
    application = web.Application()
    application.router.add_get("/metrics", _metrics(health))
    application.router.add_get("/healthz", _answer(health.hangs))
    application.router.add_get("/readyz", _answer(lambda: health.hangs() or health.trouble()))
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        yield await _listen(runner, name, settings)
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, name: str, settings: Settings) -> int:
    """Listen where the settings say; where they say nothing, a second daemon of a stage takes any free port."""
    given = settings.metrics_port
    for port in (given,) if given is not None else (PORTS.get(name, 0), 0):
        site = web.TCPSite(runner, settings.metrics_host, port)
        try:
            await site.start()
        except OSError as error:
            if error.errno == errno.EADDRINUSE and given is None and port:
                continue
            raise StoreError(
                f"{settings.metrics_host}:{port} cannot be used for /metrics: {error.strerror};"
                " choose others with metrics_host and metrics_port"
            ) from error
        found = int(runner.addresses[0][1])
        log.info("metrics", url=f"http://{settings.metrics_host}:{found}/metrics", daemon=name)
        return found
    raise StoreError(f"{settings.metrics_host}: no port is free for /metrics")


def _metrics(health: Health) -> Answer:
    async def answer(_: web.Request) -> web.Response:
        try:
            body = await metrics.text(health.lags)
        except StoreError as error:  # the counts are here; only the lag is not known
            log.warning("the lag is not known", cause=str(error))
            body = await metrics.text()
        return web.Response(body=body, headers={"Content-Type": metrics.CONTENT_TYPE})

    return answer


def _answer(wrong: Callable[[], str | None]) -> Answer:
    async def answer(_: web.Request) -> web.Response:
        await asyncio.sleep(0)
        found = wrong()
        return web.Response(text=f"{found or 'ok'}\n", status=503 if found else 200)

    return answer
