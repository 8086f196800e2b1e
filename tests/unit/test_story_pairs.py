from __future__ import annotations

import csv
import datetime as dt
import json
import pathlib
import re
from collections import Counter, defaultdict
from typing import Any

import pytest
from tool_module import tool

ROOT = pathlib.Path(__file__).parent.parent.parent
SETS = ROOT / "tests" / "data" / "stories"
LANGUAGES = ("ar", "en", "ru")


EVAL = tool("eval_stories")
PAIRS = EVAL.read_pairs(SETS / "pairs.tsv")


def articles(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SETS / name).read_text("utf-8").splitlines()]


def language(article_id: str) -> str:
    return "ar" if article_id.startswith("JA-") else "ru" if re.match("nerel|kremlin|tg-ru", article_id) else "en"


def test_no_article_is_in_both_halves():
    """The halves share no article, so that what is tuned on one half is not measured on it."""
    halves = defaultdict(set)
    for pair in PAIRS:
        halves[pair.half] |= {pair.first, pair.second}
    assert set(halves) == set(EVAL.HALVES)
    assert not halves["tune"] & halves["held"]


def test_each_pair_says_its_languages_and_a_known_label():
    """A pair stands once, names the languages of its ids and has one of the three labels."""
    for pair in PAIRS:
        assert pair.languages == f"{language(pair.first)}-{language(pair.second)}"
        assert pair.label in EVAL.LABELS
    assert len({frozenset((pair.first, pair.second)) for pair in PAIRS}) == len(PAIRS)


def test_there_are_as_many_pairs_as_were_asked_for():
    """At least 60 Arabic pairs and 30 of each pair of languages are labelled."""
    counted = Counter(pair.languages for pair in PAIRS)
    assert counted["ar-ar"] >= 60
    assert min(counted[pair] for pair in ("ar-en", "ar-ru", "en-ru")) >= 30


def test_every_labelled_article_has_a_day():
    """dates.tsv gives each labelled article one valid day and says where it is from."""
    with (SETS / "dates.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [row["id"] for row in rows] == sorted({name for pair in PAIRS for name in pair[2:4]})
    for row in rows:
        assert dt.date.fromisoformat(row["day"]).year > 2000
        assert row["from"] in {"file", "text", "guess"}


def test_own_events_are_told_in_three_languages():
    """Each invented event lies in one half and is reported three to five times, in Arabic, English and Russian."""
    events = defaultdict(list)
    for article in articles("own_articles.jsonl"):
        events[article["event"]].append(article)
        assert dt.datetime.fromisoformat(article["published_at"]).tzinfo is not None
        assert article["origin"] == "invented"
    for event, reports in events.items():
        assert len({report["half"] for report in reports}) == 1
        if event.startswith("e"):
            assert {report["lang"] for report in reports} == set(LANGUAGES)
            assert 3 <= len(reports) <= 5
    assert sum(event.startswith("e") for event in events) == 12


def test_the_wire_is_copied_twelve_times():
    """Twelve outlets copy one wire report, four in each language, within two hours."""
    copies = articles("wire_copies.jsonl")
    assert Counter(copy["lang"] for copy in copies) == dict.fromkeys(LANGUAGES, 4)
    times = sorted(dt.datetime.fromisoformat(copy["published_at"]) for copy in copies)
    assert times[-1] - times[0] < dt.timedelta(hours=2)
    assert len({copy["source"] for copy in copies}) == 12


@pytest.mark.parametrize(
    ("told", "precision", "recall", "f1"),
    [
        ({"a": "1", "b": "1", "c": "2"}, 1.0, 1.0, 1.0),
        ({"a": "1", "b": "1", "c": "1"}, 1 / 3, 1.0, 0.5),
        ({"a": "1", "b": "2", "c": "1"}, 0.0, 0.0, 0.0),
        ({"a": "1", "b": "2", "c": "3"}, None, 0.0, 0.0),
    ],
)
def test_joined_pairs_are_scored(told: dict[str, str], precision: float | None, recall: float, f1: float):
    """Precision and recall count the joined pairs against those labelled `same`."""
    pairs = [
        EVAL.Pair("tune", "ar-ru", *names, label, "")
        for names, label in ((("a", "b"), "same"), (("a", "c"), "topic"), (("b", "c"), "unrelated"))
    ]
    assert EVAL.score(pairs, told) == pytest.approx((precision, recall, f1))


def test_own_pairs_keep_to_a_half():
    """Reports of one event are `same`, those of its hard negative `topic`, and no pair crosses the halves."""
    own = articles("own_articles.jsonl")
    labels = {(pair.first, pair.second): pair.label for pair in EVAL.own_pairs(own)}
    assert labels["own-e09-ar1", "own-e09-ru1"] == "same"
    assert labels["own-e09-ru1", "own-n09-en1"] == "topic"
    assert labels["own-e01-ar1", "own-e03-ru1"] == "unrelated"
    assert ("own-e01-ar1", "own-e02-ar1") not in labels
