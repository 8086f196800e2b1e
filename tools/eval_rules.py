"""How often each shipped rule speaks, on the articles of the shared folder: alerts per 1,000 articles.

    python tools/eval_rules.py [--shared DIR] [--rules DIR] [RULE ...]

The articles are ANT Corpus (ar), FA-KES, re3d, tgcontest (en), kremlin.ru, Wikinews, tgcontest (ru): half of them
were chosen for naming Syria or Russia, so a news feed gives less. Each article is a story of its own, a minute apart,
for few have a time; so windows (spike, flatline) mean little here, and "per story" nothing. For the main rule it also
counts the false ones: among the labelled traps (tests/data/relevance), among the articles that name neither country,
and among all that are off its topic.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rasid.adapters.yaml_rules import read_rules
from rasid.alerts.backtest import backtest
from rasid.app.analysis import Analysis
from rasid.app.cli.enrich import Text
from rasid.app.rules_texts import document
from rasid.domain.article import GroupedArticle

ROOT = Path(__file__).resolve().parent.parent
MAIN = "russia-syria"
_BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
_COLLECTIONS = ("articles_ar", "articles_en", "articles_ru")


def main() -> None:
    """Run the rules and print a line each."""
    options = _options()
    if not (options.shared / "data").is_dir():
        print(f"{options.shared} is not there, and the articles are in it: nothing measured")
        return
    rules, broken = read_rules(options.rules, Analysis())
    for error in broken.values():
        print(f"broken: {error}", file=sys.stderr)
    documents = list(articles(options.shared / "data"))
    total = Counter(one.enriched.language for one, _ in documents)
    print(f"rules.articles {len(documents)} " + " ".join(f"{name} {total[name]}" for name in ("ar", "en", "ru")))
    for rule in rules.values():
        if options.only and rule.id not in options.only:
            continue
        told, matched = Counter[str](), Counter[str]()
        found: set[str] = set()
        for tried in backtest([rule], documents):
            matched.update(match.article.language for match in tried.matches if match.article)
            found.update(match.article_id for match in tried.matches)
            told.update({"all": len(tried.alerts)})
        by_language = " ".join(
            f"{name} {1000 * matched[name] / max(total[name], 1):.1f}" for name in ("ar", "en", "ru")
        )
        print(
            f"rules.{rule.id:18} {rule.type:9} alerts_per_1000 {1000 * told['all'] / len(documents):7.1f} "
            f"matches_per_1000 {1000 * len(found) / len(documents):7.1f}  {by_language}"
        )
        if rule.id == MAIN:
            _off_topic(found, documents, _given(options.shared / "data" / "relevance" / "relevance.jsonl"))


def articles(data: Path) -> Iterator[tuple[GroupedArticle, datetime]]:
    """Give all articles, enriched, each with a time of its own."""
    number = 0
    for name in _COLLECTIONS:
        for line in (data / name / "articles.jsonl").read_text("utf-8").split("\n"):
            if line:
                row, number = json.loads(line), number + 1
                at = _BEGIN + timedelta(minutes=number)
                text = Text(id=row["id"], title=row["title"], text=row["text"], source=row.get("source") or "")
                made = document(text, at)
                yield replace(made, story_id=f"story-{row['id']}"), at


def _off_topic(found: set[str], documents: list[tuple[GroupedArticle, datetime]], given: dict[str, bool]) -> None:
    """Count the main rule's false alerts where they are known to be such."""
    neither = {one.id for one, _ in documents if not {"RU", "SY"} & set(one.enriched.about)}
    known = {one.id for one, _ in documents}
    labelled = {row["id"] for row in _labels() if row["relevant"] == "0"} & known
    labelled |= {name for name, is_relevant in given.items() if not is_relevant} & known
    relevant = {row["id"] for row in _labels() if row["relevant"] == "1"} | {name for name, yes in given.items() if yes}
    unlabelled = sorted(found - labelled - relevant)
    print(f"rules.{MAIN:18} matched without a label {len(unlabelled)}: {' '.join(unlabelled)}")
    # Every article of the collections that names both sides is labelled, or came labelled: the rest is off the topic.
    rest = {one.id for one, _ in documents} - relevant - set(unlabelled)
    for name, off in (("labelled_traps", labelled), ("naming_neither", neither), ("all_off_topic", rest)):
        false = sorted(off & found)
        print(f"rules.{MAIN:18} {name} {len(off)} false {len(false)} per_100 {100 * len(false) / max(len(off), 1):.2f}")
        if name == "labelled_traps":
            print("    " + " ".join(false))


def _given(path: Path) -> dict[str, bool]:
    """Give the labels that came with the collections, by id."""
    lines = path.read_text("utf-8").split("\n") if path.exists() else []
    rows = [json.loads(line) for line in lines if line]
    return {row["id"]: row["relevant"] for row in rows}


def _labels() -> Iterator[dict[str, str]]:
    for path in sorted((ROOT / "tests" / "data" / "relevance").glob("labels*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def _options() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("only", nargs="*", metavar="RULE")
    arguments.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    arguments.add_argument("--rules", type=Path, default=ROOT / "rules")
    return arguments.parse_args()


if __name__ == "__main__":
    main()
