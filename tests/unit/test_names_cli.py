from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rasid.app.cli.names import app


def _run(args: list[str], stdin: str | bytes):
    result = CliRunner().invoke(app, args, input=stdin)
    return result, [json.loads(line) for line in result.stdout.splitlines()]


def test_match_prints_one_line_a_pair():
    """Each pair gives a, b, same and score, in order."""
    result, lines = _run(["match", "--json"], "Шойгу\tShoigu\nشويغو\tPeskov\n")
    assert result.exit_code == 0
    assert [(line["a"], line["b"], line["same"]) for line in lines] == [
        ("Шойгу", "Shoigu", True),
        ("شويغو", "Peskov", False),
    ]
    assert all(0 <= line["score"] <= 1 for line in lines)


@pytest.mark.parametrize("bad", ["Шойгу", "", "\tShoigu", "а\tб\tв"])
def test_match_names_a_bad_line_and_goes_on(bad: str):
    """A line that is not two names is told with its number; the others are answered, and the run fails."""
    result, lines = _run(["match", "--json"], f"شويغو\tShoigu\n{bad}\nПутин\tPutin\n")
    assert result.exit_code == 1
    assert "standard input:2: expected NAME<TAB>NAME" in result.stderr
    assert [line["same"] for line in lines] == [True, False, True]


def test_match_survives_bytes_that_are_no_text():
    """Bytes that are no UTF-8 become U+FFFD."""
    result, lines = _run(["match", "--json"], b"\xff\xfe\tShoigu\n")
    assert result.exit_code == 0
    assert lines[0]["a"] == "\ufffd\ufffd"


def test_rank_prints_up_to_five(tmp_path: Path):
    """Each name gives its candidates, best first."""
    pool = tmp_path / "pool.txt"
    pool.write_text("Shoigu\nPutin\nPeskov\n\nLavrov\nYefimov\nAssad\n", encoding="utf-8")
    result, lines = _run(["rank", "--candidates", str(pool), "--json"], "Шойгу\nلافروف\n")
    assert result.exit_code == 0
    assert [(line["name"], line["ranked"][0], len(line["ranked"])) for line in lines] == [
        ("Шойгу", "Shoigu", 5),
        ("لافروف", "Lavrov", 5),
    ]


def test_rank_names_an_empty_line(tmp_path: Path):
    """An empty name is told with its number and ranks nothing; the others go on."""
    pool = tmp_path / "pool.txt"
    pool.write_text("Shoigu\n", encoding="utf-8")
    result, lines = _run(["rank", "--candidates", str(pool), "--json"], "\nШойгу\n")
    assert result.exit_code == 1
    assert "standard input:1: is empty" in result.stderr
    assert [line["ranked"] for line in lines] == [[], ["Shoigu"]]


@pytest.mark.parametrize(("content", "said"), [(None, "cannot be read"), ("\n", "holds no candidate")])
def test_rank_needs_candidates(tmp_path: Path, content: str | None, said: str):
    """A file of candidates that is missing or empty is named."""
    pool = tmp_path / "pool.txt"
    if content is not None:
        pool.write_text(content, encoding="utf-8")
    result, lines = _run(["rank", "--candidates", str(pool), "--json"], "Shoigu\nШойгу\nشويغو\n")
    assert result.exit_code == 1
    assert str(pool) in result.stderr
    assert said in result.stderr
    assert lines == []


def test_text_output(tmp_path: Path):
    """Without --json the lines are for people."""
    result = CliRunner().invoke(app, ["match"], input="Лавров\tلافروف\n")
    assert result.stdout.startswith("same\t")
