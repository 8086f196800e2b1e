"""Article -> EnrichedArticle: language, terms, entities, places, keywords. Pure, so that it runs in any process."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, lru_cache

from processors import entities
from processors.keywords import keywords
from processors.language import identify
from processors.names import NameMatcher
from processors.normalise import clean
from processors.recogniser import recognise
from processors.tokens import Token, tokenize
from processors.unknown import Naming, Span
from processors.version import ANALYSIS_VERSION
from rasid.domain.article import Article, EnrichedArticle, FieldName, Terms

KEYWORDS = 12


def enrich(article: Article) -> EnrichedArticle:
    """Analyse an article. Takes any text and never raises for one; the article it returns has printable text only."""
    title, text = clean(article.title), clean(article.text)
    article = replace(article, title=title, text=text, summary=clean(article.summary))
    language, confidence = identify(title, text, hint=article.language_claimed)
    title_tokens, text_tokens = tokenize(title), tokenize(text)
    recognised = _recognised("title", title, language) + _recognised("text", text, language)
    found = entities.find(title, text, title_tokens, text_tokens, language, recognised, _naming())
    # Places are among the entities.
    named = [(mention.field, mention.start, mention.end) for entity in found.entities for mention in entity.mentions]
    return EnrichedArticle(
        article=article,
        language=language,
        language_confidence=round(confidence, 3),
        analysis_version=ANALYSIS_VERSION,
        terms=Terms(title=_joined(title_tokens), text=_joined(text_tokens)),
        entities=found.entities,
        places=found.places,
        keywords=keywords(title, title_tokens, text, text_tokens, language, KEYWORDS, named, found.entities),
        about=found.about,
        presence=found.presence,
    )


def warm() -> None:
    """Load what the first article of each language needs, so that it does not wait for it."""
    for text in ("سوريا وروسيا", "Syria and Russia today", "Сирия и Россия сегодня"):
        enrich_text(text, text)


def enrich_text(title: str, text: str, *, article_id: str = "", url: str | None = None) -> EnrichedArticle:
    """Analyse a text that no feed showed: for commands and tests."""
    seen = datetime.now(UTC)
    article = Article(
        id=article_id,
        key="",
        revision=1,
        edition=1,
        title=title,
        text=text,
        text_hash="",
        first_seen_at=seen,
        feed="",
        source="",
        carriers=(),
        url=url,
    )
    return enrich(article)


def _recognised(field: FieldName, text: str, language: str) -> list[Span]:
    return [Span(field, span.start, span.end, span.type, span.confidence) for span in recognise(text, language)]


@cache
def _naming() -> Naming:
    """Give what makes names' keys and English spellings, most of which recur from article to article."""
    matcher = NameMatcher()
    return Naming(lru_cache(maxsize=1 << 15)(matcher.key), lru_cache(maxsize=1 << 15)(matcher.spell))


def _joined(tokens: list[Token]) -> str:
    return " ".join(token.term for token in tokens)
