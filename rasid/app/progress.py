"""The progress display of a service that runs in a terminal."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.table import Table

from rasid.app.stages import READS

if TYPE_CHECKING:
    from rasid.app.embedded import Service

_EVERY_SECONDS = 1.0


async def show_progress(service: Service) -> None:
    """Show what each stage has done and has before it, until the service stops."""
    with Live(console=Console(stderr=True), transient=True, auto_refresh=False) as live:
        while not service.stop.is_set():
            live.update(await asyncio.to_thread(table, service), refresh=True)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(service.stop.wait(), _EVERY_SECONDS)


def table(service: Service) -> Table:
    """Draw the state of the service."""
    settings, bus = service.settings, service.stores.bus
    feeds = service.feeds() if service.feeds else ()
    shown = Table(
        title=f"Rasid on http://{settings.web_host}:{settings.web_port}",
        caption=f"{len(feeds)} feeds, {service.polls} polls, {service.failed_polls} failed"
        f" · {service.stores.index.count()} articles · Ctrl-C ends",
    )
    for column in ("stage", "done", "waiting", "dead letters", "trouble"):
        shown.add_column(column)
    for name, reads in READS.items():
        waiting = sum(bus.lag(name, topic) for topic in reads)
        progress = service.progress
        shown.add_row(
            name, str(progress.done[name]), str(waiting), str(progress.dead[name]), progress.trouble.get(name, "")
        )
    return shown
