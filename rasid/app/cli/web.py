"""`rasid web`: the page of the cluster mode."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from rasid import settings as settings_module
from rasid.app.cli.common import Config, DataDirectory
from rasid.app.cluster import cluster
from rasid.app.daemon import until_signalled
from rasid.app.logs import configure
from rasid.app.web_daemon import run_web


def web(
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    port: Annotated[int | None, typer.Option(help="The web page's port.")] = None,
    host: Annotated[str | None, typer.Option(help="The web page's address.")] = None,
) -> None:
    """Serve the page on what is in Kafka and Elasticsearch. SIGTERM ends it cleanly."""
    settings = settings_module.load(config, data_dir=data_dir, web_port=port, web_host=host)
    where = cluster(settings)
    configure(settings.log_format)
    asyncio.run(until_signalled(lambda stop: run_web(settings, where, stop)))
