"""Who and what an article names: known names by context, joined with what the recogniser found; places; countries.

A full name links by itself. A short or ambiguous one (marked so in the tables) links by what the article says besides:
the full name, an office before it, its side. What is only named after someone, or someone else's, does not link.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from processors import context
from processors.context import Passage
from processors.demonyms import country_of
from processors.gazetteer import Gazetteer, Match, Ref, gazetteer
from processors.knowledge import Entry, KnowledgeBase, Mark, load
from processors.near import Near, nearness
from processors.normalise import fold
from processors.tokens import Token
from processors.unknown import Keyer, Span, unknown_entities
from rasid.domain.article import Entity, Mention, Place

_LARGE = 300_000  # people: a city that is named without its country
_KNOWN = 150_000  # people: a city that is meant where its country is named, though its name is a word as well
_FULL = 0.95  # confidence of a full name
_ACTORS = frozenset({"PER", "ORG"})
_OFFICE = re.compile(
    r"\b(?:president|prime minister|minister of foreign affairs|secretary-general|foreign secretary)\b"
)
_CLOSED = frozenset({"armed group", "news agency", "broadcaster", "newspaper", "party"})  # no place inside their names


@dataclass(frozen=True, slots=True)
class Found:
    """What an article names. `about`: country codes, the most named first; `near`: see processors.near."""

    entities: tuple[Entity, ...] = ()
    places: tuple[Place, ...] = ()
    about: tuple[str, ...] = ()
    near: tuple[Near, ...] = ()


class _Link(NamedTuple):
    """A match with the entry it was linked to."""

    passage: Passage
    match: Match
    entry: int
    confidence: float


@dataclass(slots=True)
class _Evidence:
    """What the whole article says: entries named in full, countries named, family names of others, animals."""

    full: set[int] = field(default_factory=set)
    countries: Counter[str] = field(default_factory=Counter)
    namesakes: set[str] = field(default_factory=set)
    animals: bool = False
    kitchen: bool = False
    script: str = "latn"


def find(
    title: str,
    text: str,
    title_tokens: Sequence[Token],
    text_tokens: Sequence[Token],
    language: str,
    recognised: Sequence[Span] = (),
    key: Keyer | None = None,
) -> Found:
    """Find the entities and places of an article. `title`, `text` as cleaned; offsets are theirs.

    `recognised`: what the recogniser found in them; `key` gives the unknown ones among it their ids (without it they are
    left out). Never raises.
    """
    offset = title_tokens[-1].sentence + 1 if title_tokens else 0
    passages = (
        context.passage("title", title, title_tokens, 0),
        context.passage("text", text, text_tokens, offset),
    )
    return _Finder(load(), gazetteer()).find(passages, recognised, key, language)


class _Finder:
    """Decides for one knowledge base."""

    def __init__(self, base: KnowledgeBase, names: Gazetteer) -> None:
        self._entries = base.entries
        self._names = names

    def find(self, passages: Sequence[Passage], recognised: Sequence[Span], key: Keyer | None, language: str) -> Found:
        """Find everything in the passages of one article."""
        matches = [self._names.scan(p.tokens, p.source) for p in passages]
        people = [
            (p, at, country)
            for p in passages
            for at in range(len(p.tokens))
            if (country := country_of(p.tokens, at, p.source)) is not None
        ]
        evidence = self._evidence(passages, matches, [country for _, _, country in people])
        links = [link for p, found in zip(passages, matches, strict=True) for link in self._resolve(p, found, evidence)]
        links, unknown = _join(links, recognised, self._entries)
        sentences: dict[str, set[int]] = defaultdict(set)
        about: Counter[str] = Counter()
        for p, at, country in people:
            about[country] += 1
            sentences[country].add(p.offset + p.tokens[at].sentence)
        for link in links:
            self._count(link, about, sentences)
        entities, places = self._assemble(links)
        if key is not None and unknown:
            others = unknown_entities({p.field: p.source for p in passages}, unknown, key, language)
            for other in others:
                if other.type in _ACTORS:
                    sentences[other.id] |= {_sentence(passages, m.field, m.start) for m in other.mentions}
            entities += tuple(others)
        return Found(entities, places, tuple(c for c, _ in sorted(about.items(), key=lambda i: (-i[1], i[0]))),
                     nearness(sentences))  # fmt: skip

    # --- evidence ---
    def _evidence(
        self, passages: Sequence[Passage], matches: Sequence[list[Match]], people: Iterable[str]
    ) -> _Evidence:
        evidence = _Evidence(countries=Counter(people))
        scripts = Counter(t.script for p in passages for t in p.tokens)
        evidence.script = max(("latn", "cyrl", "arab"), key=lambda script: scripts[script])
        for p, found in zip(passages, matches, strict=True):
            spoken = {t.text for t in p.tokens}
            evidence.animals = evidence.animals or not spoken.isdisjoint(context.words("animal"))
            evidence.kitchen = evidence.kitchen or not spoken.isdisjoint(context.words("kitchen"))
            for match in found:
                self._note(p, match, evidence)
        return evidence

    def _note(self, p: Passage, match: Match, evidence: _Evidence) -> None:
        for ref in match.refs:
            entry = self._entries[ref.entry]
            if ref.mark & Mark.DOUBTFUL:
                if entry.type == "PER" and context.first_name_beside(p, match, self._own(entry)):
                    evidence.namesakes.add(p.tokens[match.last].text)
                continue
            if entry.type != "LOC":
                evidence.full.add(ref.entry)
            elif entry.kind != "country" and not _prominent(entry):
                continue
            evidence.countries.update(entry.about or entry.country)

    @staticmethod
    def _own(entry: Entry) -> frozenset[str]:
        names = entry.names
        return frozenset(fold(w) for name in (names.en, names.ar, names.ru) if name for w in name.split())

    # --- decisions ---
    def _resolve(self, p: Passage, found: list[Match], evidence: _Evidence) -> list[_Link]:
        """Take the longest match first; a place may stand inside a body's name, behind its first word."""
        taken: dict[int, _Link] = {}
        links: list[_Link] = []
        for match in sorted(found, key=lambda m: (m.first - m.last, m.first)):
            over = {id(taken[at]): taken[at] for at in range(match.first, match.last + 1) if at in taken}
            if over and not self._nests(match, list(over.values())):
                continue
            link = self._decide(p, match, found, evidence)
            if link is None or (over and self._entries[link.entry].kind not in {"country", "capital", "city"}):
                continue
            links.append(link)
            for at in range(match.first, match.last + 1):
                taken.setdefault(at, link)
        return links

    def _nests(self, match: Match, over: list[_Link]) -> bool:
        outer = self._entries[over[0].entry]
        return (
            len(over) == 1 and outer.type == "ORG" and outer.kind not in _CLOSED and match.first > over[0].match.first
        )

    def _decide(self, p: Passage, match: Match, found: list[Match], evidence: _Evidence) -> _Link | None:
        best: tuple[float, int, _Link] | None = None
        for ref in match.refs:
            entry = self._entries[ref.entry]
            if entry.type == "LOC":
                confidence = self._place(p, match, ref, entry, found, evidence)
            elif entry.type == "PER":
                confidence = self._person(p, match, ref, entry, evidence)
            else:
                confidence = self._body(p, match, ref, entry, evidence)
            if confidence and (best is None or (confidence, entry.population) > best[:2]):
                best = (confidence, entry.population, _Link(p, match, ref.entry, confidence))
        return best[2] if best else None

    def _person(self, p: Passage, match: Match, ref: Ref, entry: Entry, evidence: _Evidence) -> float:
        if context.named_after(p, match):
            return 0.0
        if not ref.mark & Mark.DOUBTFUL:
            return 0.97
        if context.idiom(p, match) or context.first_name_beside(p, match, self._own(entry)):
            return 0.0
        if ref.entry in evidence.full:
            return 0.94
        word = p.tokens[match.last].text
        sided = any(c in evidence.countries for c in (*entry.about, *entry.country))
        if word in evidence.namesakes or (evidence.animals and not context.titled(p, match)):
            return 0.0
        if context.titled(p, match) and sided:
            return 0.9
        if word in context.words("surname"):
            return 0.0
        if sided:
            return 0.8
        famous = _OFFICE.search(entry.roles) is not None and p.tokens[match.first].script != "arab"
        return 0.6 if famous and not context.beside_capital(p, match) else 0.0

    def _body(self, p: Passage, match: Match, ref: Ref, entry: Entry, evidence: _Evidence) -> float:
        if ref.mark & Mark.EXACT and _shouted(p, match):
            return 0.0
        after = p.after(match)
        if after is not None and after.text in context.words("weekday"):
            return 0.0  # روسيا اليوم الثلاثاء: Russia, today
        if ref.mark & Mark.DOUBTFUL and after is not None and after.text in context.words("place_after"):
            return 0.0  # Hamas countryside: Hama's
        if not ref.mark & Mark.DOUBTFUL:
            return 0.96
        if ref.entry in evidence.full:
            return 0.93
        before = p.before(match)
        if before is not None and before.text in context.words("body_before"):
            return 0.85
        sides = (*entry.about, *entry.country) if match.first == match.last else (*entry.about, *entry.country, "SY")
        return 0.7 if any(c in evidence.countries for c in sides) else 0.0

    def _place(
        self, p: Passage, match: Match, ref: Ref, entry: Entry, found: list[Match], evidence: _Evidence
    ) -> float:
        if ref.mark & Mark.EXACT and _shouted(p, match):
            return 0.0
        sure = not ref.mark & Mark.DOUBTFUL
        before = p.before(match)
        if before is not None and before.text in context.words("not_place_before"):
            return 0.0
        if sure and entry.kind in {"country", "continent"}:
            return 0.97
        if not self._may_be_place(p, match, entry, evidence, sure=sure):
            return 0.0
        backed = entry.kind == "country" or any(c in evidence.countries for c in entry.country)
        if sure and (_prominent(entry) or backed):
            return 0.97 if entry.kind == "landmark" else 0.95
        if entry.kind == "village":
            return 0.8 if backed and context.called(p, match, "village_before", "village_after") else 0.0
        if context.called(p, match, "place_named", "place_after"):
            return 0.85
        if sure or not backed or p.headline:
            return 0.0
        if self._listed(p, match, found) or (entry.kind == "country" and context.bracketed(p, match)):
            return 0.75
        if not ref.mark & Mark.VERY and entry.population >= _KNOWN and not evidence.kitchen:
            return 0.7
        return 0.7 if context.place_cue(p, match) and not ref.mark & Mark.VERY else 0.0

    def _may_be_place(self, p: Passage, match: Match, entry: Entry, evidence: _Evidence, *, sure: bool) -> bool:
        """Say whether nothing speaks against a place: quotation marks, a person's name around it, another script."""
        if context.quoted(p, match) and entry.kind not in {"country", "capital"}:
            return False  # a club, a paper, a ship
        if match.first != match.last:
            return True
        script = p.tokens[match.first].script
        if entry.kind in {"city", "town", "village"} and script == "latn" != evidence.script:
            return False  # a brand
        return not context.in_a_persons_name(p, match, town=entry.kind in {"town", "village"}, sure=sure)

    def _listed(self, p: Passage, match: Match, found: list[Match]) -> bool:
        """Say whether a sure place stands beside it, as in a list."""
        for other in found:
            if not (1 <= other.first - match.last <= 2 or 1 <= match.first - other.last <= 2):  # noqa: PLR2004  "and" parts them
                continue
            first, second = (match, other) if match.first < other.first else (other, match)
            between = p.source[p.tokens[first.last].end : second.start]
            if context.LIST.fullmatch(between) and any(
                self._entries[r.entry].type == "LOC" and not r.mark & Mark.DOUBTFUL for r in other.refs
            ):
                return True
        return False

    # --- what comes out ---
    def _count(self, link: _Link, about: Counter[str], sentences: dict[str, set[int]]) -> None:
        entry = self._entries[link.entry]
        at = link.passage.offset + link.passage.tokens[link.match.first].sentence
        for country in entry.about:
            about[country] += 1
            sentences[country].add(at)
        if entry.type in _ACTORS:
            sentences[entry.id].add(at)

    def _assemble(self, links: list[_Link]) -> tuple[tuple[Entity, ...], tuple[Place, ...]]:
        grouped: dict[int, list[_Link]] = defaultdict(list)
        for link in sorted(links, key=lambda k: (k.passage.field == "text", k.match.start)):
            grouped[link.entry].append(link)
        entities, places = [], []
        for number, group in grouped.items():
            entry = self._entries[number]
            mentions = tuple(map(_mention, group))
            entities.append(Entity(id=entry.id, type=entry.type, name=entry.names, mentions=mentions,
                                   confidence=max(k.confidence for k in group)))  # fmt: skip
            if entry.type == "LOC":
                places.append(Place(id=entry.id, name=entry.names, country=entry.country[0] if entry.country else None,
                                    lat=entry.lat, lon=entry.lon, mentions=mentions))  # fmt: skip
        return tuple(entities), tuple(places)


