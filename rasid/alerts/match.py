"""Does a document satisfy a query, and why: the in-process reader of the query tree. Pure; a document at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from rasid.domain.alert import Why
from rasid.domain.article import GroupedArticle, Terms
from rasid.domain.patterns import spans, takes
from rasid.domain.query import (
    And,
    Between,
    Everything,
    Near,
    Not,
    Nothing,
    Or,
    Pattern,
    Query,
    TextField,
    Value,
    Within,
    Words,
)
from rasid.domain.values import values_of


def why(query: Query, document: GroupedArticle) -> tuple[Why, ...] | None:
    """Give the reasons that `document` matches, None where it does not."""
    return reader(document)(query)


def reader(document: GroupedArticle) -> Callable[[Query], tuple[Why, ...] | None]:
    """Give `why` for one document: many queries share what is made of it once."""
    view = _View(document)

    def read(query: Query) -> tuple[Why, ...] | None:
        return tuple(dict.fromkeys(_reasons(query, view))) if _holds(query, view) else None

    return read


class _View:
    """What the tree asks of a document, made once."""

    def __init__(self, document: GroupedArticle) -> None:
        self.document = document
        self.values: Mapping[str, tuple[str, ...]] = values_of(document)
        terms: Terms = document.enriched.terms
        # Spaces around, so that a run of terms is a slice of the string.
        self.title, self.text = f" {terms.title} ", f" {terms.text} "
        self._terms: dict[TextField, tuple[str, ...]] = {}

    def sentences(self, ids: tuple[str, ...]) -> set[int]:
        """Give the sentences in which any of the ids stands."""
        presence = self.document.enriched.presence
        return {sentence for one in presence if one.id in ids for sentence in one.sentences}

    def has(self, words: Words) -> bool:
        run = f" {' '.join(words.terms)} "
        # Nothing stands nowhere: an empty run would be found in an empty title.
        return bool(words.terms) and any(run in text for text in self._texts(words.field))

    def taken(self, pattern: Pattern) -> tuple[str, ...]:
        """Give the terms of the document that the pattern stands for."""
        if pattern.field not in self._terms:
            words = (term for text in self._texts(pattern.field) for term in text.split())
            self._terms[pattern.field] = tuple(dict.fromkeys(words))
        return tuple(term for term in self._terms[pattern.field] if takes(pattern, term))

    def is_within(self, query: Within) -> bool:
        both = (f" {' '.join(query.first)} ", f" {' '.join(query.second)} ")
        # Cutting a text into words is the dear part.
        texts = (text for text in self._texts(query.field) if all(run in text for run in both))
        return any(next(spans(text.split(), query), None) for text in texts)

    def _texts(self, field: TextField) -> tuple[str, ...]:
        return (self.title, self.text) if field == "any" else (self.title if field == "title" else self.text,)


def _holds(query: Query, view: _View) -> bool:  # noqa: C901 - a case for each kind of node
    match query:
        case Words():
            return view.has(query)
        case Pattern():
            return bool(view.taken(query))
        case Within():
            return view.is_within(query)
        case Value(field, values):
            return not set(values).isdisjoint(view.values.get(field, ()))
        case Between(field, start, end):
            time = getattr(view.document.enriched.article, field)
            return time is not None and (start is None or time >= start) and (end is None or time < end)
        case Near():
            return _near(query, view)
        case And(parts):
            return all(_holds(part, view) for part in parts)
        case Or(parts):
            return any(_holds(part, view) for part in parts)
        case Not(part):
            return not _holds(part, view)
        case Everything():
            return True
        case Nothing():
            return False


def _near(query: Near, view: _View) -> bool:
    first, second = view.sentences(query.first), view.sentences(query.second)
    return any(abs(one - other) < query.within for one in first for other in second)


def _reasons(query: Query, view: _View) -> Iterator[Why]:
    """Give the leaves that hold, with the words of the article where they are names."""
    match query:
        case And(parts) | Or(parts):
            for part in parts:
                if _holds(part, view):
                    yield from _reasons(part, view)
        case Words():
            yield Why(clause=query.source or " ".join(query.terms), field=query.field, words=query.terms)
        case Pattern():
            yield Why(clause=query.source or query.text, field=query.field, words=view.taken(query))
        case Within(first, second):
            yield Why(clause=query.source or "proximity", field=query.field, words=(*first, *second))
        case Value(field, values):
            yield Why(clause=query.source or f"{field}:{' '.join(values)}", field=field, words=_surfaces(values, view))
        case Between(field):
            yield Why(clause=f"{field} in range", field=field)
        case Near(first, second):
            words = _surfaces((*first, *second), view)
            yield Why(clause=query.source or "near", field="presence", words=words)
        case _:
            return


def _surfaces(values: tuple[str, ...], view: _View) -> tuple[str, ...]:
    named = [e for e in view.document.enriched.entities if e.id in values]
    return tuple(dict.fromkeys(mention.surface for entity in named for mention in entity.mentions))
