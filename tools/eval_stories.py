"""How well `rasid stories` tells reports of one event from others, on labelled pairs of articles.

    python tools/eval_stories.py [--shared DIR] [--rasid COMMAND] [--half tune|held] [--undated] [--background]
                                  [--clear] [--errors]

Two sets (tests/data/stories/SOURCE.md): pairs of given articles, whose texts are read from the project's shared folder
by their ids, and our own short articles of invented events, which are in the repo; of these every two articles of one
half are a pair. The articles of a set go through the command as one stream, in order of published_at. A pair is found
when both its articles come out in one story. Printed per half (`tune`: rules may be made on it; `held`: it only
measures) and pair of languages: precision, recall and F1 of the label `same` (Manning, Raghavan, Schuetze, Introduction
to Information Retrieval, 16.3), then how many `topic` and `unrelated` pairs were joined. `-`: nothing to count.

--undated leaves the dates out, so that no window helps; --background adds the other given articles that have a date;
--clear leaves out the pairs that the annotator found borderline; --errors prints each pair that came out wrong (to be
read of `--half tune` only).
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import itertools
import json
import subprocess
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
RASID = str(Path(sys.executable).with_name("rasid"))
SETS = ROOT / "tests" / "data" / "stories"
HALVES = ("tune", "held")
LABELS = ("same", "topic", "unrelated")
FIELDS = ("id", "title", "text", "url", "published_at")
BORDERLINE = "borderline"
Article = dict[str, Any]


class Pair(NamedTuple):
    """Two articles and what the annotator says of them."""

    half: str
    languages: str
    first: str
    second: str
    label: str
    note: str


class Score(NamedTuple):
    """Precision, recall and F1, 0..1, or None where there is nothing to count."""

    precision: float | None
    recall: float | None
    f1: float | None


def main() -> None:
    """Measure both sets and print them."""
    options = _options()
    report("own", own_pairs(rows := _own("own_articles.jsonl")), rows, options)
    wire = _own("wire_copies.jsonl")
    found = len(set(stories(wire, options).values()))
    print(f"stories.wire  {len(wire)} copies in three languages come out in {found} stories (1 is right)")
    data = options.shared / "data"
    if not data.is_dir():
        print(f"{options.shared} is not there, and the labelled articles are in it: only our own articles are measured")
        return
    pairs = read_pairs(SETS / "pairs.tsv")
    articles = given(data, {name for pair in pairs for name in pair[2:4]}, background=options.background)
    missing = {name for pair in pairs for name in pair[2:4]} - {article["id"] for article in articles}
    if missing:
        print(f"without a text, left out: {' '.join(sorted(missing))}")
    report("given", [pair for pair in pairs if not missing & set(pair[2:4])], articles, options)


def _options() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    arguments.add_argument("--rasid", default=RASID)
    arguments.add_argument("--half", choices=HALVES, action="append")
    for switch in ("--undated", "--background", "--clear", "--errors"):
        arguments.add_argument(switch, action="store_true")
    return arguments.parse_args()


def read_pairs(path: Path) -> list[Pair]:
    """Read labelled pairs, in the order of the file."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Pair(*row) for row in itertools.islice(rows, 1, None)]


def own_pairs(articles: Sequence[Article]) -> list[Pair]:
    """Pair our own articles, each with each of its half: `same` where the event is one."""
    return [
        Pair(
            one["half"],
            "-".join(sorted((one["lang"], other["lang"]))),
            one["id"],
            other["id"],
            "same" if one["event"] == other["event"] else "topic" if _near(one, other) else "unrelated",
            f"{one['event']} {other['event']}",
        )
        for one, other in itertools.combinations(articles, 2)
        if one["half"] == other["half"]
    ]


def _near(one: Article, other: Article) -> bool:
    """Say whether one event is the hard negative of the other: e07 and n07, e01 and n01a."""
    return bool(one["event"][1:3] == other["event"][1:3])


