"""What an article as a whole says of whom its short names may mean."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

from processors import context
from processors.context import Passage
from processors.gazetteer import Match
from processors.knowledge import DOUBTFUL, Entry
from processors.normalise import fold
from rasid.domain.article import Names

_YEAR = re.compile("(?:19|20)[0-9]{2}")
STEM, _CASE = 4, 2  # letters that case forms of a name share, and by how many they differ in length
LARGE = 300_000  # people: a city that is named without its country


@dataclass(slots=True)
class Evidence:
    """Entries named in full (people also by last word), countries, years, family names of strangers, main script."""

    full: set[int] = field(default_factory=set)
    countries: Counter[str] = field(default_factory=Counter)
    families: dict[str, dict[str, set[int]]] = field(default_factory=dict)  # by stem, then by last name
    namesakes: set[str] = field(default_factory=set)
    years: frozenset[int] = frozenset()
    script: str = "latn"
    animals: bool = False
    kitchen: bool = False

    def sides(self, countries: Iterable[str]) -> bool:
        """Say whether one of the countries is named."""
        return any(country in self.countries for country in countries)

    def note_bearer(self, word: str, entry: int) -> None:
        """Note that a person named in full bears the last name `word` (folded)."""
        self.families.setdefault(word[:STEM], {}).setdefault(word, set()).add(entry)

    def bearers(self, word: str, *, strict: bool = False) -> set[int]:
        """Give the people named in full whose last name the folded `word` is, in whatever case form.

        `strict`: all of the name but its ending is in the word.
        """
        alike = self.families.get(word[:STEM], {})
        if word in alike or len(word) <= STEM:
            return alike.get(word, set())
        return set().union(*(who for last, who in alike.items() if _case_form(last, word, strict)))


def _case_form(name: str, word: str, strict: bool) -> bool:  # noqa: FBT001 - of a private question
    return abs(len(name) - len(word)) <= _CASE and (not strict or (word.startswith(name[:-1]) and not word.isascii()))


def gather(
    passages: Sequence[Passage], matches: Sequence[list[Match]], entries: Sequence[Entry], peoples: Iterable[str]
) -> Evidence:
    """Read the evidence off an article's names; `peoples` are the countries its adjectives name."""
    scripts = Counter([token.script for p in passages for token in p.tokens])
    spoken = set().union(*(p.words for p in passages))
    evidence = Evidence(
        countries=Counter(peoples),
        script=scripts.most_common(1)[0][0] if scripts else "latn",
        years=frozenset(int(word) for word in spoken if _YEAR.fullmatch(word)),
        animals=not spoken.isdisjoint(context.words("animal")),
        kitchen=not spoken.isdisjoint(context.words("kitchen")),
    )
    for p, found in zip(passages, matches, strict=True):
        lands = country_ends(found, entries)
        parts = {at for m in found if m.last > m.first and _sure(m) for at in range(m.first, m.last + 1)}
        for match in found:
            part = match.first in parts and match.last in parts
            _note(p, match, entries, evidence, alone=not part and match.first - 1 not in lands)
    return evidence


def _sure(match: Match) -> bool:
    return any(not ref.mark & DOUBTFUL for ref in match.refs)


def country_ends(found: Iterable[Match], entries: Sequence[Entry]) -> frozenset[int]:
    """Give the tokens that end the name of a country: what stands before a family name there is no first name."""
    return frozenset(m.last for m in found if any(entries[ref.entry].kind == "country" for ref in m.refs))


def _note(p: Passage, match: Match, entries: Sequence[Entry], evidence: Evidence, *, alone: bool) -> None:
    """Add what one match says; if not `alone` but part of a longer name, it says nothing of namesakes."""
    for ref in match.refs:
        entry = entries[ref.entry]
        if ref.mark & DOUBTFUL:
            if entry.type == "PER" and alone and context.first_name_beside(p, match, own_words(entry)):
                evidence.namesakes.add(p.tokens[match.last].text)
        elif entry.type != "LOC":
            evidence.full.add(ref.entry)
            if entry.type == "PER" and match.last > match.first:
                evidence.note_bearer(p.tokens[match.last].text, ref.entry)
            evidence.countries.update(entry.about or entry.country)
        elif prominent(entry) and _one_land(match, entries):
            evidence.countries.update(entry.country)


def _one_land(match: Match, entries: Sequence[Entry]) -> bool:
    """Say whether all sure readings of a name lie in one country."""
    if len(match.refs) == 1:
        return True
    return len({entries[ref.entry].country for ref in match.refs if not ref.mark & DOUBTFUL}) == 1


def own_words(entry: Entry) -> frozenset[str]:
    """Give the folded words of an entry's names."""
    return _words_of(entry.names)


@cache
def _words_of(names: Names) -> frozenset[str]:
    return frozenset(fold(word) for name in (names.en, names.ar, names.ru) if name for word in name.split())


def prominent(entry: Entry) -> bool:
    """Say whether a place is named without its country: all but towns, villages and middling cities."""
    return entry.kind not in {"town", "village", "city"} or entry.population >= LARGE