def _join(links: list[_Link], recognised: Sequence[Span], entries: Sequence[Entry]) -> tuple[list[_Link], list[Span]]:
    """Give the links that stay and the spans that are left: the knowledge base wins, but a doubtful short name inside a
    longer name of a person is someone else's, and a country inside a longer name of a body stays beside it.
    """
    kept, spans = list(links), []
    for span in recognised:
        over = [k for k in kept if k.passage.field == span.field and k.match.start < span.end and _end(k) > span.start]
        inside = all(span.start <= k.match.start and _end(k) <= span.end for k in over)
        whole = any(k.match.start == span.start and _end(k) == span.end for k in over)
        if not over:
            spans.append(span)
        elif inside and not whole and all(_yields(entries[k.entry], k, span) for k in over):
            spans.append(span)
            kept = [k for k in kept if k not in over or (span.type == "ORG" and entries[k.entry].type == "LOC")]
    return kept, spans


def _yields(entry: Entry, link: _Link, span: Span) -> bool:
    """Say whether a known name is only a part of the longer name that the recogniser found."""
    if span.type == "ORG":
        return entry.type == "LOC"
    if span.type == "PER":
        return (entry.type == "PER" and link.confidence < _FULL) or (entry.type == "LOC" and entry.kind != "country")
    return entry.type == "LOC" and entry.kind not in {"country", "capital"} and link.confidence < _FULL


def _end(link: _Link) -> int:
    return link.passage.tokens[link.match.last].end


def _sentence(passages: Sequence[Passage], name: str, start: int) -> int:
    """Give the number of the sentence that holds a place in a field."""
    passage = next(p for p in passages if p.field == name)
    at = bisect_right(passage.tokens, start, key=lambda token: token.start) - 1
    return passage.offset + (passage.tokens[at].sentence if at >= 0 else 0)


def _mention(link: _Link) -> Mention:
    start, end = link.match.start, link.passage.tokens[link.match.last].end
    end += context.closing_quote(link.passage.source, start, end)
    return Mention(field=link.passage.field, start=start, end=end, surface=link.passage.source[start:end])


def _prominent(entry: Entry) -> bool:
    """Say whether a place is named without its country: all but towns, villages and middling cities."""
    return entry.kind not in {"town", "village", "city"} or entry.population >= _LARGE


def _shouted(p: Passage, match: Match) -> bool:
    """Say whether a neighbour is all in capitals too, so that capitals make no abbreviation."""
    for token in (p.before(match), p.after(match)):
        if token is not None and len(token.text) > 3 and p.source[token.start : token.end].isupper():  # noqa: PLR2004  no abbreviation itself
            return True
    return False
