"""The one directory that holds all state: who may open it, and which version of it this program reads.

log.db  the log: the truth        index.db  made from the log, made again when its version is older
feeds.db  what feeds showed        alerts.db  alerts and deliveries
feeds.yaml, rules/, notify.yaml  what a person edits; an upgrade never touches them
searches.json  the searches that a person keeps (rasid.app.web.saved_searches)
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from rasid.domain.errors import StoreBusyError, StoreError, StoreFullError, StoreNewerError

# Raise it when the index's tables or the analysis change: an older index is made again from the log.
INDEX_VERSION = 2
# Raise it only with code that carries an older log, feed store and alerts over.
STATE_VERSION = 1
_VERSIONS = "version.json"
_SHIPPED = ".shipped.json"
_SHIPPED_FIRST = {"russia-syria.yaml"}  # before it was written down
_CURRENT = {"state": STATE_VERSION, "index": INDEX_VERSION}


class DataDir:
    """Paths inside the directory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log, self.index = path / "log.db", path / "index.db"
        self.feeds, self.alerts = path / "feeds.db", path / "alerts.db"
        self.feeds_file, self.rules = path / "feeds.yaml", path / "rules"
        self.notify = path / "notify.yaml"

    def make(self) -> None:
        """Make the directory if it is not there."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self.path}: cannot be made: {error.strerror}; choose another --data-dir") from error

    def prepare(self, *, may_rebuild: bool) -> bool:
        """Make the directory and check its version; True if the index must be made again from the log.

        Only the process that holds the lock may rebuild: for the others an older index is not ready yet.
        """
        self.make()
        versions = self._versions()
        for name, mine in (("state", STATE_VERSION), ("index", INDEX_VERSION)):
            if versions.get(name, 0) > mine:
                raise StoreNewerError(
                    f"{self.path}: was written by a newer version of rasid ({name} {versions[name]}, this one reads"
                    f" up to {mine}); upgrade rasid or choose another --data-dir"
                )
        is_stale = self.index.exists() and versions.get("index", 0) < INDEX_VERSION
        if is_stale and not may_rebuild:
            raise StoreError(f"{self.path}: the index is of an older version; `rasid run` makes it again from the log")
        must_rebuild = is_stale or not self.index.exists()
        with _readable_errors(self.path):
            for leftover in self.path.glob("index.db*") if is_stale else ():
                leftover.unlink()
            if versions != _CURRENT:
                _write(self.path / _VERSIONS, json.dumps(_CURRENT))
        return must_rebuild

    def ship(self, feeds: str, schema: str, rules: Path) -> None:
        """Put the shipped feed list and rules there once; what is there already stays as it is."""
        schema_file = self.path / "feeds.schema.json"
        with _readable_errors(self.path):
            if not self.feeds_file.exists():
                _write(self.feeds_file, feeds)
            # Not a person's to edit: editors look for it beside the feed list, and it belongs to this version.
            if not schema_file.exists() or schema_file.read_text("utf-8") != schema:
                _write(schema_file, schema)
            self._ship_rules(rules)

    def _ship_rules(self, shipped: Path) -> None:
        """Put each shipped rule there once: what a person deleted or edited stays so, what is new since comes too.

        `rules/.shipped.json` names what was put there; a directory older than it had the rules of _SHIPPED_FIRST.
        """
        record, is_new = self.rules / _SHIPPED, not self.rules.exists()
        had = set() if is_new else _names_in(record) if record.exists() else _SHIPPED_FIRST
        names = {path.name for path in shipped.glob("*.yaml")}
        self.rules.mkdir(exist_ok=True)
        for name in sorted(names - had):
            if not (self.rules / name).exists():
                _write(self.rules / name, (shipped / name).read_text("utf-8"))
        for schema in shipped.glob("*.json"):  # not a person's to edit: editors look for it beside the rules
            target = self.rules / schema.name
            if not target.exists() or target.read_bytes() != schema.read_bytes():
                shutil.copyfile(schema, target)
        if is_new or not record.exists() or names - had:
            _write(record, json.dumps(sorted(had | names)))

    def _versions(self) -> dict[str, int]:
        try:
            found = json.loads((self.path / _VERSIONS).read_text("utf-8"))
            return {str(name): int(value) for name, value in found.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise StoreError(f"{self.path / _VERSIONS}: cannot be read: {error}; restore a backup") from error


def _names_in(record: Path) -> set[str]:
    try:
        return {str(name) for name in json.loads(record.read_text("utf-8"))}
    except (ValueError, TypeError) as error:
        raise StoreError(
            f"{record}: cannot be read: {error}; delete it: the shipped rules that lack come again"
        ) from error


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_name(f"{path.name}.new")
    temporary.write_text(text, "utf-8")
    temporary.replace(path)


@contextmanager
def _readable_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        kind = StoreFullError if error.errno == errno.ENOSPC else StoreError
        raise kind(f"{path}: cannot be written: {error.strerror}; free some space or check its permissions") from error


class Lock:
    """Holds the directory until closed or the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._file: IO[str] = path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.seek(0)
            holder = self._file.read().strip() or "unknown"
            self._file.close()
            raise StoreBusyError(
                f"{path.parent}: another rasid (process {holder}) runs on this data directory; stop it, or choose"
                " another with --data-dir"
            ) from error
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def close(self) -> None:
        """Let the directory go."""
        self._file.close()
