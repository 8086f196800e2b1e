"""`rasid worker STAGE`: one daemon of the cluster mode."""

from __future__ import annotations

import asyncio
import signal
from enum import StrEnum
from typing import Annotated

import typer

from rasid import settings as settings_module
from rasid.app.cli.common import Config, DataDirectory
from rasid.app.cluster import Cluster, cluster
from rasid.app.logs import configure
from rasid.app.worker import run_worker
from rasid.settings import Settings


class StageName(StrEnum):
    """The stages there are (rasid.app.stages)."""

    ADMIT = "admit"
    ENRICH = "enrich"
    GROUP = "group"
    INDEX = "index"
    MATCH = "match"
    DECIDE = "decide"
    DELIVER = "deliver"


def worker(
    stage: Annotated[StageName, typer.Argument(help="What it does.")],
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    member: Annotated[
        str | None, typer.Option(help="This worker's own name among those of its stage: a restart moves no partition.")
    ] = None,
) -> None:
    """Run one stage of the cluster mode: Kafka in, Kafka or Elasticsearch out. SIGTERM ends it cleanly."""
    settings = settings_module.load(config, data_dir=data_dir)
    where = cluster(member=member)
    configure(settings.log_format)
    asyncio.run(_run(stage.value, settings, where))


async def _run(name: str, settings: Settings, where: Cluster) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await run_worker(name, settings, where, stop)
