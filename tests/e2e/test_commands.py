"""The commands, as a person types them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from e2e.service import json_lines, rasid

ARTICLES = [
    {
        "id": "ar1",
        "title": "شويغو يلتقي الأسد",
        "text": "بحث وزير الدفاع الروسي سيرغي شويغو مع بشار الأسد الوضع في إدلب.",
    },
    {
        "id": "en1",
        "title": "Shoigu meets Assad",
        "text": "Russian Defence Minister Sergei Shoigu met Bashar al-Assad in Damascus.",
    },
    {
        "id": "ru1",
        "title": "Шойгу встретился с Асадом",
        "text": "Министр обороны России Сергей Шойгу обсудил с Башаром Асадом положение в Сирии.",
    },
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a data directory into which the three articles went."""
    place = tmp_path_factory.mktemp("commands")
    lines = place / "articles.jsonl"
    lines.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ARTICLES), "utf-8")
    done = rasid("ingest", "--jsonl", str(lines), "--json", data_dir=place / "data")
    assert done.returncode == 0, done.stderr
    assert json_lines(done.stdout) == [{"entries": 3, "articles": 3, "dead": 0, "failed": 0}]
    return place / "data"


@pytest.mark.parametrize("name", ["شويغو", "Shoigu", "Шойгу"])
def test_a_name_in_any_script_finds_all_three_reports(data: Path, name: str) -> None:
    """What went in is found under every spelling, and stdout holds JSON lines alone."""
    done = rasid("search", name, "--json", data_dir=data)
    hits = json_lines(done.stdout)
    assert {hit["language"] for hit in hits} == {"ar", "en", "ru"}
    assert "also finds" in done.stderr
    wanted = {"id", "score", "title", "url", "source", "language", "published_at", "story_id", "entities", "highlights"}
    assert wanted <= set(hits[0])


def test_facets_come_in_a_last_line(data: Path) -> None:
    """--facets adds counts over all hits."""
    *hits, last = json_lines(rasid("search", "", "--json", "--facets", "--limit", "1", data_dir=data).stdout)
    assert len(hits) == 1
    assert last["total"] == 3
    assert {count["value"] for count in last["facets"]["language"]} == {"ar", "en", "ru"}
    following = rasid("search", "", "--json", "--cursor", last["cursor"], data_dir=data)
    assert len(json_lines(following.stdout)) == 2


def test_each_story_shows_once(data: Path) -> None:
    """--collapse gives one hit a story, with how many articles tell it; the sizes add up to all articles."""
    *hits, last = json_lines(rasid("search", "", "--json", "--facets", "--collapse", data_dir=data).stdout)
    assert len({hit["story_id"] for hit in hits}) == len(hits) == last["total"]
    assert sum(hit["story_size"] for hit in hits) == 3
    assert "stories" in rasid("search", "*", "--collapse", data_dir=data).stderr


def test_a_bad_query_is_one_sentence_and_exit_1(data: Path) -> None:
    """The error points at the place; there is no traceback."""
    done = rasid("search", "langage:ar", data_dir=data)
    assert done.returncode == 1
    assert done.stderr.startswith("rasid: there is no field 'langage'; did you mean language?")
    assert done.stdout == ""


def test_a_missing_store_is_exit_3(tmp_path: Path) -> None:
    """A search before anything ran says how to begin."""
    done = rasid("search", "x", data_dir=tmp_path / "none")
    assert done.returncode == 3
    assert "rasid run" in done.stderr


def test_wrong_usage_is_exit_2() -> None:
    """An option that is not there is a usage error."""
    assert rasid("search", "--nonsense").returncode == 2
    assert rasid("search", "x", "--sort", "oldest").returncode == 2


@pytest.mark.parametrize("form", ["jsonl", "csv", "ninjs"])
def test_export_writes_every_article(data: Path, form: str) -> None:
    """Each format holds the three titles."""
    out = rasid("export", "--format", form, data_dir=data).stdout
    if form == "csv":
        titles = {row["title"] for row in csv.DictReader(io.StringIO(out))}
    elif form == "ninjs":
        titles = {row["headlines"][0]["value"] for row in json_lines(out)}
    else:
        titles = {row["title"] for row in json_lines(out)}
    assert titles == {row["title"] for row in ARTICLES}


def test_ingesting_again_changes_nothing(data: Path, tmp_path: Path) -> None:
    """The same articles from the same file are the same articles."""
    lines = data.parent / "articles.jsonl"
    done = rasid("ingest", "--jsonl", str(lines), "--json", data_dir=data)
    assert json_lines(done.stdout)[0]["articles"] == 0


def test_a_bad_line_costs_only_itself(tmp_path: Path) -> None:
    """The error names file and line; the other articles are in; the exit code tells."""
    file = tmp_path / "mixed.jsonl"
    file.write_text(
        '{"id": "1", "title": "سوريا"}\nnot json\n[1]\n{"id": "2", "title": 5}\n{"id": "3", "title": "Сирия"}\n'
    )
    done = rasid("ingest", "--jsonl", str(file), "--json", data_dir=tmp_path / "data")
    assert done.returncode == 1
    assert json_lines(done.stdout)[0] == {"entries": 2, "articles": 2, "dead": 0, "failed": 3}
    for line in (2, 3, 4):
        assert f"{file}:{line}:" in done.stderr


