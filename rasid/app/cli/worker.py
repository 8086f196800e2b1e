"""`rasid worker STAGE`: one daemon of the cluster mode."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import Annotated

import typer

from rasid import settings as settings_module
from rasid.app.cli.common import Config, DataDirectory
from rasid.app.cluster import cluster
from rasid.app.daemon import until_signalled
from rasid.app.logs import configure
from rasid.app.worker import run_worker


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
    where = cluster(settings, member=member)
    configure(settings.log_format)
    asyncio.run(until_signalled(lambda stop: run_worker(stage.value, settings, where, stop)))
