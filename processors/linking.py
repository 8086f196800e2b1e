"""Decide for each name found what it stands for, or that it stands for nothing known."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from processors import context
from processors.context import Passage
from processors.demonyms import country_of, is_adjective
from processors.evidence import STEM, Evidence, country_ends, own_words, prominent
from processors.gazetteer import Match, Ref
from processors.knowledge import DOUBTFUL, EXACT, VERY, Entry
from processors.tokens import Token

FULL = 0.95  # confidence from which a person's name is a full one
_KNOWN = 150_000  # people: a city that is meant where its country is named, though its name is a word as well
_SETTLED = frozenset({"known city", "city", "town", "village"})
_LANDS = frozenset({"country", "region"})
_NESTING = frozenset({"country", "capital", "known city", "city"})
_CLOSED = frozenset({"armed group", "news agency", "broadcaster", "newspaper", "party"})  # no place inside their names
_NUNATION = "\u064b"
_YEAR = re.compile(r"\d{4}")
_DIED = re.compile(r"\bdied (\d{4})")
_ROLE_WORDS = re.compile(r"[a-z]+")
_STATE = frozenset({"ministry", "armed forces", "parliament", "government", "presidency", "security service"})
_MANY = 3  # countries: an article on several
_OFFICE = re.compile(
    r"\b(?:president|prime minister|minister of foreign affairs|secretary-general|foreign secretary|"
    r"minister of defence RU)\b"
)


class Link(NamedTuple):
    """A match with the entry (by number) that it was linked to; `start`, `end` are places in the source."""

    passage: Passage
    match: Match
    entry: int
    confidence: float
    start: int
    end: int


class Linker:
    """Links the matches of one passage by the evidence of its whole article."""

    def __init__(self, entries: Sequence[Entry], passage: Passage, found: Sequence[Match], evidence: Evidence) -> None:
        self._entries = entries
        self._p = passage
        self._found = found
        self._evidence = evidence
        self._at_first: dict[int, list[Match]] = defaultdict(list)
        self._at_last: dict[int, list[Match]] = defaultdict(list)
        for match in found:
            self._at_first[match.first].append(match)
            self._at_last[match.last].append(match)
        self._lands = country_ends(found, entries)
        # The tokens of names that a hospital, a street or a lake bears.
        self._borne = {at for m in found if self._names_thing(m) for at in range(m.first, m.last + 1)}

    def links(self) -> list[Link]:
        """Take the longest match first; a place may stand inside a body's name, behind its first word."""
        taken: dict[int, Link] = {}
        links: list[Link] = []
        for match in sorted(self._found, key=lambda m: (m.first - m.last, m.first)):
            over = {id(taken[at]): taken[at] for at in range(match.first, match.last + 1) if at in taken}
            if over and not self._may_nest(match, list(over.values())):
                continue
            link = self._decide(match)
            if link is None or (over and self._entries[link.entry].kind not in _NESTING):
                continue
            links.append(link)
            for at in range(match.first, match.last + 1):
                taken.setdefault(at, link)
        return [*links, *self._followers(taken)]

    def _followers(self, taken: Mapping[int, Link]) -> Iterator[Link]:
        """Link family names that are no alias of anybody to the one person of the article who bears them."""
        families, tokens = self._evidence.families, self._p.tokens
        for at in [at for at, word in enumerate(self._p.words) if word[:STEM] in families] if families else ():
            if at not in taken and tokens[at].script in context.CASED and self._p.capital(tokens[at]):
                match = Match(at, at, tokens[at].start, ())
                bearers = self._evidence.bearers(tokens[at].text, strict=True)
                if len(bearers) == 1 and not self._is_word(tokens[at]) and self._alone(match, next(iter(bearers))):
                    yield self._link(self._widened(match, next(iter(bearers)), taken), next(iter(bearers)), 0.85)

    def _widened(self, match: Match, person: int, taken: Mapping[int, Link]) -> Match:
        """Let a family name begin with the word before it that is of the person's name: Abdel Rahman."""
        before, first = self._p.before(match), match.first - 1
        if before is None or first in taken or before.text not in own_words(self._entries[person]):
            return match
        return Match(first, match.last, before.start, ()) if self._p.joined(before, match.start) else match

    def _alone(self, match: Match, person: int) -> bool:
        """Say whether no first name stands beside a family name; in Russian any capital before it may be one."""
        before = self._p.before(match)
        capital = before is not None and before.script == "cyrl" and self._p.capital(before)
        if capital and not _is(before, "title") and match.first - 1 not in self._lands:
            return False
        return not context.idiom(self._p, match) and not self._namesake(match, person)

    def _is_word(self, token: Token) -> bool:
        groups = ("calendar", "opener", "first_name")
        return any(token.text in context.words(group) for group in groups) or is_adjective(token.text)

    def _namesake(self, match: Match, person: int) -> bool:
        """Say whether a first name beside a family name makes it another's; a country is no first name."""
        if match.first - 1 in self._lands:
            return False
        return context.first_name_beside(self._p, match, own_words(self._entries[person])) is not None

    def _titled(self, match: Match) -> bool:
        """Say whether an office stands before the name, its country between them or not: «президент Сирии Асад»."""
        between = self._p.before(match)
        if between is None or not (match.first - 1 in self._lands or is_adjective(between.text)):
            return context.titled(self._p, match)
        return _is(self._p.before(match, 2), "role")

    def _names_thing(self, match: Match) -> bool:
        return any(self._entries[r.entry].type == "PER" for r in match.refs) and context.named_after(self._p, match)

    def _may_nest(self, match: Match, over: list[Link]) -> bool:
        outer = self._entries[over[0].entry]
        behind = match.first > over[0].match.first and not self._shortens(over[0], match)
        return len(over) == 1 and outer.type in {"ORG", "MISC"} and outer.kind not in _CLOSED and behind

    def _shortens(self, over: Link, match: Match) -> bool:
        """Say whether the match begins inside a shorter name of the body: «مجلس الاتحاد» of «مجلس الاتحاد الروسي»."""
        begun = self._at_first[over.match.first]
        return any(match.first <= m.last < over.match.last and over.entry in {r.entry for r in m.refs} for m in begun)

    def _decide(self, match: Match) -> Link | None:
        best: tuple[float, bool, int] | None = None
        chosen: Link | None = None
        for ref in match.refs:
            entry = self._entries[ref.entry]
            judge = {"LOC": self._place, "PER": self._person}.get(entry.type, self._body)
            confidence = judge(match, ref, entry)
            rank = (confidence, _OFFICE.search(entry.roles) is not None, entry.population)
            if confidence and (best is None or rank > best):
                best, chosen = rank, self._link(match, ref.entry, confidence)
        return chosen or self._relative(match)

    def _link(self, match: Match, entry: int, confidence: float) -> Link:
        last, after = self._p.tokens[match.last], self._p.after(match)
        person = after is not None and after.script == "cyrl" and self._entries[entry].type == "PER"
        if person and after is not None and match.last > match.first and context.patronymic(self._p, last, after):
            last = after
        return Link(self._p, match, entry, confidence, match.start, last.end)

    def _relative(self, match: Match) -> Link | None:
        """Link a family name to the one person of the article who bears it, though the table has it for another."""
        if not any(self._entries[r.entry].type == "PER" for r in match.refs) or match.first in self._borne:
            return None
        bearers = self._evidence.bearers(self._p.tokens[match.last].text)
        if len(bearers) != 1 or context.idiom(self._p, match):
            return None
        bearer = next(iter(bearers))
        if self._namesake(match, bearer):
            return None
        return self._link(match, bearer, 0.9)

    def _person(self, match: Match, ref: Ref, entry: Entry) -> float:
        p, evidence = self._p, self._evidence
        if match.first in self._borne:
            return 0.0
        if not ref.mark & DOUBTFUL:
            return 0.97
        if context.idiom(p, match) or self._namesake(match, ref.entry):
            return 0.0
        if ref.entry in evidence.full:
            return 0.94
        return self._family_name(match, entry)

    def _family_name(self, match: Match, entry: Entry) -> float:
        """Judge a short name whose full name the article lacks: by office, side, or prior."""
        p, evidence = self._p, self._evidence
        word = p.tokens[match.last].text
        others = evidence.bearers(word)
        titled, sided = self._titled(match), evidence.sides((*entry.about, *entry.country))
        if word in evidence.namesakes or (evidence.animals and not titled):
            return 0.0
        if titled and (sided or self._bears_title(match, entry)):
            return 0.9
        if others and sided and all(self._gone(other, entry) for other in others):
            return 0.75
        if others or word in context.words("surname"):
            return 0.0
        if sided:
            return 0.8
        # In Arabic a foreign name is no everyday word; an Arab one (الأسد, الشرع) may be.
        plain = p.tokens[match.first].script == "arab" and "RU" not in entry.country
        famous = _OFFICE.search(entry.roles) is not None and not plain
        return 0.6 if famous and not context.beside_capital(p, match) else 0.0

    def _bears_title(self, match: Match, entry: Entry) -> bool:
        """Say whether the office before a name is one that the person held: Secretary Kerry."""
        before = self._p.before(match)
        return before is not None and before.script == "latn" and before.text in _ROLE_WORDS.findall(entry.roles)

    def _gone(self, person: int, successor: Entry) -> bool:
        """Say whether a person died before the other took office, and before all years that the article names."""
        died, year = _DIED.search(self._entries[person].roles), _YEAR.search(successor.roles)
        if died is None or year is None or year[0] < died[1]:
            return False
        return all(named > int(died[1]) for named in self._evidence.years)

    def _of_another_state(self, match: Match, entry: Entry) -> bool:
        """Say whether another country's name or adjective stands beside a body's: «МИД Турции»."""
        tokens, source = self._p.tokens, self._p.source
        beside = set()
        if (after := self._p.after(match)) is not None and self._p.joined(tokens[match.last], after.start):
            lands = (self._entries[r.entry] for m in self._at_first[match.last + 1] for r in m.refs)
            beside = {land.country[0] for land in lands if land.kind in _LANDS and land.country}
            if after.script != "latn":
                beside.add(country_of(tokens, match.last + 1, source) or "")
        if not beside.difference({""}) and self._p.before(match) is not None:
            beside.add(country_of(tokens, match.first - 1, source) or "")
        return bool(beside.difference({"", *entry.country})) and beside.isdisjoint(entry.country)

    def _body(self, match: Match, ref: Ref, entry: Entry) -> float:
        p, evidence = self._p, self._evidence
        after = p.after(match)
        today = p.tokens[match.last].text == "اليوم" and _is(after, "weekday")
        if (ref.mark & EXACT and _shouted(p, match)) or today:
            return 0.0  # روسيا اليوم الثلاثاء: Russia, today
        if not ref.mark & DOUBTFUL:
            return 0.96
        if _is(after, "place_after"):
            return 0.0  # Hamas countryside: Hama's
        if entry.kind in _STATE and self._of_another_state(match, entry):
            return 0.0
        if ref.entry in evidence.full:
            return 0.93
        if _is(p.before(match), "body_before"):
            return 0.85
        sides = (*entry.about, *entry.country, *(() if match.first == match.last else ("SY",)))
        return 0.7 if evidence.sides(sides) else 0.0

    def _place(self, match: Match, ref: Ref, entry: Entry) -> float:
        p, sure = self._p, not ref.mark & DOUBTFUL
        if (ref.mark & EXACT and _shouted(p, match)) or self._in_another_name(match):
            return 0.0
        if not self._may_be_place(match, entry, sure=sure):
            return 0.0
        if sure and entry.kind in {"country", "continent"}:
            return 0.97
        backed = entry.kind == "country" or self._evidence.sides(entry.country)
        if match.first == match.last and context.place_kind(p.tokens[match.first].text):
            the = p.tokens[match.first].text.startswith("ال")
            return 0.75 if the and self._listed(match) else 0.0  # المدينة is "the city", unless cities stand beside it
        if sure and (prominent(entry) or backed):
            return 0.97 if entry.kind == "landmark" else 0.95 if backed else 0.93
        if entry.kind == "village":
            return 0.8 if backed and context.called(p, match, "village_before", "village_after") else 0.0
        if context.called(p, match, "place_named", "place_after"):
            return 0.85
        if not ref.mark & VERY and context.called(p, match, "taken_before", "taken_after"):
            return 0.8
        possible = not sure and (backed or entry.kind == "capital")
        if not possible or not self._cued(match, ref, entry, backed=backed):
            return 0.0
        return 0.75 if self._evidence.sides(entry.country) else 0.7

    def _in_another_name(self, match: Match) -> bool:
        """Say whether a club, a party or a prayer is named after the place."""
        before, after = self._p.before(match), self._p.after(match)
        joined = after is not None and self._p.joined(self._p.tokens[match.last], after.start)
        if after is not None and joined and _is(after, "not_place_after") and not self._begins_country(match.last + 1):
            return after.script == "arab" or self._p.capital(after)
        return before is not None and before.text in context.words("not_place_before")

    def _begins_country(self, at: int) -> bool:
        """Say whether a country's name of several words begins at a token: Syria, United States."""
        longer = (m for m in self._at_first.get(at, ()) if m.last > at)
        return any(self._entries[ref.entry].kind == "country" for m in longer for ref in m.refs)

    def _cued(self, match: Match, ref: Ref, entry: Entry, *, backed: bool) -> bool:
        """Say whether a doubtful name of a place is meant as the place; `backed`: its country is named."""
        p = self._p
        if p.headline:
            return False
        if self._listed(match) or (entry.kind == "country" and context.bracketed(p, match)):
            return True
        if ref.mark & VERY:
            return False
        if is_adjective(p.tokens[match.first].text):
            known = match.first == 0  # سورية is Syria and "Syrian": a headline begins with the noun
        elif entry.kind == "country":
            several = len(self._evidence.countries) >= _MANY and p.tokens[match.first].script != "arab"
            known = several or self._evidence.sides(entry.country)
        elif entry.kind == "capital":
            known = bool(self._evidence.countries)
        else:
            known = backed and entry.population >= _KNOWN and not self._evidence.kitchen
        return known or context.place_cue(p, match)

    def _may_be_place(self, match: Match, entry: Entry, *, sure: bool) -> bool:
        """Say whether nothing speaks against a place: quotation marks, a person's name around it, another script."""
        p = self._p
        if _NUNATION in p.source[match.start : p.tokens[match.last].end]:
            return False  # روسيًا is "Russian", no country
        if context.quoted(p, match) and entry.kind not in {"country", "continent", "capital"}:
            return False  # a club, a paper, a ship
        if match.first == match.last and p.tokens[match.first].text in context.words("particle"):
            return False
        if match.first != match.last or (sure and entry.kind in {"country", "continent"}):
            return True
        foreign = p.tokens[match.first].script == "latn" and self._evidence.script != "latn"
        if foreign and entry.kind in _SETTLED:
            return False  # a brand
        return not context.in_a_persons_name(p, match, town=entry.kind in {"town", "village"}, sure=sure)

    def _listed(self, match: Match) -> bool:
        """Say whether a sure place stands beside it, as in a list: at most "and" parts them."""
        for apart in (1, 2):
            for other in (*self._at_first.get(match.last + apart, ()), *self._at_last.get(match.first - apart, ())):
                first, second = (match, other) if match.first < other.first else (other, match)
                between = self._p.source[self._p.tokens[first.last].end : second.start]
                if context.LIST.fullmatch(between) and self._is_sure_place(other):
                    return True
        return False

    def _is_sure_place(self, match: Match) -> bool:
        return any(self._entries[r.entry].type == "LOC" and not r.mark & DOUBTFUL for r in match.refs)


def _is(token: Token | None, group: str) -> bool:
    return token is not None and token.text in context.words(group)


def _shouted(p: Passage, match: Match) -> bool:
    """Say whether a neighbour is all in capitals too, so that capitals make no abbreviation."""
    for token in (p.before(match), p.after(match)):
        if token is not None and len(token.text) > 3 and p.source[token.start : token.end].isupper():  # noqa: PLR2004  no abbreviation itself
            return True
    return False
