"""Names of people, organisations and places that no list holds: a statistical recogniser for Arabic, English, Russian.

How the models were trained and what each part of them gives is in docs/models-recogniser.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Literal

from processors.recogniser.holders import parted
from processors.recogniser.store import load
from processors.recogniser.tagger import Tag, Tagger
from processors.recogniser.trim import trimmed

EntityType = Literal["PER", "ORG", "LOC"]
LANGUAGES = ("ar", "en", "ru")

_taggers: dict[str, Tagger] = {}
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Span:
    """A name in a text: code points of the text given, and the mean probability of its words' labels (0 to 1)."""

    start: int
    end: int
    type: EntityType
    confidence: float


def recognise(text: str, language: str) -> list[Span]:
    """Find names in a text of a language (BCP 47 code): sorted, not overlapping, [] for languages without a model.

    Takes any text and never raises for one; time and memory grow linearly with its length. The first call for a
    language loads its model. Any thread may call; calls for one process run one after the other.
    """
    if language not in LANGUAGES:
        return []
    with _lock:
        if language not in _taggers:
            _taggers[language] = Tagger(load(language), language)
        tagger = _taggers[language]
        tags = tagger.tag(text)
        if language == "ar":
            tags = [part for tag in tags for part in parted(text, tag, tagger)]
    return [span for tag in tags if (span := _span(text, tag, language)) is not None]


def _span(text: str, tag: Tag, language: str) -> Span | None:
    """Give the span without what does not belong to the name, None for other types and where nothing is left."""
    start, end = trimmed(text, tag.start, tag.end, language)
    if start >= end:
        return None
    for kind in ("PER", "ORG", "LOC"):
        if tag.type == kind:
            return Span(start, end, kind, round(min(tag.confidence, 1.0), 4))
    return None
