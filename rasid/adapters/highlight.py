"""Which words of a document made it a hit: exact slices of its fields, the same for every index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from rasid.domain.article import Article, FieldName, GroupedArticle
from rasid.domain.query import And, Or, Query, Value, Words
from rasid.domain.search import Highlight
from rasid.ports import Analyzer, Term

_ENTITY_FIELDS = {"entity_ids", "person_ids", "org_ids", "place_ids"}
_FIELDS: tuple[FieldName, ...] = ("title", "text")
MOST = 20  # spans shown of one document
_ENOUGH = 8  # spans looked for in one field


def highlights(query: Query, document: GroupedArticle, analyzer: Analyzer) -> tuple[Highlight, ...]:
    """Give the spans of title and text that satisfy the positive parts of a query: in order, apart, at most 20."""
    words, ids = _wanted(query)
    article, terms = document.enriched.article, document.enriched.terms
    found: dict[FieldName, list[tuple[int, int]]] = defaultdict(list)
    for field in _FIELDS:
        held = f" {terms.title if field == 'title' else terms.text} "
        # Analysing a text again is the dear part: only where its stored terms hold the words.
        asked = [w for w in words if w.field in {"any", field} and f" {' '.join(w.terms)} " in held]
        if asked:
            found[field] += _word_spans(asked, _field(article, field), analyzer)
    for entity in document.enriched.entities:
        if entity.id in ids:
            for mention in entity.mentions:
                found[mention.field].append((mention.start, mention.end))
    spans = [(field, span) for field in _FIELDS for span in _merged(found[field])]
    return tuple(
        Highlight(field=field, start=start, end=end, surface=_field(article, field)[start:end])
        for field, (start, end) in spans[:MOST]
    )


def _wanted(query: Query) -> tuple[list[Words], set[str]]:
    match query:
        case Words():
            return [query], set()
        case Value(field, values) if field in _ENTITY_FIELDS:
            return [], set(values)
        case And(parts) | Or(parts):
            wanted = [_wanted(part) for part in parts]
            return [w for words, _ in wanted for w in words], {i for _, ids in wanted for i in ids}
        case _:
            return [], set()


def _field(article: Article, field: FieldName) -> str:
    return article.title if field == "title" else article.text


def _word_spans(asked: Sequence[Words], text: str, analyzer: Analyzer) -> list[tuple[int, int]]:
    """Analyse paragraph after paragraph until enough is found: most readers see the first few hits."""
    found: list[tuple[int, int]] = []
    at = 0
    for paragraph in text.split("\n"):
        found += ((at + start, at + end) for start, end in _runs(asked, analyzer.terms(paragraph)))
        if len(found) >= _ENOUGH:
            break
        at += len(paragraph) + 1
    return found or list(_runs(asked, analyzer.terms(text)))  # a phrase may run over the end of a paragraph


def _runs(asked: Sequence[Words], terms: Sequence[Term]) -> Iterator[tuple[int, int]]:
    starts = defaultdict(list)
    for index, term in enumerate(terms):
        starts[term.text].append(index)
    for words in asked:
        size = len(words.terms)
        for index in starts.get(words.terms[0], ()):
            if tuple(term.text for term in terms[index : index + size]) == words.terms:
                yield terms[index].start, terms[index + size - 1].end


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
