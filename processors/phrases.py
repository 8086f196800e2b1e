"""Noun phrases without a parser: the longest runs of neighbouring words that may stand in one.

Stop words, punctuation, clitics and the Arabic article cut (after Rose and others 2010, RAKE); what the endings say of
case (Russian) and what is known of the words does the rest. A name that was found stays whole: a phrase holds all of
it or nothing, and no two names side by side.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence

from processors.tokens import Token
from processors.trimming import DETERMINERS, HYPHENS, Item, Phrase, trimmed
from processors.word_classes import DEFINITE, GENITIVE, NOMINATIVE, USABLE, VERBAL, Words

_GAP = re.compile(r"[ \u00a0\t]+\Z")
_VERB_FOLLOWS = {
    "ar": frozenset(
        re.findall(r"\w+", "الذي التي الذين اللذين قد وقد لم لن سوف لا ما كما حيث ان بعدما عندما حين لما لكي كي كيف هل")
    ),
    "en": frozenset(
        re.findall(r"\w+", "to will would can could must may might should not he she they we i who did do does dont")
    ),
    "ru": frozenset[str](),
}
_GOVERNS = frozenset(("من", "في", "علي", "الي", "عن", "مع", "بين", "ضد", "حول", "لدي", "عبر", "منذ", "ان"))
_CLITICS = frozenset(("ب", "ل", "ك"))
_LINKS = {"of": frozenset(("of",)), "the": frozenset(("of",))}  # word -> what must stand before it


def phrases(
    source: str, tokens: Sequence[Token], owners: Sequence[int], words: Words, alone: Container[str]
) -> Iterator[Phrase]:
    """Give the noun phrases of a text, in order.

    `owners` holds the number of the name that each token belongs to, -1 for none; of words that stand alone only the
    terms in `alone` are given.
    """
    run: list[Item] = []
    link: list[Item] = []
    last: Token | None = None
    english = words.code == "en"
    for token, owner in zip(tokens, owners, strict=True):
        role = _role(token, owner, last, source, words)
        last = token
        if run:
            before = link[-1] if link else run[-1]
            if role and _joined(source, before, token, owner, words.code):
                run += link
            elif english and not role and _links(source, before.token, token):
                link.append(Item(token, 0, -1))
                continue
            else:
                if len(run) > 1 or (run[0].name < 0 and run[0].token.term in alone):
                    yield from trimmed(_uncut(run, token, role, source, words), source, words)
                run = []
                if english and before.role & VERBAL and owner < 0 and source[token.start].islower():
                    role = 0  # suicide bombers attack | refugee camp
            link = []
        if role:
            run.append(Item(token, role, owner))
    yield from trimmed(run, source, words)


def _role(token: Token, owner: int, last: Token | None, source: str, words: Words) -> int:
    """Give what a token may do in a phrase; 0 where it ends the phrase before it."""
    if owner >= 0:
        return 0 if token.text in words.possessives else _name_role(token, source, words)
    mark = source[token.end - 1] == "ة" if words.code == "ar" else source[token.start].isupper()
    role = words.known.get((token.text, mark))
    if role is None:
        role = words.role(token.text, token.term, mark=mark)
    return _in_place(token, last, role, source, words) if role else 0


def _uncut(run: list[Item], after: Token, role: int, source: str, words: Words) -> list[Item]:
    """Take off the end what is a verb with an object, or a participle or verbal noun with a complement, behind it."""
    last = run[-1]
    between = source[last.token.end : after.start]
    if between in HYPHENS:
        return run[:-1]  # rebel-held: half a word
    if last.name >= 0 or not between.startswith(" ") or last.token.sentence != after.sentence:
        return run
    if words.code == "ar":
        return _uncut_arabic(run, after, role, between)
    if words.code == "en" and between == " ":
        plural = last.token.text.endswith("s") and not last.token.text.endswith("ss")
        objects = after.text in DETERMINERS or (plural and (role or after.script == "digit"))
        return run[:-1] if objects else run
    return run


def _uncut_arabic(run: list[Item], after: Token, role: int, between: str) -> list[Item]:
    if between == " " and not role and after.text.startswith("ال"):
        return []  # its adjective or complement is a stop word: half a phrase
    if between[1:] in _CLITICS or (between == " " and after.text in _GOVERNS):
        alone = len(run) == 1 and after.text != "في"
        if alone or run[-1].token.text.startswith(("الم", "مت", "مس")):
            return run[:-1]
    return run


def _links(source: str, left: Token, right: Token) -> bool:
    """Tell whether an English phrase may go on behind this word: violations of the ceasefire."""
    word = right.text
    if word not in _LINKS or (word == "the") != (left.text == "of") or source[left.end : right.start] != " ":
        return False
    return left.sentence == right.sentence


def _in_place(token: Token, last: Token | None, role: int, source: str, words: Words) -> int:
    """Give what a word may do where it stands."""
    start = token.start
    if token.script == "digit":
        return 0
    if start and (source[start - 1].isdigit() or (source[start - 1] in HYPHENS and _half(last, token, source, words))):
        return 0
    if words.code == "ar":
        return _in_place_arabic(token, last, role, source)
    if last is None or last.sentence != token.sentence:
        return role if role & USABLE else 0
    verb = last.text in _VERB_FOLLOWS[words.code] and not source[start].isupper()
    return 0 if verb else role


def _in_place_arabic(token: Token, last: Token | None, role: int, source: str) -> int:
    start = token.start
    if start and source[start - 1] == "ك" and (start == 1 or source[start - 2] == " "):
        return 0  # كمين: more often the word's own letter
    if source[start] == "ل" and token.text.startswith("ال"):
        return 0  # لل hides the article: the slice would not be a word
    if last is None or last.sentence != token.sentence:
        # A sentence begins with its verb, a headline with its subject.
        return role if (token.sentence == 0 and role & USABLE) or role & DEFINITE else 0
    if last.text in _VERB_FOLLOWS["ar"]:
        return role if role & USABLE and not role & VERBAL else 0
    return role


def _name_role(token: Token, source: str, words: Words) -> int:
    """Give the cases that a Russian name may stand in; abbreviations and what is not declined in all."""
    if words.code != "ru":
        return USABLE
    if token.script != "cyrl" or source[token.start : token.end].isupper():
        return USABLE | GENITIVE | NOMINATIVE
    return USABLE | (words.role(token.text, token.term, mark=True) & (GENITIVE | NOMINATIVE))


def _half(last: Token | None, token: Token, source: str, words: Words) -> bool:
    """Tell whether the word before the hyphen cannot stand in a phrase, so that this one alone is half a word."""
    if last is None or last.end != token.start - 1:
        return False
    return last.script == "digit" or not words.role(last.text, last.term, mark=source[last.start].isupper())


def _joined(source: str, before: Item, right: Token, owner: int, language: str) -> bool:
    left = before.token
    if before.name >= 0 and owner >= 0:
        return before.name == owner
    if left.sentence != right.sentence or left.script != right.script or left.term == right.term:
        return False
    between = source[left.end : right.start]
    if between != " ":
        if between in HYPHENS:
            return True
        if not _GAP.match(between):
            return False
    if language == "en":  # the regime fears | attacks; Syrias | largest city
        if owner < 0 and before.name < 0 and source[left.start].islower() and source[right.start].isupper():
            return source[right.start : right.end].isupper()
        return not before.role & VERBAL
    if language == "ar":  # الدفاع الروسي | سيرغي شويغو: after the article a noun without one begins another phrase
        return not (left.text.startswith("ال") and not right.text.startswith("ال"))
    return True
