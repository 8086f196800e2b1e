"""One name, one reading: what the recogniser found in one place of an article is a name in its other places, too.

The idea is that of non-local features in named-entity recognition (Chieu and Ng 2002; Krishnan and Manning 2006).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from processors.context import CASED, Passage, words
from processors.tokens import Token
from processors.unknown import Span, is_name
from processors.word_classes import words_of
from rasid.domain.article import FieldName

_FAIRLY_SURE = 0.7  # confidence from which a name is looked for in other places
_DISCOUNT = 0.9  # a place where the recogniser saw no name is less sure
_LONGEST = 6  # words
_SHORTEST = 4  # letters of a family name
_SELDOM = 0.004  # share of Arabic news that may hold a word that is taken for a family name without a capital

Stretch = tuple[FieldName, int, int]
_Words = tuple[str, ...]


def repeated(spans: Sequence[Span], taken: Iterable[Stretch], passages: Sequence[Passage]) -> list[Span]:
    """Give the spans, title first, with those places where they or a person's last name stand once more.

    `taken`: stretches that are something else. Words are alike if their letters and capitals are; time is linear.
    """
    names = _names(spans, passages)
    if not names:
        return list(spans)
    lengths: dict[str, list[int]] = defaultdict(list)
    for name in sorted(names, key=len, reverse=True):
        if len(name) not in lengths[name[0]]:
            lengths[name[0]].append(len(name))
    used = [*taken, *((span.field, span.start, span.end) for span in spans)]
    again = [span for p in passages for span in _again(p, names, lengths, _Used(p.field, used))]
    return sorted([*spans, *again], key=lambda span: (span.field == "text", span.start))


class _Used:
    """The stretches of one field that are something already."""

    def __init__(self, field: FieldName, used: Iterable[Stretch]) -> None:
        stretches = sorted((start, end) for where, start, end in used if where == field)
        self._starts = [start for start, _ in stretches]
        self._reach = list(accumulate((end for _, end in stretches), max))

    def overlap(self, start: int, end: int) -> bool:
        """Say whether one of them overlaps."""
        behind = bisect_left(self._starts, end)
        return behind > 0 and self._reach[behind - 1] > start


def _names(spans: Sequence[Span], passages: Sequence[Passage]) -> dict[_Words, Span]:
    """Give the names to look for, by their words."""
    by_field = {p.field: p for p in passages}
    names: dict[_Words, Span] = {}
    for span in spans:
        p = by_field[span.field]
        if span.confidence < _FAIRLY_SURE or not is_name(p.source[span.start : span.end]):
            continue
        first, last = _tokens(p, span.start, span.end)
        if not first <= last < first + _LONGEST:
            continue
        spoken = tuple(p.source[token.start : token.end] for token in p.tokens[first : last + 1])
        if p.tokens[last].script in CASED or last > first:
            names.setdefault(spoken, span)
        family = spoken[-1]
        if span.type == "PER" and last > first and _is_family(p.tokens[last], family):
            names.setdefault((family,), span)
    return names


def _is_family(token: Token, spoken: str) -> bool:
    """Say whether the last word of a person's name tells the person: in Arabic, where it is no everyday word."""
    if len(spoken) < _SHORTEST or not is_name(spoken):
        return False
    if token.script in CASED:
        return True
    common = words_of("ar")
    if token.script != "arab" or token.text in words("first_name") or common is None:
        return False
    return common.share(token.term) < _SELDOM and not common.is_closed(token.text)


def _again(p: Passage, names: dict[_Words, Span], lengths: dict[str, list[int]], used: _Used) -> Iterator[Span]:
    """Find the names in a passage where nothing else stands, the longest first."""
    read = [p.source[token.start : token.end] for token in p.tokens]
    behind = 0
    for at, word in enumerate(read):
        for length in lengths.get(word, ()) if at >= behind else ():
            start, last = p.tokens[at].start, at + length - 1
            span = names.get(tuple(read[at : at + length])) if last < len(read) else None
            if span is None or _breaks(p, at, last) or used.overlap(start, p.tokens[last].end):
                continue
            behind = last + 1
            yield Span(p.field, start, p.tokens[last].end, span.type, round(span.confidence * _DISCOUNT, 4))
            break


def _breaks(p: Passage, first: int, last: int) -> bool:
    """Say whether a line ends inside a name, or one Arabic word stands where it need not mean the person."""
    if first == last and p.tokens[first].script == "arab":
        return not _stands_free(p, first)
    return "\n" in p.source[p.tokens[first].start : p.tokens[last].end]


def _stands_free(p: Passage, at: int) -> bool:
    """Say whether an Arabic word begins a phrase: no first name and no thing (قوانين نيوتن) stands before it."""
    start = p.tokens[at].start
    if at == 0 or not p.joined(p.tokens[at - 1], start):
        return True
    before, common = p.words[at - 1], words_of("ar")
    opens = before in words("name_ends") | words("title") | words("before_name")
    return before not in words("first_name") and (opens or (common is not None and common.is_closed(before)))


def _tokens(p: Passage, start: int, end: int) -> tuple[int, int]:
    """Give the first and last token of a stretch; the last before the first where it has none."""
    first = bisect_right(p.tokens, start, key=lambda token: token.end)
    last = bisect_right(p.tokens, end - 1, key=lambda token: token.start) - 1
    return first, last
