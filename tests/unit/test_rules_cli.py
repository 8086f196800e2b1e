"""`rasid rules`: what the commands print for programs, over a store and over files."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from makers import TITLES, document
from typer.testing import CliRunner

from rasid.app.analysis import Analysis
from rasid.app.bootstrap import open_stores
from rasid.app.cli.rules import app
from rasid.codec import decode, encode
from rasid.domain import topics
from rasid.domain.article import GroupedArticle
from rasid.domain.control import Control, Tick
from rasid.settings import Settings

ANALYSIS = Analysis()
RULE = "name: Syria\ntype: any\nfilter:\n  - query_string: {query: 'Syria OR سوريا OR Сирия'}\nrealert: {minutes: 0}\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Make a data directory whose log begins two days ago and whose index holds a day more, and a rule's file."""
    (tmp_path / "rule.yaml").write_text(RULE, "utf-8")
    now = datetime.now(UTC)
    with open_stores(Settings(data_dir=tmp_path / "data")) as stores:
        documents = [
            document(
                ANALYSIS, number, language=language, title=TITLES[language], first_seen_at=now - timedelta(days=3.5 - number)
            )
            for number, language in enumerate(("ar", "en", "ru"), 1)
        ]  # fmt: skip
        stores.index.write(documents)
        for one in documents[1:]:
            at = one.enriched.article.first_seen_at
            stores.bus.publish(topics.GROUPED.name, [encode(one, key=one.id, time=at)])
            stores.bus.publish(topics.MATCHES.name, [encode(Tick(at=at + timedelta(minutes=1)), key="tick", time=at)])
    return tmp_path


def run(*arguments: object) -> Result:
    """Run a command."""
    return CliRunner().invoke(app, [str(one) for one in arguments])


def rows(result: Result) -> list[Any]:
    """Read JSON lines."""
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_test_over_the_store_tells_matches_and_totals(place: Path) -> None:
    """A line a match with its reasons; what only the index holds is marked; the last line counts."""
    result = run("test", place / "rule.yaml", "--data-dir", place / "data", "--json", "--since", "7d")
    assert result.exit_code == 0, result.output
    *found, totals = rows(result)
    assert [(one["rule"], one["language"], one.get("approximate", False)) for one in found] == [
        ("rule", "ar", True),
        ("rule", "en", False),
        ("rule", "ru", False),
    ]
    assert all(one["article_id"] and one["why"] for one in found)
    assert (totals["matches"], totals["alerts"], totals["articles"], totals["approximate"]) == (3, 3, 3, 1)
    assert totals["languages"] == {"ar": 1, "en": 1, "ru": 1}
    assert len(totals["days"]) == 3
    assert totals["sources"] == {"Example": 3}
    assert TITLES["ru"] in totals["told"][-1]["said"]
    assert len(totals["samples"]) == 3


def test_a_shorter_span_counts_what_was_seen_in_it(place: Path) -> None:
    """`--since 1d` leaves out what came before."""
    *_, totals = rows(run("test", place / "rule.yaml", "--data-dir", place / "data", "--json", "--since", "1d"))
    assert (totals["matches"], totals["articles"]) == (1, 1)


def test_a_mute_in_the_log_counts(place: Path) -> None:
    """What came behind a person's mute is counted, and nobody would have been told."""
    at = datetime.now(UTC) - timedelta(minutes=5)
    late = document(ANALYSIS, 9, language="ru", title=TITLES["ru"], first_seen_at=at)
    with open_stores(Settings(data_dir=place / "data")) as stores:
        mute = Control(action="mute", rule="rule", at=at - timedelta(minutes=1))
        stores.bus.publish(topics.MATCHES.name, [encode(mute, key="rule", time=mute.at)])
        stores.bus.publish(topics.GROUPED.name, [encode(late, key=late.id, time=at)])
    *_, totals = rows(run("test", place / "rule.yaml", "--data-dir", place / "data", "--json"))
    assert (totals["matches"], totals["alerts"]) == (4, 3)


def test_a_later_edition_is_no_second_match(place: Path) -> None:
    """An article that another feed carries too comes again in the log, and counts once."""
    at = datetime.now(UTC) - timedelta(minutes=5)
    with open_stores(Settings(data_dir=place / "data")) as stores:
        record = next(iter(stores.bus.read(topics.GROUPED.name)))
        again = encode(decode(record.message, GroupedArticle), key=record.message.key.decode(), time=at)
        stores.bus.publish(topics.GROUPED.name, [again])
    *found, totals = rows(run("test", place / "rule.yaml", "--data-dir", place / "data", "--json"))
    assert len(found) == totals["matches"] == totals["articles"] == 3


