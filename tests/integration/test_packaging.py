"""The wheel holds what the program needs, and claims no other top level."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("packaging")  # one worker builds the wheel
ROOT = Path(__file__).parent.parent.parent
DATA = (
    "ingest/data/feeds.yaml",
    "ingest/data/feeds.schema.json",
    "ingest/data/sample/ar.jsonl",
    "processors/data/people.tsv",
    "processors/data/bodies.tsv",
    "processors/data/places.tsv.gz",
    "processors/data/boilerplate.tsv",
    "rasid/rules/russia-syria.yaml",
    "rasid/topics.yaml",
    "rasid/app/web/static/htmx.min.js",
    "rasid/app/web/templates/search.html",
)


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Build the wheel and list it."""
    place = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(place), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    [wheel] = place.glob("*.whl")
    assert wheel.stat().st_size < 40_000_000
    return zipfile.ZipFile(wheel).namelist()


def test_the_wheel_has_three_packages(names: list[str]) -> None:
    """ingest, processors and rasid, nothing else that could collide."""
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"ingest", "processors", "rasid"}


@pytest.mark.parametrize("path", DATA)
def test_the_wheel_has_its_data(names: list[str], path: str) -> None:
    """What run-time code reads is packaged."""
    assert path in names


def test_no_file_in_the_repository_is_too_large_or_names_a_machine() -> None:
    """Files stay under 20 MB, and none names a path or registry of the machine it was made on."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    words = [
        word.encode()
        for word in ("/wo" + "rk/", "/ro" + "ot/", "files.python" + "hosted.org", "registry.npm" + "js.org")
    ]
    for name in filter(None, tracked.split("\0")):
        path = ROOT / name
        if path.is_file():
            body = path.read_bytes()
            assert len(body) < 20_000_000, name
            assert not [word for word in words if word in body], name
