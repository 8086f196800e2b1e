"""`rasid replay`: articles of the log once more through the analysis, beside live news."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated

import typer

from rasid import settings as settings_module
from rasid.app.bootstrap import Stores, existing_stores, locked_stores
from rasid.app.cli.common import AsJson, Config, DataDirectory, print_json, tell
from rasid.app.cluster import cluster
from rasid.app.embedded import MOST_WAITING, drain
from rasid.app.log import follow_history, open_log
from rasid.app.replay import replay as replay_log
from rasid.app.stages import waiting
from rasid.domain.errors import InputError, StoreBusyError, StoreError
from rasid.settings import Settings

_LOOK_SECONDS = 0.2
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def replay(
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    since: Annotated[str, typer.Option("--from", help="From this time on: 2026-11-01, 2026-11-01T12:00Z, or 7d ago.")],
    until: Annotated[str | None, typer.Option("--to", help="To before this time; else to now.")] = None,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="In the cluster: return when all is through, or at once.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Analyse articles of the log anew, after a better gazetteer: what changes lands everywhere, the rest stays."""
    settings = settings_module.load(config, data_dir=data_dir)
    start, end = moment(since, "--from"), moment(until, "--to") if until else None
    count = _in_cluster(settings, start, end, wait=wait) if settings.kafka else _embedded(settings, start, end)
    if as_json:
        print_json({"replayed": count})
    else:
        typer.echo(f"{count} articles replayed")


def _in_cluster(settings: Settings, start: datetime, end: datetime | None, *, wait: bool) -> int:
    with open_log(settings) as bus:
        count = replay_log(bus, start, end)
    if wait:
        follow_history(cluster(settings), lambda stage, left: tell(f"{stage}: {left} before it"))
    return count


def _embedded(settings: Settings, start: datetime, end: datetime | None) -> int:
    """Replay with stages of our own, or leave them to the service that runs there."""
    if not (settings.data_dir / "log.db").exists():
        raise StoreError(f"{settings.data_dir}: nothing there yet; start with `rasid run` or `rasid ingest`")
    try:
        with locked_stores(settings) as stores:
            count = replay_log(stores.bus, start, end)
            asyncio.run(drain(settings, stores))
            return count
    except StoreBusyError:
        with existing_stores(settings) as stores:
            return replay_log(stores.bus, start, end, partial(_room, stores))


def _room(stores: Stores) -> None:
    while waiting(stores.bus) > MOST_WAITING:
        time.sleep(_LOOK_SECONDS)


def moment(text: str, option: str) -> datetime:
    """Read a time, UTC where it names no zone, or a length of time before now. Raises InputError."""
    found = re.fullmatch(r"(\d{1,6})([mhd])", text.strip())
    if found:
        return datetime.now(UTC) - timedelta(**{_UNITS[found[2]]: int(found[1])})
    try:
        time_ = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError(f"{text!r} is no time: write 2026-11-01, 2026-11-01T12:00Z or 7d", source=option) from error
    return time_ if time_.tzinfo else time_.replace(tzinfo=UTC)
