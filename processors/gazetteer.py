"""Find the known names in a text: Aho–Corasick over its words, so that a name ends where a word ends in every script.

The words of a text are joined by one space each and scanned by daachorse (double-array Aho–Corasick, after Aho and
Corasick 1975) for all names, overlapping ones too. An Arabic word is read with or without the clitics before it,
whichever is a word of some name; where both are, both are scanned.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from typing import Any, NamedTuple

from daachorse import CharwiseDoubleArrayAhoCorasick

from processors.knowledge import EXACT, Aliases, KnowledgeBase, read
from processors.normalise import fold
from processors.tokens import Token, tokenize

_WORD = re.compile(r"[^\W_]+")
_PLAIN = re.compile(r"[^\W\d_]+(?:[\s.–-]+[^\W\d_]+)*\.?")
_ARABIC_LETTER = re.compile(r"[\u0620-\u065f\u0670-\u06d3]")
_CLITICS = re.compile("^((?:[وف]?[بكل]|[وف])?).*$")
_ANY_CASE = 7  # no word of the name has a capital
_SHORT = 4  # letters; shorter words keep their s
_REMEMBERED = 1 << 16  # readings of Arabic words, names met


class Ref(NamedTuple):
    """Whose name matched, and how: `capital` is the word of it that must have a capital letter, 7 for none."""

    entry: int
    mark: int
    capital: int


class Match(NamedTuple):
    """A name found: the first and the last token it covers, where it starts in the source, whose it may be."""

    first: int
    last: int
    start: int
    refs: tuple[Ref, ...]


class Gazetteer:
    """All names of a knowledge base in one automaton. Frozen once made; any thread."""

    def __init__(self, base: KnowledgeBase, aliases: Aliases) -> None:
        """Put every name of `base` into the automaton; `aliases`, in the order of its entries, get emptied by it."""
        self.base = base
        names: dict[str, int | list[int]] = {}
        exact: dict[tuple[str, int], set[str]] = {}
        for entry in range(len(aliases)):
            written, aliases[entry] = aliases[entry], ()
            for text, mark in written:
                pattern = _pattern(text)
                if pattern:
                    _add(names, pattern, entry << 6 | mark << 3 | _capital(text))
                if mark & EXACT:
                    exact.setdefault((pattern, entry), set()).add(text)
        self.size = len(names)
        abbreviations = {pattern for pattern, _ in exact}
        numbers = {pattern: at for at, pattern in enumerate(names) if pattern in abbreviations}
        self._exact = {(numbers[pattern], entry): found for (pattern, entry), found in exact.items()}
        self._single = array("I", (value if isinstance(value, int) else 0 for value in names.values()))
        self._several = {at: tuple(v) for at, v in enumerate(names.values()) if not isinstance(v, int)}
        self._vocabulary = frozenset(w for p in names if "\u0620" <= p[1] <= "\u06ff" for w in p.split())
        self._latin = frozenset(w for p in names if p[1] < "\u0250" for w in p.split())
        self._automaton: Any = CharwiseDoubleArrayAhoCorasick(list(names))
        self._readings: dict[str, tuple[str, int, str, int]] = {}
        self._met: dict[int, tuple[tuple[Ref, ...], bool]] = {}

    def _refs(self, value: int) -> tuple[int, ...]:
        return self._several.get(value) or (self._single[value],)

    def named(self, text: str) -> tuple[int, ...]:
        """Give the entries of which `text`, taken whole, is a name, by number."""
        pattern = _pattern(text)
        whole = [v for s, e, v in self._automaton.find_overlapping(pattern) if e - s == len(pattern)]
        return tuple(dict.fromkeys(packed >> 6 for v in whole for packed in self._refs(v)))

    def scan(self, tokens: Sequence[Token], source: str) -> list[Match]:
        """Give every name in the tokens of `source`, overlapping ones too, in no promised order."""
        if not tokens:
            return []
        words, starts, others = self._words(tokens, source)
        found = self._matches(words, starts, tokens, source)
        if others:
            again, moved = list(words), dict(starts)
            for at, (word, start) in others.items():
                again[at], moved[at] = word, start
            found += [m for m in self._matches(again, moved, tokens, source) if m.first in others]
        return found

    def _words(
        self, tokens: Sequence[Token], source: str
    ) -> tuple[list[str], dict[int, int], dict[int, tuple[str, int]]]:
        """Give the word each token is matched by, where it starts if not where its token does, and second readings."""
        words = [token.text for token in tokens]
        starts: dict[int, int] = {}
        others: dict[int, tuple[str, int]] = {}
        for at, token in enumerate(tokens):
            if token.script != "arab":
                if token.text[-1] == "s" and token.script == "latn" and token.text not in self._latin:
                    words[at] = self._without_s(token.text)
                continue
            begin, edge = token.start, tokens[at - 1].end if at else 0
            while begin > edge and source[begin - 1] != " " and _ARABIC_LETTER.match(source[begin - 1]):
                begin -= 1
            whole = token.text if begin == token.start else fold(source[begin : token.end])
            text, cut, other, other_cut = self._readings.get(whole) or self._reading(whole, token.text)
            words[at] = text
            start = _behind(source, begin, cut) if cut else begin
            if start != token.start:
                starts[at] = start
            if other:
                others[at] = (other, _behind(source, begin, other_cut))
        return words, starts, others

    def _without_s(self, word: str) -> str:
        """Take the s off "Syrias": feeds lose apostrophes."""
        return word[:-1] if len(word) > _SHORT and word[:-1] in self._latin else word

    def _reading(self, whole: str, stripped: str) -> tuple[str, int, str, int]:
        """Give the word and how many letters before it are clitics, then the same of a second reading ("" for none).

        Of a word that a name has as it stands, the tokeniser's lexicon says whether it may be read without its first
        letters too.
        """
        rest, cut = self._without_clitics(whole)
        if whole in self._vocabulary:
            reading = (whole, 0, rest, cut) if rest == stripped else (whole, 0, "", 0)
        elif rest:
            reading = (rest, cut, "", 0)
        else:
            reading = (stripped, len(whole) - len(stripped) if whole.endswith(stripped) else 0, "", 0)
        if len(self._readings) < _REMEMBERED:
            self._readings[whole] = reading
        return reading

    def _without_clitics(self, whole: str) -> tuple[str, int]:
        if whole[0] not in "وفبكل":
            return "", 0
        most = len(_CLITICS.sub(r"\1", whole[:2]))
        for cut in range(1, most + 1):
            rest = whole[cut:]
            if len(rest) > 1 and rest in self._vocabulary:
                return rest, cut
            if whole[cut - 1] == "ل" and rest.startswith("ل") and "ا" + rest in self._vocabulary:
                return "ا" + rest, cut  # ل + ال is written لل
        return "", 0

    def _matches(
        self, words: Sequence[str], starts: dict[int, int], tokens: Sequence[Token], source: str
    ) -> list[Match]:
        found = []
        ends = list(accumulate(map(len, words), lambda total, length: total + length + 1, initial=0))
        for begin, end, value in self._automaton.find_overlapping(f" {' '.join(words)} "):
            first, last = bisect_left(ends, begin), bisect_left(ends, end - 1) - 1
            if first != last and not _together(tokens, first, last, source):
                continue
            start = starts.get(first, tokens[first].start)
            refs = self._fitting(value, tokens, first, start, source[start : tokens[last].end], source)
            if refs:
                found.append(Match(first, last, start, refs))
        return found

    def _meet(self, value: int) -> tuple[tuple[Ref, ...], bool]:
        """Give whose name it is, and whether it is in any spelling; names met are remembered."""
        owners = tuple(Ref(packed >> 6, packed >> 3 & 7, packed & 7) for packed in self._refs(value))
        met = owners, all(ref.capital == _ANY_CASE and not ref.mark & EXACT for ref in owners)
        if len(self._met) < _REMEMBERED:
            self._met[value] = met
        return met

    def _fitting(
        self, value: int, tokens: Sequence[Token], first: int, start: int, surface: str, source: str
    ) -> tuple[Ref, ...]:
        """Give those whose name this is in this very spelling, capital letters considered."""
        owners, plain = self._met.get(value) or self._meet(value)
        if plain:
            return owners
        refs = []
        for ref in owners:
            if ref.mark & EXACT:
                spellings = self._exact[value, ref.entry]
                if surface in spellings or surface + "." in spellings:
                    refs.append(ref)
            elif (
                ref.capital == _ANY_CASE
                or source[tokens[first + ref.capital].start if ref.capital else start].isupper()
            ):
                refs.append(ref)
        return tuple(refs)


def _pattern(text: str) -> str:
    words = name_words(text)
    return f" {' '.join(words)} " if words else ""


def _add(names: dict[str, int | list[int]], pattern: str, packed: int) -> None:
    """Note whose name a pattern is; nearly all are one entry's, so a list is made for the others only."""
    found = names.setdefault(pattern, packed)
    if isinstance(found, list):
        if packed not in found:
            found.append(packed)
    elif found != packed:
        names[pattern] = [found, packed]


