"""How well the shipped rule tells reports on Russia and Syria from others, on labelled articles.

    python tools/eval_relevance.py [--shared DIR] [--rule FILE] [--labels FILE] [--half dev|kept]

The texts are read from the project's shared folder by the ids in tests/data/relevance/labels.tsv; they are not in the
repo. Prints precision, recall and F1 with a 95 % interval of F1 (percentile bootstrap over articles, Efron 1979), per
language and in all, then each error. `--half` takes the articles whose crc32 of the id is even (dev: rules may be made
on these) or odd (kept: these only measure).
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
RASID = str(Path(sys.executable).with_name("rasid"))
HALVES = ("dev", "kept")
_DRAWS = 2000
_SEED = 20261123
_TAIL = 0.025  # of the draws, left out on each side


class Label(NamedTuple):
    """One labelled article: `reason` says what makes it relevant, or what trap it is."""

    id: str
    language: str
    relevant: bool
    reason: str


class Score(NamedTuple):
    """Precision, recall and F1, 0..1."""

    precision: float
    recall: float
    f1: float


def main() -> None:
    """Measure the rule and print what it gets wrong."""
    options = _options()
    if not (options.shared / "data").is_dir():
        print(f"{options.shared} is not there, and the labelled texts are in it: nothing measured")
        return
    labels = [label for label in read_labels(options.labels) if options.half in (None, half(label.id))]
    articles = texts(options.shared / "data", {label.id for label in labels})
    missing = [label.id for label in labels if label.id not in articles]
    if missing:
        print(f"without a text, left out: {' '.join(missing)}")
    labels = [label for label in labels if label.id in articles]
    whys = matches(options.rule, [articles[label.id] for label in labels])
    for language in (*sorted({label.language for label in labels}), "all"):
        print(line(language, [label for label in labels if language in (label.language, "all")], whys))
    for label in labels:
        if label.relevant != (label.id in whys):
            print(f"{'missed' if label.relevant else 'wrong '} {label.id} ({label.reason}) {whys.get(label.id, '')}")


def _options() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    arguments.add_argument("--rule", type=Path, default=ROOT / "rules" / "russia-syria.yaml")
    arguments.add_argument("--labels", type=Path, default=ROOT / "tests" / "data" / "relevance" / "labels.tsv")
    arguments.add_argument("--half", choices=HALVES)
    return arguments.parse_args()


def half(article_id: str) -> str:
    """Say in which half of the set an article is."""
    return HALVES[zlib.crc32(article_id.encode()) % 2]


def read_labels(path: Path) -> list[Label]:
    """Read the labels, in the order of the file."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Label(row["id"], row["lang"], row["relevant"] == "1", row["reason"]) for row in rows]


def texts(data: Path, wanted: set[str]) -> dict[str, str]:
    """Give, by id, the JSON lines of the wanted articles under `data`, with the fields that `rasid` takes."""
    found = {}
    for path in sorted(data.glob("articles_*/articles.jsonl")):
        with path.open(encoding="utf-8") as file:
            for article in map(json.loads, file):
                if article["id"] in wanted:
                    kept = {field: article[field] for field in ("id", "title", "text")}
                    found[article["id"]] = json.dumps(kept, ensure_ascii=False)
    return found


def matches(rule: Path, articles: Sequence[str]) -> dict[str, str]:
    """Run the rule over articles (JSON lines) and give why it matched, by id."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "articles.jsonl")
        file.write_text("\n".join(articles) + "\n", "utf-8")
        command = [RASID, "rules", "test", str(rule), "--articles", str(file), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {found["article_id"]: json.dumps(found["why"], ensure_ascii=False) for found in lines if "why" in found}


def line(name: str, labels: Sequence[Label], whys: dict[str, str]) -> str:
    """Give one printed line of scores."""
    pairs = [(label.relevant, label.id in whys) for label in labels]
    at, (low, high) = score(pairs), interval(pairs)
    relevant = sum(truth for truth, _ in pairs)
    return (
        f"relevance.{name:5} articles {len(pairs):4} relevant {relevant:3} "
        f"precision {at.precision:.3f} recall {at.recall:.3f} f1 {at.f1:.3f} [{low:.3f}, {high:.3f}]"
    )


def score(pairs: Sequence[tuple[bool, bool]]) -> Score:
    """Score pairs of (relevant, matched); what has nothing to count scores 1."""
    hits = sum(truth and matched for truth, matched in pairs)
    relevant = sum(truth for truth, _ in pairs)
    matched = sum(matched for _, matched in pairs)
    total = relevant + matched
    return Score(
        hits / matched if matched else 1.0, hits / relevant if relevant else 1.0, 2 * hits / total if total else 1.0
    )


def interval(pairs: Sequence[tuple[bool, bool]]) -> tuple[float, float]:
    """Give the middle 95 % of F1 over seeded draws, with replacement, of as many articles."""
    source = random.Random(_SEED)  # a resampling, not a secret
    drawn = sorted(score(source.choices(pairs, k=len(pairs))).f1 for _ in range(_DRAWS))
    cut = int(_DRAWS * _TAIL)
    return drawn[cut], drawn[-cut - 1]


if __name__ == "__main__":
    main()
