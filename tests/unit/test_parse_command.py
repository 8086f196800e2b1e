from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from rasid.app.cli.parse import parse

FEEDS = Path(__file__).parents[1] / "data" / "feeds"
ITEM = '<rss version="2.0"><channel><title>c</title><item><title>{}</title><link>/1</link></item></channel></rss>'
FIELDS = {
    "file", "id", "feed", "url", "guid", "title", "summary", "text", "html", "authors", "tags", "language_claimed",
    "published_at", "updated_at",
}  # fmt: skip


def run(*arguments: str, stdin: str | None = None) -> Result:
    app = typer.Typer()
    app.command()(parse)
    return CliRunner().invoke(app, arguments, input=stdin)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Write an Arabic, a broken, a Russian and an English document."""
    bodies = {"ar": ITEM.format("شويغو"), "broken": "", "ru": ITEM.format("Шойгу"), "en": ITEM.format("Shoigu")}
    for name, body in bodies.items():
        (tmp_path / f"{name}.xml").write_text(body, encoding="utf-8")
    return [str(tmp_path / f"{name}.xml") for name in bodies]


def test_entries_are_json_lines_in_order_and_a_broken_file_is_named(files: list[str]) -> None:
    """One line per entry, file first, in the order of the files; the broken one is on stderr and makes exit 1."""
    result = run(*files, "--json", "--url", "https://e.example/feed")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["title"] for line in lines] == ["شويغو", "Шойгу", "Shoigu"]
    assert [line["file"] for line in lines] == [files[0], files[2], files[3]]
    assert all(next(iter(line)) == "file" and line.keys() >= FIELDS for line in lines)
    assert lines[0]["url"] == "https://e.example/1"
    assert f"{files[1]}: the document is empty" in result.stderr
    assert result.exit_code == 1


def test_standard_input_is_a_file(files: list[str]) -> None:
    """`-` reads standard input and is named `-`."""
    result = run("-", "--json", stdin=ITEM.format("سوريا Сирия"))
    assert json.loads(result.stdout)["file"] == "-"
    assert result.exit_code == 0


def test_a_missing_file_does_not_stop_the_others(files: list[str], tmp_path: Path) -> None:
    """A file that is not there is named with its cause; the others are read."""
    result = run(str(tmp_path / "none.xml"), files[0], "--json")
    assert json.loads(result.stdout)["title"] == "شويغو"
    assert "none.xml: No such file" in result.stderr
    assert result.exit_code == 1


def test_a_person_gets_a_listing() -> None:
    """Without --json the feed's title, its entries' dates, titles and addresses are listed."""
    result = run(str(FEEDS / "reader" / "full.atom"))
    assert "Example Feed · 5 entries" in result.stdout
    assert "2003-12-13 17:17  Atom-Powered Robots Run Amok" in result.stdout
    assert "http://example.org/2003/12/13/atom03" in result.stdout
