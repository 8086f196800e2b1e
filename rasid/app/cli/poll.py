"""`rasid poll`: a poller of the cluster mode."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from rasid import settings as settings_module
from rasid.app.cli.common import Config, DataDirectory
from rasid.app.cluster import cluster
from rasid.app.daemon import until_signalled
from rasid.app.logs import configure
from rasid.app.poll import run_poll


def poll(
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    member: Annotated[
        str | None, typer.Option(help="This poller's own name: a quick restart moves no partition.")
    ] = None,
) -> None:
    """Poll a share of the feeds into Kafka; any number of pollers divide them by host. SIGTERM ends it cleanly."""
    settings = settings_module.load(config, data_dir=data_dir)
    where = cluster(settings, member=member)
    configure(settings.log_format)
    asyncio.run(until_signalled(lambda stop: run_poll(settings, where, stop)))
