"""Adjectives and words for peoples (Syrian, الروسية, российский): they tell what countries a text is about."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources

from processors.knowledge import read_table
from processors.normalise import fold
from processors.tokens import Token

_ADJECTIVE = ("ий", "ая", "ое", "ие", "ого", "ей", "ому", "им", "ую", "их", "ими", "ом", "ой", "ою")
_NOUN = ("", "а", "у", "ом", "ем", "ой", "е", "ы", "и", "ов", "ев", "ам", "ами", "ах")
_NISBA = ("", "ه", "ون", "ين", "ان", "تان", "تين", "ات")
_ARTICLE = "ال"


@cache
def _words() -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    """Give single words -> country, and pairs of words -> country.

    Russian nouns end with `|`, first parts of compounds (российско-, Russo-) with `-`.
    """
    words: dict[str, str] = {}
    pairs: dict[tuple[str, str], str] = {}
    text = resources.files("processors.data").joinpath("demonyms.tsv").read_text(encoding="utf8")
    for row in read_table(text, "demonyms.tsv"):
        for form in _forms(row):
            parts = fold(form).split("-")
            if form.endswith("-"):
                words.setdefault(parts[0] + "-", row["country"])
            elif len(parts) == 1:
                words.setdefault(parts[0], row["country"])
            else:
                pairs.setdefault((parts[0], parts[1]), row["country"])
    return words, pairs


def _forms(row: dict[str, str]) -> list[str]:
    forms = [word + ending for word in row["en"].split() for ending in (("",) if word.endswith("-") else ("", "s"))]
    for stem in fold(row["ar"]).split():
        forms += [stem + ending for ending in _NISBA]
        if "-" in stem:
            first, _, second = stem.partition("-")
            forms += [f"{first}{end}-{second}{end}" for end in _NISBA]
    for word in row["ru"].split():
        whole, _, stem = word.partition("=")
        if word.endswith("-"):
            forms += [*(word[:-1] + ending for ending in _ADJECTIVE), f"{word[:-1]}о-"]
        else:
            forms += [f"{whole}|", *(f"{stem}{ending}|" for ending in _NOUN)]
    return forms


def adjectives(tokens: Sequence[Token], words: Sequence[str], source: str) -> list[tuple[int, str]]:
    """Give the places of tokens (`words`: their texts) that name a country's adjective or people, and the country."""
    known = _known()
    places = [at for at, word in enumerate(words) if word in known]
    return [(at, country) for at in places if (country := country_of(tokens, at, source)) is not None]


def is_adjective(word: str) -> bool:
    """Say whether a folded word is an adjective of a country or a word for its people."""
    return word in _known()


@cache
def _known() -> frozenset[str]:
    """Give every first word, with the Arabic article too, so that most tokens cost one look-up."""
    words, pairs = _words()
    bare = {word.rstrip("|-") for word in words} | {first for first, _ in pairs}
    return frozenset(bare | {_ARTICLE + word for word in bare if "\u0620" <= word[:1] <= "\u06ff"})


def country_of(tokens: Sequence[Token], at: int, source: str) -> str | None:
    """Give the country whose adjective or people the token names, None for another word."""
    words, pairs = _words()
    token = tokens[at]
    if token.script == "arab":
        bare = token.text.removeprefix(_ARTICLE)
        if at + 1 < len(tokens):
            pair = pairs.get((bare, tokens[at + 1].text.removeprefix(_ARTICLE)))
            if pair:
                return pair
        return words.get(bare)
    if source[token.end : token.end + 1] == "-" and (compound := words.get(token.text + "-")):
        return compound
    capital = source[token.start].isupper()
    if token.script == "latn":
        if not capital:
            return None
        pair = pairs.get((token.text, tokens[at + 1].text)) if at + 1 < len(tokens) else None
        return pair or words.get(token.text)
    return words.get(token.text) or (None if capital else words.get(token.text + "|"))
