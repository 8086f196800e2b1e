"""One name, one reading: what the recogniser found in one place of an article is a name in its other places, too.

The idea is that of non-local features in named-entity recognition (Chieu and Ng 2002; Krishnan and Manning 2006).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from processors.context import CASED, Passage
from processors.unknown import Span, is_name
from rasid.domain.article import FieldName

_FAIRLY_SURE = 0.7  # confidence from which a name is looked for in other places
_DISCOUNT = 0.9  # a place where the recogniser saw no name is less sure
_LONGEST = 6  # words
_SHORTEST = 4  # letters of a family name

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
        cased = p.tokens[last].script in CASED
        if cased or last > first:
            names.setdefault(spoken, span)
        family = spoken[-1]
        if cased and span.type == "PER" and last > first and len(family) >= _SHORTEST and is_name(family):
            names.setdefault((family,), span)
    return names


def _again(p: Passage, names: dict[_Words, Span], lengths: dict[str, list[int]], used: _Used) -> Iterator[Span]:
    """Find the names in a passage where nothing else stands, the longest first."""
    read = [p.source[token.start : token.end] for token in p.tokens]
    behind = 0
    for at, word in enumerate(read):
        for length in lengths.get(word, ()) if at >= behind else ():
            start, last = p.tokens[at].start, at + length - 1
            span = names.get(tuple(read[at : at + length])) if last < len(read) else None
            if span is None or not _runs_on(p, at, last) or used.overlap(start, p.tokens[last].end):
                continue
            behind = last + 1
            yield Span(p.field, start, p.tokens[last].end, span.type, round(span.confidence * _DISCOUNT, 4))
            break


def _runs_on(p: Passage, first: int, last: int) -> bool:
    """Say whether no line ends inside a name."""
    return "\n" not in p.source[p.tokens[first].start : p.tokens[last].end]


def _tokens(p: Passage, start: int, end: int) -> tuple[int, int]:
    """Give the first and last token of a stretch; the last before the first where it has none."""
    first = bisect_right(p.tokens, start, key=lambda token: token.end)
    last = bisect_right(p.tokens, end - 1, key=lambda token: token.start) - 1
    return first, last
