"""What reading a document gives: first raw fields as the format's reader found them, then the parsed feed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from rasid.domain.article import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A whole feed document. `kind` names the format ("rss20", "atom10", "json", "sitemap", ...).

    `ttl` is in seconds; `skip_hours` are hours of the day in UTC, `skip_days` weekdays from 0 = Monday; `warnings`
    say for a person what was repaired or left out; `sitemaps` are the children of a sitemap index.
    """

    kind: str
    title: str | None = None
    site_url: str | None = None
    language: str | None = None
    ttl: float | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    entries: tuple[Entry, ...] = ()
    warnings: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()


@dataclass(slots=True)
class RawText:
    """A text field as it stands: `markup` tells HTML from plain text, `base` is the address its links build on."""

    value: str
    markup: bool = False
    base: str | None = None


@dataclass(slots=True, kw_only=True)
class RawItem:
    """One item as the format's reader found it: strings untouched, nothing decided."""

    title: RawText | None = None
    spare_title: RawText | None = None  # where there is no other
    summary: RawText | None = None
    contents: list[RawText] = field(default_factory=list)
    links: list[str] = field(default_factory=list)  # best first
    guid: str | None = None
    authors: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    language: str | None = None
    published: str | None = None
    updated: str | None = None
    published_read: datetime | None = None  # what the format's own reader made of it, should ours fail
    updated_read: datetime | None = None


@dataclass(slots=True, kw_only=True)
class RawFeed:
    """A document as the format's reader found it."""

    kind: str
    title: str | None = None
    site_url: str | None = None
    language: str | None = None
    ttl: float | None = None
    authors: list[str] = field(default_factory=list)  # of the entries that name none
    items: list[RawItem] = field(default_factory=list)
    sitemaps: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
