"""Entries a second: parse, sanitise (nh3), plain text and identity, against bare feedparser on the same documents.

    python bench/parse.py [--rounds N] [FILE...]

Bare feedparser has its sanitiser off. Medians of interleaved runs in one process; without files, the real feeds of
tests/data/feeds. Prints one line of JSON at the end.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import feedparser

from ingest.parsing import parse_document

FEEDS = Path(__file__).parents[1] / "tests" / "data" / "feeds"
REAL = ("miniflux", "node-feedparser")
URL = "https://site.example/feed"
REPEATS = 3  # of each document within a round


def bare(bodies: list[bytes], *, resolve: bool) -> int:
    """Parse with feedparser alone; give the number of entries."""
    return sum(
        len(feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=resolve).entries)
        for body in bodies
    )


def ours(bodies: list[bytes]) -> int:
    """Parse to entries; give their number."""
    return sum(len(parse_document(body, feed="bench", url=URL).entries) for body in bodies)


def seconds(work: Callable[[], int]) -> float:
    """Time one run."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure(bodies: list[bytes], rounds: int) -> dict[str, float]:
    """Give entries/s of each way and the ratios to bare feedparser."""
    ways: dict[str, Callable[[], int]] = {
        "feedparser_bare": lambda: bare(bodies, resolve=False),
        "feedparser_resolving": lambda: bare(bodies, resolve=True),
        "rasid": lambda: ours(bodies),
    }
    entries = bare(bodies, resolve=False)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, work in ways.items():
            times[name].append(seconds(work))
    medians = {name: statistics.median(values) for name, values in times.items()}
    result = {f"{name}_entries_per_s": round(entries / median, 1) for name, median in medians.items()}
    result["ratio_to_bare"] = round(medians["feedparser_bare"] / medians["rasid"], 3)
    result["ratio_to_resolving"] = round(medians["feedparser_resolving"] / medians["rasid"], 3)
    return result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    files = options.files or sorted(
        path for suite in REAL for path in (FEEDS / suite).iterdir() if path.suffix in {".xml", ".atom", ".rss"}
    )
    result = measure([path.read_bytes() for path in files] * REPEATS, options.rounds)
    for name, value in result.items():
        print(f"{name:36} {value:>12}")
    print(json.dumps({"bench": "parse", "documents": len(files), **result}))


if __name__ == "__main__":
    main()
