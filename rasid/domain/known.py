"""What admit remembers of an article: enough to tell a new one from a change, and a change from a repeat."""

from __future__ import annotations

from dataclasses import dataclass

from rasid.domain.article import Article, TextOrigin


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place in the log."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """The text one feed showed last: `text_hash` of what it says, `length` in code points."""

    feed: str
    text_origin: TextOrigin
    text_hash: str
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownArticle:
    """The memory of one article as it now stands.

    `variants` holds what each feed (and the page) showed last, `shown` the one whose text the article has. `applied` is
    the last raw entry it contains, so that reading it again does nothing. `awaiting_page`: the feed changed since the
    page's text was taken, so the page's next text completes the revision and makes none of its own.
    """

    key: str
    article: Article
    variants: tuple[Variant, ...]
    shown: Variant
    applied: Position
    awaiting_page: bool = False