def test_a_test_over_a_file_takes_its_times(tmp_path: Path) -> None:
    """Articles go by the time they say they were published at, whatever their order, and need no store."""
    (tmp_path / "rule.yaml").write_text(
        RULE.replace("type: any", "type: frequency\nnum_events: 2\ntimeframe: {hours: 1}"), "utf-8"
    )
    times = {"ru": "2026-11-20T10:30:00Z", "ar": "2026-11-20T10:00:00Z", "en": "2026-11-21T10:00:00Z"}
    lines = [
        {"id": one, "title": TITLES[one], "text": "", "published_at": at, "source": f"S-{one}"}
        for one, at in times.items()
    ]
    file = tmp_path / "articles.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    *found, totals = rows(run("test", tmp_path / "rule.yaml", "--articles", file, "--json"))
    assert [one["article_id"] for one in found] == ["ar", "ru", "en"]
    assert (totals["matches"], totals["alerts"], totals["articles"]) == (3, 1, 3)
    assert totals["days"] == {"2026-11-20": 2, "2026-11-21": 1}
    assert totals["sources"] == {"S-ar": 1, "S-ru": 1, "S-en": 1}


@pytest.mark.parametrize(
    ("language", "query", "surfaces"),
    [
        ("ar", "شويغو AND الأسد", {"شويغو", "الأسد"}),
        ("en", "Shoigu AND Assad", {"Shoigu", "Assad"}),
        ("ru", "Шойгу AND Асад", {"Шойгу", "Асадом"}),
    ],
)
def test_explain_marks_the_words_as_they_stand(tmp_path: Path, language: str, query: str, surfaces: set[str]) -> None:
    """With clitics and in their case; and of a rule that does not match, the clause that fails."""
    file = tmp_path / "article.jsonl"
    file.write_text(json.dumps({"id": "1", "title": TITLES[language], "text": ""}), "utf-8")
    rule = tmp_path / "rule.yaml"
    rule.write_text(f"name: x\ntype: any\nfilter:\n  - query_string: {{query: '{query}'}}\n", "utf-8")
    (found,) = rows(run("explain", rule, file, "--json"))
    assert found["matches"]
    assert {mark["surface"] for mark in found["marks"]} == surfaces
    for mark in found["marks"]:
        assert TITLES[language][mark["start"] : mark["end"]] == mark["surface"]
    rule.write_text(f"name: x\ntype: any\nfilter:\n  - query_string: {{query: '{query} AND Idlib'}}\n", "utf-8")
    (missed,) = rows(run("explain", rule, file, "--json"))
    assert not missed["matches"]
    assert "Idlib" in missed["failed"]["clause"]
    assert "Idlib" in run("explain", rule, file).stdout


def test_lint_warns_of_a_rule_that_fires_often(place: Path) -> None:
    """With a store, the last week is looked at; errors have file and line, and end with exit 1."""
    result = run("lint", place / "rule.yaml", "--data-dir", place / "data", "--most", "0.1", "--json")
    (good,) = rows(result)
    assert result.exit_code == 0
    assert "often" in {one["kind"] for one in good["warnings"]}
    (place / "bad.yaml").write_text("name: x\ntype: nope\nfilter: []\n", "utf-8")
    bad = run("lint", place / "bad.yaml", "--data-dir", place / "data")
    assert bad.exit_code == 1
    assert f"{place / 'bad.yaml'}:2: type 'nope' is not supported" in bad.stderr


def test_rules_go_in_and_out(place: Path) -> None:
    """An ElastAlert rule is put among the rules in force; one that cannot be is refused with its line."""
    (place / "theirs.yaml").write_text(
        "name: theirs\n" + RULE.partition("\n")[2] + "buffer_time: {hours: 1}\n", "utf-8"
    )
    (made,) = rows(run("import", place / "theirs.yaml", "--data-dir", place / "data", "--json"))
    assert Path(made["path"]) == place / "data" / "rules" / "theirs.yaml"
    assert made["unused"] == ["buffer_time changes nothing here and is read past"]
    refused = run("import", place / "theirs.yaml", "--data-dir", place / "data")
    assert refused.exit_code == 1
    assert "already" in refused.stderr
    exported = run("export", place / "theirs.yaml").stdout
    assert "filter:" in exported
    assert "title_terms" in exported
