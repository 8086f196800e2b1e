"""Noun phrases without a parser: the longest runs of neighbouring words that may stand in one.

Stop words, punctuation, clitics and the Arabic article cut (after Rose and others 2010, RAKE); what the endings say of
case (Russian) and what is known of the words does the rest. A name that was found stays whole: a phrase holds all of
it or nothing, and no two names side by side.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from typing import NamedTuple

from processors.tokens import Token
from processors.word_classes import ADJECTIVE, ANIMATE, DEFINITE, GENITIVE, LEXICAL, NOMINATIVE, USABLE, VERBAL, Words

_LONGEST = {"en": 4, "ru": 5, "ar": 4}  # words of a phrase; a name counts as one
_SHORTEST = 3  # letters of a word alone
_LONGEST_ABBREVIATION = 7
_GAP = re.compile(r"[ \u00a0\t]+\Z")
_HYPHENS = frozenset("-‐‑")
_VERB_FOLLOWS = {
    "ar": frozenset(["الذي", "التي", "الذين", "اللذين", "قد", "لم", "لن", "سوف", "لا", "ما", "كما", "حيث", "ان", "بعدما", "عندما", "حين", "لكي", "كي"]),
    "en": frozenset(["to", "will", "would", "can", "could", "must", "may", "might", "should", "not", "he", "she", "they", "we", "i", "who", "did", "do", "does", "dont"]),
    "ru": frozenset(),
}
_DETERMINERS = frozenset("the a an its their his her our this these those".split())
_GOVERNS = frozenset("من في علي الي عن مع بين ضد حول لدي عبر منذ ان".split())
_CLITICS = frozenset(("ب", "ل", "ك"))
_LINKS = {"of": frozenset(("of",)), "the": frozenset(("of",))}  # word -> what must stand before it


class Item(NamedTuple):
    """A token with what it may do, and the number of the name it belongs to (-1: none)."""

    token: Token
    role: int
    name: int


class Phrase(NamedTuple):
    """A noun phrase: all of its tokens, those outside names, whether it may be nominative, and whether it has no adjective."""

    tokens: list[Token]
    plain: list[Token]
    nominative: bool
    compound: bool


def phrases(source: str, tokens: Sequence[Token], owners: Sequence[int], words: Words, alone: Container[str]) -> Iterator[Phrase]:
    """Give the noun phrases of a text, in order.

    `owners` holds the number of the name that each token belongs to, -1 for none; of words that stand alone only the
    terms in `alone` are given.
    """
    run: list[Item] = []
    link: list[Item] = []
    last: Token | None = None
    english, arabic = words.code == "en", words.code == "ar"
    known = words.known.get
    for token, owner in zip(tokens, owners, strict=True):
        if owner >= 0:
            role = 0 if token.text in words.possessives else _name_role(token, source, words)
        else:
            mark = source[token.end - 1] == "ة" if arabic else source[token.start].isupper()
            found = known((token.text, mark))
            role = words.role(token.text, token.term, mark=mark) if found is None else found
            if role:
                role = _in_place(token, last, role, source, words)
        if run:
            before = link[-1] if link else run[-1]
            if not (role and _joined(source, before, token, owner, words.code)):
                if english and not role and _links(source, before.token, token):
                    link.append(Item(token, 0, -1))
                    last = token
                    continue
                if len(run) > 1 or (run[0].name < 0 and run[0].token.term in alone):
                    yield from _trimmed(_uncut(run, token, role, source, words), source, words)
                run = []
                if english and role and owner < 0 and before.role & VERBAL and source[token.start].islower():
                    role = 0  # suicide bombers attack | refugee camp
            elif link:
                run += link
            link = []
        if role:
            run.append(Item(token, role, owner))
        last = token
    if run:
        yield from _trimmed(run, source, words)


def _uncut(run: list[Item], after: Token, role: int, source: str, words: Words) -> list[Item]:
    """Take off the end what is a verb with an object, or a participle or verbal noun with a complement, behind it."""
    last = run[-1]
    between = source[last.token.end : after.start]
    if between in _HYPHENS:
        return run[:-1]  # rebel-held: half a word
    if last.name >= 0 or not between.startswith(" ") or last.token.sentence != after.sentence:
        return run
    if words.code == "en" and between == " ":
        plural = last.token.text.endswith("s") and not last.token.text.endswith("ss")
        objects = after.text in _DETERMINERS or (
            plural and (role or after.script == "digit" or source[after.start].isupper())
        )
        return run[:-1] if objects else run
    if words.code == "ar" and between == " " and not role and after.text.startswith("ال"):
        return []  # its adjective or complement is a stop word: half a phrase
    if words.code == "ar" and (between[1:] in _CLITICS or (between == " " and after.text in _GOVERNS)):
        place = after.text == "في"
        if (len(run) == 1 and not place) or last.token.text.startswith(("الم", "مت", "مس")):
            return run[:-1]
    return run


def _links(source: str, left: Token, right: Token) -> bool:
    """Tell whether an English phrase may go on behind this word: violations of the ceasefire."""
    word = right.text
    if word not in _LINKS or (word == "the") != (left.text == "of") or source[left.end : right.start] != " ":
        return False
    return left.sentence == right.sentence


def _in_place(token: Token, last: Token | None, role: int, source: str, words: Words) -> int:
    """Give what a word may do where it stands; 0 where it ends the phrase before it."""
    start = token.start
    if token.script == "digit":
        return 0
    if start and (source[start - 1].isdigit() or (source[start - 1] in _HYPHENS and _half(last, token, source, words))):
        return 0
    arabic = words.code == "ar"
    if arabic and start and source[start - 1] == "ك" and (start == 1 or source[start - 2] == " "):
        return 0  # كمين: more often the word's own letter
    if arabic and source[start] == "ل" and token.text.startswith("ال"):
        return 0  # لل hides the article: the slice would not be a word
    if arabic and (last is None or last.sentence != token.sentence):
        # A sentence begins with its verb, a headline with its subject.
        return role if token.sentence == 0 and role & USABLE or role & DEFINITE else 0
    if last is None:
        return role if role & USABLE else 0
    if last.sentence == token.sentence:
        if last.text in _VERB_FOLLOWS[words.code] and not source[start].isupper():
            return role if arabic and role & USABLE and not role & VERBAL else 0
        return role
    return role if role & USABLE else 0


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
        if between in _HYPHENS:
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


def _trimmed(run: list[Item], source: str, words: Words) -> Iterator[Phrase]:
    """Cut a run into phrases, adjectives off their ends, and leave out names that stand alone."""
    while run and not run[-1].role:
        run = run[:-1]
    while run and (run[0].token.text in _DETERMINERS or not run[0].role):
        run = run[1:]
    if not run:
        return
    if len(run) == 1:
        item = run[0]
        if item.name < 0 and not item.role & ADJECTIVE and _tells(item.token, source, words):
            yield Phrase([item.token], [item.token], bool(item.role & NOMINATIVE), compound=False)
        return
    parts = _by_case(run, source) if words.code == "ru" else [_behind_partitive(run, words)]
    for part in parts:
        if words.code == "ar":
            part = _from_noun(part)
        while part and part[-1].name < 0 and (len(part[-1].token.text) == 1 or part[-1].role & ADJECTIVE):
            part = part[:-1]
        part = _shortened(part if words.code != "en" else _without_person(part, source), source, words)
        plain = [item.token for item in part if item.name < 0 and item.role]
        if words.code == "en" and len(part) > 1 and part[0].token.text.endswith("ing") and part[1].name >= 0:
            continue  # fighting Daesh
        if words.code == "en" and len({item.name for item in part if item.name >= 0}) > 1:
            continue  # two names in one English phrase: more likely a clause
        if any(not item.role & ADJECTIVE for item in part if item.name < 0 and item.role) and (len(part) > 1 or _tells(part[0].token, source, words)):
            yield Phrase([item.token for item in part], plain, _nominative(part), not any(item.role & ADJECTIVE for item in part))


def _behind_partitive(run: list[Item], words: Words) -> list[Item]:
    """Cut an English “wave of” and “framework of the” off what they measure."""
    for at in range(len(run) - 1, 0, -1):
        if run[at].token.text == "of" and run[at].name < 0 and (
            run[at - 1].token.text in words.partitives or run[at - 1].token.term in words.offices
        ):
            rest = run[at + 1 :]
            return rest[1:] if rest and not rest[0].role else rest
    return run


def _without_person(part: list[Item], source: str) -> list[Item]:
    """Cut a name of several words off the end of an English phrase: head of the observatory | Rami Abdel Rahman."""
    end = len(part)
    while end and part[end - 1].name >= 0 and part[end - 1].name == part[-1].name:
        end -= 1
    common = end and source[part[end - 1].token.start].islower() and part[end - 1].role
    if not common or len(part) - end == 1:
        return part
    return part[:end]


def _by_case(run: list[Item], source: str) -> list[list[Item]]:
    """Cut where a Russian noun cannot govern what follows: after a noun stands a genitive or a name."""
    parts = [[run[0]]]
    for at in range(1, len(run)):
        item, before = run[at], run[at - 1]
        if item.name >= 0 and item.name == before.name:
            parts[-1].append(item)
            continue
        hyphen = item.token.start == before.token.end + 1 and source[before.token.end] in _HYPHENS
        adjective = before.name < 0 and before.role & ADJECTIVE
        if before.name >= 0 and not hyphen:
            parts.append([item])
        elif hyphen or (_agree(before.role, item) if adjective else _governed(before, item, source)):
            parts[-1].append(item)
        else:
            parts.append([item])
    return parts


def _agree(adjective: int, item: Item) -> bool:
    if item.name >= 0:
        return True
    shared = adjective & item.role & (NOMINATIVE | GENITIVE)
    return bool(shared) or not (adjective | item.role) & NOMINATIVE or bool(adjective & item.role & ADJECTIVE)


def _governed(before: Item, item: Item, source: str) -> bool:
    if item.role & GENITIVE:
        return True
    if item.name >= 0:
        return bool(before.role & ANIMATE) and before.role & NOMINATIVE == item.role & NOMINATIVE
    surface = source[item.token.start : item.token.end]
    return surface.isupper() or (surface[0].isupper() and source[before.token.start].isupper())


def _from_noun(part: list[Item]) -> list[Item]:
    """Cut what may be a verb off an Arabic phrase, at both ends."""
    while part and not part[0].role & USABLE:
        part = part[1:]
    if part and part[0].name < 0 and part[0].token.text.startswith(("و", "ب")) and not part[0].role & LEXICAL:
        return []  # a clitic that was not told from the word
    for at, item in enumerate(part):
        if not item.role & (USABLE | NOMINATIVE):
            return part[:at] if at > 1 else []
    return part


def _shortened(part: list[Item], source: str, words: Words) -> list[Item]:
    """Keep the end of what is too long, whole names and whole genitives; an Arabic sentence is left out."""
    longest = _LONGEST[words.code]
    if _length(part) <= longest:
        return part
    if words.code == "ar":
        return []
    for at in range(1, len(part)):
        item, before = part[at], part[at - 1]
        inner = item.name >= 0 and item.name == before.name
        if inner or not item.role or source[before.token.end : item.token.start] in _HYPHENS:
            continue
        if words.code == "ru" and (before.role & ADJECTIVE and before.name < 0):
            continue
        if _length(part[at:]) <= longest:
            return part[at:]
    return []


def _length(part: list[Item]) -> int:
    names = {item.name for item in part}
    return len([item for item in part if item.name < 0 and item.role]) + len(names) - (-1 in names)


def _nominative(part: list[Item]) -> bool:
    """Tell whether the head, and the adjectives before it, may be nominative."""
    for item in part:
        if item.name >= 0:
            return True
        if not item.role & NOMINATIVE:
            return False
        if not item.role & ADJECTIVE:
            return True
    return False


def _tells(token: Token, source: str, words: Words) -> bool:
    """Tell whether a word is worth being a phrase alone."""
    if token.term in words.weak:
        return False
    surface = source[token.start : token.end]
    if token.script == "arab":
        if not words.role(token.text, token.term, mark=surface.endswith("ة")) & USABLE:
            return False
        adjective = surface.endswith(("ة", "ي") if surface.startswith("ال") else "ة") and token.text not in words.nouns
        return len(surface) > _SHORTEST and not adjective
    if surface.isupper():  # an abbreviation; longer ones are datelines and shouting
        return 1 < len(surface) <= _LONGEST_ABBREVIATION
    return len(surface) > _SHORTEST
