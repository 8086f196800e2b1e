"""Decides what a document is and has it read: the one way into the readers of the formats."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from ingest.parsing.charset import to_utf8
from ingest.parsing.entries import finish
from ingest.parsing.feedparser_reader import read_with_feedparser
from ingest.parsing.json_feed import read_json_feed
from ingest.parsing.model import ParsedFeed, RawFeed
from ingest.parsing.page import feed_links, is_page
from ingest.parsing.plain import NotPlainError
from ingest.parsing.plain_reader import read_plain
from ingest.parsing.rhythm import skip_days, skip_hours
from ingest.parsing.salvage import mend_references, read_piecewise, without_trouble
from ingest.parsing.sitemap import read_sitemap
from rasid.domain.errors import ParseError

_GZIP: Final = b"\x1f\x8b"
_INFLATED: Final = 50_000_000  # bytes a compressed sitemap may have (sitemaps.org allows as many)
_HEAD: Final = 20_000
_KINDS: Final = {"channel": "cdf", "rdf": "rdf", "rss": "rss", "feed": "atom"}
_ROOT: Final = re.compile(rb"<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_SKIPPED: Final = re.compile(rb"<!--.*?-->|<\?.*?\?>", re.DOTALL)


def parse_document(
    body: bytes,
    *,
    feed: str,
    url: str | None = None,
    content_type: str | None = None,
    now: datetime | None = None,
) -> ParsedFeed:
    """Read a feed document of any known format, every entry of it.

    `feed` is the id of the feed, `url` where the document came from (relative links build on it), `content_type` the
    header it came with, `now` (default: the clock's) what dates are compared with. Raises ParseError, which says why.
    """
    if not body.strip():
        raise ParseError(f"the document is empty ({len(body)} bytes)")
    decoded = to_utf8(_inflated(body), content_type)
    utf8 = decoded.utf8.lstrip()  # XML forbids space before its declaration; feeds have it
    raw = _read(utf8, url, content_type)
    raw.warnings[:0] = decoded.repaired
    parsed = finish(raw, feed=feed, url=url, now=now or datetime.now(UTC))
    return replace(parsed, skip_hours=skip_hours(utf8), skip_days=skip_days(utf8))


def _inflated(body: bytes) -> bytes:
    if not body.startswith(_GZIP):
        return body
    try:
        with gzip.open(io.BytesIO(body)) as stream:
            inflated = stream.read(_INFLATED + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ParseError(f"the document is compressed with gzip but damaged: {error}") from None
    if len(inflated) > _INFLATED:
        raise ParseError(f"the document is larger than {_INFLATED} bytes once inflated")
    return inflated


def _read(utf8: bytes, url: str | None, content_type: str | None) -> RawFeed:
    start = utf8[:_HEAD].lstrip()[:1]
    if start in (b"{", b"[") or (start != b"<" and "json" in (content_type or "").lower()):
        return read_json_feed(utf8)
    root = _root(utf8)
    if root in {"urlset", "sitemapindex"}:
        return read_sitemap(utf8)
    if root == "opml":
        raise ParseError("the document is an OPML list of feeds, not a feed: `rasid feeds import` takes it")
    raw = _read_xml(utf8, url)
    raw.kind = raw.kind or _KINDS.get(root, "")
    if not raw.items and not raw.kind:
        raise ParseError(_why_not(utf8, url, root))
    raw.kind = raw.kind or "unknown"
    return raw


def _read_xml(utf8: bytes, url: str | None) -> RawFeed:
    with suppress(NotPlainError):
        return read_plain(utf8)
    utf8 = mend_references(utf8)
    try:
        return read_with_feedparser(utf8, url=url)
    except MemoryError:
        raise
    except Exception as error:
        raw = read_piecewise(without_trouble(utf8), url)
        if raw is None:
            raise ParseError(f"the document cannot be read: {type(error).__name__}: {error}") from error
        return raw


def _root(utf8: bytes) -> str:
    """Give the local name of the first element, in lower case."""
    found = _ROOT.search(_SKIPPED.sub(b"", utf8[:_HEAD]))
    return found[2].decode("ascii").lower() if found else ""


def _why_not(utf8: bytes, url: str | None, root: str) -> str:
    if root == "html" or is_page(utf8):
        links = feed_links(utf8.decode("utf-8", "replace"), url)
        named = f"; it names these feeds: {', '.join(links[:5])}" if links else " and names no feed"
        return f"the document is an HTML page, not a feed{named}"
    if root:
        return f"the document is XML with the root element <{root}>, which is no feed format"
    return "the document is no feed: it is neither XML nor JSON"
