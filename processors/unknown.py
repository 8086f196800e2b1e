"""Names that the knowledge base lacks: the recogniser's spans, grouped into entities with an id that any run gives."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

from processors import context
from processors.demonyms import is_adjective
from processors.normalise import fold
from rasid.domain.article import Entity, EntityType, FieldName, Mention, Names

_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_LION = frozenset({"اسد", "الاسد", "لاسد"})
_ALIKE = 3  # letters of a first name that its case forms and spellings share

_CASE_ENDING = re.compile("(?<=[a-z]{4})(?:ogo|omu|oi|om|em|ym|im|ei|a|u|e|y|i)$")  # of Russian, romanised
_PERSON, _OTHER, _ARABIC_OTHER, _ARABIC_LONE = 0.55, 0.75, 0.9, 0.93  # confidence from which a span is called a name

Keyer = Callable[[str], str]  # a name in any script -> one key for all its spellings


class Speller(Protocol):
    """Gives a name in Arabic or Cyrillic script its English spelling."""

    def __call__(self, name: str, *, person: bool) -> str:
        """Spell a name; `person`: of a person."""


class Naming(NamedTuple):
    """What gives a name its key, and a name in Arabic or Cyrillic script its English spelling."""

    key: Keyer
    spell: Speller


class Span(NamedTuple):
    """What the recogniser found: code points of a field, the type of name, and how sure it is (0 to 1)."""

    field: FieldName
    start: int
    end: int
    type: EntityType
    confidence: float = 1.0


class _Name(NamedTuple):
    span: Span
    surface: str
    shown: str  # of it, what is the name
    words: tuple[str, ...]  # of its key
    named: bool  # a name, no description


def unknown_entities(
    sources: dict[FieldName, str], spans: Iterable[Span], naming: Naming, language: str
) -> list[Entity]:
    """Group spans into entities by key: a family name alone joins the one longer name that ends with it.

    The English name is the spelling that `naming` gives; the surface is the name in the article's language.
    Descriptions ("the Kurdish fighters") are entities without a name. Spans whose key is empty and common
    abbreviations are left out. Entities come in the order of their first mention.
    """
    names = []
    for span in spans:
        surface = sources[span.field][span.start : span.end]
        shown, words, says = _read(surface, span.type == "PER", naming.key)
        if words:
            named = says and span.confidence >= _certain(span.type, language, len(words))
            names.append(_Name(span, surface, shown, words, named))
    people = _People(names, language)
    groups: dict[tuple[str, ...], list[_Name]] = {}
    for name in names:
        groups.setdefault(people.meant(name.words), []).append(name)
    return [
        _entity(words, group, language, naming, person=len(words) == 1 and people.has(words[0]))
        for words, group in groups.items()
    ]


@lru_cache(maxsize=1 << 14)
def _read(surface: str, person: bool, key: Keyer) -> tuple[str, tuple[str, ...], bool]:  # noqa: FBT001 - one caller
    """Give what of a span is the name, the words of its key (none: leave it out), and whether it is a name."""
    if fold(surface) in context.words("not_name"):
        return surface, (), False
    shown = _without_description(surface) if person else surface
    named = is_name(shown) and not (person and _is_office(shown))
    return shown, tuple(key(_without_titles(shown, person=person)).replace("-", " ").split()), named


def _is_office(surface: str) -> bool:
    """Say whether what is called a person is an office: FCO Minister, Minister for the Middle East."""
    spoken = _WORD.findall(_without_titles(surface, person=True))
    return bool(spoken) and (
        spoken[0].islower() or (spoken[-1].isascii() and fold(spoken[-1]) in context.words("title"))
    )


@lru_cache(maxsize=1 << 14)
def is_name(surface: str) -> bool:
    """Say whether a span is a name and no description: where letters have cases, its words have capitals but for small
    words between them, and one of them is neither an office nor a people nor a day.
    """
    spoken = _WORD.findall(surface)
    cased = [word for word in spoken if word.lower() != word.upper()]
    if not all(word != word.lower() or fold(word) in context.words("name_particle") for word in cased):
        return False
    folded = [fold(word) for word in spoken]
    if folded[-1:] and folded[-1] in context.words("idiom_after") and not _LION.isdisjoint(folded):
        return False
    return not context.words("no_name_part").intersection(folded) and any(map(telling, folded))


def telling(word: str) -> bool:
    """Say whether a folded word of a span can be a part of a name by itself."""
    common = ("title", "opener", "not_name", "calendar", "name_particle")
    if is_adjective(word) or context.place_kind(word):
        return False
    return not any(word in context.words(group) for group in common)


def _without_titles(surface: str, *, person: bool) -> str:
    """Take offices and articles off the front of a name."""
    spoken = _WORD.findall(surface)
    while len(spoken) > 1 and _calls(fold(spoken[0]), person=person):
        spoken = spoken[1:]
    return " ".join(spoken) or surface


def _calls(word: str, *, person: bool) -> bool:
    """Say whether a folded word at the front of a name only says who bears it; in Arabic a people may, too."""
    if word == "the" or word in context.words("title"):
        return True
    if not person:
        return False
    return word in context.words("before_name") or (not word.isascii() and word.startswith("ال") and is_adjective(word))


def _without_description(surface: str) -> str:
    """Take what is no name off the front of a person's full name: «spokeswoman Jane Doe»."""
    spoken = list(_WORD.finditer(surface))
    small = (m for m in spoken if m[0].islower() and fold(m[0]) not in context.words("name_particle"))
    last = max((m.end() for m in small), default=0)
    after = [m for m in spoken if m.start() > last]
    return surface[after[0].start() :] if last and len(after) > 1 else surface


