"""What the SQLite adapters share: how a connection is opened, and what its errors mean to a person."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from rasid.domain.errors import StoreBusyError, StoreError, StoreFullError

Synchronous = Literal["FULL", "NORMAL"]
_BUSY_SECONDS = 10.0


def connect(path: Path, *, synchronous: Synchronous = "FULL") -> sqlite3.Connection:
    """Open a database in write-ahead mode; any thread may use the connection, one at a time.

    FULL survives a power cut with every commit; NORMAL may lose the last commits then, never consistency, and suits
    what can be made again.
    """
    with translate(path):
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA foreign_keys = ON")
    return connection


@contextmanager
def translate(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours, naming the database and what to do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _translated(path, error) from error


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path) -> Iterator[sqlite3.Connection]:
    """Write all or nothing; errors come out as ours."""
    with translate(path):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


@contextmanager
def snapshot(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Read one state of the database in several statements."""
    with translate(path):
        connection.execute("BEGIN")
        try:
            yield
        finally:
            connection.execute("COMMIT")


def live_bytes(connection: sqlite3.Connection) -> int:
    """Give the bytes in use, without pages that deleted rows left free."""
    used, size = connection.execute(
        "SELECT (SELECT page_count FROM pragma_page_count) - (SELECT freelist_count FROM pragma_freelist_count),"
        " (SELECT page_size FROM pragma_page_size)"
    ).fetchone()
    return int(used) * int(size)


def _translated(path: Path, error: sqlite3.DatabaseError) -> StoreError:
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if code is not None else None
    if primary == sqlite3.SQLITE_FULL:
        return StoreFullError(f"{path}: the disk is full; nothing acknowledged is lost. Free some space and go on")
    if primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreBusyError(
            f"{path}: the database stayed locked for {_BUSY_SECONDS:.0f} s; end the other program that holds it"
        )
    if primary in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        mend = (
            "delete it: `rasid run` makes it again" if path.name == "index.db" else "bring back a backup: rasid restore"
        )
        return StoreError(f"{path}: the database is damaged ({error}); {mend}")
    if primary in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}:
        return StoreError(f"{path}: cannot be opened for writing ({error}); check the path and its permissions")
    return StoreError(f"{path}: {error}")
