"""The words that made a rule fire, marked in the article. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rasid.app.web.marks import Piece, Span, pieces
from rasid.domain.alert import Why
from rasid.domain.article import FieldName, GroupedArticle
from rasid.ports import Analyzer, Term

_LONGEST = 20_000
_MOST_WORDS = 8
_TEXT_FIELDS = {"title", "text", "any"}


def marked(document: GroupedArticle, reasons: Sequence[Why], analyzer: Analyzer) -> list[list[Piece]]:
    """Give the title and then the paragraphs, with what the reasons name marked."""
    article = document.enriched.article
    found = [pieces(article.title, reason_spans(document, reasons, "title", analyzer))]
    text = article.text[:_LONGEST]
    split: list[list[Piece]] = [[]]
    for piece in pieces(text, reason_spans(document, reasons, "text", analyzer)):
        for number, line in enumerate(piece.text.split("\n")):
            if number:
                split.append([])
            if line:
                split[-1].append(Piece(line, piece.kind))
    return found + [paragraph for paragraph in split if paragraph]


def reason_spans(document: GroupedArticle, reasons: Sequence[Why], field: FieldName, analyzer: Analyzer) -> list[Span]:
    """Give the spans in one field: of terms as the analysis sees them, and of names as they stand."""
    article = document.enriched.article
    text = article.title if field == "title" else article.text[:_LONGEST]
    terms: list[Term] | None = None
    spans: list[Span] = []
    for why in reasons:
        if why.field in _TEXT_FIELDS and why.field in {field, "any"} and why.words:
            terms = analyzer.terms(text) if terms is None else terms
            spans += _term_spans(why.words, terms)
        spans += [Span(start, start + len(word), "hit") for word in why.words for start in _places(word, text)]
    return spans


def shown_words(documents: Sequence[GroupedArticle], why: Why, analyzer: Analyzer) -> list[str]:
    """Give a reason's words as they stand in the articles (inflected, with clitics); where none does, as analysed."""
    if why.field not in _TEXT_FIELDS:
        return list(why.words)
    found: dict[str, None] = {}
    for document in documents:
        article = document.enriched.article
        fields: tuple[tuple[FieldName, str], ...] = (("title", article.title), ("text", article.text))
        for field, text in fields:
            if why.field in {field, "any"}:
                spans = reason_spans(document, [why], field, analyzer)
                found |= dict.fromkeys(text[one.start : one.end] for one in sorted(spans, key=lambda one: one.start))
    return list(found)[:_MOST_WORDS] or list(why.words)


def _term_spans(words: Sequence[str], terms: Sequence[Term]) -> list[Span]:
    """Mark the runs of all words in order; where there is none, each word for itself."""
    found = [
        Span(terms[at].start, terms[at + len(words) - 1].end, "hit")
        for at in range(len(terms) - len(words) + 1)
        if all(terms[at + number].text == word for number, word in enumerate(words))
    ]
    wanted = set(words)
    return found or [Span(term.start, term.end, "hit") for term in terms if term.text in wanted]


def _places(word: str, text: str) -> Iterator[int]:
    """Give where a word stands by itself, exactly as it is."""
    at = text.find(word) if word else -1
    while at >= 0:
        end = at + len(word)
        if not (text[at - 1 : at].isalnum() or text[end : end + 1].isalnum()):
            yield at
        at = text.find(word, end)
