"""`rasid run`: the embedded service."""

from __future__ import annotations

import asyncio
import signal
import sys
from functools import partial
from typing import Annotated

import typer

from rasid import settings as settings_module
from rasid.app.bootstrap import Stores, locked_stores
from rasid.app.cli.common import Config, DataDirectory
from rasid.app.embedded import Service, run_service
from rasid.app.inbox import Inbox
from rasid.app.logs import configure
from rasid.app.progress import show_progress
from rasid.app.rules_desk import RuleDesk
from rasid.app.rules_stores import rules_directory
from rasid.app.stages import lags
from rasid.app.supervisor import keep_telling
from rasid.app.web.context import WebContext
from rasid.app.web.server import serve
from rasid.settings import Settings


def run(
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    port: Annotated[int | None, typer.Option(help="The web page's port.")] = None,
    host: Annotated[str | None, typer.Option(help="The web page's address.")] = None,
    feeds: Annotated[str | None, typer.Option(help="all, sample or a feed list's path.")] = None,
) -> None:
    """Poll feeds, analyse and index what they bring, and serve the web page, all in this one process tree."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # until the service's own handlers are there
    settings = settings_module.load(config, data_dir=data_dir, web_port=port, web_host=host, feeds=feeds)
    configure(settings.log_format)
    with locked_stores(settings) as stores:
        asyncio.run(_run(settings, stores))


async def _run(settings: Settings, stores: Stores) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    async def beside(service: Service) -> None:
        shown = [show_progress(service)] if sys.stderr.isatty() and settings.log_format == "auto" else []
        await asyncio.gather(serve(_web(service)), keep_telling(stop), *shown)

    await run_service(settings, stores, stop, beside)


def _web(service: Service) -> WebContext:
    """Give the page what it needs of the service."""
    feeds, stores = service.feeds, service.stores
    return WebContext(
        settings=service.settings,
        index=stores.index,
        feed_store=stores.feeds,
        analyzer=stores.analysis,
        feeds=feeds or (lambda: ()),
        feeds_error=lambda: feeds.error if feeds else None,
        changed=lambda: service.progress.done["index"],
        stop=service.stop,
        lags=partial(lags, stores.bus),
        inbox=Inbox(stores.alerts, stores.bus, version=stores.alerts.version),
        notify_error=lambda: str(service.notify.error) if service.notify.error else None,
        rules=RuleDesk(
            service.rules, rules_directory(service.settings), stores.bus, stores.index, stores.alerts, stores.analysis
        ),
    )
