"""What is known of words and phrases before any context: name tokens, places, frequency; kept as hashes."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from zlib import crc32

import numpy as np

from processors.recogniser.store import Arrays, find, hashes

# Bits of a word's code in the lexicon.
NAME_BITS = 0b11  # 0 to 3: how often the word is part of a person's name in Wikidata
COMMON_SHIFT = 2  # two bits, 0 to 3: how common the word is in running text (English: in lower case)
PLACE = 1 << 4  # part of a place's name
BODY = 1 << 5  # part of an organisation's name
GIVEN = 1 << 6  # a given name
STARTS = 1 << 7  # a phrase of the lexicon starts with it
TITLE = 1 << 8  # often stands before a person's name: "president", "Mr"
BODY_WORD = 1 << 9  # often heads an organisation's name: "ministry", "party"
PLACE_WORD = 1 << 10  # often heads a place's name: "city", "river"
VERB = 1 << 11  # says what a person does: "said", "met"

LONGEST_PHRASE = 5
PHRASE_TYPES = ("LOC", "ORG", "PER", "loc")  # loc: a small place, whose name may well mean something else

_MARKS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u0640\u200b-\u200f]")
_LETTERS = str.maketrans("أإآٱةگچپیکۀؤئ", "ااااهكجبيكهوي")
_CLITICS = ("وال", "بال", "فال", "كال", "ولل", "لل", "ول", "وب", "و", "ب", "ل", "ف", "ك")
_SHORTEST_STEM = 3


def fold(word: str, language: str) -> str:
    """Give the form under which the lexicon knows a word."""
    if language != "ar":
        return word.casefold().replace("\u2019", "'")
    return _MARKS.sub("", word).translate(_LETTERS).casefold()


def without_clitics(word: str) -> list[str]:
    """Give what may be left of a folded Arabic word without conjunction, preposition or article, longest cut first."""
    stems = []
    for clitic in _CLITICS:
        if word.startswith(clitic) and len(word) - len(clitic) >= _SHORTEST_STEM:
            rest = word[len(clitic) :]
            if clitic.endswith(("ال", "لل")):
                stems.append("ال" + rest)
            else:
                stems.append(rest)
    return stems


class Lexicon:
    """Codes of words and types of phrases of one language."""

    def __init__(self, arrays: Arrays, language: str) -> None:
        self.language = language
        self._words = np.asarray(arrays["lexicon_words"], np.uint32)
        self._codes = np.asarray(arrays["lexicon_codes"], np.uint16)
        self._phrases = array("I", np.asarray(arrays["lexicon_phrases"], np.uint32).tobytes())
        self._types = np.asarray(arrays["lexicon_types"], np.uint8).tobytes()
        self._clustered = np.asarray(arrays.get("cluster_words", np.zeros(1)), np.uint32)
        self._clusters = np.asarray(arrays.get("cluster_numbers", np.zeros((1, 0))), np.uint8)
        self._asked = lru_cache(maxsize=1 << 15)(self._type_of)
        self.has_phrases = len(self._phrases) > 1

    def codes(self, folded: Sequence[str]) -> list[int]:
        """Give each folded word's code, 0 for a word it lacks."""
        place = find(self._words, hashes(folded))
        return [int(code) for code in np.where(place >= 0, self._codes[place], 0)]

    def clusters(self, folded: Sequence[str]) -> list[list[int]]:
        """Give, from coarse to fine, the numbers of the clusters of like words that each word is in, [] for none."""
        place = find(self._clustered, hashes(folded))
        return [self._clusters[at].tolist() if at >= 0 else [] for at in place.tolist()]

    def phrase_type(self, folded: Sequence[str]) -> str | None:
        """Give the type of a phrase, None where it is not one."""
        return self._asked(" ".join(folded))

    def _type_of(self, phrase: str) -> str | None:
        wanted = crc32(phrase.encode("utf-8", "replace"))
        place = bisect_left(self._phrases, wanted)
        if place < len(self._phrases) and self._phrases[place] == wanted:
            return PHRASE_TYPES[self._types[place]]
        return None
