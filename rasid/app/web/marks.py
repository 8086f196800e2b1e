"""Texts with marked spans, cut into pieces for a template: escaping stays the template's job."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rasid.app.web.labels import name_of
from rasid.domain.article import EnrichedArticle, FieldName
from rasid.domain.search import Highlight

_AROUND = 110
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text; `kind` is "" for plain text, "hit", or an entity's type; `id` and `label` are an entity's."""

    text: str
    kind: str = ""
    id: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """Where a mark goes, in code points."""

    start: int
    end: int
    kind: str
    id: str = ""
    label: str = ""


def pieces(text: str, spans: Iterable[Span]) -> list[Piece]:
    """Cut a text at its spans; of overlapping ones the earlier and longer stays."""
    cut: list[Piece] = []
    at = 0
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if span.start < at or span.end > len(text):
            continue
        if span.start > at:
            cut.append(Piece(text[at : span.start]))
        cut.append(Piece(text[span.start : span.end], span.kind, span.id, span.label))
        at = span.end
    if at < len(text):
        cut.append(Piece(text[at:]))
    return cut


def hit_pieces(text: str, highlights: Sequence[Highlight], field: FieldName) -> list[Piece]:
    """Mark the hits of one field; a text without end is cut."""
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return pieces(shown, [Span(h.start, h.end, "hit") for h in highlights if h.field == field])


def snippet(text: str, highlights: Sequence[Highlight]) -> list[Piece]:
    """Give the stretch around the first hit in the text, cut at spaces, with its hits marked."""
    spans = [(h.start, h.end) for h in highlights if h.field == "text"]
    first = spans[0][0] if spans else 0
    start, end = max(0, first - _AROUND), min(len(text), first + 2 * _AROUND)
    if start:
        start = text.find(" ", start, first) + 1 or start
    if end < len(text):
        end = max(text.rfind(" ", first, end), first + 1)
    inside = [Span(s - start, e - start, "hit") for s, e in spans if s >= start and e <= end]
    edge_before, edge_after = Piece("… ") if start else None, Piece(" …") if end < len(text) else None
    return [piece for piece in (edge_before, *pieces(text[start:end], inside), edge_after) if piece]


def paragraphs(enriched: EnrichedArticle) -> list[list[Piece]]:
    """Give the article's paragraphs with its entities marked."""
    text = enriched.article.text
    marked = pieces(text, entity_spans(enriched, "text"))
    split: list[list[Piece]] = [[]]
    for piece in marked:
        lines = piece.text.split("\n")
        for number, line in enumerate(lines):
            if number:
                split.append([])
            if line:
                split[-1].append(Piece(line, piece.kind, piece.id, piece.label))
    return [paragraph for paragraph in split if paragraph]


def entity_spans(enriched: EnrichedArticle, field: FieldName) -> list[Span]:
    """Give the spans of the entities in one field."""
    return [
        Span(mention.start, mention.end, entity.type, entity.id, name_of(entity))
        for entity in enriched.entities
        for mention in entity.mentions
        if mention.field == field
    ]
