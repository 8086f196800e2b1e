"""`rasid alerts`: what rules have said."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
import typer

from rasid import settings
from rasid.app.bootstrap import existing_stores
from rasid.app.cli.common import AsJson, Config, DataDirectory, print_json

_UNITS = {"m": 60, "h": 3600, "d": 86_400}


def alerts(
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    as_json: AsJson = False,
    since: Annotated[str, typer.Option(help="How far back: 30m, 12h, 7d.")] = "7d",
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 1000,
) -> None:
    """List alerts, newest first."""
    start = datetime.now(UTC) - span(since)
    with existing_stores(settings.load(config, data_dir=data_dir)) as stores:
        found = stores.alerts.alerts(since=start, limit=limit)
    for alert in found:
        if as_json:
            print_json(msgspec.to_builtins(alert))
        else:
            typer.echo(f"{alert.created_at:%Y-%m-%d %H:%M}  {alert.rule}  {alert.title}  ({alert.article_ids[0]})")


def span(text: str) -> timedelta:
    """Read a length of time such as 30m, 12h or 7d."""
    found = re.fullmatch(r"(\d+)([mhd])", text.strip())
    if found is None:
        raise typer.BadParameter(f"{text!r} is no length of time: write 30m, 12h or 7d", param_hint="--since")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])
