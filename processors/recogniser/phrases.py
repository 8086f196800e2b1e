"""Marks the phrases of the lexicon in a tokenised text, longest first."""

from __future__ import annotations

from collections.abc import Sequence

from processors.recogniser import rules
from processors.recogniser.lexicon import LONGEST_PHRASE, STARTS, Lexicon, fold, without_clitics

_CAPACITY = 20_000  # words remembered


class PhraseMarker:
    """Gives each word its part in a phrase of the lexicon: B-, I- or S- (single) and the type, "" for none."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._known: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._kinds: dict[str, rules.Kind] = {}

    def mark(self, words: Sequence[str | None]) -> list[str]:
        """Give the part of each word; None (a boundary) has none and no phrase goes over it."""
        parts = [""] * len(words)
        if not self._lexicon.has_phrases:
            return parts
        self._learn(words)
        known = self._known
        at, end = 0, len(words)
        while at < end:
            word = words[at]
            starts = known[word][1] if word is not None else ()
            length = self._longest(words, at, starts, parts) if starts else 0
            at += max(length, 1)
        if self._lexicon.language == "ar":
            kinds = [rules.NOTHING if word is None else self._kinds[word] for word in words]
            rules.mark(words, kinds, parts)
        return parts

    def _longest(self, words: Sequence[str | None], at: int, starts: tuple[str, ...], parts: list[str]) -> int:
        """Mark the longest phrase that starts here; give its length in words, 0 for none."""
        following: list[str] = []
        for word in words[at + 1 : at + LONGEST_PHRASE]:
            if word is None:
                break
            following.append(self._known[word][0])
        for length in range(len(following), -1, -1):
            for first in starts:
                found = self._lexicon.phrase_type([first, *following[:length]])
                if found:
                    marks = ["S"] if not length else ["B"] + ["I"] * length
                    parts[at : at + length + 1] = [f"{mark}-{found}" for mark in marks]
                    return length + 1
        return 0

    def _learn(self, words: Sequence[str | None]) -> None:
        """Look up the folded form of new words, and under which forms (less a clitic) they may start a phrase."""
        if len(self._known) > _CAPACITY:
            self._known.clear()
            self._kinds.clear()
        new = [word for word in dict.fromkeys(words) if word is not None and word not in self._known]
        language = self._lexicon.language
        folded = [fold(word, language) for word in new]
        forms = [[low, *(without_clitics(low) if language == "ar" else ())] for low in folded]
        flat = iter(self._lexicon.codes([form for group in forms for form in group]))
        for word, low, group in zip(new, folded, forms, strict=True):
            capital = language == "ar" or not word[0].islower()
            codes = [next(flat) for _ in group]
            starts = tuple(form for form, code in zip(group, codes, strict=True) if code & STARTS and capital)
            if language == "ar":
                self._kinds[word] = rules.kind_of(group, codes)
            self._known[word] = (low, starts)
