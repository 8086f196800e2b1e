"""What an article is compared by: its words, and what reports share across languages, each with a weight.

A feature is a hash of 32 bits whose upper three say its kind. Its weight is how often and how early it stands (`place`)
times how rare it is; `rarity` is the rarity known beforehand (of words from data/document_frequencies, of the rest a
guess by kind), which the window's own counts correct. Words are cut to their first letters: a derivation («покупка»,
«покупаемый») then meets its root, which Snowball's stems do not.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import resources
from zlib import crc32

import numpy as np
import numpy.typing as npt

from processors.gazetteer import gazetteer
from processors.stories.facts import facts
from processors.tokens import terms
from processors.word_classes import words_of
from rasid.domain.article import EnrichedArticle, Entity

WORD, NAME, PLACE, NUMBER, DATE, EVENT = range(6)
KINDS = 6
KIND_SHIFT = 29
_MOST = (56, 12, 8, 8, 4, 8)  # features of each kind: the weightiest
WIDTH = sum(_MOST)
_LOOKED_AT = 240  # terms of the text
_HALF_AT = 30  # terms from the beginning at which a word counts half
_LETTERS_A_TERM = 6
_CUT = {"cyrl": 5, "arab": 5, "latn": 6}
_LEAST_RARITY = 1.2
_MOST_RARITY = 7.5
_UNCOUNTED = 5.5  # rarity of the words of a language that has no counts
_RARITY = {
    "country": 2.0, "place": 4.2, "known": 4.4, "unknown": 6.5, "number": 5.0, "small": 3.0, "date": 3.6,
    "weekday": 2.0, "event": 2.6,
}  # fmt: skip
_SMALL = 12
_MOST_PLACE = 3.0
PLACE_SCALE, RARITY_SCALE = 80.0, 30.0  # to a byte each

Features = npt.NDArray[np.void]
ROW = np.dtype([("hash", "<u4"), ("place", "u1"), ("rarity", "u1")])


def features(enriched: EnrichedArticle) -> Features:
    """Give the features of an article, at most WIDTH, sorted by hash: equal articles give equal ones."""
    words, events = _said(enriched)
    found: dict[int, tuple[int, int, int]] = {}
    for kind, named in enumerate((words, *_entities(enriched), *_facts(enriched), events)):
        best = sorted(named.items(), key=_heaviest) if len(named) > _MOST[kind] else named.items()
        for name, (place, rarity) in list(best)[: _MOST[kind]]:
            code = _hash(kind, name)
            found[code] = code, _byte(place, PLACE_SCALE), _byte(rarity, RARITY_SCALE)
    return np.array([found[code] for code in sorted(found)], ROW)


def _heaviest(item: tuple[str, tuple[float, float]]) -> tuple[float, str]:
    name, (place, rarity) = item
    return -rarity * math.sqrt(place), name


def _byte(value: float, scale: float) -> int:
    return min(255, max(1, round(value * scale)))


@lru_cache(maxsize=1 << 17)
def _hash(kind: int, name: str) -> int:
    return kind << KIND_SHIFT | crc32(name.encode("utf-8", "surrogatepass")) & (1 << KIND_SHIFT) - 1


Named = dict[str, tuple[float, float]]  # name -> place, rarity


_PLACES = [1 / (1 + at / _HALF_AT) for at in range(4 * _LOOKED_AT)]


def _said(enriched: EnrichedArticle) -> tuple[Named, Named]:
    """Give the words of title and text, and the kinds of event they tell of."""
    run = enriched.terms.title.split(" ", _LOOKED_AT)[:_LOOKED_AT] if enriched.terms.title else []
    run += enriched.terms.text.split(" ", _LOOKED_AT)[:_LOOKED_AT]
    places: dict[str, float] = {}
    for term, place in zip(run, _PLACES, strict=False):
        places[term] = places.get(term, 0.0) + place
    words: Named = {}
    events: Named = {}
    for term, place in places.items():
        name, rarity, kinds = _word(term, enriched.language)
        if rarity >= _LEAST_RARITY:
            before, least = words.get(name, (0.0, rarity))
            words[name] = min(before + place, _MOST_PLACE), min(rarity, least)
        for kind in kinds:
            events[kind] = min(events.get(kind, (0.0, 0.0))[0] + place, _MOST_PLACE), _RARITY["event"]
    return words, events


@lru_cache(maxsize=1 << 17)
def _word(term: str, language: str) -> tuple[str, float, tuple[str, ...]]:
    """Give a term cut to its beginning, its rarity (0: tells nothing), and the kinds of event it tells of."""
    if len(term) < 2 or term.isdigit():  # noqa: PLR2004 - a letter tells nothing; numbers are features of their own
        return term, 0.0, ()
    words = words_of(language)
    rarity = min(words.rarity(term), _MOST_RARITY) if words else _UNCOUNTED
    cut = _CUT["cyrl" if "а" <= term[0] <= "я" else "arab" if "\u0621" <= term[0] <= "\u064a" else "latn"]
    return term[:cut], rarity, event_kinds(term)


def _entities(enriched: EnrichedArticle) -> tuple[Named, Named]:
    """Give names of people and bodies, and places."""
    names: Named = {}
    places: Named = {}
    for one in enriched.entities:
        place = min(_place(one), _MOST_PLACE)
        if one.type == "LOC":
            places[one.id] = (
                place,
                _RARITY["country" if one.id in _countries() else "place" if one.known else "unknown"],
            )
        elif place > 0:
            names[one.id] = place, _RARITY["known" if one.known else "unknown"]
    return names, places


@cache
def _countries() -> frozenset[str]:
    return frozenset(entry.id for entry in gazetteer().base.countries.values())


def _place(entity: Entity) -> float:
    half = _HALF_AT * _LETTERS_A_TERM
    return sum(1 / (1 + (0 if one.field == "title" else one.start) / half) for one in entity.mentions)


def _facts(enriched: EnrichedArticle) -> tuple[Named, Named]:
    text = f"{enriched.article.title}\n{enriched.article.text}"
    half = _HALF_AT * _LETTERS_A_TERM
    counted: Named = {}
    told = facts(text)
    for number in told.numbers:
        small = "%" not in number.value and float(number.value) <= _SMALL
        before = counted.get(number.value, (0.0, 0.0))[0]
        counted[number.value] = (before + 1 / (1 + number.start / half), _RARITY["small" if small else "number"])
    days: Named = {}
    for date in told.dates:
        name = f"{date.month}-{date.day}"
        days[name] = (days.get(name, (0.0, 0.0))[0] + 1 / (1 + date.start / half), _RARITY["date"])
    for day, start in told.weekdays:
        place, rarity = days.get(f"weekday {day}", (0.0, _RARITY["weekday"]))
        days[f"weekday {day}"] = (place + 1 / (1 + start / half), rarity)
    return counted, days


@lru_cache(maxsize=1 << 17)
def event_kinds(term: str) -> tuple[str, ...]:
    """Give the kinds of event (data/event_words.tsv) that a term tells of."""
    exact, beginnings = _event_words()
    found = [
        *exact.get(term, ()),
        *(kind for end in range(2, len(term) + 1) for kind in beginnings.get(term[:end], ())),
    ]
    return tuple(dict.fromkeys(found))


@cache
def _event_words() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    exact: defaultdict[str, list[str]] = defaultdict(list)
    beginnings: defaultdict[str, list[str]] = defaultdict(list)
    for kind, word in _event_rows():
        if word.endswith("*"):
            beginnings[word[:-1].replace("ё", "е")].append(kind)
        elif len(found := terms(word)) == 1:
            exact[found[0].text].append(kind)
    return dict(exact), dict(beginnings)


def _event_rows() -> Iterator[tuple[str, str]]:
    for line in resources.files("processors.data").joinpath("event_words.tsv").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            kind, *columns = line.split("\t")
            yield from ((kind, word) for column in columns for word in column.split())
