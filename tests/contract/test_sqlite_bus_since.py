"""Reading the SQLite log from a time on: what is older costs nothing, and the answer is as if all had been read."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

from contract.bus_contract import NOON, message
from hypothesis import given
from hypothesis import strategies as st

from rasid.adapters.sqlite_bus import SqliteBus
from rasid.domain.topics import GROUPED

_YOUNG = 20


@given(minutes=st.lists(st.integers(0, 30), max_size=25), since=st.integers(-1, 31))
def test_reading_from_a_time_on_gives_what_a_filter_over_all_gives(minutes: list[int], since: int) -> None:
    """In whatever order the times came, the records of `since` and later come, oldest offset first."""
    floor = NOON + timedelta(minutes=since)
    with tempfile.TemporaryDirectory() as folder, SqliteBus(Path(folder, "log.db"), topics=[GROUPED]) as bus:
        bus.publish(GROUPED.name, [message(n, minutes=at) for n, at in enumerate(minutes)])
        wanted = [record for record in bus.read(GROUPED.name) if record.message.time >= floor]
        assert list(bus.read(GROUPED.name, since=floor)) == wanted


def test_what_is_older_is_not_looked_at(tmp_path: Path) -> None:
    """Twenty times as many old records cost no more of the database's own steps."""
    assert _steps(tmp_path / "long.db", 10_000) < 1.5 * _steps(tmp_path / "short.db", 500)


def _steps(path: Path, old: int) -> int:
    """Count, by the ten, the instructions with which SQLite reads the young records behind so many old ones."""
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    with SqliteBus(path, topics=[GROUPED]) as bus:
        bus.publish(GROUPED.name, [message(n) for n in range(old)])
        bus.publish(GROUPED.name, [message(n, minutes=60) for n in range(_YOUNG)])
        bus._reader.set_progress_handler(count, 10)
        found = list(bus.read(GROUPED.name, since=NOON + timedelta(minutes=30)))
        bus._reader.set_progress_handler(None, 10)
    assert [record.message for record in found] == [message(n, minutes=60) for n in range(_YOUNG)]
    return steps
