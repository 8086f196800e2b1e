"""Find the known names in a text: Aho–Corasick over its words, so that a name ends where a word ends in every script.

The words of a text are joined by one space each and scanned by daachorse (double-array Aho–Corasick, after Aho and
Corasick 1975) for all names, overlapping ones too. An Arabic word is read with or without the clitics before it,
whichever is a word of some name; where both are, both are scanned.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from typing import Any, NamedTuple

from daachorse import CharwiseDoubleArrayAhoCorasick

from processors.knowledge import KnowledgeBase, Mark, load
from processors.normalise import fold
from processors.tokens import Token, tokenize

_WORD = re.compile(r"[^\W_]+")
_PLAIN = re.compile(r"[^\W\d_]+(?:[\s.–-]+[^\W\d_]+)*\.?")
_ARABIC_LETTER = re.compile(r"[\u0620-\u065f\u0670-\u06d3]")
_CLITICS = re.compile("^((?:[وف]?[بكل]|[وف])?).*$")
_ANY_CASE = 7  # no word of the name has a capital


class Ref(NamedTuple):
    """Whose name matched, and how: `capital` is the word of it that must have a capital letter, 7 for none."""

    entry: int
    mark: int
    capital: int


class Word(NamedTuple):
    """A token as names are matched on it, and where that reading starts in the source (behind its clitics)."""

    text: str
    start: int


class Match(NamedTuple):
    """A name found: the first and the last token it covers, where it starts in the source, whose it may be."""

    first: int
    last: int
    start: int
    refs: tuple[Ref, ...]


class Gazetteer:
    """All names of a knowledge base in one automaton. Frozen once made; any thread."""

    def __init__(self, base: KnowledgeBase) -> None:
        """Put every name of `base` into the automaton."""
        names: dict[str, list[int]] = {}
        self._exact: dict[tuple[str, int], set[str]] = {}
        for entry, aliases in enumerate(base.aliases):
            for text, mark in aliases:
                words = name_words(text)
                if not words:
                    continue
                pattern = f" {' '.join(words)} "
                packed = entry << 6 | int(mark) << 3 | _capital(text)
                found = names.setdefault(pattern, [])
                if packed not in found:
                    found.append(packed)
                if mark & Mark.EXACT:
                    self._exact.setdefault((pattern, entry), set()).add(text)
        self.size = len(names)
        self._patterns = list(names)
        self._refs = [tuple(found) for found in names.values()]
        self._vocabulary = {w for p in names if "\u0620" <= p[1] <= "\u06ff" for w in p.split()}
        self._automaton: Any = CharwiseDoubleArrayAhoCorasick(self._patterns)
        self._readings: dict[str, tuple[str, int, str, int]] = {}

    def named(self, text: str) -> tuple[int, ...]:
        """Give the entries of which `text`, taken whole, is a name, by number."""
        pattern = f" {' '.join(name_words(text))} "
        whole = [v for s, e, v in self._automaton.find_overlapping(pattern) if e - s == len(pattern)]
        return tuple(dict.fromkeys(packed >> 6 for v in whole for packed in self._refs[v]))

    def scan(self, tokens: Sequence[Token], source: str) -> list[Match]:
        """Give every name in the tokens of `source`, overlapping ones too, in no promised order."""
        if not tokens:
            return []
        words, others = self._words(tokens, source)
        found = self._matches(words, tokens, source)
        if others:
            again = [others.get(at, word) for at, word in enumerate(words)]
            found += [m for m in self._matches(again, tokens, source) if m.first in others]
        return found

    def _words(self, tokens: Sequence[Token], source: str) -> tuple[list[Word], dict[int, Word]]:
        """Give each token's reading, and the other one of those that have two."""
        words, others = [], {}
        for at, token in enumerate(tokens):
            if token.script != "arab":
                words.append(Word(token.text, token.start))
                continue
            begin = token.start
            while begin and _ARABIC_LETTER.match(source[begin - 1]):
                begin -= 1
            whole = token.text if begin == token.start else fold(source[begin : token.end])
            text, cut, other, other_cut = self._reading(whole, token.text)
            words.append(Word(text, _behind(source, begin, cut) if cut else begin))
            if other:
                others[at] = Word(other, _behind(source, begin, other_cut))
        return words, others

    def _reading(self, whole: str, stripped: str) -> tuple[str, int, str, int]:
        """Give the word and how many letters before it are clitics, then the same of a second reading ("" for none)."""
        known = self._readings.get(whole)
        if known is None:
            rest, cut = self._without_clitics(whole)
            if (
                whole in self._vocabulary
            ):  # the tokeniser's lexicon says whether it may be read without its first letters
                known = (whole, 0, rest, cut) if rest == stripped else (whole, 0, "", 0)
            elif rest:
                known = (rest, cut, "", 0)
            else:
                known = (stripped, max(0, len(whole) - len(stripped)) if whole.endswith(stripped) else 0, "", 0)
            if len(self._readings) < 1 << 16:
                self._readings[whole] = known
        return known

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

    def _matches(self, words: Sequence[Word], tokens: Sequence[Token], source: str) -> list[Match]:
        texts = [word.text for word in words]
        ends = list(accumulate(len(text) + 1 for text in texts))
        first_at = dict(zip([0, *ends], range(len(texts)), strict=False))
        last_at = {end: at for at, end in enumerate(ends)}
        found = []
        for start, end, value in self._automaton.find_overlapping(f" {' '.join(texts)} "):
            first, last = first_at[start], last_at[end - 1]
            if first != last and not _together(tokens, first, last, source):
                continue
            refs = self._fitting(value, tokens, first, words[first].start, tokens[last].end, source)
            if refs:
                found.append(Match(first, last, words[first].start, refs))
        return found

    def _fitting(
        self, value: int, tokens: Sequence[Token], first: int, start: int, end: int, source: str
    ) -> tuple[Ref, ...]:
        """Give those whose name this is in this very spelling, capital letters considered."""
        refs = []
        for packed in self._refs[value]:
            ref = Ref(packed >> 6, packed >> 3 & 7, packed & 7)
            if ref.mark & Mark.EXACT:
                surface, spellings = source[start:end], self._exact[self._patterns[value], ref.entry]
                if surface in spellings or surface + "." in spellings:
                    refs.append(ref)
            elif ref.capital == _ANY_CASE or source[tokens[first + ref.capital].start].isupper():
                refs.append(ref)
        return tuple(refs)


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
    return Gazetteer(load())
