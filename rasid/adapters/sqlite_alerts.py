"""Alerts, their deliveries, and what people made of them, in one SQLite file."""

from __future__ import annotations

import sqlite3
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from rasid.adapters.sqlite import connect, transaction, translate
from rasid.adapters.sqlite_query import micros
from rasid.codec import decode_body, encode_body
from rasid.domain.alert import Alert, Delivery
from rasid.domain.judgement import InboxFilter, InboxItem, Precision, Verdict
from rasid.domain.times import from_epoch
from rasid.ports import Closing

# Format 2 made rule, level and acknowledged columns of their own; judgements outlive their alerts.
_FORMAT = 2
_SCHEMA = """
CREATE TABLE IF NOT EXISTS alerts (
  id TEXT PRIMARY KEY, created INTEGER NOT NULL, rule TEXT NOT NULL, level TEXT NOT NULL, acknowledged INTEGER,
  body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS alerts_created ON alerts (created, id);
CREATE INDEX IF NOT EXISTS alerts_rule ON alerts (rule, created);
CREATE TABLE IF NOT EXISTS deliveries (
  alert TEXT NOT NULL, receiver TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (alert, receiver));
CREATE TABLE IF NOT EXISTS judgements (
  alert TEXT PRIMARY KEY, rule TEXT NOT NULL, verdict TEXT NOT NULL, at INTEGER NOT NULL);
"""
_ITEM = (
    "SELECT body, (SELECT json_group_array(json(CAST(deliveries.body AS TEXT)))"
    " FROM deliveries WHERE deliveries.alert = alerts.id), acknowledged,"
    " (SELECT verdict FROM judgements WHERE judgements.alert = alerts.id) FROM alerts"
)


