"""The shipped rules fire on real articles in Arabic, English and Russian, and not on near misses."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path

import pytest
from makers import document

from rasid.adapters.yaml_rules import read_rules
from rasid.alerts.backtest import backtest
from rasid.alerts.explain import explain
from rasid.alerts.lint import never
from rasid.app.analysis import Analysis
from rasid.app.bootstrap import shipped_rules
from rasid.app.cli.enrich import Text
from rasid.app.rules_texts import document as enriched
from rasid.domain.article import Carrier, GroupedArticle, Names, Place
from rasid.domain.rule import Rule

DATA = Path(__file__).parent.parent / "data/rules/shipped"
ANALYSIS = Analysis()
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
with (DATA / "cases.tsv").open(encoding="utf-8", newline="") as file:
    CASES = list(csv.DictReader(file, delimiter="\t"))
ON_STREAMS = {"place-spike", "silent-source"}  # these count over time: tried below


@cache
def rules() -> dict[str, Rule]:
    """Give the shipped rules and the tests' own, by id."""
    found: dict[str, Rule] = {}
    for directory in (shipped_rules(), DATA):
        good, broken = read_rules(directory, ANALYSIS)
        assert broken == {}
        found |= {rule.id: rule for rule in good.values()}
    return found


@cache
def articles() -> dict[str, GroupedArticle]:
    """Give the texts, enriched, by id."""
    lines = [
        line for name in ("real", "own") for line in (DATA / f"{name}.jsonl").read_text("utf-8").split("\n") if line
    ]
    rows = [json.loads(line) for line in lines]
    return {row["id"]: enriched(Text(id=row["id"], title=row["title"], text=row["text"]), NOON) for row in rows}


@pytest.mark.parametrize("case", CASES, ids=[f"{case['rule']} {case['article']}" for case in CASES])
def test_a_shipped_rule_fires_where_it_should_and_nowhere_near(case: dict[str, str]) -> None:
    """Each rule tells a text on its subject from one that only looks like it."""
    document = articles()[case["article"]]
    found = explain(rules()[case["rule"]], document)
    assert found.matches == (case["fires"] == "1"), found
    assert document.enriched.language == case["lang"]


def test_every_shipped_rule_is_tried_in_three_languages() -> None:
    """No rule is shipped without texts that must fire, and near misses, in Arabic, English and Russian."""
    tried: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for case in CASES:
        tried[case["rule"]].add((case["lang"], case["fires"]))
    wanted = {(language, fires) for language in ("ar", "en", "ru") for fires in "01"}
    shipped = {rule.id for rule in read_rules(shipped_rules(), ANALYSIS)[0].values()}
    assert len(shipped) >= 13
    assert {rule: wanted - tried[rule] for rule in shipped - ON_STREAMS if wanted - tried[rule]} == {}


def test_no_shipped_rule_is_one_that_never_fires() -> None:
    """What lint can show to be impossible is not shipped, and no filter names somebody nobody knows."""
    for rule in rules().values():
        assert never(rule) == []
        assert [note for note in rule.notes if "no known" in note] == []


def stream(
    count: int, every: timedelta, start: datetime, place: str, source: str, first: int
) -> Iterator[GroupedArticle]:
    """Give articles on Syria and a place, one after another."""
    for number in range(count):
        at = start + every * number
        made = document(
            ANALYSIS, first + number, language=("ar", "en", "ru")[number % 3], source=source, first_seen_at=at,
            carriers=(Carrier(feed="f", source=source, seen_at=at),),
        )  # fmt: skip
        spot = Place(id=place, name=Names(en=place), country="SY", lat=None, lon=None, mentions=())
        yield replace(made, enriched=replace(made.enriched, about=("SY",), places=(spot,)))


def alerts(rule: str, documents: list[GroupedArticle], until: datetime) -> list[str]:
    """Give what a rule says of a stream."""
    moments = sorted(((one, one.enriched.article.first_seen_at) for one in documents), key=lambda pair: pair[1])
    return [alert.text for tried in backtest([rules()[rule]], moments, until=until) for alert in tried.alerts]


def test_a_place_that_is_suddenly_everywhere_is_told_of() -> None:
    """Ten articles on Idlib in an hour, after one in six: a spike there; Damascus, as ever, is none."""
    hour = timedelta(hours=1)
    steady = list(stream(40, hour, NOON, "geonames:170654", "SANA", 1))
    quiet = list(stream(7, 3 * hour, NOON, "geonames:169389", "ТАСС", 100))
    burst = list(stream(10, hour / 10, NOON + 19 * hour, "geonames:169389", "Reuters", 200))
    told = alerts("place-spike", steady + quiet + burst, NOON + 30 * hour)
    assert len(told) == 1
    assert "geonames:169389" in told[0]
    assert alerts("place-spike", steady + quiet, NOON + 30 * hour) == []


def test_a_source_that_falls_silent_is_told_of_once() -> None:
    """A source heard every hour that stops is told of after two days, once; the others are not."""
    hour = timedelta(hours=1)
    speaking = list(stream(100, hour, NOON, "geonames:1", "سانا", 1))
    silent = list(stream(5, hour, NOON, "geonames:1", "ТАСС", 200))
    told = alerts("silent-source", speaking + silent, NOON + 100 * hour)
    assert told == ["none in 2 days (ТАСС)"]


def test_shoigu_and_assad_are_found_in_the_sample_that_is_shipped() -> None:
    """The issue's example fires on the sample's report of Shoigu's visit to Damascus, told in Arabic."""
    text = resources.files("ingest.data.sample").joinpath("ar.jsonl").read_text("utf-8")
    rows = {row["id"]: row for row in map(json.loads, text.splitlines())}
    row = rows["ar-shoigu-damascus-2020"]
    made = enriched(Text(id=row["id"], title=row["title"], text=row["text"]), NOON)
    assert explain(rules()["shoigu-assad"], made).matches
