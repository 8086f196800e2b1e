"""Who and what an article names: known names by context, joined with what the recogniser found; places; countries.

A full name links by itself. A short or ambiguous one (marked so in the tables) links by what the article says besides:
the full name, an office before it, its side. What is only named after someone, or someone else's, does not link.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from processors.context import Passage, closing_quote, passage
from processors.demonyms import adjectives
from processors.evidence import Evidence, gather
from processors.gazetteer import Gazetteer, Match, gazetteer
from processors.incidental import LONGEST_LIST, incidental, source_of_news
from processors.joining import Joined, join
from processors.knowledge import Entry, KnowledgeBase
from processors.linking import Link, Linker
from processors.offices import Office, find_offices, office_names
from processors.tokens import Token
from processors.unknown import Naming, Span, unknown_entities
from rasid.domain.article import Entity, Mention, Place, Presence

__all__ = ["Found", "Span", "find"]


@dataclass(frozen=True, slots=True)
class Found:
    """What an article names. `about`: country codes, the most named first.

    `presence`: where entities stand, and where countries are spoken of in earnest: not where a medium, a dateline or a
    maker is all that names one, nor where more than three are named in one sentence.
    """

    entities: tuple[Entity, ...] = ()
    places: tuple[Place, ...] = ()
    about: tuple[str, ...] = ()
    presence: tuple[Presence, ...] = ()


def find(
    title: str,
    text: str,
    title_tokens: Sequence[Token],
    text_tokens: Sequence[Token],
    language: str,
    recognised: Sequence[Span] = (),
    naming: Naming | None = None,
) -> Found:
    """Find the entities and places of an article. `title`, `text` as cleaned; offsets are theirs.

    `recognised`: what the recogniser found in them; `naming` gives the unknown ones among it their ids and English
    names (without it they are left out). Never raises.
    """
    offset = title_tokens[-1].sentence + 1 if title_tokens else 0
    passages = (passage("title", title, title_tokens, 0), passage("text", text, text_tokens, offset))
    names = gazetteer()
    peoples = [adjectives(p.tokens, p.words, p.source) for p in passages]
    tally = _Tally()
    for p, found in zip(passages, peoples, strict=True):
        tally.adjectives(p, found)
    links, inside, left = _linked(passages, names, tally.about.elements(), recognised)
    for link in (*links, *inside):
        tally.link(link, names.base.entries[link.entry])
    unknown = unknown_entities({"title": title, "text": text}, left, naming, language) if naming else []
    tally.unknown(unknown, passages)
    entities, places = _assemble(links, names.base.entries)
    offices = _offices(passages, peoples, (*links, *inside), names.base)
    return Found((*entities, *unknown, *offices), places, tally.countries(), tally.presence())


def _linked(
    passages: Sequence[Passage], names: Gazetteer, peoples: Iterable[str], recognised: Sequence[Span]
) -> Joined:
    """Link the known names, and join them with what was recognised."""
    entries = names.base.entries
    matches = [names.scan(p.tokens, p.source) for p in passages]
    evidence = gather(passages, matches, entries, peoples)
    links = _links(passages, matches, entries, evidence)
    fresh = {entries[k.entry].country for k in links if entries[k.entry].kind in {"country", "capital"}}
    fresh -= {(country,) for country in evidence.countries}
    if fresh:  # Jordan, found by its neighbours, tells what the other Jordans are
        evidence.countries.update(country for countries in fresh for country in countries)
        links = _links(passages, matches, entries, evidence)
    return join(links, recognised, entries, passages, evidence)


def _links(
    passages: Sequence[Passage], matches: Sequence[list[Match]], entries: Sequence[Entry], evidence: Evidence
) -> list[Link]:
    found = zip(passages, matches, strict=True)
    return [link for p, here in found for link in Linker(entries, p, here, evidence).links()]


@dataclass(slots=True)
class _Tally:
    """Counts countries, and notes in which sentences countries and entities stand."""

    about: Counter[str] = field(default_factory=Counter)
    sentences: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))  # of entities
    countries_in: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))  # by country, its sentences

    def adjectives(self, p: Passage, found: Iterable[tuple[int, str]]) -> None:
        """Count the adjectives and words for peoples of a passage."""
        for at, country in found:
            self.about[country] += 1
            if not incidental(p, at, at):
                self.countries_in[country].add(p.offset + p.tokens[at].sentence)

    def link(self, link: Link, entry: Entry) -> None:
        """Count the sides of a known name."""
        p, match = link.passage, link.match
        sentence = p.offset + p.tokens[match.first].sentence
        self.sentences[entry.id].add(sentence)
        earnest = bool(entry.about) and not source_of_news(entry) and not incidental(p, match.first, match.last)
        for country in entry.about:
            self.about[country] += 1
            if earnest:
                self.countries_in[country].add(sentence)

    def unknown(self, entities: Iterable[Entity], passages: Sequence[Passage]) -> None:
        """Note where unknown names stand."""
        by_field = {p.field: p for p in passages}
        for entity in entities:
            for mention in entity.mentions:
                p = by_field[mention.field]
                at = max(0, bisect_right(p.tokens, mention.start, key=lambda token: token.start) - 1)
                self.sentences[entity.id].add(p.offset + (p.tokens[at].sentence if p.tokens else 0))

    def presence(self) -> tuple[Presence, ...]:
        """Give where each stands, sorted by id."""
        named = Counter(sentence for stands in self.countries_in.values() for sentence in stands)
        spoken = {c: {at for at in stands if named[at] <= LONGEST_LIST} for c, stands in self.countries_in.items()}
        stands = {one: found for one, found in (self.sentences | spoken).items() if found}
        return tuple(Presence(id=one, sentences=tuple(sorted(stands[one]))) for one in sorted(stands))

    def countries(self) -> tuple[str, ...]:
        """Give the countries, the most named first."""
        return tuple(sorted(self.about, key=lambda country: (-self.about[country], country)))


def _assemble(links: Sequence[Link], entries: Sequence[Entry]) -> tuple[list[Entity], tuple[Place, ...]]:
    """Group links by entry, in the order of first mention, title first."""
    grouped: dict[int, list[Link]] = defaultdict(list)
    for link in sorted(links, key=lambda k: (k.passage.field == "text", k.start)):
        grouped[link.entry].append(link)
    entities, places = [], []
    for number, group in grouped.items():
        entry, mentions = entries[number], tuple(map(_mention, group))
        confidence = max(link.confidence for link in group)
        entities.append(
            Entity(id=entry.id, type=entry.type, name=entry.names, mentions=mentions, confidence=confidence)
        )
        if entry.type == "LOC":
            places.append(_place(entry, mentions))
    return entities, tuple(places)


def _office_mentions(
    p: Passage, peoples: Iterable[tuple[int, str]], links: Sequence[Link], base: KnowledgeBase
) -> list[tuple[Office, Mention]]:
    """Find the offices of a passage; a country is known by its adjective or its name."""
    here = [(k, base.entries[k.entry]) for k in links if k.passage is p]
    countries = dict(peoples)
    countries |= {k.match.first: e.country[0] for k, e in here if e.kind == "country"}
    people = frozenset(at for k, e in here if e.type == "PER" for at in range(k.match.first, k.match.last + 1))
    found = []
    for office in find_offices(p, countries, people):
        start, end = p.tokens[office.first].start, p.tokens[office.last].end
        found.append((office, Mention(field=p.field, start=start, end=end, surface=p.source[start:end])))
    return found


def _offices(
    passages: Sequence[Passage],
    peoples: Sequence[list[tuple[int, str]]],
    links: Sequence[Link],
    base: KnowledgeBase,
) -> list[Entity]:
    """Give the offices named without their holders, as entities of type MISC."""
    grouped: dict[tuple[str, str], list[Mention]] = defaultdict(list)
    for p, found in zip(passages, peoples, strict=True):
        for office, mention in _office_mentions(p, found, links, base):
            grouped[office.office, office.country].append(mention)
    return [
        Entity(
            id=f"rasid:office/{office}/{country}",
            type="MISC",
            name=office_names(office, base.countries[country].names),
            mentions=tuple(mentions),
            confidence=0.9,
        )
        for (office, country), mentions in grouped.items()
        if country in base.countries
    ]


def _place(entry: Entry, mentions: tuple[Mention, ...]) -> Place:
    country = entry.country[0] if entry.country else None
    return Place(id=entry.id, name=entry.names, country=country, lat=entry.lat, lon=entry.lon, mentions=mentions)


def _mention(link: Link) -> Mention:
    source, start = link.passage.source, link.start
    end = link.end + closing_quote(source, start, link.end)
    return Mention(field=link.passage.field, start=start, end=end, surface=source[start:end])
