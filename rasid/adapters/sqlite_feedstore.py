"""What the feeds showed and how their polls went, in one SQLite file.

Commits do not wait for the disk (synchronous = NORMAL): a kill loses nothing, a power cut may lose the last saves, and
a lost save only repeats a poll, whose entries were published, durably, before it. A disk write a poll would cost more
than the poll.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, cast

from rasid.adapters.sqlite import connect, live_bytes, transaction, translate
from rasid.domain.errors import StoreNewerError
from rasid.domain.feed import FeedState, PollOutcome, PollRecord, Shown
from rasid.domain.times import from_epoch, require_aware
from rasid.ports import Closing

SCHEMA_VERSION: Final = 1
HISTORY_PER_FEED: Final = 200
# The history is cut only every so many polls of a feed: cutting costs more than the few rows too many.
_CUT_EVERY: Final = 20
_VARIABLES: Final = 500

_SCHEMA = """
CREATE TABLE states (
  feed_id TEXT PRIMARY KEY, url TEXT NOT NULL, etag TEXT, last_modified TEXT, body_hash TEXT,
  conditional INTEGER NOT NULL, polls_since_full INTEGER NOT NULL, last_full_at REAL, interval REAL NOT NULL,
  next_poll_at REAL, last_polled_at REAL, last_success_at REAL, last_new_at REAL, failures REAL NOT NULL,
  last_error TEXT, gone INTEGER NOT NULL, title TEXT, skip_hours INTEGER NOT NULL, skip_days INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE shown (
  feed_id TEXT, item TEXT, key TEXT NOT NULL, content_hash TEXT NOT NULL, seen_at REAL NOT NULL,
  PRIMARY KEY (feed_id, item)
) WITHOUT ROWID;
CREATE INDEX shown_by_time ON shown (seen_at);
CREATE TABLE polls (
  feed_id TEXT, at REAL, outcome TEXT NOT NULL, status INTEGER, entries INTEGER NOT NULL, new_entries INTEGER NOT NULL,
  seconds REAL NOT NULL, error TEXT, PRIMARY KEY (feed_id, at)
) WITHOUT ROWID;
CREATE INDEX polls_by_time ON polls (at);
"""
_SAVE_STATE = f"INSERT OR REPLACE INTO states VALUES ({', '.join('?' * 19)})"
_SAVE_POLL = "INSERT OR REPLACE INTO polls VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_SAVE_SHOWN = "INSERT OR REPLACE INTO shown VALUES (?, ?, ?, ?, ?)"
_CUT = """
DELETE FROM polls WHERE feed_id = ?1 AND at <=
  (SELECT at FROM polls WHERE feed_id = ?1 ORDER BY at DESC LIMIT 1 OFFSET ?2)
"""


class SqliteFeedStore(Closing):
    """A FeedStore (rasid.ports). Processes may share the file; `history_per_feed` bounds each feed's history."""

    def __init__(self, path: Path, *, history_per_feed: int = HISTORY_PER_FEED) -> None:
        self._path = path
        self._history = history_per_feed
        self._saves: dict[str, int] = {}
        self._lock = threading.Lock()
        self._db = connect(path, synchronous="NORMAL")
        try:
            self._migrate()
        except BaseException:
            self._db.close()
            raise

    def state(self, feed_id: str) -> FeedState | None:
        """Give what is remembered of a feed (see FeedStore)."""
        rows = self._rows("SELECT * FROM states WHERE feed_id = ?", (feed_id,))
        return _state(rows[0]) if rows else None

    def states(self) -> dict[str, FeedState]:
        """Give all states (see FeedStore)."""
        return {row[0]: _state(row) for row in self._rows("SELECT * FROM states")}

    def shown(self, feed_id: str, items: Sequence[str]) -> dict[str, Shown]:
        """Give what the feed showed last of `items` (see FeedStore)."""
        found: dict[str, Shown] = {}
        for start in range(0, len(items), _VARIABLES):  # SQLite takes a bounded number of variables
            some = items[start : start + _VARIABLES]
            marks = ", ".join("?" * len(some))
            sql = f"SELECT item, key, content_hash, seen_at FROM shown WHERE feed_id = ? AND item IN ({marks})"
            found |= {row[0]: _shown(row) for row in self._rows(sql, (feed_id, *some))}
        return found

    def save(self, state: FeedState, record: PollRecord, shown: Sequence[Shown] = ()) -> None:
        """Keep one poll, all or nothing (see FeedStore); saved again, it replaces itself."""
        items = [(state.feed_id, one.item, one.key, one.content_hash, _epoch(one.seen_at)) for one in shown]
        with self._lock, transaction(self._db, self._path) as db:
            db.execute(_SAVE_STATE, _state_row(state))
            db.execute(_SAVE_POLL, _poll_row(record))
            if items:
                db.executemany(_SAVE_SHOWN, items)
            if self._is_time_to_cut(state.feed_id):
                db.execute(_CUT, (state.feed_id, self._history))

    def history(self, feed_id: str, limit: int = 50) -> list[PollRecord]:
        """Give the newest polls, newest first (see FeedStore)."""
        limit = min(max(limit, 0), self._history)
        rows = self._rows("SELECT * FROM polls WHERE feed_id = ? ORDER BY at DESC LIMIT ?", (feed_id, limit))
        return [_poll(row) for row in rows]

    def retain(self, *, before: datetime) -> int:
        """Forget what is older than `before` (see FeedStore)."""
        require_aware(before=before)
        with self._lock, transaction(self._db, self._path) as db:
            removed = db.execute("DELETE FROM polls WHERE at < ?", (_epoch(before),)).rowcount
            return removed + db.execute("DELETE FROM shown WHERE seen_at < ?", (_epoch(before),)).rowcount

    def retain_size(self, max_bytes: int) -> int:
        """Forget the tenth of the items seen longest ago, again and again while the file is over `max_bytes`.

        A forgotten item that a feed still shows is published once more, and admit knows it again. Returns how many.
        """
        removed = 0
        while True:
            with self._lock, transaction(self._db, self._path) as db:
                count = db.execute("SELECT count(*) FROM shown").fetchone()[0]
                if live_bytes(db) <= max_bytes or not count:
                    return removed
                removed += db.execute(
                    "DELETE FROM shown WHERE (feed_id, item) IN"
                    " (SELECT feed_id, item FROM shown ORDER BY seen_at LIMIT ?)",
                    (count // 10 + 1,),
                ).rowcount

    def close(self) -> None:
        """Let go of the file."""
        with self._lock, translate(self._path):
            self._db.close()

    def _rows(self, sql: str, values: Iterable[Any] = ()) -> list[Any]:
        with self._lock, translate(self._path):
            return self._db.execute(sql, tuple(values)).fetchall()

    def _is_time_to_cut(self, feed_id: str) -> bool:
        saves = self._saves.get(feed_id, 0)
        self._saves[feed_id] = saves + 1
        return saves % _CUT_EVERY == 0

    def _migrate(self) -> None:
        """Make the tables in a new file; refuse one from a newer program."""
        with transaction(self._db, self._path) as db:
            found = db.execute("PRAGMA user_version").fetchone()[0]
            if found > SCHEMA_VERSION:
                raise StoreNewerError(
                    f"{self._path}: written by a newer version of the program (format {found}, this one knows"
                    f" {SCHEMA_VERSION}); use that version, or another data directory"
                )
            if found == 0:
                for statement in _SCHEMA.split(";\n"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _epoch(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else from_epoch(seconds)


def _state_row(state: FeedState) -> tuple[Any, ...]:
    return (
        state.feed_id, state.url, state.etag, state.last_modified, state.body_hash, state.conditional,
        state.polls_since_full, _epoch(state.last_full_at), state.interval, _epoch(state.next_poll_at),
        _epoch(state.last_polled_at), _epoch(state.last_success_at), _epoch(state.last_new_at), state.failures,
        state.last_error, state.gone, state.title, _bits(state.skip_hours), _bits(state.skip_days),
    )  # fmt: skip


def _state(row: tuple[Any, ...]) -> FeedState:
    return FeedState(
        feed_id=row[0], url=row[1], etag=row[2], last_modified=row[3], body_hash=row[4], conditional=bool(row[5]),
        polls_since_full=row[6], last_full_at=_time(row[7]), interval=row[8], next_poll_at=_time(row[9]),
        last_polled_at=_time(row[10]), last_success_at=_time(row[11]), last_new_at=_time(row[12]), failures=row[13],
        last_error=row[14], gone=bool(row[15]), title=row[16],
        skip_hours=_numbers(row[17]), skip_days=_numbers(row[18]),
    )  # fmt: skip


def _bits(numbers: frozenset[int]) -> int:
    return sum(1 << number for number in numbers)


def _numbers(bits: int) -> frozenset[int]:
    return frozenset(number for number in range(bits.bit_length()) if bits >> number & 1)


def _poll_row(record: PollRecord) -> tuple[Any, ...]:
    return (
        record.feed_id, _epoch(record.at), record.outcome, record.status, record.entries, record.new_entries,
        record.seconds, record.error,
    )  # fmt: skip


def _poll(row: tuple[Any, ...]) -> PollRecord:
    return PollRecord(
        feed_id=row[0], at=from_epoch(row[1]), outcome=cast("PollOutcome", row[2]), status=row[3], entries=row[4],
        new_entries=row[5], seconds=row[6], error=row[7],
    )  # fmt: skip


def _shown(row: tuple[Any, ...]) -> Shown:
    return Shown(item=row[0], key=row[1], content_hash=row[2], seen_at=from_epoch(row[3]))
