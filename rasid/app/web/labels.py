"""Codes as words a person reads: languages, countries, days, times. Names from Unicode CLDR, through Babel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Final

from babel import Locale

from rasid.domain.article import Entity
from rasid.domain.search import FacetName, SearchPage

FACET_TITLES: Final[Mapping[str, str]] = {
    "language": "Language", "source": "Source", "source_country": "Country of the source", "ownership": "Ownership",
    "person": "People", "org": "Organisations", "place": "Places", "keyword": "Keywords", "day": "Day seen",
    "hour": "Hour seen", "entity": "Named", "story": "Story",
}  # fmt: skip
ENTITY_TYPES: Final[Mapping[str, str]] = {
    "PER": "person", "ORG": "organisation", "LOC": "place", "MISC": "other",
}  # fmt: skip
DATE_FLAGS: Final[Mapping[str, str]] = {
    "absent": "the feed gives no date", "future": "claimed to be in the future", "midnight": "a day without a time",
}  # fmt: skip
TEXT_ORIGINS: Final[Mapping[str, str]] = {"feed": "the feed", "page": "the article's page", "none": "the title only"}
_UNKNOWN = "rasid:unknown/"
_RTL = {"ar", "fa", "ur", "he", "ckb", "ps", "sd", "ug", "yi", "dv"}


def direction(language: str) -> str:
    """Give the `dir` of a text; what is unknown goes by its own letters."""
    return "rtl" if language in _RTL else "auto"


def language_tag(language: str) -> str:
    """Give the `lang` of a text (BCP 47): "" says unknown, where `und` would upset screen readers."""
    return "" if language == "und" else language


def label(name: str, value: str, given: str = "") -> str:
    """Give the words for one value of a facet; `given` is what the index calls it."""
    if name == "language":
        return _language(value)
    if name == "source_country":
        return str(_locale().territories.get(value, value))
    if name == "day":
        return day(value)
    if name == "hour":
        return _hour(value)
    if value.startswith(_UNKNOWN) and given in {"", value}:
        return value.rpartition("/")[2].replace("-", " ").title()
    return given or value


def name_of(entity: Entity) -> str:
    """Give what a person calls an entity: a name the base has, else the words of the text."""
    name = entity.name.en or entity.name.ar or entity.name.ru
    return name or (entity.mentions[0].surface if entity.mentions else label("entity", entity.id))


def filter_label(name: str, value: str, page: SearchPage | None) -> str:
    """Give the words for a filter in force, looked up in what was found."""
    return label(name, value, _names_in(page).get(value, "") if page else "")


def read_note(note: str, page: SearchPage) -> str:
    """Give a note on how a query was read, with names in place of the ids that occur in what was found."""
    for id_, name in sorted(_names_in(page).items(), key=lambda pair: -len(pair[0])):
        note = note.replace(id_, name)
    return note


def _names_in(page: SearchPage) -> dict[str, str]:
    entities = [entity for hit in page.hits for entity in hit.document.enriched.entities]
    named: tuple[FacetName, ...] = ("person", "org", "place")
    counted = {
        count.value: label(facet, count.value, count.label) for facet in named for count in page.facets.get(facet, ())
    }
    return counted | {entity.id: name_of(entity) for entity in entities}


def day(value: str) -> str:
    """Write 2026-11-23 as Mon 23 Nov 2026; what is no day stays as it is."""
    try:
        return f"{date.fromisoformat(value):%a %-d %b %Y}"
    except ValueError:
        return value


def _hour(value: str) -> str:
    try:
        return f"{datetime.strptime(value, '%Y-%m-%dT%H').replace(tzinfo=UTC):%-d %b %H:00} UTC"
    except ValueError:
        return value


def moment(at: datetime) -> str:
    """Write a time to the minute, in UTC, as 23 Nov 2026 12:05 UTC."""
    return f"{at.astimezone(UTC):%-d %b %Y %H:%M} UTC"


@cache
def _locale() -> Locale:
    return Locale("en")


def _language(code: str) -> str:
    return "Unknown" if code == "und" else str(_locale().languages.get(code, code))
