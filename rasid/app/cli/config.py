"""`rasid config`: the settings in force."""

from __future__ import annotations

from pathlib import Path

import typer

from rasid import settings as settings_module
from rasid.app.cli.common import AsJson, Config, DataDirectory, print_json


def config(
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Print the settings in force, secrets blotted out."""
    values = settings_module.shown(settings_module.load(config, data_dir=data_dir))
    if as_json:
        print_json({name: str(value) if isinstance(value, Path) else value for name, value in values.items()})
        return
    for name, value in values.items():
        typer.echo(f"{name} = {value}")
