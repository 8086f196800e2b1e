"""An article on its way: Entry (a feed showed it) -> Article (admitted) -> EnrichedArticle -> GroupedArticle."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from rasid.domain.change import Change, StoryEvent
from rasid.domain.times import require_aware

Origin = Literal["live", "backfill", "replay"]
TextOrigin = Literal["feed", "page", "none"]
DateFlag = Literal["absent", "future", "midnight"]
EntityType = Literal["PER", "ORG", "LOC", "MISC"]
FieldName = Literal["title", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of a feed document as the feed showed it; nothing is decided about it yet.

    `text` is plain text with a blank line between paragraphs, `html` the sanitised markup.
    `key` is what the item is known by (see ingest.identity); the bus partitions by it.
    """

    id: str
    feed: str
    key: str
    url: str | None = None
    guid: str | None = None
    title: str = ""
    summary: str = ""
    text: str = ""
    html: str = ""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language_claimed: str | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    date_flags: tuple[DateFlag, ...] = ()
    text_origin: TextOrigin = "feed"

    def __post_init__(self) -> None:
        """Check that the times are aware."""
        require_aware(published_at=self.published_at, updated_at=self.updated_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEntry:
    """What a poller publishes: an entry with what the feed list says of its feed."""

    entry: Entry
    seen_at: datetime
    source: str
    source_country: str | None = None
    ownership: str | None = None
    feed_tags: tuple[str, ...] = ()
    language_hint: str | None = None
    origin: Origin = "live"
    sample: bool = False

    def __post_init__(self) -> None:
        """Check that the time is aware."""
        require_aware(seen_at=self.seen_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A feed that carries an article, and when it was first seen there."""

    feed: str
    source: str
    seen_at: datetime

    def __post_init__(self) -> None:
        """Check that the time is aware."""
        require_aware(seen_at=self.seen_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An admitted article: one id for good, however many feeds show it and however often it changes.

    `revision` counts changes of the text from 1; `edition` counts everything admit ever said about the article
    (a revision, its completion by the full text, another carrier), so the newest edition is the newest document.
    """

    id: str
    key: str
    revision: int
    edition: int
    title: str
    text: str
    text_hash: str
    first_seen_at: datetime
    feed: str
    source: str
    carriers: tuple[Carrier, ...]
    url: str | None = None
    summary: str = ""
    html: str = ""
    text_origin: TextOrigin = "feed"
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    source_country: str | None = None
    ownership: str | None = None
    language_claimed: str | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    date_flags: tuple[DateFlag, ...] = ()
    origin: Origin = "live"
    sample: bool = False

    def __post_init__(self) -> None:
        """Check the times and the counters."""
        require_aware(first_seen_at=self.first_seen_at, published_at=self.published_at, updated_at=self.updated_at)
        if self.revision < 1 or self.edition < self.revision:
            message = f"article {self.id}: revision {self.revision} and edition {self.edition} do not fit"
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """Where a name stands: `surface` is exactly `field[start:end]`, counted in code points."""

    field: FieldName
    start: int
    end: int
    surface: str

    def __post_init__(self) -> None:
        """Check that the span is as long as its surface."""
        if not 0 <= self.start < self.end or self.end - self.start != len(self.surface):
            message = f"mention {self.surface!r} does not span {self.start}..{self.end}"
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """A name in the three desk languages; None where unknown."""

    ar: str | None = None
    en: str | None = None
    ru: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """Someone or something named in an article; `known` is False for names the knowledge base lacks."""

    id: str
    type: EntityType
    name: Names
    mentions: tuple[Mention, ...]
    confidence: float = 1.0
    known: bool = True
    qid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place named in an article; `lat`, `lon` in degrees (WGS 84), `country` as ISO 3166-1 alpha-2."""

    id: str
    name: Names
    country: str | None
    lat: float | None
    lon: float | None
    mentions: tuple[Mention, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyword:
    """A phrase of the article's own words that tells what it is about; scores compare within one article."""

    text: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The analysed terms of title and text, in order, joined by one space each: what search and rules match."""

    title: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """The sentences, counted from 0 (the title's first), that name one entity or speak of one country (by its code)."""

    id: str
    sentences: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrichedArticle:
    """An article with what the analysis found in it. `about` holds country codes, adjectives counted too.

    `presence` says where entities and countries stand, so that a rule can ask for two near each other. `signature` is
    what the group step compares articles by (processors.stories.signature): made here, where there are many processes.
    """

    article: Article
    language: str
    language_confidence: float
    analysis_version: int
    terms: Terms = field(default_factory=Terms)
    entities: tuple[Entity, ...] = ()
    places: tuple[Place, ...] = ()
    keywords: tuple[Keyword, ...] = ()
    about: tuple[str, ...] = ()
    presence: tuple[Presence, ...] = ()
    signature: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupedArticle:
    """An enriched article with its story: the whole document that the index holds and rules match.

    `copy_of` is the id of the original whose text this one repeats; `change` what this revision says otherwise than the
    one before; `event` the merge or split that this article brought about; `former_story_ids` where it was before such.
    `signature` (about 1 KB) is what the group step needs to know it again, taken from the enriched article, which then
    has none: see processors.stories.signature.
    """

    enriched: EnrichedArticle
    story_id: str
    story_epoch: int = 0
    copy_of: str | None = None
    change: Change | None = None
    event: StoryEvent | None = None
    former_story_ids: tuple[str, ...] = ()
    signature: bytes = b""

    @property
    def id(self) -> str:
        """Give the article's id, which is the document's id."""
        return self.enriched.article.id

    @property
    def version(self) -> int:
        """Pack edition, analysis version and story epoch so that the newest document has the highest number.

        Edition (20 bits) outranks the analysis version (16), which outranks the story epoch (16): 52 bits, so the
        number is exact in JSON too.
        """
        limits = (self.enriched.article.edition >> 20, self.enriched.analysis_version >> 16, self.story_epoch >> 16)
        if any(limits):
            message = f"article {self.id}: a version counter is too large to pack"
            raise ValueError(message)
        return self.enriched.article.edition << 32 | self.enriched.analysis_version << 16 | self.story_epoch