def given(data: Path, wanted: set[str], *, background: bool) -> list[Article]:
    """Read the wanted articles, dated by dates.tsv; with `background` also the others that have a date of their own."""
    with (SETS / "dates.tsv").open(encoding="utf-8", newline="") as file:
        days = {row["id"]: row["day"] for row in csv.DictReader(file, delimiter="\t")}
    found: dict[str, Article] = {}
    for path in sorted(data.glob("articles_*/articles.jsonl")):
        with path.open(encoding="utf-8") as file:
            for article in map(json.loads, file):
                name = article["id"]
                day = _day(days.get(name) or (article.get("date") if background else None))
                if day and (background or name in wanted):
                    found[name] = article | {"published_at": _moment(name, day)}
    return list(found.values())


def _day(claimed: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(claimed or "")
    except ValueError:  # FA-KES swaps day and month here and there
        return None


def _moment(name: str, day: dt.date) -> str:
    """Give a time of that day, one for each id: only days are known, and midnight stamps are not believed."""
    midnight = dt.datetime.combine(day, dt.time(), dt.UTC)
    return (midnight + dt.timedelta(seconds=1 + zlib.crc32(name.encode()) % 86_399)).isoformat()


def _own(name: str) -> list[Article]:
    return [json.loads(line) for line in (SETS / name).read_text("utf-8").splitlines()]


def stories(articles: Iterable[Article], options: argparse.Namespace) -> dict[str, str]:
    """Group articles as one stream in order of published_at and give each one's story id."""
    ordered = sorted(articles, key=lambda article: (article["published_at"], article["id"]))
    fields = FIELDS[:-1] if options.undated else FIELDS
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "articles.jsonl")
        lines = [json.dumps({field: a.get(field) for field in fields}, ensure_ascii=False) for a in ordered]
        file.write_text("\n".join(lines) + "\n", "utf-8")
        done = subprocess.run(
            [options.rasid, "stories", "--json", "--articles", str(file)], capture_output=True, text=True, check=False
        )
    if done.returncode:
        sys.exit(f"{options.rasid} stories: exit {done.returncode}\n{done.stderr[-2000:]}")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    told = {name: story["story_id"] for story in found for name in story["article_ids"]}
    lost = [article["id"] for article in ordered if article["id"] not in told]
    if lost:
        sys.exit(f"{options.rasid} stories: in no story: {' '.join(lost)}")
    return told


def report(name: str, pairs: Sequence[Pair], articles: Sequence[Article], options: argparse.Namespace) -> None:
    """Group the articles and print the scores of the pairs."""
    told = stories(articles, options)
    largest = max(Counter(told.values()).values())
    print(f"stories.{name}  articles {len(told)}  stories {len(set(told.values()))}  largest {largest}")
    halves = options.half or HALVES
    kept = [pair for pair in pairs if pair.half in halves and not (options.clear and pair.note.startswith(BORDERLINE))]
    for half in halves:
        here = [pair for pair in kept if pair.half == half]
        for languages in (*sorted({pair.languages for pair in here}), "all"):
            print(line(f"{name}.{half}.{languages}", [p for p in here if languages in (p.languages, "all")], told))
    for pair in kept if options.errors else ():
        if joined(pair, told) != (pair.label == "same"):
            print(f"{'missed' if pair.label == 'same' else 'joined'}  {'  '.join(pair)}")


def joined(pair: Pair, told: Mapping[str, str]) -> bool:
    """Say whether both articles came out in one story."""
    return told[pair.first] == told[pair.second]


def score(pairs: Sequence[Pair], told: Mapping[str, str]) -> Score:
    """Score the joined pairs against the label `same`."""
    hits = sum(joined(pair, told) for pair in pairs if pair.label == "same")
    found = sum(joined(pair, told) for pair in pairs)
    wanted = sum(pair.label == "same" for pair in pairs)
    return Score(_ratio(hits, found), _ratio(hits, wanted), _ratio(2 * hits, found + wanted))


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def line(name: str, pairs: Sequence[Pair], told: Mapping[str, str]) -> str:
    """Give one printed line: scores, then how many pairs of each label were joined."""
    at = "  ".join(
        f"{measure} {'-' if value is None else f'{value:.3f}':5}"
        for measure, value in zip(Score._fields, score(pairs, told), strict=True)
    )
    counts = "  ".join(
        f"{label} {sum(joined(pair, told) for pair in pairs if pair.label == label)}"
        f"/{sum(pair.label == label for pair in pairs)}"
        for label in LABELS
    )
    return f"{name:18}  {at}  joined: {counts}"


if __name__ == "__main__":
    main()
