"""Alerts and their deliveries in one SQLite file."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import msgspec

from rasid.adapters.sqlite import connect, transaction, translate
from rasid.adapters.sqlite_query import micros
from rasid.codec import decode_body, encode_body
from rasid.domain.alert import Alert, Delivery
from rasid.ports import Closing

_SCHEMA = """
CREATE TABLE IF NOT EXISTS alerts (id TEXT PRIMARY KEY, created INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS alerts_created ON alerts (created, id);
CREATE TABLE IF NOT EXISTS deliveries (
  alert TEXT NOT NULL, receiver TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (alert, receiver));
"""


class SqliteAlerts(Closing):
    """An AlertStore (rasid.ports)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection = connect(path)
        with translate(path):
            self._connection.executescript(_SCHEMA)

    def record(self, alerts: Sequence[Alert]) -> None:
        """Keep alerts by id (see AlertStore)."""
        rows = [(alert.id, micros(alert.created_at), encode_body(alert)) for alert in alerts]
        with self._lock, transaction(self._connection, self._path) as db:
            db.executemany("INSERT OR IGNORE INTO alerts VALUES (?, ?, ?)", rows)

    def delivered(self, alert_id: str, delivery: Delivery) -> None:
        """Keep the last outcome for each receiver (see AlertStore)."""
        row = (alert_id, delivery.receiver, msgspec.json.encode(delivery))
        with self._lock, transaction(self._connection, self._path) as db:
            db.execute("INSERT OR REPLACE INTO deliveries VALUES (?, ?, ?)", row)

    def alerts(self, *, since: datetime | None = None, limit: int = 1000) -> list[Alert]:
        """Give alerts, newest first (see AlertStore)."""
        floor = micros(since) if since else -(2**62)
        with self._lock, translate(self._path):
            rows = self._connection.execute(
                "SELECT body, (SELECT json_group_array(json(CAST(deliveries.body AS TEXT)))"
                " FROM deliveries WHERE deliveries.alert = alerts.id)"
                " FROM alerts WHERE created >= ? ORDER BY created DESC, id DESC LIMIT ?",
                (floor, limit),
            ).fetchall()
        return [
            replace(decode_body(body, Alert), deliveries=tuple(msgspec.json.decode(deliveries, type=list[Delivery])))
            for body, deliveries in rows
        ]

    def retain(self, *, before: datetime) -> int:
        """Forget alerts made earlier than `before`; return how many."""
        with self._lock, transaction(self._connection, self._path) as db:
            gone = db.execute("DELETE FROM alerts WHERE created < ?", (micros(before),)).rowcount
            db.execute("DELETE FROM deliveries WHERE alert NOT IN (SELECT id FROM alerts)")
        return gone

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()
