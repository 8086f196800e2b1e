"""Romanisation by table: a name's own Latin spelling, and its skeleton of consonant classes.

Russian after the BGN/PCGN table without its apostrophes, Arabic after BGN/PCGN without its marks (vowels that Arabic
does not write stay unwritten).
"""

from __future__ import annotations

import re

from processors.names.letters import normalise, plain, script_of

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
# Sounds that spellings of one name confuse share a class; longest first, vowels and h vanish.
_CLASSES = (
    ("shch|tsch|tch|sch|ch|sh|zh|cz|sz|th(?=$)|j|g(?=[eiy])", "S"), ("kh|gh|ck|c(?=[aoulrkt]|$)|[kqxg]", "K"),
    ("ph|[bpfvw]", "F"), ("ts|tz|th|dh|[szc]", "Z"), ("[dt]", "T"), ("[aeiouyh]", ""),
)  # fmt: skip
_SOUND = re.compile("|".join(f"({pattern})" for pattern, _ in _CLASSES))
_SOUND_CLASS = [name for _, name in _CLASSES]
_REPEATED = re.compile(r"(.)\1+")


def romanise(token: str) -> str:
    """Give a normalised token's own spelling in the letters a-z."""
    script = script_of(token)
    if script == "latin":
        return plain(token)
    table = _CYRILLIC if script == "cyrillic" else _ARABIC
    return "".join(table.get(letter, "") for letter in token)


def slug(token: str) -> str:
    """Give the romanisation of a token in any form; empty where it has no letter of the three scripts."""
    return romanise(normalise(token))


def skeleton(latin: str) -> str:
    """Reduce a romanised token to classes of consonants: spellings of one name mostly share it."""
    sounds = _SOUND.sub(lambda match: _SOUND_CLASS[(match.lastindex or 1) - 1], latin)
    return _REPEATED.sub(r"\1", sounds)
