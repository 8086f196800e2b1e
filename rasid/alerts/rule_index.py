"""Which of many rules can match a document at all: rules by the words, names and values that they cannot do without.

From a rule's tree follows a necessary condition, a set of alternatives of which one must occur (of an AND the rarest
part, of an OR all of them). A document's own words and values then name the few rules worth evaluating; the rules of
which nothing follows (NOT alone, a range) are evaluated always. After the query indexing of percolators
(Yan & Garcia-Molina, "Index structures for selective dissemination of information", 1994).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from rasid.domain.article import GroupedArticle
from rasid.domain.query import And, Near, Nothing, Or, Query, Value, Words
from rasid.domain.rule import Rule
from rasid.domain.values import values_of

Atom = tuple[str, str]
_WORD, _PRESENT = "word", "present"
# How common a value of a field is, beside a word: of an AND, what is rare is looked up.
_COMMON = {"origin": 5_000, "known": 5_000, "language": 3_000, "about": 500, "ownership": 1_000, "source_country": 300}
_MOST_ATOMS = 400


class RuleIndex:
    """Rules by what they need. Made once for a set of rules; any thread may ask."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self._always: list[int] = []
        self._needing: dict[Atom, list[int]] = defaultdict(list)
        for number, rule in enumerate(self.rules):
            needed = necessary(rule.query)
            if needed is None:
                self._always.append(number)
            for atom in needed or ():
                self._needing[atom].append(number)

    def candidates(self, document: GroupedArticle) -> list[Rule]:
        """Give the rules that may match, in their order; every other one surely does not."""
        numbers = set(self._always)
        for atom in atoms_of(document):
            found = self._needing.get(atom)
            if found:
                numbers.update(found)
        return [self.rules[number] for number in sorted(numbers)]


def necessary(query: Query) -> frozenset[Atom] | None:
    """Give alternatives of which a document must have one; None where nothing can be said; empty: it never matches."""
    match query:
        case Words(terms) if terms:
            return frozenset({(_WORD, max(terms, key=len))})
        case Value(field, values):
            return frozenset((field, value) for value in values)
        case Near(first, second):
            return frozenset((_PRESENT, one) for one in min(first, second, key=len))
        case And(parts):
            known = [needed for needed in map(necessary, parts) if needed is not None]
            return min(known, key=_commonness, default=None)
        case Or(parts):
            return _any_of(parts)
        case Nothing():
            return frozenset()
        case _:
            return None


def atoms_of(document: GroupedArticle) -> set[Atom]:
    """Give everything of a document that a necessary condition may name."""
    terms = document.enriched.terms
    atoms = {(_WORD, term) for term in {*terms.title.split(" "), *terms.text.split(" ")}}
    atoms.update((field, value) for field, values in values_of(document).items() for value in values)
    atoms.update((_PRESENT, one.id) for one in document.enriched.presence)
    return atoms


def _any_of(parts: Sequence[Query]) -> frozenset[Atom] | None:
    found: set[Atom] = set()
    for part in parts:
        needed = necessary(part)
        if needed is None:
            return None
        found |= needed
    return frozenset(found) if len(found) <= _MOST_ATOMS else None


def _commonness(atoms: frozenset[Atom]) -> tuple[int, int]:
    return sum(_COMMON.get(kind, 10) for kind, _ in atoms), len(atoms)
