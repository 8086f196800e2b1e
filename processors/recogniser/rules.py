"""Rules for Arabic, which has no capitals: runs of words that look like a person, a body or a place by their kinds.

The marks are no decisions: the models take them as features, beside those of the phrases.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from processors.recogniser import lexicon as lx

_LONGEST_PERSON, _LONGEST_BODY = 5, 5  # words
_REACH = 4  # words between an office and the name of who holds it: وزير الخارجية الروسي سيرغي لافروف
_LONG_ENOUGH = 3  # letters of a name
_NAME, _SURE = 2, 3  # grades of how surely a word is a name (lexicon.NAME_BITS)
_RARE, _SELDOM = 0, 1  # grades of how common a word is (lexicon.COMMON_SHIFT)
_JOINS = frozenset(
    ("بن", "ابن", "بنت", "ابو", "ابي", "ام", "ال", "عبد", "دي", "فان", "دو", "لا", "بو", "ولد", "اوف", "بني")
)
_PARTICLES = (
    "في من الى على عن مع بين بعد قبل عند حتى منذ خلال ان او ثم لكن بل قد لقد لم لن لا ما هل كما كان كانت هو هي هم "
    "هذا هذه ذلك تلك التي الذي الذين اللذين اللتين كل بعض اي غير حيث عام سنة يوم و ف ب ل ك ضد حول ضمن عبر تحت فوق "
    "امام لدى دون نحو الان"
)
_SMALL = frozenset(_PARTICLES.split())
_HEAD = lx.TITLE | lx.BODY_WORD | lx.PLACE_WORD | lx.VERB
_TELLING = _HEAD | lx.NAME_BITS | lx.GIVEN


class Kind(NamedTuple):
    """What a word may be by itself."""

    name: bool = False  # a person's name, rather than anything else
    may: bool = False  # may be a part of one: rare
    join: bool = False  # stands inside names
    title: bool = False
    verb: bool = False
    body: bool = False  # heads a body's name
    place: bool = False  # heads a place's name
    definite: bool = False
    plain: bool = False  # a word that may stand in a body's name
    clitic: bool = False  # all this holds of the word less a clitic
    known: bool = False  # some bear it as a name
    stop: bool = False  # a mark, no word


NOTHING, STOP = Kind(), Kind(stop=True)


def kind_of(forms: Sequence[str], codes: Sequence[int]) -> Kind:
    """Give a word's kind; `forms` are the folded word and what is left of it without clitics, `codes` theirs."""
    whole, code = forms[0], codes[0]
    if not whole[:1].isalpha() or whole.isascii():
        return NOTHING if whole[:1].isalpha() else STOP
    if whole in _SMALL:
        return NOTHING
    best = 0
    if not code & _TELLING and _common(code) <= _SELDOM:
        best = next((i for i, other in enumerate(codes) if i and other & _TELLING), 0)
    form, code = forms[best], codes[best]
    strength, definite, head = code & lx.NAME_BITS, form.startswith("ال"), bool(code & _HEAD)
    rare = _common(code) == _RARE and len(form) >= _LONG_ENOUGH
    origin = definite and _common(code) <= _SELDOM and form.endswith("ي")
    sure = strength >= _NAME or bool(code & lx.GIVEN)
    return Kind(
        name=sure and not head and not (definite and strength < _SURE),
        may=not head and (rare or strength > 0 or origin),
        join=form in _JOINS,
        title=bool(code & lx.TITLE) and form not in _JOINS,
        verb=bool(code & lx.VERB),
        body=bool(code & lx.BODY_WORD),
        place=bool(code & lx.PLACE_WORD),
        definite=definite,
        plain=not head,
        clitic=best > 0 or (whole[0] == "و" and definite),
        known=strength > 0 and not head,
    )


def _common(code: int) -> int:
    return code >> lx.COMMON_SHIFT & 3


def mark(words: Sequence[str | None], kinds: Sequence[Kind], parts: list[str]) -> None:
    """Add the marks of the rules to `parts`, behind what phrases gave: "/pB" is a person's first word."""
    at, end = 0, len(words)
    titled = -_REACH - 1
    while at < end:
        kind = kinds[at]
        if words[at] is None:
            titled = -_REACH - 1
        if kind.title or kind.verb:
            titled = at
        length, letter = 0, ""
        if kind.name or kind.join or (kind.may and at - titled <= _REACH):
            length, letter = _person(kinds, at, near=at - titled <= _REACH, next_to=at - titled == 1)
        if not length and kind.may and not kind.clitic and (not at or words[at - 1] is None or kinds[at - 1].stop):
            length, letter = _listed(kinds, at), "u"
        if not length and kind.body:
            length, letter = _body(words, kinds, at), "o"
        if not length and kind.place and at + 1 < end and kinds[at + 1].may:
            length, letter = 2, "l"
        for i in range(length):
            parts[at + i] += f"/{letter}{'I' if i else 'B'}"
        at += max(length, 1)


def _person(kinds: Sequence[Kind], at: int, *, near: bool, next_to: bool) -> tuple[int, str]:
    """Give the length of a person's name that begins here, 0 for none, and how sure it is: p, q or r."""
    length = names = 0
    while length < _LONGEST_PERSON and at + length < len(kinds):
        kind = kinds[at + length]
        if not (kind.name or kind.join or kind.may) or (length and kind.clitic and not kind.join):
            break
        names += kind.name
        length += 1
    while length and kinds[at + length - 1].join and not kinds[at + length - 1].name:
        length -= 1
    if length > 1 and names and (kinds[at].name or kinds[at].join):
        return length, "p" if names > 1 else "q"
    if length > 1 and near:
        return length, "r"
    if length == 1 and next_to and names:
        return 1, "s"
    if length == 1 and names:
        return 1, "n"
    return (1, "t") if length == 1 and next_to else (0, "")


def _listed(kinds: Sequence[Kind], at: int) -> int:
    """Give the length of a run of rare words, one of them a name, that stands between marks as in a list."""
    length = known = 0
    while at + length < len(kinds) and length < _LONGEST_PERSON and kinds[at + length].may:
        if length and kinds[at + length].clitic:
            break
        known += kinds[at + length].known
        length += 1
    ended = at + length >= len(kinds) or kinds[at + length].stop or kinds[at + length] == NOTHING
    return length if length > 1 and known and ended else 0


def _body(words: Sequence[str | None], kinds: Sequence[Kind], at: int) -> int:
    """Give the length of a body's name that begins with its head: وزارة الدفاع الروسية."""
    length, indefinite = 1, 0
    while length < _LONGEST_BODY and at + length < len(kinds):
        kind = kinds[at + length]
        if not kind.plain or words[at + length] is None or kind == NOTHING or kind.clitic:
            break
        if not kind.definite:
            if indefinite or length > 1:
                break
            indefinite += 1
        length += 1
    return length if length > 1 else 0
