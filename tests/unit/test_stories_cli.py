"""`rasid stories` on a file: one line a story, in order, with no store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rasid.app.cli.main import build

DATA = Path(__file__).parent.parent / "data" / "stories"
runner = CliRunner()


def stories(file: Path, *options: str) -> tuple[int, list[dict[str, object]], str]:
    """Run the command; give its exit code, its lines and what it told the person."""
    done = runner.invoke(build("stories"), ["stories", "--articles", str(file), "--json", *options])
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines() if line.strip()], done.stderr


def test_copies_in_three_languages_are_one_story():
    """Twelve reports of one event come out as one line with their ids in order, languages, first time and title."""
    code, found, _ = stories(DATA / "wire_copies.jsonl")
    rows = [json.loads(line) for line in (DATA / "wire_copies.jsonl").read_text("utf-8").splitlines()]
    assert code == 0
    assert len(found) == 1
    assert found[0]["article_ids"] == [row["id"] for row in rows]
    assert found[0]["languages"] == ["ar", "en", "ru"]
    assert found[0]["first_seen_at"] == rows[0]["published_at"]
    assert found[0]["title"] == rows[0]["title"]
    assert found[0]["story_id"] == f"story-{rows[0]['id']}"


def test_what_cannot_be_read_costs_only_itself(tmp_path: Path):
    """A broken line and a repeated id are named on stderr, the rest is grouped, and the exit code says so."""
    file = tmp_path / "articles.jsonl"
    good = {"id": "1", "title": "Взрыв в Азазе", "text": "При взрыве погибли 12 человек, сообщили спасатели."}
    file.write_text(
        "\n".join(
            [json.dumps(good), "{broken", json.dumps(good), json.dumps({**good, "id": "2", "text": "", "title": ""})]
        ),
        "utf-8",
    )
    code, found, told = stories(file)
    assert code == 1
    assert [story["article_ids"] for story in found] == [["1"], ["2"]]
    assert ":2:" in told
    assert "'1'" in told


@pytest.mark.parametrize("least", [1, 2])
def test_small_stories_can_be_left_out(tmp_path: Path, least: int):
    """`--least` hides stories of fewer articles."""
    file = tmp_path / "articles.jsonl"
    file.write_text(json.dumps({"title": "خبر", "text": "انفجار في سوق أعزاز"}) + "\n", "utf-8")
    assert len(stories(file, "--least", str(least))[1]) == (1 if least == 1 else 0)
