"""Romanisation by table: a name's own Latin spelling, and the one form of its Latin variants.

Russian after the BGN/PCGN table without its apostrophes, Arabic after BGN/PCGN without its marks (vowels that Arabic
does not write stay unwritten).
"""

from __future__ import annotations

import re
from functools import lru_cache

from processors.names.letters import plain

_CYRILLIC = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya".replace("_", "").split(" "),
        strict=True,
    )
)
_ARABIC = dict(
    zip(
        "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي",
        "_ a a u i i a b a t th j h kh d dh r z s sh s d t z a gh f q k l m n h u a i".replace("_", "").split(" "),
        strict=True,
    )
)
# What spellings of one name differ in, and what stands for it in a key; the first that fits, from left to right.
_CANONICAL = (
    ("tsch|tch", "ch"), ("shch|sch", "sh"), ("dzh|dj", "j"), ("ph", "f"), ("ck|q|c(?![ehiy])", "k"), ("tz", "ts"),
    ("ou|oo", "u"), ("(?<=[aeou])h(?=$|[^aeiouy])", ""), ("^ye", "e"), ("i?y[iy]?|ij|ee|ii", "i"), ("w", "v"),
    ("x", "ks"), ("gh", "g"), ("dh", "d"), ("(?<=[aeiou])j", "i"),
)  # fmt: skip
_SPELLING = re.compile("|".join(f"({pattern})" for pattern, _ in _CANONICAL))
_REPLACED = [replacement for _, replacement in _CANONICAL]
_REPEATED = re.compile(r"(.)\1+")
_DOUBLE_CONSONANT = re.compile(r"([^aeio])\1+")


def romanise(token: str) -> str:
    """Give a normalised token's own spelling in the letters a-z."""
    return "".join(_TABLE[letter] if letter in _TABLE else plain(letter) for letter in token)


_TABLE = _CYRILLIC | _ARABIC


def canonical(latin: str) -> str:
    """Fold competing Latin spellings into one: Shoygu and Shoigu, Efimov and Yefimov, Assad and Asad."""
    single = _DOUBLE_CONSONANT.sub(r"\1", latin)
    return _REPEATED.sub(r"\1", _SPELLING.sub(lambda match: _REPLACED[(match.lastindex or 1) - 1], single))


# What a French or a German newspaper means by these letters, in English letters.
_FRENCH = (("tch", "tsh"), ("dj", "j"), ("ch", "sh"), ("tsh", "ch"), ("ou", "u"), ("gu(?=[ei])", "g"), ("ine$", "in"))
_GERMAN = (("tsch", "c~"), ("sch", "sh"), ("c~", "ch"), ("j", "y"), ("w", "v"))
_VOWELS = str.maketrans("oe", "ui")


@lru_cache(maxsize=65536)
def readings(latin: str) -> frozenset[str]:
    """Give what a token sounds like, read as English, French and German, with o as u and e as i.

    Arabic and Russian vowels are written either way: Mohammed, Muhammad. A token of another script is folded only.
    """
    ways = [latin]
    for rules in (_FRENCH, _GERMAN):
        way = latin
        for pattern, replacement in rules:
            way = re.sub(pattern, replacement, way)
        ways.append(way)
    return frozenset(_REPEATED.sub(r"\1", canonical(way).translate(_VOWELS)) for way in ways)
