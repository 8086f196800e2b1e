"""`rasid index`: the indices in Elasticsearch, looked after."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
import typer

from rasid import settings as settings_module
from rasid.app.cli.common import AsJson, Config, DataDirectory, print_json, tell
from rasid.app.indices import open_admin, open_alerts, open_index
from rasid.domain.errors import StoreError
from rasid.settings import Settings

app = typer.Typer(no_args_is_help=True)

_NOT_READY = 3


@app.command()
def init(config: Config = None, data_dir: DataDirectory = None) -> None:
    """Put templates and indices; add fields that are new. May be run at any time, documents are not touched."""
    settings = settings_module.load(config, data_dir=data_dir)
    with open_admin(settings) as admin:
        admin.prepare()
        misfits = [one.misfit for one in admin.status() if one.misfit]
    for misfit in misfits:
        tell(misfit)
    if misfits:
        raise typer.Exit(_NOT_READY)
    tell(f"{settings.elasticsearch}: templates and indices of {settings.elasticsearch_prefix} are in place")


@app.command()
def status(config: Config = None, data_dir: DataDirectory = None, *, as_json: AsJson = False) -> None:
    """Show each index: documents, size, mapping version, and what does not fit (then exit 3)."""
    with open_admin(settings_module.load(config, data_dir=data_dir)) as admin:
        found = admin.status()
    for one in found:
        if as_json:
            print_json(msgspec.to_builtins(one))
        else:
            typer.echo(
                f"{one.month or '-':8} {one.documents:>11,} documents {one.bytes / 2**20:>9,.1f} MiB "
                f" mapping {one.mapping_version or '?'}  {one.index}{'  ' + one.misfit if one.misfit else ''}"
            )
    if not found:
        tell("no index yet: `rasid index init` makes them")
    if not found or any(one.misfit for one in found):
        raise typer.Exit(_NOT_READY)


@app.command()
def retain(
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    days: Annotated[float | None, typer.Option(min=0, help="Instead of the setting retention_days.")] = None,
    every: Annotated[float | None, typer.Option(min=0, help="Go on, again after so many hours, until SIGTERM.")] = None,
    as_json: AsJson = False,
) -> None:
    """Remove articles first seen, and alerts made, longer ago than retention_days: whole months where they are due."""
    settings = settings_module.load(config, data_dir=data_dir)
    age = timedelta(days=settings.retention_days if days is None else days)
    if every is None:
        _retain(settings, age, as_json=as_json)
        return
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        try:
            _retain(settings, age, as_json=as_json)
        except StoreError as error:  # an outage: there is another time
            tell(str(error))
        stop.wait(every * 3600)


def _retain(settings: Settings, age: timedelta, *, as_json: bool) -> None:
    before = datetime.now(UTC) - age
    with open_index(settings) as index, open_alerts(settings) as alerts:
        removed = {"articles": index.retain(before=before), "alerts": alerts.retain(before=before)}
    if as_json:
        print_json({"before": before, **removed})
    else:
        since = f"{before:%Y-%m-%d %H:%M} UTC"
        tell(f"removed {removed['articles']} articles and {removed['alerts']} alerts from before {since}")


@app.command()
def reindex(
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    month: Annotated[
        list[str] | None, typer.Option(help="YYYY-MM, made anew although it fits; may be repeated.")
    ] = None,
) -> None:
    """Make indices anew whose mapping no longer fits, while they are read and written."""
    with open_admin(settings_module.load(config, data_dir=data_dir)) as admin:
        done = admin.reindex(month or (), said=tell)
    for index, documents in done.items():
        tell(f"{index}: made anew with {documents} documents")
    if not done:
        tell("every index fits: nothing to do")
