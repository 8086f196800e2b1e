"""Join what the gazetteer linked with what the recogniser found: one reading of every stretch of text.

The recogniser knows better where a name begins and ends, the knowledge base what it stands for.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

from processors.context import Passage, words
from processors.evidence import Evidence, own_words
from processors.gazetteer import Match
from processors.knowledge import Entry
from processors.linking import FULL, Link
from processors.normalise import fold
from processors.repeats import repeated
from processors.unknown import Span, telling

_LIKELY, _LIKELY_ARABIC = 0.4, 0.8  # confidence from which a span (in Arabic: of a body, a place) is more than a guess
_CUTS = 0.6  # confidence from which a span may cut through a doubtful link
_SURE = 0.9  # confidence from which a place is not taken for a part of another place's name
_ARABIC = "\u0600\u077f"  # the first and last letter of the blocks for Arabic
_WORD = re.compile(r"[^\W_]+")


class Joined(NamedTuple):
    """The links that are mentions, places that stand only inside longer names, and the spans that nobody knows."""

    links: list[Link]
    inside: list[Link]
    left: list[Span]


def join(
    links: Sequence[Link],
    recognised: Sequence[Span],
    entries: Sequence[Entry],
    passages: Sequence[Passage],
    evidence: Evidence,
) -> Joined:
    """Give each stretch of text one reading. `recognised` do not overlap each other.

    A longer span with one known name of its type in it is the mention of that name, unless its other words make it
    another's. A place inside the name of a body or a person is a mention only if the article names it nowhere else.
    A family name alone means the known person who bears it. What was recognised in one place is found in others, too.
    """
    joiner = _Joiner(links, entries, passages, evidence)
    for span in recognised:
        joiner.add(span)
    inside = joiner.named_elsewhere()
    mentions = [*joiner.kept.values(), *joiner.followers]
    taken = [(link.passage.field, link.start, link.end) for link in (*mentions, *inside)]
    return Joined(mentions, inside, repeated(joiner.left, taken, passages))


class _Joiner:
    """The links that stay so far, by their place in the order of the text, and the spans that are left."""

    def __init__(
        self, links: Sequence[Link], entries: Sequence[Entry], passages: Sequence[Passage], evidence: Evidence
    ) -> None:
        self._entries, self._passages, self._evidence = entries, {p.field: p for p in passages}, evidence
        self.kept: dict[int, Link] = dict(enumerate(sorted(links, key=lambda k: (k.passage.field, k.start))))
        self._places = [(k.passage.field, k.start) for k in self.kept.values()]
        # How far any link up to each reaches: links nest, so one before the last may still lie over a span.
        reach = accumulate(((k.passage.field, k.end) for k in self.kept.values()), max)
        self._reach = list(reach)
        self._inside: set[int] = set()
        self.left: list[Span] = []
        self.followers: list[Link] = []

    def add(self, found: Span) -> None:
        """Read one span."""
        p = self._passages[found.field]
        span = _read_anew(_without_clitic(found, p), p)
        over = self._over(span)
        if over:
            if _likely(span, p) and not self._agrees(span, over) and not self._runs_on(span, p, over[0]):
                self._read(span, over)
        elif (follower := _follower(span, p, self._evidence)) is not None:
            self.followers.append(follower)
        elif _likely(span, p):
            self.left.append(span)

    def named_elsewhere(self) -> list[Link]:
        """Take out the places inside longer names that the article names elsewhere as well."""
        named = {link.entry for at, link in self.kept.items() if at not in self._inside}
        taken = []
        for at in sorted(self._inside & self.kept.keys()):
            if self.kept[at].entry in named:
                taken.append(self.kept.pop(at))
            else:
                named.add(self.kept[at].entry)
        return taken

    def _over(self, span: Span) -> list[int]:
        """Give the links that overlap a span."""
        at = bisect_left(self._places, (span.field, span.end)) - 1
        over = []
        begun = (span.field, span.start)
        while at >= 0 and self._reach[at] > begun:
            link = self.kept.get(at)
            if link is not None and link.end > span.start and link.passage.field == span.field:
                over.append(at)
            at -= 1
        return over[::-1]

    def _agrees(self, span: Span, over: list[int]) -> bool:
        """Say whether a span is just where a link is, as most are."""
        link = self.kept[over[0]]
        return len(over) == 1 and (link.start, link.end) == (span.start, span.end)

    def _runs_on(self, span: Span, p: Passage, first: int) -> bool:
        """Say whether a span runs on behind a family name at its start, as guesses in Arabic do (شويغو يلتقي).

        Given names stand before family names, so what follows is no part of the name.
        """
        link, entry = self.kept[first], self._entry(first)
        if entry.type != "PER" or link.start != span.start or link.end >= span.end or not _is_arabic(span, p):
            return False
        name = fold(entry.names.ar or "").split()
        return fold(p.source[link.start : link.end]).split()[-1:] == name[-1:]

    def _read(self, span: Span, over: list[int]) -> None:
        if span.type == "LOC":
            over = self._without_kinds(span, over)
        links = [self.kept[at] for at in over]
        alike = [at for at in over if self._entry(at).type == span.type]
        if not all(span.start <= link.start and link.end <= span.end for link in links):
            if len(over) == 1 and _outdoes(span, links[0]):
                self._replace(span, over)
        elif all(_yields(self.kept[at], span, self._entry(at)) for at in over):
            self._replace(span, over)
        elif len(alike) == 1 and (len(over) == 1 or span.type != "LOC"):
            self.kept[alike[0]] = self.kept[alike[0]]._replace(start=span.start, end=span.end)
            self._inside.update(at for at in over if self._entry(at).type == "LOC" and at not in alike)
        elif not alike and span.type != "LOC" and _adds(span, links) and not self._is_sentence(span, over):
            self.left.append(span)
            self._inside.update(at for at in over if self._entry(at).type == "LOC")

    def _is_sentence(self, span: Span, over: list[int]) -> bool:
        """Say whether a span tells of people rather than bears their names: Shoigu meets Assad; Assad says."""
        people = [self.kept[at] for at in over if self._entry(at).type == "PER"]
        if len(people) != 1:
            return bool(people)
        source = people[0].passage.source
        besides = _WORD.findall(f"{source[span.start : people[0].start]} {source[people[0].end : span.end]}")
        return all(word.isascii() and word.islower() for word in besides)

    def _without_kinds(self, span: Span, over: list[int]) -> list[int]:
        """Unlink the word "city" in the name of a city: there is one of that name (مدينة)."""
        kinds = [at for at in over if _is_kind(self.kept[at]) and self.kept[at].end < span.end]
        for at in kinds:
            del self.kept[at]
        return [at for at in over if at not in kinds]

    def _replace(self, span: Span, over: Iterable[int]) -> None:
        self.left.append(span)
        for at in over:
            del self.kept[at]

    def _entry(self, at: int) -> Entry:
        return self._entries[self.kept[at].entry]


def _is_kind(link: Link) -> bool:
    return fold(link.passage.source[link.start : link.end]) in words("place_named")


def _likely(span: Span, p: Passage) -> bool:
    """Say whether a span is more than a guess, so that it may change what is linked.

    Arabic, without capitals, makes guesses of bodies and places.
    """
    arabic = span.type != "PER" and _is_arabic(span, p)
    return span.confidence >= (_LIKELY_ARABIC if arabic else _LIKELY)


def _is_arabic(span: Span, p: Passage) -> bool:
    return _ARABIC[0] <= p.source[span.start : span.start + 1] <= _ARABIC[1]


def _without_clitic(span: Span, p: Passage) -> Span:
    """Let an Arabic span begin behind the clitics that the tokeniser takes off its first word."""
    if not _is_arabic(span, p):
        return span
    at = bisect_right(p.tokens, span.start, key=lambda token: token.end)
    if at < len(p.tokens) and span.start < p.tokens[at].start < span.end:
        return span._replace(start=p.tokens[at].start)
    return span


def _read_anew(span: Span, p: Passage) -> Span:
    """Cut an Arabic person's name where an office or a verb ends it, and take a club's name for one (ليستر سيتي)."""
    if span.type != "PER":
        return span
    first = bisect_right(p.tokens, span.start, key=lambda token: token.end)
    last = bisect_left(p.tokens, span.end, lo=first, key=lambda token: token.start) - 1
    if last <= first:
        return span
    spoken = p.words[first : last + 1]
    if p.tokens[first].script == "arab":
        ends = next((at for at, word in enumerate(spoken) if at and word in words("name_ends")), len(spoken))
        if ends < len(spoken):
            spoken, span = spoken[:ends], span._replace(end=p.tokens[first + ends - 1].end)
    club = len(spoken) > 1 and (spoken[-1] in words("club_after") or spoken[0] in words("not_place_before"))
    return span._replace(type="ORG") if club else span


def _outdoes(span: Span, link: Link) -> bool:
    """Say whether a span cuts off a piece of a doubtful link: the Atlantic | City Railroad."""
    longer = span.end - span.start > link.end - link.start
    return longer and link.confidence < FULL and span.confidence >= _CUTS


def _adds(span: Span, over: Sequence[Link]) -> bool:
    """Say whether a span is more than known names with small words between them (the UK; U.S. and Russia)."""
    source, at = over[0].passage.source, span.start
    besides = []
    for link in sorted(over, key=lambda k: k.start):
        besides.append(source[at : link.start])
        at = max(at, link.end)
    return any(_means(word) for word in _WORD.findall(" ".join([*besides, source[at : span.end]])))


def _means(word: str) -> bool:
    """Say whether a word makes the name of a country that of a body: Bangladesh Army, but not روسيا اليوم."""
    folded = fold(word)
    if folded in words("calendar") and not word[0].isupper():
        return False
    return len(folded) > 1 and folded not in words("name_particle") | words("opener")


def _yields(link: Link, span: Span, entry: Entry) -> bool:
    """Say whether a known name is only a part of another person's or place's name."""
    if span.type == "ORG" or entry.kind == "country":
        return False
    source = link.passage.source
    besides = set(_WORD.findall(fold(f"{source[span.start : link.start]} {source[link.end : span.end]}")))
    besides -= own_words(entry)
    if entry.type == "LOC":
        besides -= words("place_named") | words("place_after") | words("village_before")
    if not any(telling(word) for word in besides):
        return False
    if span.type == "PER":
        return (entry.type == "PER" and link.confidence < FULL) or entry.type == "LOC"
    return entry.type == "LOC" and link.confidence < _SURE and entry.kind != "capital"


def _follower(span: Span, p: Passage, evidence: Evidence) -> Link | None:
    """Link a single recognised word to the one person named in full whose last name it is."""
    if span.type != "PER":
        return None
    at = bisect_right(p.tokens, span.start, key=lambda token: token.end)
    if at >= len(p.tokens) or (p.tokens[at].start, p.tokens[at].end) != (span.start, span.end):
        return None
    bearers = evidence.bearers(p.tokens[at].text)
    if len(bearers) != 1:
        return None
    return Link(p, Match(at, at, span.start, ()), next(iter(bearers)), 0.85, span.start, span.end)
