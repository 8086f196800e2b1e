"""Compute how many workers how many articles a day take, from the measured figures.

    python tools/sizing.py [--write]

Reads docs/benchmarks.md (one core's articles of 4 KB a second with everything on, the slowest of the three languages)
and prints the table of docs/deploy.md; --write puts it there.
"""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"
# News comes in waves: the busiest hour is planned with so many times the mean of the day.
PEAK = 3
DAILY = (100_000, 1_000_000, 10_000_000, 50_000_000)
# What the other stages took together in the embedded service, in CPU seconds an article (docs/benchmarks.md).
_OTHERS = re.compile(r"the rest about ([\d.]+)\b")
_LANGUAGE = re.compile(r"^\| (?:ar|en|ru) \| (\d+) \(", re.MULTILINE)
_SHIPPED = 6


def table(benchmarks: str) -> str:
    """Give the table as Markdown."""
    pace = min(int(one) for one in _LANGUAGE.findall(benchmarks))
    found = _OTHERS.search(benchmarks)
    if not found:
        raise SystemExit("docs/benchmarks.md does not say any more what the other stages take")
    others = float(found[1]) / 1000
    head = (
        f"| articles a day | a second: mean / busiest hour | enrich workers ({pace} a second each) |"
        " partitions of `news.articles.v1` and its back-fill twin | cores for the other stages |"
    )
    rows = [head, "|---|---|---|---|---|"]
    for daily in DAILY:
        mean = daily / 86_400
        peak = mean * PEAK
        workers = math.ceil(peak / pace)
        partitions = max(_SHIPPED, 2 * workers)
        rows.append(f"| {daily:,} | {mean:.0f} / {peak:.0f} | {workers} | {partitions} | {peak * others:.1f} |")
    return "\n".join(rows)


def main() -> None:
    """Print the table, or put it in its place."""
    made = table((DOCS / "benchmarks.md").read_text("utf-8"))
    if "--write" not in sys.argv:
        print(made)
        return
    page = DOCS / "deploy.md"
    text = page.read_text("utf-8")
    head, rest = text.split("<!-- sizing: tools/sizing.py --write -->\n", 1)
    tail = rest.split("<!-- end of sizing -->", 1)[1]
    page.write_text(f"{head}<!-- sizing: tools/sizing.py --write -->\n{made}\n<!-- end of sizing -->{tail}", "utf-8")


if __name__ == "__main__":
    main()
