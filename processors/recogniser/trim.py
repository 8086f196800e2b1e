"""Cuts a recognised run of words to the name itself."""

from __future__ import annotations

# Before the article, these are always clitics: "and", "with", "so", "like". Before other letters they may begin a name.
_BEFORE_ARTICLE = "وبفك"
_ARTICLE = "ال"
_STRAY = frozenset(" \t\n\r\u00a0\"'«»“”„‘’()[]{}<>,;:!?،؛؟…-–—−*_/\\|")
_SHORTEST = 2


def trimmed(text: str, start: int, end: int, language: str) -> tuple[int, int]:
    """Give the span without punctuation around it and, in Arabic, without a clitic before the article."""
    while start < end and text[start] in _STRAY:
        start += 1
    while end > start and text[end - 1] in _STRAY:
        end -= 1
    if not any(character.isalnum() for character in text[start:end]):
        return start, start
    if language == "ar" and text[start : start + 1] and text[start] in _BEFORE_ARTICLE:
        rest = text[start + 1 : end]
        if rest.startswith(_ARTICLE) and len(rest.split(maxsplit=1)[0]) > len(_ARTICLE) + _SHORTEST:
            start += 1
    return start, end
