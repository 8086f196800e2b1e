"""Which words of a document made it a hit: exact slices of its fields, the same for every index."""

from __future__ import annotations

import threading
from array import array
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Sequence

from rasid.domain.article import Article, FieldName, GroupedArticle
from rasid.domain.patterns import spans, takes
from rasid.domain.query import And, Or, Pattern, Query, Value, Within, Words
from rasid.domain.search import Highlight
from rasid.ports import Analyzer

_ENTITY_FIELDS = {"entity_ids", "person_ids", "org_ids", "place_ids"}
_FIELDS: tuple[FieldName, ...] = ("title", "text")
MOST = 20  # spans shown of one document
_REMEMBERED = 2_000  # texts: where their words stand, some kilobytes each

_Leaf = Words | Pattern | Within
_Places = tuple["array[int]", "array[int]"]


class Highlighter:
    """Marks hits. It remembers where the words of the last texts stand, for analysing a text again is the dear part.

    Any thread may call it.
    """

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self._places: OrderedDict[tuple[str, int, FieldName], _Places] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, query: Query, document: GroupedArticle) -> tuple[Highlight, ...]:
        """Give the spans of title and text that satisfy the positive parts of a query: in order, apart, at most 20."""
        asked, ids = list(_leaves(query)), set(_ids(query))
        article, terms = document.enriched.article, document.enriched.terms
        found: dict[FieldName, list[tuple[int, int]]] = defaultdict(list)
        for field in _FIELDS:
            held = (terms.title if field == "title" else terms.text).split(" ")
            runs = [run for leaf in asked if leaf.field in {"any", field} for run in _runs(leaf, held)]
            if runs:
                found[field] += self._spans(runs, document, field, len(held))
        for entity in document.enriched.entities:
            if entity.id in ids:
                for mention in entity.mentions:
                    found[mention.field].append((mention.start, mention.end))
        marked = [(field, span) for field in _FIELDS for span in _merged(found[field])]
        return tuple(
            Highlight(field=field, start=start, end=end, surface=_field(article, field)[start:end])
            for field, (start, end) in marked[:MOST]
        )

    def _spans(
        self, runs: Sequence[tuple[int, int]], document: GroupedArticle, field: FieldName, count: int
    ) -> list[tuple[int, int]]:
        """Give the code points of runs of terms; none where the analysis has changed since the document was stored."""
        starts, ends = self._places_of(document, field)
        return [(starts[first], ends[end - 1]) for first, end in runs] if len(starts) == count else []

    def _places_of(self, document: GroupedArticle, field: FieldName) -> _Places:
        key = (document.id, document.version, field)
        with self._lock:
            places = self._places.get(key)
            if places:
                self._places.move_to_end(key)
                return places
        terms = self._analyzer.terms(_field(document.enriched.article, field))
        places = array("I", (term.start for term in terms)), array("I", (term.end for term in terms))
        with self._lock:
            self._places[key] = places
            if len(self._places) > _REMEMBERED:
                self._places.popitem(last=False)
        return places


def _leaves(query: Query) -> Iterator[_Leaf]:
    match query:
        case Words() | Pattern() | Within():
            yield query
        case And(parts) | Or(parts):
            for part in parts:
                yield from _leaves(part)
        case _:
            return


def _ids(query: Query) -> Iterator[str]:
    match query:
        case Value(field, values) if field in _ENTITY_FIELDS:
            yield from values
        case And(parts) | Or(parts):
            for part in parts:
                yield from _ids(part)
        case _:
            return


def _field(article: Article, field: FieldName) -> str:
    return article.title if field == "title" else article.text


def _runs(leaf: _Leaf, terms: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Give where a leaf holds: (first term, one past the last)."""
    match leaf:
        case Words(asked) if asked:
            for at, term in enumerate(terms):
                if term == asked[0] and tuple(terms[at : at + len(asked)]) == asked:
                    yield at, at + len(asked)
        case Pattern():
            yield from ((at, at + 1) for at, term in enumerate(terms) if takes(leaf, term))
        case Within():
            for first, end in spans(terms, leaf):
                # The words between are not what was asked for.
                at_start = tuple(terms[first : first + len(leaf.first)]) == leaf.first
                head, tail = (leaf.first, leaf.second) if at_start else (leaf.second, leaf.first)
                yield first, first + len(head)
                yield end - len(tail), end
        case _:
            return


def _merged(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
