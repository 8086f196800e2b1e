"""What remains of a run of words as a noun phrase: cut by case, at the ends, and to length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from processors.tokens import Token
from processors.word_classes import ADJECTIVE, ANIMATE, DEFINITE, GENITIVE, LEXICAL, NOMINATIVE, USABLE, Words

DETERMINERS = frozenset(("the", "a", "an", "its", "their", "his", "her", "our", "this", "these", "those"))
HYPHENS = frozenset("-‐‑")
_LONGEST = {"en": 4, "ru": 5, "ar": 4}  # words of a phrase; a name counts as one
_SHORTEST = 3  # letters of a word alone
_LONGEST_ABBREVIATION = 7


class Item(NamedTuple):
    """A token with what it may do, and the number of the name it belongs to (-1: none)."""

    token: Token
    role: int
    name: int


class Phrase(NamedTuple):
    """A noun phrase: its tokens, those outside names, whether it may be nominative, and is of nouns alone."""

    tokens: list[Token]
    plain: list[Token]
    nominative: bool
    compound: bool


def trimmed(run: list[Item], source: str, words: Words) -> Iterator[Phrase]:
    """Cut a run into phrases, adjectives off their ends, and leave out names that stand alone."""
    while run and not run[-1].role:
        run = run[:-1]
    while run and (run[0].token.text in DETERMINERS or not run[0].role):
        run = run[1:]
    if len(run) == 1:
        item = run[0]
        if item.name < 0 and not item.role & ADJECTIVE and _tells(item.token, source, words):
            yield Phrase([item.token], [item.token], bool(item.role & NOMINATIVE), compound=False)
    elif run:
        for part in _parts(run, source, words):
            yield from _phrase(_shortened(_without_adjectives(part), source, words), source, words)


def _parts(run: list[Item], source: str, words: Words) -> list[list[Item]]:
    if words.code == "ru":
        return _by_case(run, source)
    return [_from_noun(run)] if words.code == "ar" else [_without_person(_behind_partitive(run, words), source)]


def _without_adjectives(part: list[Item]) -> list[Item]:
    """Cut adjectives and single letters off the end."""
    end = len(part)
    while end and part[end - 1].name < 0 and (len(part[end - 1].token.text) == 1 or part[end - 1].role & ADJECTIVE):
        end -= 1
    return part[:end]


def _phrase(part: list[Item], source: str, words: Words) -> Iterator[Phrase]:
    own = [item for item in part if item.name < 0 and item.role]
    adjectives = len([item for item in own if item.role & ADJECTIVE])
    if adjectives == len(own) or (words.code == "en" and _is_clause(part)):
        return
    if len(part) > 1 or _tells(part[0].token, source, words):
        tokens, plain = [item.token for item in part], [item.token for item in own]
        yield Phrase(tokens, plain, _nominative(part), compound=not adjectives)


def _is_clause(part: list[Item]) -> bool:
    """Tell whether an English run is rather a clause: fighting Daesh, or two names in one."""
    if len(part) > 1 and part[0].token.text.endswith("ing") and part[1].name >= 0:
        return True
    return len({item.name for item in part if item.name >= 0}) > 1


def _behind_partitive(run: list[Item], words: Words) -> list[Item]:
    """Cut an English “wave of” and “framework of the” off what they measure."""
    for at in range(len(run) - 1, 0, -1):
        if (
            run[at].token.text == "of"
            and run[at].name < 0
            and (run[at - 1].token.text in words.partitives or run[at - 1].token.term in words.offices)
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
        hyphen = item.token.start == before.token.end + 1 and source[before.token.end] in HYPHENS
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
        if at and _breaks(part[at - 1], item):
            return part[:at] if at > 1 else []
        if not item.role & (USABLE | NOMINATIVE):
            return part[:at] if at > 1 else []
    return part


def _breaks(before: Item, item: Item) -> bool:
    """Tell whether an Arabic word cannot go on the phrase: a noun behind a name, an adjective of the wrong gender."""
    if item.name >= 0:
        return False
    word = item.token.text
    if word.startswith("ب") and not item.role & LEXICAL:
        return True  # a clitic that was not told from the word
    if before.name >= 0:
        return not word.startswith("ال")
    feminine = before.role & DEFINITE and before.token.text.startswith("ال") and before.token.text.endswith("ه")
    return bool(feminine and word.startswith("ال") and not word.endswith(("ه", "ي", "ا", "اء")))


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
        if inner or not item.role or source[before.token.end : item.token.start] in HYPHENS:
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
