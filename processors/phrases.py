"""Noun phrases without a parser: the longest runs of neighbouring words that may stand in one.

Stop words, punctuation, clitics and the Arabic article cut (after Rose and others 2010, RAKE).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from processors.tokens import Token
from processors.word_classes import ADJECTIVE, INSIDE, USABLE, Words

_LONGEST = {"en": 3, "ru": 4, "ar": 4}  # words of a phrase
_LONGEST_NAME = 5  # where all are capitalised
_SHORTEST = 3  # letters of a word alone
_LONGEST_ABBREVIATION = 7
_GAP = re.compile(r"[ \u00a0\t]+\Z")
_HYPHENS = frozenset("-‐‑")
_VERB_FOLLOWS = frozenset(("الذي", "التي", "الذين", "اللذين", "قد", "لم", "لن", "سوف", "لا", "ما", "كما", "حيث", "ان"))
_PRONOUN = re.compile(r".{2,}(?:ها|هم|هما|نا|ه)\Z")  # a word of something said before


def phrases(source: str, tokens: Sequence[Token], words: Words) -> Iterator[list[Token]]:
    """Give the noun phrases of a text, in order, as runs of its tokens."""
    run: list[Token] = []
    last: Token | None = None
    for token in tokens:
        usable = _usable(token, last, source, words)
        if run and not (usable and _joined(source, run[-1], token, words.code)):
            yield from _trimmed(run, source, words)
            run = []
        if usable:
            run.append(token)
        last = token
    if run:
        yield from _trimmed(run, source, words)


def _usable(token: Token, last: Token | None, source: str, words: Words) -> bool:
    if token.script == "digit":
        return False
    start = token.start
    role = words.role(token.text, token.term, capital=source[start].isupper())
    if not role:
        return False
    if start and (source[start - 1].isdigit() or (source[start - 1] in _HYPHENS and _half(last, token, source, words))):
        return False
    if words.code == "ar":
        if source[start] == "ل" and token.text.startswith("ال"):
            return False  # لل hides the article: the slice would not be a word
        if last is not None and last.text in _VERB_FOLLOWS:
            return bool(role & USABLE)
    inside = last.sentence == token.sentence if last is not None else words.code == "ar"
    return bool(role & (INSIDE if inside else USABLE))


def _half(last: Token | None, token: Token, source: str, words: Words) -> bool:
    """Tell whether the word before the hyphen cannot stand in a phrase, so that this one alone is half a word."""
    if last is None or last.end != token.start - 1:
        return False
    return last.script == "digit" or not words.role(last.text, last.term, capital=source[last.start].isupper())


def _joined(source: str, left: Token, right: Token, language: str) -> bool:
    if left.sentence != right.sentence or left.script != right.script or left.term == right.term:
        return False
    between = source[left.end : right.start]
    if between in _HYPHENS:
        return True
    if between != " " and not _GAP.match(between):
        return False
    if language == "ar":  # الدفاع الروسي | سيرغي شويغو: after the article a noun without one begins another phrase
        return not (left.text.startswith("ال") and not right.text.startswith("ال"))
    return True


def _trimmed(run: list[Token], source: str, words: Words) -> Iterator[list[Token]]:
    """Cut what is too long where a noun stands, and adjectives off the end."""
    if len(run) > _LONGEST[words.code]:
        run = _shortened(run, source, words)
    while len(run) > 1 and len(run[0].text) == 1 and not source[run[1].start].isupper():
        run = run[1:]
    while run and (len(run[-1].text) == 1 or _is_adjective(run[-1], source, words)):
        run = run[:-1]
    if len(run) > 1 or (run and _tells(run[0], source, words)):
        yield run


def _shortened(run: list[Token], source: str, words: Words) -> list[Token]:
    named = all(source[token.start].isupper() for token in run)
    end = _LONGEST_NAME if named else _LONGEST[words.code]
    if words.code == "ar":
        # A longer run is a sentence rather than a phrase, and a cut would tear a noun from its complement.
        return [] if len(run) > _LONGEST_NAME or _PRONOUN.match(source[run[0].start : run[0].end]) else run
    if words.code == "en" and not named:
        return run[-end:]
    while end < len(run) and _is_adjective(run[end - 1], source, words):
        end += 1
    while 1 < end < len(run) and _together(source, run[end - 1], run[end]):
        end -= 1
    return run[:end]


def _together(source: str, left: Token, right: Token) -> bool:
    """Tell whether a cut between two words would halve a name."""
    capitals = source[left.start].isupper() and source[right.start].isupper()
    return capitals or source[left.end : right.start] in _HYPHENS


def _tells(token: Token, source: str, words: Words) -> bool:
    """Tell whether a word is worth being a phrase alone."""
    if token.text in words.weak:
        return False
    surface = source[token.start : token.end]
    if token.script == "arab":
        adjective = surface.endswith(("ة", "ي") if surface.startswith("ال") else "ة") and token.text not in words.nouns
        return len(surface) >= _SHORTEST and not adjective and not _PRONOUN.match(surface)
    if surface.isupper():  # an abbreviation; longer ones are datelines and shouting
        return len(surface) <= _LONGEST_ABBREVIATION
    return len(surface) > _SHORTEST


def _is_adjective(token: Token, source: str, words: Words) -> bool:
    return bool(words.role(token.text, token.term, capital=source[token.start].isupper()) & ADJECTIVE)
