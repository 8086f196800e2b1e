"""The letters of names: one normal form per script, and the alphabet that the models know.

Arabic keeps its hamza forms, ta marbuta and alef maqsura, which tell names apart; Persian and Urdu letters fold to the
Arabic ones. Latin keeps the common diacritics, others lose theirs. Cyrillic of the neighbours folds to Russian.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal

Script = Literal["latin", "arabic", "cyrillic"]

LATIN = "abcdefghijklmnopqrstuvwxyzàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿāăąćčďđēėęěğģīıķļľłńņňőœřśşšșťțūůűźżžḥ"
ARABIC = "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي"
CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяё"
ALPHABET = LATIN + ARABIC + CYRILLIC
CODE = {letter: number for number, letter in enumerate(ALPHABET, start=1)}
LONGEST = 20  # letters of one token that the models look at

_FOLDS = str.maketrans(
    {
        "ی": "ي", "ے": "ي", "ې": "ي", "ک": "ك", "ڪ": "ك", "گ": "غ", "پ": "ب", "چ": "تش", "ژ": "ج", "ڤ": "ف", "ۋ": "و",
        "ڨ": "ق", "ۆ": "و", "ۇ": "و", "ہ": "ه", "ھ": "ه", "ۀ": "ه", "ە": "ه", "ۃ": "ة", "ٱ": "ا", "ٹ": "ت", "ڈ": "د",
        "ڑ": "ر", "ں": "ن", "ـ": "",
        "і": "и", "ї": "и", "є": "е", "ґ": "г", "ј": "й", "љ": "ль", "њ": "нь", "ђ": "дж", "ћ": "ч", "џ": "дж",
        "ў": "у",
        "ѕ": "дз", "ѓ": "г", "ќ": "к", "қ": "к", "ғ": "г", "ң": "н", "ә": "а", "ө": "о", "ү": "у", "ұ": "у", "һ": "х",
        "ʿ": "", "ʾ": "", "ʻ": "", "ʼ": "", "’": "", "‘": "", "'": "", "`": "", "ʹ": "", "ʺ": "", "“": "", "”": "",
        "ß": "ss", "ə": "a", "ħ": "h", "ŋ": "n", "\u200c": "", "\u200d": "", "\u200e": "", "\u200f": "", "\u0307": "",
    }
)  # fmt: skip
_KEPT_MARKS = re.compile(r"[\u0300-\u036f\u0483-\u0489\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]")
_SPACES = re.compile(r"[^\w]+|_+")


def script_of(text: str) -> Script:
    """Give the script most letters of `text` belong to; Latin where there are none."""
    arabic = sum("\u0600" <= letter <= "\u08ff" or "\ufb50" <= letter <= "\ufeff" for letter in text)
    cyrillic = sum("\u0400" <= letter <= "\u052f" for letter in text)
    if arabic > max(cyrillic, (len(text) - 1) / 2 - cyrillic):
        return "arabic"
    return "cyrillic" if cyrillic * 2 >= len(text) - arabic and cyrillic else "latin"


@lru_cache(maxsize=65536)
def normalise(token: str) -> str:
    """Give one token's normal form, in letters of ALPHABET only (other signs are dropped); may be empty."""
    text = unicodedata.normalize("NFKC", token).lower().translate(_FOLDS)
    if text.isascii() or all(letter in CODE for letter in text):
        return "".join(letter for letter in text if letter in CODE)
    return "".join(_known(letter) for letter in text)


def _known(letter: str) -> str:
    """Give a letter if the models know it, else its base letter, else nothing."""
    if letter in CODE:
        return letter
    base = _KEPT_MARKS.sub("", unicodedata.normalize("NFD", letter)).translate(_FOLDS)
    return base if base in CODE else ""


def plain(text: str) -> str:
    """Strip the diacritics of normalised Latin letters, writing out æ, œ, ø, đ, ł, ð, þ and dotless ı."""
    if text.isascii():
        return text
    return _KEPT_MARKS.sub("", unicodedata.normalize("NFD", text.translate(_WRITTEN_OUT)))


_WRITTEN_OUT = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ð": "d", "þ": "th", "ı": "i"}
)  # fmt: skip


def tokens(name: str) -> list[str]:
    """Split a whole name into normalised tokens in reading order; hyphens and points part, apostrophes join."""
    folded = unicodedata.normalize("NFKC", name).translate(_FOLDS)
    return [token for part in _SPACES.split(_KEPT_MARKS_SPACING.sub("", folded)) if (token := normalise(part))]


_KEPT_MARKS_SPACING = re.compile(r"[\u0483-\u0489\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0301\u00ad]")
