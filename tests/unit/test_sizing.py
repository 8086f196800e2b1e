"""The table of docs/deploy.md follows from the measured figures of docs/benchmarks.md."""

from __future__ import annotations

from pathlib import Path

from tool_module import tool

ROOT = Path(__file__).parents[2]


def test_the_table_is_computed_from_the_benchmarks() -> None:
    """New figures without a new table fail; `python tools/sizing.py --write` makes it."""
    sizing = tool("sizing")
    made = sizing.table((ROOT / "docs" / "benchmarks.md").read_text("utf-8"))
    assert made in (ROOT / "docs" / "deploy.md").read_text("utf-8")
    assert sizing.table("| en | 100 (9) |\n| ar | 300 (9) | the rest about 2.5.").splitlines()[2:] == [
        "| 100,000 | 1 / 3 | 1 | 6 | 0.0 |",
        "| 1,000,000 | 12 / 35 | 1 | 6 | 0.1 |",
        "| 10,000,000 | 116 / 347 | 4 | 8 | 0.9 |",
        "| 50,000,000 | 579 / 1736 | 18 | 36 | 4.3 |",
    ]
