"""Where sentences end, in Arabic, English and Russian at once: the punctuation tells, not the language.

A full stop ends a sentence unless what stands before it is an initial or a known abbreviation, or what follows goes on
in lower case. Every line break ends one. The Arabic comma does not; the Arabic semicolon and question mark do.
"""

from __future__ import annotations

import re
from itertools import pairwise

_CLOSING = "\"'”’»›)\\]}\u200f\u200e"
_END = re.compile(rf"[\n\r\u2028\u2029\x0b\x0c\x85]+|[!?؟。！？｡؛۔]+[{_CLOSING}.]*|\.[.{_CLOSING}]*|…[{_CLOSING}]*")
_BEFORE = re.compile(r"[^\W_]*")  # of the reversed text
_SPACE = re.compile(r"\s*")
_OPENING = frozenset("\"'“‘«‹([{—–-•*")
_LONGEST_WORD = 24  # an abbreviation is shorter


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Never the last word of a sentence.
_TITLES = _listed(
    "mr mrs ms dr prof gen lt col maj capt sgt sen rep gov rev hon st mt vs approx fig adm brig cmdr messrs "
    "г ул пл просп пр наб пос дер обл респ им тов гос ген полк акад проф св см ср стр рис напр т д п н с "
    "د أ م ا ص ج ت ق"
)
# Last word of a sentence only where a capital follows.
_ABBREVIATIONS = _listed(
    "inc ltd corp co jr sr etc no jan feb mar apr jun jul aug sep sept oct nov dec est dept univ "
    "гг в вв тыс млн млрд трлн руб коп чел км м кв др пр проч р э л гл янв фев мар апр авг сен сент окт ноя дек"
)


def boundaries(text: str) -> list[int]:
    """Give, rising, the positions at which a new sentence may begin (behind the end mark of the one before).

    The text's own begin and end are left out. Linear in the length of the text.
    """
    return [match.end() for match in _END.finditer(text) if _ends_sentence(text, match.start(), match.end())]


def spans(text: str) -> list[tuple[int, int]]:
    """Give the (start, end) of each sentence that holds more than white space, without the space around it."""
    found = []
    for start, end in pairwise([0, *boundaries(text), len(text)]):
        sentence = text[start:end]
        if stripped := sentence.strip():
            at = start + len(sentence) - len(sentence.lstrip())
            found.append((at, at + len(stripped)))
    return found


def _ends_sentence(text: str, dot: int, end: int) -> bool:
    following = _SPACE.match(text, end)
    after = following.end() if following else end
    if after >= len(text) or text[dot].isspace():
        return True
    if text[dot] != ".":
        return not text[after].islower()
    before = _BEFORE.match(text[max(0, dot - _LONGEST_WORD) : dot][::-1])
    word = before.group()[::-1] if before else ""
    if after == end:  # nothing between the dot and what follows: "3.5", "rasid.io", but «السورية.وقال» is two sentences
        return _arabic(text[after]) and len(word) > 1 and _arabic(word[-1])
    if end - dot == 1 and _is_abbreviation(word, text, dot):
        return False
    opener = text[after]
    return not opener.islower() and (opener.isalnum() or opener in _OPENING or not opener.isascii())


def _is_abbreviation(word: str, text: str, dot: int) -> bool:
    if len(word) == 1 and word.isupper():
        return True
    lowered = word.lower()
    if lowered in _TITLES:
        return not (lowered == "г" and _year_before(text, dot))
    if lowered in _ABBREVIATIONS:
        return not _capital_follows(text, dot)
    return len(word) == 1 and _arabic(word)


def _year_before(text: str, dot: int) -> bool:
    """Tell whether «г.» is a year («в 2020 г. Потом…»), which may end a sentence; else it is a town («г. Москва»)."""
    return text[max(0, dot - 3) : dot - 1].strip()[-1:].isdecimal() and _capital_follows(text, dot)


def _capital_follows(text: str, dot: int) -> bool:
    return text[dot + 1 : dot + 8].lstrip()[:1].isupper()


def _arabic(letter: str) -> bool:
    return "\u0600" <= letter <= "\u06ff"
