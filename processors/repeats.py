"""One name, one reading: what the recogniser found in one place of an article is a name in its other places, too.

The idea is that of non-local features in named-entity recognition (Chieu and Ng 2002; Krishnan and Manning 2006).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

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
    read = {p.field: [p.source[token.start : token.end] for token in p.tokens] for p in passages}
    names = _names(spans, passages, read)
    lengths: dict[str, list[int]] = defaultdict(list)
    for name in sorted(names, key=len, reverse=True):
        if len(name) not in lengths[name[0]]:
            lengths[name[0]].append(len(name))
    used = [*taken, *((span.field, span.start, span.end) for span in spans)]
    again = [span for p in passages for span in _again(p, read[p.field], names, lengths, used)]
    return sorted([*spans, *again], key=lambda span: (span.field == "text", span.start))


def _names(spans: Sequence[Span], passages: Sequence[Passage], read: dict[FieldName, list[str]]) -> dict[_Words, Span]:
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
        cased = p.tokens[last].script in CASED
        if cased or last > first:
            names.setdefault(tuple(read[span.field][first : last + 1]), span)
        family = read[span.field][last]
        if cased and span.type == "PER" and last > first and len(family) >= _SHORTEST and is_name(family):
            names.setdefault((family,), span)
    return names


def _again(
    p: Passage,
    read: Sequence[str],
    names: dict[_Words, Span],
    lengths: dict[str, list[int]],
    used: Iterable[Stretch],
) -> Iterator[Span]:
    """Find the names in a passage where nothing else stands, the longest first."""
    free = [True] * len(read)
    for field, start, end in used:
        if field == p.field:
            first, last = _tokens(p, start, end)
            free[first : last + 1] = [False] * (last + 1 - first)
    for at, word in enumerate(read):
        for length in lengths.get(word, ()):
            name, last = tuple(read[at : at + length]), at + length - 1
            if name in names and all(free[at : last + 1]) and _runs_on(p, at, last):
                free[at : last + 1] = [False] * length
                span = names[name]
                start, end = p.tokens[at].start, p.tokens[last].end
                yield Span(p.field, start, end, span.type, round(span.confidence * _DISCOUNT, 4))


def _runs_on(p: Passage, first: int, last: int) -> bool:
    """Say whether no line ends inside a name."""
    return "\n" not in p.source[p.tokens[first].start : p.tokens[last].end]


def _tokens(p: Passage, start: int, end: int) -> tuple[int, int]:
    """Give the first and last token of a stretch; the last before the first where it has none."""
    first = bisect_right(p.tokens, start, key=lambda token: token.end)
    last = bisect_right(p.tokens, end - 1, key=lambda token: token.start) - 1
    return first, last