def test_enrich_answers_line_by_line_in_order_whatever_the_text() -> None:
    """Empty, huge, odd and broken texts each get their answer, and mentions are exact slices."""
    odd = [
        "",
        "شويغو والأسد في دمشق",
        "Shoigu\ud800 and Assad",
        "😀" * 50,
        "\u202eСирия\u202c\x00\x07",
        "a" * 200_000,
        "日本語のニュース",
    ]
    lines = "".join(json.dumps({"id": str(n), "title": "", "text": text}) + "\n" for n, text in enumerate(odd))
    done = rasid("enrich", "-", "--json", stdin=lines)
    assert done.returncode == 0, done.stderr
    rows = json_lines(done.stdout)
    assert [row["id"] for row in rows] == [str(n) for n in range(len(odd))]
    assert rows[2]["text"] == "Shoigu\ufffd and Assad"
    for row in rows:
        for thing in row["entities"] + row["places"]:
            for mention in thing["mentions"]:
                assert row[mention["field"]][mention["start"] : mention["end"]] == mention["surface"]


def test_enrich_in_two_processes_gives_the_same(tmp_path: Path) -> None:
    """--jobs changes the speed, not the outcome or the order."""
    file = tmp_path / "articles.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in ARTICLES * 12))
    one, two = (rasid("enrich", str(file), "--json", "--jobs", jobs) for jobs in ("1", "2"))
    assert one.stdout == two.stdout
    assert len(json_lines(one.stdout)) == 36


def test_a_text_file_gives_up_its_source_and_title(tmp_path: Path) -> None:
    """Short first lines of a .txt are source and title, the rest is the text."""
    file = tmp_path / "article.txt"
    file.write_text("SANA\n\nШойгу в Дамаске\n\nСергей Шойгу прибыл в Дамаск.\n\nОн встретился с Асадом.\n", "utf-8")
    [row] = json_lines(rasid("enrich", str(file), "--json").stdout)
    assert (row["title"], row["language"]) == ("Шойгу в Дамаске", "ru")
    assert row["text"].startswith("Сергей Шойгу прибыл")
    assert any(e["id"] == "rasid:person/sergei-shoigu" for e in row["entities"])


def test_a_missing_file_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    """Enrich reports what it cannot read and does the rest."""
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps(ARTICLES[0]) + "\n")
    done = rasid("enrich", str(tmp_path / "none.jsonl"), str(file), "--json")
    assert done.returncode == 1
    assert "none.jsonl: cannot be read" in done.stderr
    assert len(json_lines(done.stdout)) == 1


def test_a_rule_is_tried_on_a_file_without_a_store(data: Path) -> None:
    """Rules test prints a line a match with its reasons, then the totals."""
    rule = data / "rules" / "russia-syria.yaml"
    *matches, totals = json_lines(
        rasid("rules", "test", str(rule), "--articles", str(data.parent / "articles.jsonl"), "--json").stdout
    )
    assert {row["article_id"] for row in matches} == {"ar1", "en1", "ru1"}
    assert all(row["rule"] == "russia-syria" and row["why"] for row in matches)
    assert {name: totals[name] for name in ("matches", "alerts", "articles")} == {
        "matches": 3,
        "alerts": 3,
        "articles": 3,
    }


def test_a_broken_rule_is_named_with_its_line(tmp_path: Path) -> None:
    """Lint says which file, which line, and what is wrong."""
    rule = tmp_path / "bad.yaml"
    rule.write_text("name: x\ntype: frequently\nfilter: []\n")
    done = rasid("rules", "lint", str(rule))
    assert done.returncode == 1
    assert f"{rule}:2: type 'frequently' is not supported" in done.stderr


def test_alerts_are_kept_with_their_reasons(data: Path) -> None:
    """The shipped rule has spoken for each report, once."""
    told = json_lines(rasid("alerts", "--json", data_dir=data).stdout)
    alerts = [alert for alert in told if alert["rule"] == "russia-syria"]
    assert len(alerts) == len({alert["id"] for alert in alerts}) == 3
    assert set(alerts[0]) >= {"id", "rule", "article_ids", "story_id", "title", "created_at", "why", "deliveries"}
    assert alerts[0]["deliveries"][0]["receiver"] == "inbox"


def test_doctor_names_what_is_wrong_and_its_fix(data: Path) -> None:
    """A healthy store passes; a missing contact is told with what to do."""
    done = rasid("doctor", "--json", data_dir=data)
    checks = {row["check"]: row for row in json_lines(done.stdout)}
    assert checks["data directory"]["ok"]
    assert checks["rules"]["ok"]
    assert not checks["contact"]["ok"]
    assert "contact" in checks["contact"]["fix"]
    assert done.returncode == 1
    assert rasid("doctor", data_dir=data, environment={"RASID_CONTACT": "mailto:desk@example.org"}).returncode == 0


def test_a_backup_restores_to_the_same(data: Path, tmp_path: Path) -> None:
    """What a backup holds is what a restored directory answers with."""
    assert rasid("backup", str(tmp_path / "copy"), data_dir=data).returncode == 0
    assert rasid("restore", str(tmp_path / "copy"), data_dir=tmp_path / "new").returncode == 0
    assert rasid("export", data_dir=tmp_path / "new").stdout == rasid("export", data_dir=data).stdout
    again = rasid("restore", str(tmp_path / "copy"), data_dir=tmp_path / "new")
    assert (again.returncode, "--force" in again.stderr) == (3, True)
    assert rasid("restore", str(tmp_path / "copy"), "--force", data_dir=tmp_path / "new").returncode == 0
