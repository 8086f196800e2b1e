"""A worker is stuck when a partition that has more to read does not move, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.lag_watchdog import LagWatchdog, Offsets
from rasid.app.cli.worker import StageName
from rasid.app.cluster import cluster
from rasid.app.stages import READS
from rasid.app.worker import due
from rasid.domain.errors import InputError
from rasid.settings import load, shown

PART = ("news.entries.raw.v1", 0)
LATER = ("news.backfill.entries.raw.v1", 0)


def test_a_partition_that_stands_still_with_lag_is_given_after_the_patience() -> None:
    """It takes longer than the patience, counted from when it was first seen to stand."""
    watchdog = LagWatchdog(60)
    looks = [watchdog.look(now, {PART: Offsets(10, 20)}) for now in (0, 30, 60, 61)]
    assert looks == [None, None, None, PART]


def test_one_partition_is_stuck_though_others_move() -> None:
    """Faust's commits can stop for a single partition (faust-streaming issue 596)."""
    watchdog = LagWatchdog(60)
    other = (PART[0], 1)
    for now in range(0, 60, 10):
        assert watchdog.look(now, {PART: Offsets(10, 20), other: Offsets(now, 1000)}) is None
    assert watchdog.look(61, {PART: Offsets(10, 20), other: Offsets(61, 1000)}) == PART


def test_what_was_out_of_sight_begins_anew() -> None:
    """After an outage that held a batch, or at another worker's, the time before does not count."""
    watchdog = LagWatchdog(60)
    watchdog.look(0, {PART: Offsets(10, 20)})
    watchdog.look(50, {})
    assert watchdog.look(100, {PART: Offsets(10, 20)}) is None


@given(st.lists(st.tuples(st.floats(0, 59), st.integers(0, 3)), max_size=30))
def test_who_moves_or_has_nothing_to_do_is_never_stuck(steps: list[tuple[float, int]]) -> None:
    """Any move within the patience, or no lag, keeps a worker alive."""
    watchdog = LagWatchdog(60)
    now, committed = 0.0, 0
    for pause, move in steps:
        now += pause
        committed += move
        end = committed if move == 0 else committed + 5
        assert watchdog.look(now, {PART: Offsets(committed, end)}) is None


def test_a_worker_answers_for_its_own_partitions_and_without_any_for_all() -> None:
    """Another worker's lag is its own affair, unless nobody has told us to do anything."""
    offsets = {PART: Offsets(0, 5), (PART[0], 1): Offsets(0, 5)}
    assert due(offsets, {PART}, [PART[0]], held=False) == {PART: Offsets(0, 5)}
    assert due(offsets, set(), [PART[0]], held=False) == offsets
    assert due(offsets, {PART}, [PART[0]], held=True) == {}


def test_back_fill_need_not_move_while_live_entries_wait() -> None:
    """It is due once the live ones are through."""
    mine, reads = {PART, LATER}, [PART[0], LATER[0]]
    assert due({PART: Offsets(0, 5), LATER: Offsets(0, 5)}, mine, reads, held=False) == {PART: Offsets(0, 5)}
    assert due({PART: Offsets(5, 5), LATER: Offsets(0, 5)}, mine, reads, held=False) == {LATER: Offsets(0, 5)}


def test_the_servers_are_read_from_the_environment(tmp_path: Path) -> None:
    """Secrets may lie in files, and are not shown."""
    (tmp_path / "password").write_text("s3cret\n")
    settings = load(
        None,
        {
            "RASID_KAFKA": "kafka:9092",
            "RASID_KAFKA_USERNAME": "rasid",
            "RASID_KAFKA_PASSWORD_FILE": str(tmp_path / "password"),
            "RASID_ELASTICSEARCH": "http://search:9200",
            "RASID_ELASTICSEARCH_API_KEY": "k3y",
            "RASID_GROUP_PREFIX": "desk.",
        },
    )
    found = cluster(settings, member="one")
    assert (found.kafka.servers, found.kafka.password, found.kafka.prefix) == ("kafka:9092", "s3cret", "desk.")
    assert (found.elasticsearch, found.member) == ("http://search:9200", "one")
    assert "s3cret" not in repr(found)
    assert "k3y" not in repr(found)
    assert (shown(settings)["kafka_password"], shown(settings)["elasticsearch_api_key"]) == ("***", "***")
    assert not {"s3cret", "k3y"} & set(repr(settings).split("'"))


def test_no_kafka_is_said_with_what_to_do() -> None:
    """The cluster mode has no default address."""
    with pytest.raises(InputError, match="RASID_KAFKA"):
        cluster(load(None, {}))


def test_there_is_a_worker_for_every_stage() -> None:
    """What the embedded mode does, the cluster mode can."""
    assert [stage.value for stage in StageName] == list(READS)