def _certain(kind: EntityType, language: str, words: int) -> float:
    """Give the confidence from which a span is called a name: bodies and places, in Arabic above all, are less sure.

    A person of whom Arabic news gives only one name is mostly none.
    """
    if kind == "PER":
        return _ARABIC_LONE if language == "ar" and words == 1 else _PERSON
    return _ARABIC_OTHER if language == "ar" else _OTHER


class _People:
    """The longer names of people in an article, one for each person.

    Names with one last word, case endings aside, whose first words begin alike are forms or spellings of one; the
    shortest form stands for all, for that is the nominative.
    """

    def __init__(self, names: Iterable[_Name], language: str) -> None:
        self._russian = language == "ru"
        self._whole: dict[tuple[str, str], tuple[str, ...]] = {}
        for name in names:
            if name.span.type == "PER" and len(name.words) > 1:
                key = (name.words[0][:_ALIKE], self._stem(name.words[-1]))
                known = self._whole.get(key, name.words)
                self._whole[key] = min(known, name.words, key=lambda words: (sum(map(len, words)), words))
        self._bearers: dict[str, set[tuple[str, ...]]] = {}
        for whole in self._whole.values():
            for word in (whole[0], whole[-1]):
                self._bearers.setdefault(self._stem(word), set()).add(whole)

    def meant(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """Give the words of the one person whom a name means, else its own."""
        if len(words) > 1:
            return self._whole.get((words[0][:_ALIKE], self._stem(words[-1])), words)
        found = self._bearers.get(self._stem(words[0]), set())
        return next(iter(found)) if len(found) == 1 else words

    def has(self, word: str) -> bool:
        """Say whether somebody bears a name."""
        return self._stem(word) in self._bearers

    def _stem(self, word: str) -> str:
        return _CASE_ENDING.sub("", word) if self._russian else word


def _entity(words: Sequence[str], group: list[_Name], language: str, naming: Naming, *, person: bool) -> Entity:
    """Make an entity of its mentions; `person`: its one word is the name of several people of the article."""
    weights: dict[EntityType, float] = {}
    for name in group:
        weights[name.span.type] = weights.get(name.span.type, 0.0) + name.span.confidence * len(name.words)
    kind: EntityType = "PER" if person else max(weights, key=lambda each: (weights[each], each))
    return Entity(
        id=f"rasid:unknown/{kind.lower()}/{'-'.join(words)}",
        type=kind,
        name=_names(words, group, language, naming, person=kind == "PER"),
        mentions=tuple(
            Mention(field=n.span.field, start=n.span.start, end=n.span.end, surface=n.surface) for n in group
        ),
        confidence=round(max(n.span.confidence for n in group), 3),
        known=False,
    )


def _names(words: Sequence[str], group: list[_Name], language: str, naming: Naming, *, person: bool) -> Names:
    named = [name for name in group if name.named]
    if not named:
        return Names()
    best = next((n for n in named if n.words == tuple(words)), None) or max(named, key=lambda n: len(n.words))
    shown = _without_titles(best.shown, person=person)
    latin = shown.isascii()
    return Names(
        ar=shown if language == "ar" and not latin else None,
        en=shown if latin else _english(shown, words, naming, person=person),
        ru=shown if language == "ru" and not latin else None,
    )


def _english(shown: str, words: Sequence[str], naming: Naming, *, person: bool) -> str | None:
    """Give the English spelling of a name; None for a body called by common nouns, which would want translating."""
    head = fold(shown.split(maxsplit=1)[0])
    if not person and head.removeprefix("ال") in context.words("body_heads"):
        return None
    return naming.spell(shown, person=person) or " ".join(word.capitalize() for word in words)
