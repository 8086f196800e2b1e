"""The term of a word: what the index holds. Script alone decides, because a query of one word has no language."""

from __future__ import annotations

import threading
from functools import cache
from importlib import resources
from typing import Protocol

import Stemmer

from processors.arabic import stem as stem_arabic

_SHORTEST_SURNAME = 6  # letters of Лавров; shorter ones (основ, готов) are words


class _Snowball(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802  PyStemmer's own name


class _Stemmers(threading.local):
    """PyStemmer's objects are not safe to share between threads."""

    def __init__(self) -> None:
        self.cyrillic: _Snowball = Stemmer.Stemmer("russian", 0)
        self.latin: _Snowball = Stemmer.Stemmer("english", 0)


_stemmers = _Stemmers()


def stem(word: str, script: str) -> str:
    """Give the term of a folded word of one script ("arab", "cyrl", "latn"; others stay as they are).

    Russian and English by Snowball (Porter 2001, the rules for all Cyrillic and all Latin text), Arabic by our own.
    """
    if script == "arab":
        return stem_arabic(word)
    if script == "cyrl":
        return _stem_cyrillic(word)
    if script == "latn":
        return _stemmers.latin.stemWord(word)
    return word


def _stem_cyrillic(word: str) -> str:
    return _exceptions().get(word) or stem_by_rule(word)


@cache
def _exceptions() -> dict[str, str]:
    """Give the nouns whose nominative Snowball stems otherwise than their other cases (режим, Йемен)."""
    text = resources.files("processors.data").joinpath("russian_stems.txt").read_text(encoding="utf-8")
    lines = (line.partition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {form: stem for form, _, stem in lines}


def stem_by_rule(word: str) -> str:
    """Stem, and take -ов and -ев off what is left: Snowball does so to Лавров, not to Лаврова, which would miss it."""
    stemmed = _stemmers.cyrillic.stemWord(word)
    if len(stemmed) >= _SHORTEST_SURNAME and stemmed.endswith(("ов", "ев")):
        return stemmed[:-2]
    return stemmed
