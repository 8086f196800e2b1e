"""How an English newspaper would most likely write a name that no knowledge base holds.

A key joins spellings only where that is safe; a spelling is for people to read, so the likeliest will do: the one most
frequent among the pairs of the token, else the token in Latin letters as pairs mostly have them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from processors.names.letters import plain, script_of, tokens
from processors.names.romanise import romanise
from processors.names.russian import base_form

Romanise = Callable[[str], str]

_MOST_TOKENS = 12
_SERVANT = frozenset({"عبد", "عبدال"})
_WRITTEN = {
    "بن": "bin", "ابن": "Ibn", "إبن": "Ibn", "بنت": "bint", "أبو": "Abu", "ابو": "Abu", "أبي": "Abi", "ابي": "Abi",
    "أبا": "Abu", "ابا": "Abu", "أم": "Umm", "ام": "Umm", "آل": "Al", "دي": "de", "فان": "van", "فون": "von",
    "دو": "de",
    "الله": "Allah", "عبد": "Abdel", "عبدالله": "Abdullah", "رحمن": "Rahman", "رحمان": "Rahman",
    "де": "de", "ван": "van", "фон": "von", "бен": "ben",
    "бин": "bin", "ибн": "ibn", "аль": "al", "абу": "Abu",
    "ад": "ad", "ас": "as", "аш": "ash", "эль": "el", "оглы": "oglu", "и": "and",
}  # fmt: skip
# Case endings of names and what the nominative has instead.
_CASES = (
    ("ом", ""), ("ем", ""), ("ем", "й"), ("а", ""), ("я", "й"), ("я", "ь"), ("у", ""), ("ю", "й"), ("ю", "ь"),
    ("е", ""), ("ии", "ия"), ("ию", "ия"), ("ией", "ия"), ("ы", "а"), ("и", "я"), ("и", "а"), ("ой", "а"), ("ей", "я"),
    ("у", "а"), ("ю", "я"), ("е", "а"), ("и", "ь"),
)  # fmt: skip
_CASE = re.compile("(?<=[бвгджзклмнпрстфхцчшщ])(?:ом|ым|а|у|е)$")
SLAVIC = re.compile(
    "^.{2,}(?:[оеё]в|[иы]н|[сц]кий|[оеё]ва|[иы]на|[сц]кая|[оеё]вич|[оеё]вна|ична|енко|[чщ]ук|юк|ок|[ая]к|ых|ич|ец|чик)$"
)
_JOINED = frozenset({"аль", "эль", "ад", "ас", "аш", "ан", "ар", "ат"})
_SHORT = 4  # letters: a shorter word that begins with ال has no article
_CARELESS = str.maketrans("أإآةى", "اااهي")
_ARAB = re.compile("[عحصضظذ]|^[^اويأإآةىعئؤ]+$")  # letters that foreign names lack, or no vowel at all
_SOUND = re.compile("sh|kh|gh|dh|th|ch|.")
_VOWELS = frozenset("aeiouy")
_ONSETS = frozenset({"br", "gr", "tr", "pr", "kr", "fr", "dr", "bl", "kl", "fl", "gl", "pl", "st", "sk", "sp"})
_WOMAN = ("ова", "ева", "ёва", "ина", "ына", "ская", "цкая", "ая")
_MEN_IN_A = frozenset({"никита", "илья", "фома", "лука", "кузьма", "савва", "данила", "мустафа", "муса", "иса", "яхья"})


class Speller:
    """Spells whole names; any thread may call it."""

    def __init__(self, arrays: Mapping[str, NDArray[np.generic]], romanisers: Mapping[str, Romanise]) -> None:
        self._romanisers = romanisers
        self._pairs = dict(zip(_lines(arrays, "spelling.tokens"), _lines(arrays, "spelling.words"), strict=True))
        self._token = lru_cache(maxsize=1 << 15)(self._worked_out)

    def __call__(self, name: str, *, person: bool = True) -> str:
        """Give the English spelling of a name in Arabic or Cyrillic script, "" without letters.

        The pairs are people's: what is no person's name in Cyrillic is romanised by the table.
        """
        parts = tokens(name)[:_MOST_TOKENS]
        if not parts or script_of("".join(parts)) != "cyrillic":
            return " ".join(self._arabic(parts))
        return " ".join(self._cyrillic(parts) if person else (romanise(part).capitalize() for part in parts))

    def _cyrillic(self, parts: Sequence[str]) -> list[str]:
        """Spell Russian tokens in the nominative; a woman's family name keeps its ending."""
        first = self._nominative(parts[0])
        woman = len(parts) > 1 and first.endswith(("а", "я")) and first not in _MEN_IN_A
        declined = first != parts[0] and not woman
        spelled: list[str] = []
        article = ""
        for at, part in enumerate(parts):
            if part in _JOINED and at + 1 < len(parts):
                article = _WRITTEN.get(part, "al") + "-"
                continue
            word = part if woman and at and part.endswith(_WOMAN) else self._nominative(part)
            if declined and at and word == part and word not in self._pairs:
                word = _CASE.sub("", word)
            spelled.append(article + (_WRITTEN.get(word) or self._token(word).capitalize()))
            article = ""
        return spelled

    def _nominative(self, token: str) -> str:
        """Give the form that a token is a case of, if the pairs have that form and not the token."""
        base = base_form(token)
        if base != token or token in self._pairs:
            return base
        stems = (token[: -len(end)] + instead for end, instead in _CASES if token.endswith(end))
        return next((s for s in stems if len(s) >= _SHORT and s[-1] != token[-1] and s in self._pairs), token)

    def _arabic(self, parts: Sequence[str]) -> list[str]:
        """Spell Arabic tokens: the article joined by a hyphen, "servant of" with what stands behind it."""
        spelled: list[str] = []
        at = 0
        while at < len(parts):
            part = parts[at]
            behind = parts[at + 1] if at + 1 < len(parts) else ""
            if part in _SERVANT and behind:
                spelled.append(self._servant(behind))
                at += 2
                continue
            spelled.append(self._with_article(part))
            at += 1
        return spelled

    def _servant(self, behind: str) -> str:
        joined = _WRITTEN.get("عبد" + behind) or self._pairs.get("عبد" + behind)
        if joined:
            return joined.capitalize()
        return "Abdel " + self._with_article(behind).removeprefix("al-")

    def _with_article(self, part: str) -> str:
        if part in _WRITTEN:
            return _WRITTEN[part]
        if not part.startswith("ال") or len(part) <= _SHORT:
            return self._token(part).capitalize()
        bare = part[2:]
        if bare in _WRITTEN:
            return "al-" + _WRITTEN[bare]
        if bare not in self._pairs and part in self._pairs:
            whole = self._pairs[part]
            bare_spelling = whole[2:] if whole.startswith(("al", "el")) and len(whole) > _SHORT else whole
            return "al-" + bare_spelling.capitalize()
        return "al-" + self._token(bare).capitalize()

    def _worked_out(self, token: str) -> str:
        """Give a token's likeliest spelling."""
        if token in self._pairs:
            return self._pairs[token]
        if SLAVIC.search(token):
            return romanise(token)
        if folded(token) in self._pairs:
            return self._pairs[folded(token)]
        script = script_of(token)
        if script not in self._romanisers:
            return plain(token)
        word = self._romanisers[script](token) or romanise(token)
        return voiced(word) if script == "arabic" and _ARAB.search(token) else word


def folded(token: str) -> str:
    """Give an Arabic token as careless writers have it: no hamza on the alef, ه for ة, ي for ى."""
    return token.translate(_CARELESS)


def voiced(word: str) -> str:
    """Put in the short vowels that Arabic leaves out, as a: hftr becomes haftar, sbsi sabsi."""
    parts = _SOUND.findall(word)
    spelled: list[str] = []
    for at, part in enumerate(parts):
        before = parts[at - 1] if at else ""
        clash = before and before not in _VOWELS and part not in _VOWELS
        opens = at == 1 and before + part not in _ONSETS
        closes = at == len(parts) - 1 and at > 1 and before != part
        spelled.append("a" * bool(clash and (opens or closes)) + part)
    return "".join(spelled)


def _lines(arrays: Mapping[str, NDArray[np.generic]], name: str) -> list[str]:
    return arrays[name].tobytes().decode().split("\n")
