"""Names that the knowledge base lacks: the recogniser's spans, grouped into entities with an id that any run gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from rasid.domain.article import Entity, EntityType, FieldName, Mention, Names

Keyer = Callable[[str], str]  # a name in any script -> one key for all its spellings


class Span(NamedTuple):
    """What the recogniser found: code points of a field, the type of name, and how sure it is (0 to 1)."""

    field: FieldName
    start: int
    end: int
    type: EntityType
    confidence: float = 0.5


class _Name(NamedTuple):
    span: Span
    surface: str
    words: tuple[str, ...]  # of its key


def unknown_entities(sources: dict[FieldName, str], spans: Iterable[Span], key: Keyer, language: str) -> list[Entity]:
    """Group spans into entities by key: a family name alone joins the one longer name that ends with it.

    The English name is made of the key, so it is a romanisation; the surface is the name in the article's language.
    Spans whose key is empty are left out. Entities come in the order of their first mention.
    """
    names = []
    for span in spans:
        surface = sources[span.field][span.start : span.end]
        words = tuple(key(surface).replace("-", " ").split())
        if words:
            names.append(_Name(span, surface, words))
    longer = {name.words for name in names if len(name.words) > 1 and name.span.type == "PER"}
    groups: dict[tuple[EntityType, tuple[str, ...]], list[_Name]] = {}
    for name in names:
        groups.setdefault((name.span.type, _whole(name, longer)), []).append(name)
    return [_entity(kind, words, group, language) for (kind, words), group in groups.items()]


def _whole(name: _Name, longer: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Give the words of the one longer name of a person that ends with this single word, else its own."""
    if name.span.type != "PER" or len(name.words) > 1:
        return name.words
    found = [words for words in longer if words[-1] == name.words[0]]
    return found[0] if len(found) == 1 else name.words


def _entity(kind: EntityType, words: Sequence[str], group: list[_Name], language: str) -> Entity:
    shown = next((n.surface for n in group if len(n.words) == len(words)), group[0].surface)
    english = shown if shown.isascii() else " ".join(word.capitalize() for word in words)
    return Entity(
        id=f"rasid:unknown/{kind.lower()}/{'-'.join(words)}",
        type=kind,
        name=Names(
            ar=shown if language == "ar" and not shown.isascii() else None,
            en=english,
            ru=shown if language == "ru" and not shown.isascii() else None,
        ),
        mentions=tuple(
            Mention(field=n.span.field, start=n.span.start, end=n.span.end, surface=n.surface) for n in group
        ),
        confidence=round(max(n.span.confidence for n in group), 3),
        known=False,
    )
