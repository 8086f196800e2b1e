"""Embedded end to end: 20,000 distinct articles made of the sample texts, from JSON lines to searchable.

Prints articles/s, the peak memory of all processes together (PSS: shared pages counted once), and how long searches
take while indexing and idle, against a hand-written FTS5 query on the same file.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rasid.adapters.luqum_query import parse_query
from rasid.adapters.sqlite_index import SqliteIndex
from rasid.app.analysis import Analysis

SAMPLE = Path(__file__).parent.parent / "ingest" / "data" / "sample"
QUERIES = (
    "Shoigu",
    "سوريا",
    "Сирия",
    "Путин AND Сирия",
    "مجلس الأمن",
    "Security Council",
    "Idlib OR إدلب",
    "language:ar",
)
FTS_QUERIES = ('"shoigu"', '"سوريا"', '"сир"', '"путин" AND "сир"', '"مجلس"', '"secur council"', '"idlib"', '"syria"')


def articles(count: int) -> Iterator[str]:
    """Give JSON lines of distinct articles: a sample text with a number in it and its paragraphs in another order."""
    pick = random.Random(1)
    texts = [json.loads(line) for path in sorted(SAMPLE.glob("*.jsonl")) for line in path.open(encoding="utf8")]
    for number in range(count):
        text = texts[number % len(texts)]
        paragraphs = text["text"].split("\n\n")
        pick.shuffle(paragraphs)
        body = "\n\n".join([*paragraphs, f"{number}"])
        row = {
            "title": f"{text['title']} {number}",
            "text": body,
            "url": f"https://example.org/{number}",
            "source": text["source"],
        }
        yield json.dumps(row, ensure_ascii=False) + "\n"


def tree(pid: int) -> list[int]:
    """Give a process and its descendants."""
    found = [pid]
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in path.read_text().split():
            found += tree(int(child))
    return found


def memory(pid: int) -> int:
    """Give the bytes that a process tree holds (PSS)."""
    total = 0
    for one in tree(pid):
        try:
            rollup = Path(f"/proc/{one}/smaps_rollup").read_text()
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) * 1024
    return total


def timed(action: Callable[[], object]) -> float:
    """Give the milliseconds an action takes."""
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000


def percentiles(times: list[float]) -> str:
    """Write p50 and p99."""
    ranked = sorted(times)
    p99 = ranked[int(len(ranked) * 0.99)]
    return f"p50 {statistics.median(ranked):6.1f} ms  p99 {p99:6.1f} ms  ({len(ranked)} searches)"


def main() -> None:
    """Run once and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--articles", type=int, default=20_000)
    count = arguments.parse_args().articles
    with tempfile.TemporaryDirectory() as place:
        lines = Path(place, "articles.jsonl")
        lines.write_text("".join(articles(count)), "utf-8")
        data = Path(place, "data")
        began = time.monotonic()
        rasid = str(Path(sys.executable).with_name("rasid"))
        process = subprocess.Popen([rasid, "ingest", "--jsonl", str(lines), "--data-dir", str(data)])
        analysis, peak, busy = Analysis(), 0, []
        while process.poll() is None:
            peak = max(peak, memory(process.pid))
            if (data / "index.db").exists():
                with SqliteIndex(data / "index.db", analysis) as index:
                    busy += [timed(lambda q=q: index.search(parse_query(q, analysis).query)) for q in QUERIES]  # type: ignore[misc]
            time.sleep(0.25)
        seconds = time.monotonic() - began
        print(f"end to end   {count / seconds:7.0f} articles/s ({count} in {seconds:.0f} s, start included)")
        print(f"memory       {peak / 2**20:7.0f} MiB peak, all processes")
        print(f"indexing     {percentiles(busy)}")
        compare(data / "index.db", analysis)


def compare(path: Path, analysis: Analysis) -> None:
    """Search an idle index, ours and by hand, interleaved."""
    ours, by_hand = [], []
    with SqliteIndex(path, analysis) as index, sqlite3.connect(path) as plain:
        sql = (
            "SELECT docs.body FROM docs JOIN terms ON terms.rowid = docs.rowid WHERE terms MATCH ?"
            " ORDER BY docs.first_seen DESC LIMIT 20"
        )
        for _ in range(40):
            for query, expression in zip(QUERIES, FTS_QUERIES, strict=True):
                ours.append(timed(lambda q=query: index.search(parse_query(q, analysis).query)))  # type: ignore[misc]
                by_hand.append(timed(lambda e=expression: plain.execute(sql, (e,)).fetchall()))  # type: ignore[misc]
    print(f"idle         {percentiles(ours)}")
    print(f"by hand      {percentiles(by_hand)}")
    print(f"ratio        {statistics.median(ours) / statistics.median(by_hand):.2f} of a hand-written FTS5 query (p50)")


if __name__ == "__main__":
    main()
