"""A data directory says who holds it, which version it is, and never loses what a person edited."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.feedlist import schema_text, shipped_text
from rasid.app.bootstrap import existing_stores, locked_stores, open_stores, shipped_rules
from rasid.app.data_dir import INDEX_VERSION, DataDir, Lock
from rasid.domain import topics
from rasid.domain.errors import StoreBusyError, StoreError, StoreNewerError
from rasid.settings import Settings


def settings(path: Path) -> Settings:
    return Settings(data_dir=path)


def test_a_second_instance_is_refused_with_the_first_ones_process_id(tmp_path: Path) -> None:
    """The message names the directory, the process and the way out."""
    code = (
        "import sys, time; from pathlib import Path; from rasid.app.data_dir import Lock\n"
        "lock = Lock(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "lock")], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StoreBusyError, match=rf"process {holder.pid}\).*--data-dir"):
            Lock(tmp_path / "lock")
        holder.kill()
    Lock(tmp_path / "lock").close()


def test_a_newer_data_directory_is_refused_and_left_alone(tmp_path: Path) -> None:
    """What a newer version wrote is not touched."""
    with open_stores(settings(tmp_path)):
        pass
    (tmp_path / "version.json").write_text(json.dumps({"state": 99, "index": 1}))
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*.db")}
    with pytest.raises(StoreNewerError, match="upgrade rasid"):
        open_stores(settings(tmp_path))
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.db")} == before


def test_an_older_index_is_made_again_from_the_log(tmp_path: Path) -> None:
    """The index goes, and the stage that fills it begins at the log's start."""
    with open_stores(settings(tmp_path)) as stores:
        stores.bus.commit("index", {topics.GROUPED.name: 7})
    (tmp_path / "version.json").write_text(json.dumps({"state": 1, "index": INDEX_VERSION - 1}))
    with pytest.raises(StoreError, match="rasid run"):
        existing_stores(settings(tmp_path))
    assert (tmp_path / "index.db").exists()
    with locked_stores(settings(tmp_path)) as stores:
        assert stores.bus.committed("index", topics.GROUPED.name) == 0
        assert stores.index.count() == 0
    with open_stores(settings(tmp_path)) as stores:
        stores.bus.commit("index", {topics.GROUPED.name: 7})
    with open_stores(settings(tmp_path)) as stores:
        assert stores.bus.committed("index", topics.GROUPED.name) == 7


def test_an_edited_feed_list_and_rules_survive(tmp_path: Path) -> None:
    """Shipped files are put there once; an upgrade leaves what a person changed."""
    data = DataDir(tmp_path)
    data.prepare(may_rebuild=True)
    data.ship(shipped_text(), schema_text(), shipped_rules())
    data.feeds_file.write_text("feeds: []\n")
    (data.rules / "russia-syria.yaml").unlink()
    data.ship(shipped_text(), schema_text(), shipped_rules())
    assert data.feeds_file.read_text() == "feeds: []\n"
    assert not (data.rules / "russia-syria.yaml").exists()


def test_a_rule_shipped_later_reaches_an_old_directory_and_undoes_nothing(tmp_path: Path) -> None:
    """An upgrade brings new rules once: what was deleted stays away, what was edited or is one's own stays as it is."""
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    for name in ("russia-syria", "strikes", "idlib"):
        (shipped / f"{name}.yaml").write_text(f"name: {name}\n")
    data = DataDir(tmp_path / "data")
    data.prepare(may_rebuild=True)
    data.rules.mkdir()  # as an older version left it: the one rule it shipped was deleted, and an own one written
    (data.rules / "idlib.yaml").write_text("name: our own\n")
    data.ship(shipped_text(), schema_text(), shipped)
    assert {path.name for path in data.rules.glob("*.yaml")} == {"strikes.yaml", "idlib.yaml"}
    assert (data.rules / "idlib.yaml").read_text() == "name: our own\n"
    (data.rules / "strikes.yaml").unlink()
    (shipped / "новое.yaml").write_text("name: new\n", "utf-8")
    for _ in range(2):
        data.ship(shipped_text(), schema_text(), shipped)
        assert {path.name for path in data.rules.glob("*.yaml")} == {"idlib.yaml", "новое.yaml"}


def test_looking_at_nothing_is_a_clear_error(tmp_path: Path) -> None:
    """A search before anything ran says how to begin."""
    with pytest.raises(StoreError, match="rasid run"):
        existing_stores(settings(tmp_path / "none"))
    assert not (tmp_path / "none").exists()


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """The error names the path and another way."""
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(StoreError, match="choose another --data-dir"),
        locked_stores(settings(tmp_path / "file" / "data")),
    ):
        pass
