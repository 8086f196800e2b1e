"""`rasid backup` and `rasid restore`: all state, copied while the service runs."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from rasid import settings as settings_module
from rasid.adapters.sqlite import translate
from rasid.app.cli.common import Config, DataDirectory, tell
from rasid.app.data_dir import Lock
from rasid.domain.errors import InputError, StoreError

# Feeds first, log second: what a feed has shown is in the log, what the log says is done is in the index.
_DATABASES = ("feeds.db", "log.db", "index.db", "alerts.db")
_FILES = ("version.json", "feeds.yaml")


def backup(
    target: Annotated[Path, typer.Argument(help="A directory that does not exist yet.")],
    config: Config = None,
    data_dir: DataDirectory = None,
) -> None:
    """Copy all state while the service runs (SQLite's online backup)."""
    settings = settings_module.load(config, data_dir=data_dir)
    source = settings.data_dir
    if not (source / "log.db").exists():
        raise StoreError(f"{source}: nothing there to back up")
    try:
        target.mkdir(parents=True)
    except FileExistsError as error:
        raise InputError("is there already; name a new directory", source=str(target)) from error
    for name in _DATABASES:
        copy_database(source / name, target / name)
    for name in _FILES:
        if (source / name).exists():
            shutil.copyfile(source / name, target / name)
    if (source / "rules").exists():
        shutil.copytree(source / "rules", target / "rules")
    tell(f"backed up to {target}")


def restore(
    source: Annotated[Path, typer.Argument(help="A directory that `rasid backup` made.")],
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace what the data directory holds.")] = False,
) -> None:
    """Put a backup in place of the data directory; the service must not run."""
    settings = settings_module.load(config, data_dir=data_dir)
    target = settings.data_dir
    if not (source / "log.db").exists() or not (source / "version.json").exists():
        raise InputError("is no backup of rasid", source=str(source))
    if (target / "log.db").exists() and not force:
        raise StoreError(f"{target}: holds data already; --force replaces them")
    target.mkdir(parents=True, exist_ok=True)
    lock = Lock(target / "lock")
    try:
        for name in _DATABASES:
            for old in target.glob(f"{name}*"):
                old.unlink()
            shutil.copyfile(source / name, target / name)
        for name in _FILES:
            if (source / name).exists():
                shutil.copyfile(source / name, target / name)
        if (source / "rules").exists():
            shutil.rmtree(target / "rules", ignore_errors=True)
            shutil.copytree(source / "rules", target / "rules")
    finally:
        lock.close()
    tell(f"restored to {target}")


def copy_database(source: Path, target: Path) -> None:
    """Copy a database that others may be writing to."""
    with translate(source), closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