class SqliteAlerts(Closing):
    """An AlertStore (rasid.ports). Processes may share the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection = connect(path)
        with translate(path):
            _renew(self._connection)
            self._connection.executescript(_SCHEMA)

    def record(self, alerts: Sequence[Alert]) -> None:
        """Keep alerts by id (see AlertStore)."""
        rows = [(one.id, micros(one.created_at), one.rule, one.level, encode_body(one)) for one in alerts]
        with self._lock, transaction(self._connection, self._path) as db:
            db.executemany("INSERT OR IGNORE INTO alerts (id, created, rule, level, body) VALUES (?, ?, ?, ?, ?)", rows)

    def delivered(self, outcomes: Sequence[tuple[str, Delivery]]) -> None:
        """Keep the last outcome for each receiver (see AlertStore)."""
        rows = [(alert_id, delivery.receiver, msgspec.json.encode(delivery)) for alert_id, delivery in outcomes]
        with self._lock, transaction(self._connection, self._path) as db:
            db.executemany("INSERT OR REPLACE INTO deliveries VALUES (?, ?, ?)", rows)

    def alerts(self, *, since: datetime | None = None, limit: int = 1000) -> list[Alert]:
        """Give alerts, newest first (see AlertStore)."""
        return [item.alert for item in self.inbox(InboxFilter(since=since), limit=limit)]

    def get(self, alert_id: str) -> InboxItem | None:
        """Give one alert (see AlertStore)."""
        found = self._fetch(f"{_ITEM} WHERE id = ?", (alert_id,))
        return _item(found[0]) if found else None

    def beginning(self, text: str) -> list[str]:
        """Give up to two ids that begin so: what a person types."""
        if not text:
            return []
        rows = self._fetch("SELECT id FROM alerts WHERE substr(id, 1, ?) = ? LIMIT 2", (len(text), text))
        return [row[0] for row in rows]

    def inbox(self, wanted: InboxFilter, *, limit: int = 50, after: str | None = None) -> list[InboxItem]:
        """Give alerts, newest first (see AlertStore)."""
        where, values = _conditions(wanted)
        if after is not None:
            where += " AND (created, id) < (SELECT created, id FROM alerts WHERE id = ?)"
            values.append(after)
        rows = self._fetch(f"{_ITEM} WHERE {where} ORDER BY created DESC, id DESC LIMIT ?", (*values, limit))
        return [_item(row) for row in rows]

    def count(self, wanted: InboxFilter) -> int:
        """Count alerts (see AlertStore)."""
        where, values = _conditions(wanted)
        return int(self._fetch(f"SELECT count(*) FROM alerts WHERE {where}", tuple(values))[0][0])

    def rules(self) -> dict[str, int]:
        """Count alerts by rule (see AlertStore)."""
        return dict(self._fetch("SELECT rule, count(*) FROM alerts GROUP BY rule ORDER BY rule"))

    def acknowledge(self, alert_ids: Sequence[str], at: datetime) -> int:
        """Mark alerts as seen to (see AlertStore)."""
        statement = "UPDATE alerts SET acknowledged = ? WHERE id = ? AND acknowledged IS NULL"
        with self._lock, transaction(self._connection, self._path) as db:
            return sum(db.execute(statement, (micros(at), one)).rowcount for one in alert_ids)

    def judge(self, alert_id: str, verdict: Verdict | None, at: datetime) -> bool:
        """Keep a judgement (see AlertStore)."""
        with self._lock, transaction(self._connection, self._path) as db:
            if verdict is None:
                db.execute("DELETE FROM judgements WHERE alert = ?", (alert_id,))
                return db.execute("SELECT 1 FROM alerts WHERE id = ?", (alert_id,)).fetchone() is not None
            kept = db.execute(
                "INSERT OR REPLACE INTO judgements SELECT id, rule, ?, ? FROM alerts WHERE id = ?",
                (verdict, micros(at), alert_id),
            )
            return kept.rowcount > 0

    def precision(self) -> dict[str, Precision]:
        """Give the judged alerts of each rule (see AlertStore)."""
        counts: dict[str, dict[str, int]] = defaultdict(dict)
        for rule, verdict, number in self._fetch(
            "SELECT rule, verdict, count(*) FROM judgements GROUP BY rule, verdict ORDER BY rule"
        ):
            counts[rule][verdict] = number
        return {rule: Precision(right=n.get("right", 0), wrong=n.get("wrong", 0)) for rule, n in counts.items()}

    def retain(self, *, before: datetime) -> int:
        """Forget alerts made earlier than `before`; return how many. What was judged of them stays."""
        with self._lock, transaction(self._connection, self._path) as db:
            gone = db.execute("DELETE FROM alerts WHERE created < ?", (micros(before),)).rowcount
            db.execute("DELETE FROM deliveries WHERE alert NOT IN (SELECT id FROM alerts)")
        return gone

    def version(self) -> int:
        """Give a number that moves whenever anything is written, by whichever process."""
        with self._lock, translate(self._path):
            own = self._connection.total_changes
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0]) * 2**32 + own

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def _fetch(self, statement: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock, translate(self._path):
            return self._connection.execute(statement, values).fetchall()


def _renew(db: sqlite3.Connection) -> None:
    """Drop the tables of an earlier format: alerts come again from the log only as far as it was not read yet."""
    if db.execute("PRAGMA user_version").fetchone()[0] < _FORMAT:
        for table in ("alerts", "deliveries"):
            db.execute(f"DROP TABLE IF EXISTS {table}")
        db.execute(f"PRAGMA user_version = {_FORMAT}")


def _conditions(wanted: InboxFilter) -> tuple[str, list[object]]:
    parts: list[str] = ["TRUE"]
    values: list[object] = []
    for column, value in (("rule = ?", wanted.rule), ("level = ?", wanted.level)):
        if value is not None:
            parts.append(column)
            values.append(value)
    if wanted.since is not None:
        parts.append("created >= ?")
        values.append(micros(wanted.since))
    if wanted.is_open:
        parts.append("acknowledged IS NULL")
    return " AND ".join(parts), values


def _item(row: tuple[Any, ...]) -> InboxItem:
    body, deliveries, acknowledged, verdict = row
    made = tuple(msgspec.json.decode(deliveries, type=list[Delivery]))
    return InboxItem(
        alert=replace(decode_body(body, Alert), deliveries=made),
        acknowledged_at=None if acknowledged is None else from_epoch(acknowledged / 1e6),
        verdict=verdict,
    )
