"""Offices named without their holder: "the Russian defence minister", «وزير الدفاع الروسي», «министр обороны РФ»."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import NamedTuple

from processors.context import Passage
from processors.knowledge import read_table
from processors.tokens import Token
from rasid.domain.article import Names

_ENDINGS = ("", "а", "у", "ом", "е", "ы", "ов", "ам", "ами", "ах")


class Office(NamedTuple):
    """An office of a country, and the tokens (first, last) that name it with the country."""

    office: str
    country: str
    first: int
    last: int


@cache
def _offices() -> tuple[dict[str, list[tuple[tuple[str, ...], str]]], dict[str, Names]]:
    """Give the ways to write the offices by first word, longest first, and their names."""
    ways: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    names: dict[str, Names] = {}
    text = resources.files("processors.data").joinpath("offices.tsv").read_text(encoding="utf8")
    for row in read_table(text, "offices.tsv"):
        names[row["id"]] = Names(ar=row["name_ar"], en=row["name_en"], ru=row["name_ru"])
        for written in " | ".join(row[tongue] for tongue in ("en", "ar", "ru")).split(" | "):
            for ending in _ENDINGS if "*" in written else ("",):
                words = tuple(written.replace("*", ending).split())
                ways.setdefault(words[0], []).append((words, row["id"]))
    for found in ways.values():
        found.sort(key=lambda way: -len(way[0]))
    return ways, names


def office_names(office: str, country: Names) -> Names:
    """Give the name of a country's office in the three languages."""
    names = _offices()[1][office]
    return Names(
        ar=f"{names.ar} {country.ar}" if country.ar else None,
        en=f"{names.en} of {country.en}" if country.en else None,
        ru=f"{names.ru} ({country.ru})" if country.ru else None,
    )


def find_offices(p: Passage, countries: Mapping[int, str], people: frozenset[int]) -> list[Office]:
    """Find the offices whose country stands beside them and whose holder does not.

    `countries`: the country that a token names, as a noun or an adjective; `people`: the tokens of people's names.
    """
    ways = _offices()[0]
    found = []
    for at in [at for at, word in enumerate(p.words) if word in ways]:
        for words, office in ways[p.words[at]]:
            last = at + len(words) - 1
            if tuple(p.words[at : last + 1]) == words:
                span = _with_country(p.tokens, at, last, countries)
                alone = not _compound(p.tokens, at, last, p.source)
                if span is not None and alone and not {span[0] - 1, span[1] + 1} & people:
                    found.append(Office(office, span[2], span[0], span[1]))
                break
    return found


def _compound(tokens: Sequence[Token], first: int, last: int, source: str) -> bool:
    """Say whether a hyphen makes it a part of another word: вице-президент, премьер-лига."""
    return "-" in {
        source[tokens[first].start - 1 : tokens[first].start],
        source[tokens[last].end : tokens[last].end + 1],
    }


def _with_country(
    tokens: Sequence[Token], first: int, last: int, countries: Mapping[int, str]
) -> tuple[int, int, str] | None:
    """Give the tokens of an office with its country, which stands behind it (of Russia, الروسي) or before (Russian)."""
    behind = last + 1
    if behind < len(tokens) and tokens[behind].text == "of":
        behind += 1
    if behind in countries and tokens[behind].sentence == tokens[first].sentence:
        return first, behind, countries[behind]
    before = first - 1
    if before in countries and tokens[before].script != "arab" and tokens[before].sentence == tokens[first].sentence:
        return before, last, countries[before]
    return None
