"""Mentions of a country that say nothing of it: a dateline, where a group is outlawed, whose make a rifle is.

Such a mention counts for what an article is `about`, but not for where the country stands in it, which rules ask for.
Only the words around the mention are looked at, so the cost does not grow with the text.
"""

from __future__ import annotations

import re
from itertools import pairwise

from processors.context import Passage, words
from processors.knowledge import Entry

LONGEST_LIST = 3  # countries; a sentence that names more of them lists them
_LOOK_BACK = 6  # words between "outlawed" and the country
_WINDOW = 48  # letters that the rest of a dateline takes

# Behind the place: a date, then the agency in brackets or strokes, or a dash.
_AGENCY = re.compile(
    r"(?:,\s[A-Z][a-z]+)?(?:,?\s(?:[A-Z][a-z]{2,8}\.?\s\d{1,2}|\d{1,2}\s[а-яё]{3,8}))?[.,]?\s*"
    r"(?:\([^()\n]{2,30}\)|/[^/\n]{2,20}/|[–—]|-{1,2}\s)"
)
_DATED = re.compile(r",?\s\d{1,2}\s[а-яё]{3,8}[.,]\s")
_ARABIC_AGENCY = re.compile(r"\s*(?:\([^()\n]{2,30}\)|/[^/\n]{2,20}/|[-–—]\s*\S{2,20}\s*[-–—:]|\s[-–—]\s)")
_SHORTEST_SHOUT = 4  # letters: a dateline's place is no abbreviation


def source_of_news(entry: Entry) -> bool:
    """Say whether an entry is a medium, which is named for having said something first."""
    return entry.id.startswith("rasid:media/")


def incidental(p: Passage, first: int, last: int) -> bool:
    """Say whether the country that the tokens `first` to `last` speak of is named in passing only."""
    return _maker(p, last) or _outlawed(p, first, last) or _dateline(p, first, last)


def _maker(p: Passage, last: int) -> bool:
    """Say whether "-made", «производства» or الصنع stands behind an adjective or a country."""
    if last + 1 >= len(p.words) or p.words[last + 1] not in words("make_after"):
        return False
    after, gap = p.tokens[last + 1], p.source[p.tokens[last].end : p.tokens[last + 1].start]
    return gap == "-" if after.script == "latn" else gap == " "


def _outlawed(p: Passage, first: int, last: int) -> bool:
    """Say whether somebody is outlawed there: «запрещённая в РФ», "banned in Russia", المحظورة في روسيا."""
    sentence = p.tokens[first].sentence
    start, outlawed = max(0, first - _LOOK_BACK), words("outlawed")
    if outlawed.isdisjoint(p.words[start : last + 2]):
        return False
    before = [t.text for t in p.tokens[start:first] if t.sentence == sentence]
    if any(word in outlawed and there in words("outlawed_in") for word, there in pairwise(before)):
        return True
    behind = p.words[last + 1] if last + 1 < len(p.words) else ""
    return behind in outlawed and bool(before) and before[-1] in words("outlawed_in")


def _dateline(p: Passage, first: int, last: int) -> bool:
    """Say whether the place stands in capitals, or in Arabic opens a line, before a date or an agency."""
    start, end = p.tokens[first].start, p.tokens[last].end
    if p.tokens[first].script == "arab":
        opens = start == 0 or p.source[start - 1] == "\n"
        return opens and _ARABIC_AGENCY.match(p.source, end, end + _WINDOW) is not None
    if not p.source[end - 1].isupper() or end - start < _SHORTEST_SHOUT or not p.source[start:end].isupper():
        return False
    return any(shape.match(p.source, end, end + _WINDOW) for shape in (_AGENCY, _DATED))