def name_words(text: str) -> list[str]:
    """Give the words of a name as they are matched: folded, Arabic clitics left on."""
    if _PLAIN.fullmatch(text):
        return _WORD.findall(fold(text))
    words = []
    for token in tokenize(text):
        begin = token.start
        while token.script == "arab" and begin and _ARABIC_LETTER.match(text[begin - 1]):
            begin -= 1
        words.append(token.text if begin == token.start else fold(text[begin : token.end]))
    return words


def _capital(text: str) -> int:
    """Say which word of a name is the first with a capital letter, 7 for none."""
    if text[0].isupper():
        return 0
    if text.islower():
        return _ANY_CASE
    words = _WORD.findall(text)
    return next((at for at, word in enumerate(words[:_ANY_CASE]) if word[0].isupper()), _ANY_CASE)


def _together(tokens: Sequence[Token], first: int, last: int, source: str) -> bool:
    """Say whether no punctuation or line break parts the words (a dot after an initial, hyphens and quotes do not)."""
    for at in range(first, last):
        gap = source[tokens[at].end : tokens[at + 1].start]
        if gap in {" ", "-"}:
            continue
        if len(gap) > 4 or any(c in "\n,;:!?()،؛؟|•/" for c in gap):  # noqa: PLR2004  quotes, a dash, spaces
            return False
        if "." in gap and len(tokens[at].text) > 2:  # noqa: PLR2004  initials and U.S.
            return False
    return True


def _behind(source: str, begin: int, cut: int) -> int:
    """Give the place behind the first `cut` folded letters from `begin` on, marks on them included."""
    at = begin
    while cut > 0:
        cut -= len(fold(source[at]))
        at += 1
    while not fold(source[at]):
        at += 1
    return at


@cache
def gazetteer() -> Gazetteer:
    """Give the automaton over the packaged knowledge base; made once a process."""
    return Gazetteer(*read())
