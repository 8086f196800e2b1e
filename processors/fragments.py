"""Whether a phrase is cut out of a longer one: by what stands right before and behind it in the text.

A run of words may end inside a noun phrase where a stop word, a name that was not found or a clitic stands in it:
“Freedom of | Information Act”, «действий | сексуального характера», «ذات | الإنتاجية الضعيفة». Such a place of a phrase
does not count; another place of the same words may.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from processors.normalise import fold
from processors.word_classes import Words

_WINDOW = 40  # code points looked at on each side
_GLUED = re.compile(r"[a-zа-я][A-ZА-Я]")  # standardsDiscussion: two lines that lost their break
_NUMBER = re.compile(r"\d[-‐‑–]?\Z")  # 11-летнего: the number belongs to it
_LATIN = re.compile(r"[a-z'’.\- ]+\Z", re.IGNORECASE)
_COMPASS = re.compile(
    r"(?:север|юг|восток|запад|центр|окраин|территори|побережь|район)[а-я]{0,3}[ -]|(?:юго|северо)-", re.IGNORECASE
)
_COUNTED = re.compile(r" \d+ (?!\w{3,9} \d{4})")  # terrorists massacre | 250 troops: a verb
_QUANTIFIERS = frozenset(("بعض", "كل", "جميع", "عدد", "عده", "هذا", "هذه", "تلك"))
_WORD_BEFORE = re.compile(r"(?<!\w)([^\W\d_]+)[ \u00a0]\Z")
_WORD_BEHIND = re.compile(r"[ \u00a0]([^\W\d_]+)")
_OPEN_NAME = re.compile(r"[A-Z]\w+(?: of| for|,? and| &)(?: the)? \Z")  # Freedom of | Information Act
_NAME_GOES_ON = re.compile(r" (?:and|&|of|for) (?:the )?[A-Z]")  # Health Insurance Portability | and Accountability Act
_RELATIVE = frozenset(("ذات", "ذو", "ذي", "ذوي", "غير", "صاحب", "صاحبه", "قيد", "لا"))
_ADVERBIAL = re.compile(r"(?:قصد|غرار|متن|عين|قيد|صعيد|هامش|سبيل|ضوء|ظل|حدود|محمل|راس|ايدي|يد|وجه|مدار)(?= )")
_CARRIERS = frozenset(  # Russian nouns among the stop words are told from prepositions and adverbs by length
    [
        "без",
        "близ",
        "в",
        "во",
        "возле",
        "вокруг",
        "вместо",
        "вне",
        "для",
        "до",
        "за",
        "из",
        "изо",
        "из-за",
        "из-под",
        "к",
        "ко",
        "кроме",
        "между",
        "на",
        "над",
        "о",
        "об",
        "обо",
        "около",
        "от",
        "ото",
        "перед",
        "по",
        "под",
        "подле",
        "после",
        "при",
        "про",
        "против",
        "ради",
        "с",
        "со",
        "сквозь",
        "среди",
        "у",
        "через",
        "и",
        "а",
        "но",
        "или",
        "что",
        "как",
        "не",
        "ни",
        "же",
        "ли",
        "также",
        "то",
    ]
)


def is_fragment(source: str, start: int, end: int, words: Words, *, nominative: bool) -> bool:
    """Tell whether source[start:end] is a part of a longer phrase, or of none."""
    behind = source[end : end + _WINDOW]
    surface = source[start:end]
    if behind[:1].isalpha() or _GLUED.search(surface):
        return True
    before = source[max(0, start - _WINDOW) : start]
    return _JUDGES[words.code](before, surface, behind, words, nominative)


def _english(before: str, surface: str, behind: str, _words: Words, _nominative: bool) -> bool:  # noqa: FBT001  see is_fragment
    if _COUNTED.match(behind):
        return True
    if not surface[0].isupper():
        return False
    capitals = all(word[0].isupper() for word in surface.split())
    return bool(_OPEN_NAME.search(before)) or (capitals and bool(_NAME_GOES_ON.match(behind)))


def _russian(before: str, surface: str, _behind: str, words: Words, nominative: bool) -> bool:  # noqa: FBT001  see is_fragment
    if _COMPASS.match(surface) or _NUMBER.search(before) or (" " in surface and _LATIN.match(surface)):
        return True
    last = _WORD_BEFORE.search(before)
    if nominative or not last:
        return False
    word = fold(last[1])
    if word == "по":
        return True  # по заданию, по решению: an adverbial
    return word not in _CARRIERS and words.is_noun_like(word)


def _arabic(before: str, surface: str, behind: str, _words: Words, _nominative: bool) -> bool:  # noqa: FBT001  see is_fragment
    if " " in surface and _LATIN.match(surface):
        return True
    last = _WORD_BEFORE.search(before)
    folded = fold(surface)
    word = fold(last[1]) if last else ""
    if word in _RELATIVE or (word == "عن" and folded.startswith("طريق ")) or _ADVERBIAL.match(folded):
        return True
    following = _WORD_BEHIND.match(behind)
    if not following:
        return False
    if fold(following[1]) in _QUANTIFIERS and not _closes(folded):
        return True
    # Its own adjective would have no article: an indefinite noun before a definite one is half of a genitive.
    return not folded.rpartition(" ")[2].startswith("ال") and following[1].startswith("ال") and not _closes(folded)


def _closes(folded: str) -> bool:
    """Tell whether the genitive is closed already by a definite word inside."""
    return any(word.startswith("ال") for word in folded.split())


_JUDGES: dict[str, Callable[[str, str, str, Words, bool], bool]] = {
    "en": _english,
    "ru": _russian,
    "ar": _arabic,
}
