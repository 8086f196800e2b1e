"""What a search gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from rasid.domain.article import EntityType, FieldName, GroupedArticle

Sort = Literal["newest", "relevance"]
FacetName = Literal[
    "language", "source", "source_country", "ownership", "person", "org", "place", "keyword", "day", "hour"
]
FACETS: tuple[FacetName, ...] = (
    "language", "source", "source_country", "ownership", "person", "org", "place", "keyword", "day", "hour",
)  # fmt: skip
FACET_SIZE = 50
# Counted by time: the newest come first, not the largest. An hour is written 2026-11-23T12, in UTC.
HISTOGRAMS: frozenset[FacetName] = frozenset({"day", "hour"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A known entity that somebody may be typing: `name` in the script typed, `label` for any reader."""

    id: str
    type: EntityType
    name: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Highlight:
    """A span of a field that made the article a hit, counted in code points of the field as stored."""

    field: FieldName
    start: int
    end: int
    surface: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One article found, with its score (comparable within one search only).

    In a collapsed search it stands for its story; `story_size` is how many hits the story has.
    """

    document: GroupedArticle
    score: float
    highlights: tuple[Highlight, ...] = ()
    story_size: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetCount:
    """How many hits have one value; `label` is what a person reads."""

    value: str
    count: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """One page of hits. `cursor` continues behind it, None at the end; it stays valid while articles arrive."""

    hits: tuple[Hit, ...]
    total: int
    cursor: str | None = None
    facets: dict[FacetName, tuple[FacetCount, ...]] = field(default_factory=dict)
