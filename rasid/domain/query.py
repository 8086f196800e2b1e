"""The one syntax tree of queries and rules. An adapter makes it from text; each index and the matcher read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

TextField = Literal["title", "text", "any"]
ValueField = Literal[
    "language", "source", "source_country", "ownership", "feed", "tags", "entity_ids", "person_ids", "org_ids",
    "place_ids", "about", "keywords", "story_id", "former_story_ids", "origin", "known",
]  # fmt: skip
TimeField = Literal["published_at", "first_seen_at"]


@dataclass(frozen=True, slots=True)
class Words:
    """Analysed terms that stand next to each other in this order (one term: a word); `source` is what was typed.

    `boost` weighs it in relevance and changes no match, here and below.
    """

    terms: tuple[str, ...]
    field: TextField = "any"
    source: str = ""
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class Within:
    """Two phrases (runs of analysed terms) with at most `gap` words between them, in either order, not overlapping.

    Both stand in the title or both in the text.
    """

    first: tuple[str, ...]
    second: tuple[str, ...]
    gap: int
    field: TextField = "any"
    source: str = ""
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class Pattern:
    """Some term that rasid.domain.patterns.takes accepts; that one predicate is what every reader goes by.

    `edits` 0: a term that begins with `text`, or is one of `whole` (the stems of the word as typed); 1 or 2: a term at
    most so many edits from `text`. `terms` are those an index holds: it fills them in before it searches, and refuses
    a pattern that takes more than MOST_TERMS, so it never searches a part of them.
    """

    text: str
    edits: int = 0
    whole: tuple[str, ...] = ()
    field: TextField = "any"
    source: str = ""
    boost: float = 1.0
    terms: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """A field holds exactly one of these values."""

    field: ValueField
    values: tuple[str, ...]
    source: str = ""


@dataclass(frozen=True, slots=True)
class Between:
    """A time lies in [start, end); None is open."""

    field: TimeField
    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Near:
    """One of the first ids (entities, places, country codes) stands within `within` sentences of one of the second.

    1 is the same sentence, 2 the next one too.
    """

    first: tuple[str, ...]
    second: tuple[str, ...]
    within: int
    source: str = ""


@dataclass(frozen=True, slots=True)
class And:
    """Every part matches."""

    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part matches."""

    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not match."""

    part: Query


@dataclass(frozen=True, slots=True)
class Everything:
    """Matches every article: the empty query."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """Matches no article: what is left of a query of which analysis left no term."""


Query: TypeAlias = Words | Within | Pattern | Value | Between | Near | And | Or | Not | Everything | Nothing
