"""Runs the page inside the service's event loop."""

from __future__ import annotations

import asyncio
import socket

import structlog
import uvicorn

from rasid.app.web.application import create_app
from rasid.app.web.context import WebContext
from rasid.app.web.security import check_binding
from rasid.domain.errors import StoreError

log = structlog.get_logger("rasid.web")


async def serve(context: WebContext) -> None:
    """Serve the page until the service stops. Raises InputError for an unsafe address, StoreError for one in use."""
    settings = context.settings
    check_binding(settings)
    listening = _bind(settings.web_host.strip("[]"), settings.web_port)
    config = uvicorn.Config(
        create_app(context),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    # Not serve(): it would take over the service's signals.
    task = asyncio.create_task(server._serve([listening]))  # noqa: SLF001 - see above
    log.info("listening", url=f"http://{settings.web_host}:{listening.getsockname()[1]}")
    stopping = asyncio.create_task(context.stop.wait())
    await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stopping.cancel()
    await task


def _bind(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise StoreError(f"{host}:{port} cannot be used: {error.strerror}; choose another with --port") from error
