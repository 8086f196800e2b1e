"""What every daemon does about signals and logs."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable

import structlog

from rasid.app.supervisor import keep_telling


async def until_signalled(work: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run `work` with an event that SIGTERM and SIGINT set: it then finishes what it has in hand."""
    join_logs()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    telling = asyncio.create_task(keep_telling(stop))
    try:
        await work(stop)
    finally:
        stop.set()
        await telling


def join_logs() -> None:
    """Send what libraries log through the service's own log."""
    logging.getLogger().addHandler(_ToStructlog(logging.WARNING))
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # each try to connect is a line; our own errors say it once


class _ToStructlog(logging.Handler):
    """Sends what Faust and the clients log through the service's own log."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger(record.name).log(record.levelno, record.getMessage())
