"""The log in one SQLite file: a table a topic, so that each is read and shrunk on its own. Processes may share it."""

from __future__ import annotations

import re
import threading
import time as clock
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from rasid.adapters.sqlite import connect, live_bytes, transaction, translate
from rasid.domain.errors import StoreError
from rasid.domain.times import from_epoch
from rasid.domain.topics import ALL, Topic
from rasid.ports import Closing, Message, Record

# Another process' messages are noticed within this time; this process' at once.
_LOOK_AGAIN_SECONDS = 0.25
_PAGE = 500


class SqliteBus(Closing):
    """A Bus (rasid.ports): every publish and commit is one durable transaction. One partition a topic."""

    def __init__(self, path: Path, topics: Sequence[Topic] = ALL, now: Callable[[], float] = clock.time) -> None:
        self._path = path
        self._now = now
        self._tables = {topic.name: _table(topic.name) for topic in topics}
        self._compacted = [topic.name for topic in topics if topic.compacted]
        self._lock, self._read_lock = threading.Lock(), threading.Lock()
        self._arrived = threading.Condition()
        self._connection = connect(path)
        self._reader = connect(path)  # readers do not wait for a writer's fsync
        with transaction(self._connection, path) as db:
            for table in self._tables.values():
                db.execute(
                    f"CREATE TABLE IF NOT EXISTS {table} (offset INTEGER PRIMARY KEY AUTOINCREMENT,"
                    " key BLOB NOT NULL, value BLOB NOT NULL, time REAL NOT NULL, headers BLOB NOT NULL,"
                    " appended REAL NOT NULL)"
                )
                db.execute(f"CREATE INDEX IF NOT EXISTS {table}_time ON {table} (time)")
            for name in self._compacted:
                table = self._tables[name]
                db.execute(f"CREATE INDEX IF NOT EXISTS {table}_key ON {table} (key, offset)")
            db.execute(
                "CREATE TABLE IF NOT EXISTS commits (consumer TEXT, topic TEXT, next INTEGER NOT NULL,"
                " PRIMARY KEY (consumer, topic)) WITHOUT ROWID"
            )

    def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Append in one transaction (see Bus)."""
        table, now = self._table(topic), self._now()
        if not messages:
            return
        rows = [_row(message, now) for message in messages]
        with self._lock, transaction(self._connection, self._path) as db:
            db.executemany(f"INSERT INTO {table} (key, value, time, headers, appended) VALUES (?, ?, ?, ?, ?)", rows)
        with self._arrived:
            self._arrived.notify_all()

    def consumer(self, group: str, topics: Sequence[str]) -> SqliteConsumer:
        """Give a consumer behind the group's last commit (see Bus)."""
        for topic in topics:
            self._table(topic)
        return SqliteConsumer(self, group, topics)

    def read(self, topic: str, *, since: datetime | None = None) -> Iterator[Record]:
        """Give the records there are now (see Bus), in pages, so that memory stays bounded."""
        floor = since.timestamp() if since else float("-inf")
        last = self.last(topic)
        after = self._before(topic, floor) if since else 0
        while after < last:
            page = self.records(topic, after, _PAGE, last=last)
            if not page:
                return
            yield from (record for record in page if record.message.time.timestamp() >= floor)
            after = page[-1].offset

    def _before(self, topic: str, floor: float) -> int:
        """Give the offset before the first record of `floor` or later, by the index alone: the older are not looked at.

        Times need not rise with offsets (history goes beside live news), so those behind it are looked at one by one.
        """
        table = self._table(topic)
        query = f"SELECT min(offset) FROM {table} INDEXED BY {table}_time WHERE time >= ?"
        first = self._fetch(query, (floor,))[0][0]
        return self.last(topic) if first is None else int(first) - 1

    def latest(self, topic: str, keys: Sequence[bytes]) -> dict[bytes, Record]:
        """Give the newest record of each key (see Bus)."""
        if topic not in self._compacted:
            raise StoreError(f"{self._path}: {topic} is not compacted: it has no latest record of a key")
        found: dict[bytes, Record] = {}
        query = f"SELECT offset, key, value, time, headers FROM {self._table(topic)} WHERE key = ?"
        for key in dict.fromkeys(keys):
            rows = self._fetch(f"{query} ORDER BY offset DESC LIMIT 1", (key,))
            if rows:
                found[key] = _record(topic, rows[0])
        return found

    def lag(self, group: str, topic: str) -> int:
        """Count what the group has not committed (see Bus)."""
        table = self._table(topic)
        query = f"SELECT count(*) FROM {table} WHERE offset > ?"
        return int(self._fetch(query, (self.committed(group, topic),))[0][0])

    def committed(self, group: str, topic: str) -> int:
        """Give the offset of the group's last committed record, 0 for none."""
        found = self._fetch("SELECT next FROM commits WHERE consumer = ? AND topic = ?", (group, topic))
        return int(found[0][0]) if found else 0

    def last(self, topic: str) -> int:
        """Give the offset of a topic's newest record, 0 for none."""
        return int(self._fetch(f"SELECT coalesce(max(offset), 0) FROM {self._table(topic)}")[0][0])

    def commit(self, group: str, offsets: Mapping[str, int]) -> None:
        """Remember the last record done of each topic."""
        if not offsets:
            return
        with self._lock, transaction(self._connection, self._path) as db:
            db.executemany(
                "INSERT INTO commits VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET next = excluded.next",
                [(group, topic, offset) for topic, offset in offsets.items()],
            )

    def records(self, topic: str, after: int, limit: int, *, last: int | None = None) -> list[Record]:
        """Give up to `limit` records behind the offset `after`."""
        table = self._table(topic)
        rows = self._fetch(
            f"SELECT offset, key, value, time, headers FROM {table} WHERE offset > ? AND offset <= ?"
            " ORDER BY offset LIMIT ?",
            (after, last if last is not None else 2**62, limit),
        )
        return [_record(topic, row) for row in rows]

    def wait(self, seconds: float) -> None:
        """Sleep until this process publishes something, at most `seconds`."""
        with self._arrived:
            self._arrived.wait(min(seconds, _LOOK_AGAIN_SECONDS))

    def size(self) -> int:
        """Give the bytes that live messages take."""
        with self._read_lock, translate(self._path):
            return live_bytes(self._reader)

    def retain(self, *, before: datetime, max_bytes: int) -> int:
        """Drop messages appended before a time, and the oldest tenth again and again while over `max_bytes`.

        Compacted topics keep the last message of each key that is young enough. What a group has yet to read stays.
        """
        dropped = sum(self._drop(topic, "appended < ?", before.timestamp()) for topic in self._tables)
        for topic in self._compacted:
            table = self._table(topic)
            dropped += self._delete(
                f"DELETE FROM {table} WHERE offset NOT IN (SELECT max(offset) FROM {table} GROUP BY key)", ()
            )
        while self.size() > max_bytes:
            tenth = sum(self._drop_tenth(topic) for topic in self._tables if topic not in self._compacted)
            if not tenth:
                break
            dropped += tenth
        return dropped

    def close(self) -> None:
        """Let go of the file."""
        with self._lock, self._read_lock:
            self._connection.close()
            self._reader.close()

    def _drop_tenth(self, topic: str) -> int:
        first, last = self._fetch(f"SELECT min(offset), max(offset) FROM {self._table(topic)}")[0]
        return 0 if first is None else self._drop(topic, "offset <= ?", first + (last - first) // 10)

    def _drop(self, topic: str, condition: str, value: float) -> int:
        read = self._fetch("SELECT min(next) FROM commits WHERE topic = ?", (topic,))[0][0]
        limit = read if read is not None else self.last(topic) if topic in self._compacted else 2**62
        return self._delete(f"DELETE FROM {self._table(topic)} WHERE {condition} AND offset <= ?", (value, limit))

    def _delete(self, statement: str, values: tuple[float, ...]) -> int:
        with self._lock, transaction(self._connection, self._path) as db:
            return db.execute(statement, values).rowcount

    def _fetch(self, statement: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with self._read_lock, translate(self._path):
            return self._reader.execute(statement, values).fetchall()

    def _table(self, topic: str) -> str:
        table = self._tables.get(topic)
        if table is None:
            raise StoreError(f"{self._path}: there is no topic {topic}")
        return table


class SqliteConsumer(Closing):
    """A Consumer of one group. Topics are given by urgency: a later one is read once the earlier are empty."""

    def __init__(self, bus: SqliteBus, group: str, topics: Sequence[str]) -> None:
        self._bus = bus
        self._group = group
        self._done = {topic: bus.committed(group, topic) for topic in topics}
        self._read = dict(self._done)

    def poll(self, max_records: int, wait: float = 0.0) -> Sequence[Record]:
        """Give the next records (see Consumer)."""
        until = clock.monotonic() + wait
        while True:
            found = self._next(max_records)
            left = until - clock.monotonic()
            if found or left <= 0:
                return found
            self._bus.wait(left)

    def commit(self) -> None:
        """Mark what was polled as done (see Consumer)."""
        moved = {topic: offset for topic, offset in self._read.items() if offset != self._done[topic]}
        self._bus.commit(self._group, moved)
        self._done.update(moved)

    def rewind(self) -> None:
        """Go back to the last commit (see Consumer)."""
        self._read = dict(self._done)

    def close(self) -> None:
        """Let go; nothing is held."""

    def _next(self, max_records: int) -> list[Record]:
        found: list[Record] = []
        for topic in self._read:
            found += self._bus.records(topic, self._read[topic], max_records - len(found))
            if found:
                self._read[found[-1].topic] = found[-1].offset
            if len(found) >= max_records:
                break
        return found


def _table(topic: str) -> str:
    return "log_" + re.sub(r"[^a-z0-9]", "_", topic)


def _row(message: Message, now: float) -> tuple[bytes, bytes, float, bytes, float]:
    headers = msgspec.msgpack.encode(dict(message.headers))
    return (message.key, message.value, message.time.timestamp(), headers, now)


def _record(topic: str, row: tuple[Any, ...]) -> Record:
    offset, key, value, time, headers = row
    message = Message(
        key=key, value=value, time=from_epoch(time), headers=msgspec.msgpack.decode(headers, type=dict[str, bytes])
    )
    return Record(topic=topic, partition=0, offset=offset, message=message)
