"""What stands in an article's text and says nothing of the event: adverts, share lines, page dates, calls to read on.

A change there is no change of the article, and no keyword comes from it. A whole paragraph goes or stays; the phrases
are a table, processors/data/boilerplate.tsv.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_SHORT, _VERY_SHORT = 200, 80
_ONLY_A_TIME = re.compile(r"[\W\d]*\d[\W\d]*(?:utc|gmt|мск|am|pm|ص|م)?\W*")
_SHAPES = {"label": r"\W*{}\s*(?:[:|\-–—]|$)", "opening": r"\W*{}", "dated": r"\W*{}", "anywhere": r".*{}"}


def without_boilerplate(text: str) -> str:
    """Give the text without its paragraphs of boilerplate; paragraphs are lines."""
    return "\n".join(line for line in text.split("\n") if not is_boilerplate(line))


def is_boilerplate(paragraph: str) -> bool:
    """Tell whether a paragraph is no part of the report."""
    patterns, size = _patterns(), len(paragraph)
    if patterns["label"].match(paragraph):
        return True
    if size <= _SHORT and (patterns["opening"].match(paragraph) or patterns["anywhere"].match(paragraph)):
        return True
    if size > _VERY_SHORT or not any(character.isdigit() for character in paragraph):
        return False
    return bool(patterns["dated"].match(paragraph) or _ONLY_A_TIME.fullmatch(paragraph))


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    lines = resources.files("processors").joinpath("data/boilerplate.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return {
        how: re.compile(shape.format("(?:" + "|".join(row[2] for row in rows if row[0] == how) + ")"), re.IGNORECASE)
        for how, shape in _SHAPES.items()
    }
