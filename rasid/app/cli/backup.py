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
from rasid.app.cli.common import AsJson, Config, DataDirectory, print_json, tell
from rasid.app.data_dir import DataDir, Lock
from rasid.domain.errors import InputError, StoreError

# Feeds first, log second: what a feed has shown is in the log, what the log says is done is in the index.
_DATABASES = ("feeds.db", "log.db", "index.db", "alerts.db")
_FILES = ("version.json", "feeds.yaml", "notify.yaml", "searches.json")


def backup(
    target: Annotated[Path, typer.Argument(help="A directory that does not exist yet.")],
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Copy all state while the service runs (SQLite's online backup)."""
    settings = settings_module.load(config, data_dir=data_dir)
    source = settings.data_dir
    if not (source / "log.db").exists():
        raise StoreError(f"{source}: nothing there to back up")
    try:
        target.mkdir(parents=True)
    except OSError as error:
        raise InputError(f"cannot be made: {error.strerror}; name a new directory", source=str(target)) from error
    for name in _DATABASES:
        copy_database(source / name, target / name)
    for name in _FILES:
        if (source / name).exists():
            shutil.copyfile(source / name, target / name)
    if (source / "rules").exists():
        shutil.copytree(source / "rules", target / "rules")
    _done("backed_up_to", target, as_json=as_json)


def restore(
    source: Annotated[Path, typer.Argument(help="A directory that `rasid backup` made.")],
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace what the data directory holds.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put a backup in place of the data directory; the service must not run."""
    settings = settings_module.load(config, data_dir=data_dir)
    target = settings.data_dir
    missing = [name for name in (*_DATABASES, "version.json") if not (source / name).is_file()]
    if missing:
        raise InputError(f"is no whole backup of rasid: {missing[0]} is missing", source=str(source))
    if (target / "log.db").exists() and not force:
        raise StoreError(f"{target}: holds data already; --force replaces them")
    DataDir(target).make()
    lock = Lock(target / "lock")
    try:
        _replace(source, target)
    except OSError as error:
        raise StoreError(f"{target}: cannot be written: {error.strerror}; what it held is still there") from error
    finally:
        lock.close()
    _done("restored_to", target, as_json=as_json)


def _replace(source: Path, target: Path) -> None:
    """Copy everything beside what is there, and only then put it in its place."""
    names = [name for name in (*_DATABASES, *_FILES) if (source / name).exists()]
    for name in names:
        shutil.copyfile(source / name, target / f"{name}.new")
    if (source / "rules").exists():
        shutil.rmtree(target / "rules.new", ignore_errors=True)
        shutil.copytree(source / "rules", target / "rules.new")
    for name in names:
        for log in (target / f"{name}-wal", target / f"{name}-shm"):
            log.unlink(missing_ok=True)
        (target / f"{name}.new").replace(target / name)
    if (target / "rules.new").exists():
        shutil.rmtree(target / "rules", ignore_errors=True)
        (target / "rules.new").rename(target / "rules")


def _done(what: str, path: Path, *, as_json: bool) -> None:
    if as_json:
        print_json({what: str(path)})
    else:
        tell(f"{what.replace('_', ' ')} {path}")


def copy_database(source: Path, target: Path) -> None:
    """Copy a database that others may be writing to."""
    with translate(source), closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
