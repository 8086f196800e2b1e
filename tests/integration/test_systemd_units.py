"""The units of deploy/systemd, by systemd's own checker."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from configparser import RawConfigParser
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "deploy" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
INSTALLED = "/opt/rasid/bin/rasid"
STAGES = ("admit", "enrich", "group", "index", "match", "decide", "deliver")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the units as they would be on a machine where the program lies where it does here."""
    target = tmp_path_factory.mktemp("units")
    program = Path(sys.executable).parent / "rasid"
    for unit in UNITS.iterdir():
        (target / unit.name).write_text(unit.read_text("utf-8").replace(INSTALLED, str(program)), "utf-8")
    return target


def _named(unit: Path) -> str:
    return unit.name.replace("@.", "@admit.") if "worker" in unit.name else unit.name.replace("@.", "@1.")


def test_systemd_finds_nothing_wrong(here: Path) -> None:
    """Every unit, instances of the templates, the target and the timer."""
    names = [f"./{_named(unit)}" for unit in sorted(UNITS.iterdir())]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *names], cwd=here, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_is_well_shut_in(here: Path, unit: Path) -> None:
    """Systemd's own measure of exposure, from 0 to 10, is at most 2."""
    command = ["systemd-analyze", "security", "--offline=yes", "--threshold=20", "--no-pager", f"./{_named(unit)}"]
    done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _service(unit: Path) -> Mapping[str, str]:
    parser = RawConfigParser(strict=False, delimiters="=", comment_prefixes="#")
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # as configparser's documentation says
    parser.read(unit)
    return dict(parser["Service"])


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_starts_a_command_there_is(unit: Path) -> None:
    """The command, with its options, is one that `rasid` has; a daemon is watched, a job is not."""
    service = _service(unit)
    words = service["ExecStart"].replace("%i", "admit" if "worker" in unit.name else "1").replace("%H", "host").split()
    assert words[0] == INSTALLED
    program = Path(sys.executable).parent / "rasid"
    done = subprocess.run([program, *words[1:], "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(word in done.stdout for word in words if word.startswith("--"))
    assert (service["Type"], "WatchdogSec" in service) in {("notify", True), ("oneshot", False)}


def test_the_target_starts_every_stage() -> None:
    """A stage without a worker would hold up all behind it."""
    target = (UNITS / "rasid-cluster.target").read_text("utf-8")
    assert set(re.findall(r"rasid-worker@(\w+)\.service", target)) | {"enrich"} == set(STAGES)
    assert "rasid-enrich@1.service" in target
    assert "rasid-poll@1.service" in target
