"""The knowledge base: people, bodies and places with names in Arabic, English and Russian, as one frozen value."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import NamedTuple

from rasid.domain.article import EntityType, Names
from rasid.domain.errors import InputError

TONGUES = ("en", "ar", "ru")
_OURS = "rasid:"
_PARTS, _SHORT = 3, 2  # words of a person's full name, letters of a particle


# What stands before an alias in the tables; plain bits, for they are tested for every name found.
DOUBTFUL = 1  # `~`: a short or ambiguous name that needs context
EXACT = 2  # `=`: an abbreviation; its case counts
VERY = 4  # `~~`: doubtful, and an everyday word or a personal name as well


class Name(NamedTuple):
    """One way to write an entry's name: the base form as in the table, or a Russian case form of it."""

    text: str
    mark: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Someone or something known. `about`: the countries it speaks for; `country`: where it belongs or lies.

    For places `population` (0 where unknown), `admin` and the position in degrees (WGS 84); `derived` where the Russian
    name is a transcription by rule.
    """

    id: str
    type: EntityType
    kind: str
    names: Names
    country: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    roles: str = ""
    gender: str = ""
    place: bool = False
    admin: str = ""
    lat: float | None = None
    lon: float | None = None
    population: int = 0
    derived: bool = False


@dataclass(frozen=True, slots=True)
class KnowledgeBase:
    """The entries: people, then bodies, then places, in the order of their tables."""

    entries: tuple[Entry, ...]
    by_id: Mapping[str, Entry]
    countries: Mapping[str, Entry]  # by code


Aliases = list[tuple[Name, ...]]  # for each entry its names in every language, with Russian case forms


def read_table(text: str, source: str) -> Iterator[dict[str, str]]:
    """Read a table with `#` comments and a header. Raises InputError naming the line where columns do not fit."""
    header: list[str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        cells = line.split("\t")
        if header is None:
            header = cells
        elif len(cells) > len(header):
            raise InputError(f"{len(cells)} columns where the header has {len(header)}", source=source, line=number)
        else:
            yield dict(zip(header, cells + [""] * (len(header) - len(cells)), strict=True))


def parse_alias(alias: str) -> Name:
    """Take the marks off an alias."""
    mark = 0
    while alias[:1] in {"~", "="}:
        mark |= EXACT if alias[0] == "=" else VERY if mark & DOUBTFUL else DOUBTFUL
        alias = alias[1:]
    return Name(alias.strip(), mark)


def names_of(row: Mapping[str, str], tongue: str) -> dict[str, int]:
    """Give the names of a row in one language with their marks; an alias equal to the name gives the name its mark."""
    found = {row[f"name_{tongue}"]: 0} if row[f"name_{tongue}"] else {}
    for alias in row[f"aliases_{tongue}"].split(" | ") if row[f"aliases_{tongue}"] else ():
        name = parse_alias(alias)
        if name.text:
            found[name.text] = name.mark
    return found


def read() -> tuple[KnowledgeBase, Aliases]:
    """Read the tables of the package. The names are many: whoever has made an automaton of them lets them go."""
    return build(
        read_table(_text("people.tsv"), "people.tsv"),
        read_table(_text("bodies.tsv"), "bodies.tsv"),
        read_table(_text("places.tsv.gz"), "places.tsv.gz"),
        read_forms(_text("forms_ru.tsv.gz")),
    )


@cache
def load() -> KnowledgeBase:
    """Give the knowledge base without its names, once a process. Whoever has a gazetteer takes `gazetteer().base`."""
    return read()[0]


def _text(name: str) -> str:
    data = resources.files("processors.data").joinpath(name).read_bytes()
    return (gzip.decompress(data) if name.endswith(".gz") else data).decode()


def read_forms(text: str) -> dict[str, tuple[str, ...]]:
    """Read the file of Russian case forms: name, tab, forms parted by a bar."""
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, forms = line.partition("\t")
            found[name] = tuple(forms.split("|"))
    return found


def build(
    people: Iterator[dict[str, str]],
    bodies: Iterator[dict[str, str]],
    places: Iterator[dict[str, str]],
    forms: Mapping[str, tuple[str, ...]],
) -> tuple[KnowledgeBase, Aliases]:
    """Make the knowledge base of table rows; a place that the bodies have too (a base) lends them its position only."""
    entries: list[Entry] = []
    aliases: Aliases = []
    taken: dict[str, int] = {}
    for row in (*people, *bodies):
        entries.append(_actor(row))
        aliases.append(_aliases(row, forms))
        if row["type"] == "PER":
            aliases[-1] += tuple(_surname_first(aliases[-1]))
        if row["type"] == "LOC":
            taken |= {name.text: len(entries) - 1 for name in aliases[-1] if not name.mark}
    for row in places:
        names = _aliases(row, forms)
        double = next((taken[n.text] for n in names if n.text in taken), None) if row["id"].startswith(_OURS) else None
        if double is None:
            entries.append(_place(row))
            aliases.append(names)
        elif entries[double].lat is None:
            place = _place(row)
            entries[double] = replace(entries[double], lat=place.lat, lon=place.lon)
    countries = {entry.country[0]: entry for entry in entries if entry.kind == "country"}
    return KnowledgeBase(tuple(entries), {entry.id: entry for entry in entries}, countries), aliases


def _aliases(row: Mapping[str, str], forms: Mapping[str, tuple[str, ...]]) -> tuple[Name, ...]:
    found: dict[Name, None] = {}
    for tongue in TONGUES:
        for text, mark in names_of(row, tongue).items():
            found[Name(text, mark)] = None
            if tongue == "ru":
                for form in forms.get(text, ()):
                    found[Name(form, mark)] = None
    return tuple(found)


def _surname_first(names: Iterable[Name]) -> Iterator[Name]:
    """Give the Russian full names as lists of persons have them: Лавров Сергей Викторович."""
    for name in names:
        words = name.text.split(" ")
        if 1 < len(words) <= _PARTS and all("А" <= w[0] <= "Я" and len(w) > _SHORT for w in words):
            yield Name(" ".join([words[-1], *words[:-1]]), name.mark)


def _names(row: Mapping[str, str]) -> Names:
    return Names(ar=row["name_ar"] or None, en=row["name_en"] or None, ru=row["name_ru"] or None)


def _actor(row: Mapping[str, str]) -> Entry:
    kinds: dict[str, EntityType] = {"PER": "PER", "ORG": "ORG", "LOC": "LOC", "MISC": "MISC"}
    return Entry(
        id=f"rasid:{row['id']}",
        type=kinds[row["type"]],
        kind=row["kind"],
        names=_names(row),
        country=tuple(row["country"].split()),
        about=tuple(row["about"].split()),
        roles=row["roles"],
        gender=row["gender"],
        place=row["type"] == "LOC",
    )


def _place(row: Mapping[str, str]) -> Entry:
    return Entry(
        id=row["id"],
        type="LOC",
        kind=row["kind"],
        names=_names(row),
        country=(row["country"],) if row["country"] else (),
        about=(row["country"],) if row["country"] else (),
        place=True,
        admin=row["admin"],
        lat=float(row["lat"]) if row["lat"] else None,
        lon=float(row["lon"]) if row["lon"] else None,
        population=int(row["population"] or 0),
        derived=row["derived"] == "ru",
    )
