"""Feed lists as OPML 2.0 (opml.org/spec2.opml), in and out.

What OPML has no attribute for goes under a namespace of ours, as its specification asks of extensions; other programs
pass over it, and a round trip keeps it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, cast, get_args
from urllib.parse import urlsplit

from lxml import etree

from ingest.feedlist import feed_id, is_feed_address
from rasid.domain.errors import FeedsFileError
from rasid.domain.feed import Feed, FullText, Ownership

NAMESPACE = "urn:rasid:opml:1"
_MAX_DEPTH = 50
_BASE = Feed(id="", url="", title="", source="")


def to_opml(feeds: Sequence[Feed], *, title: str = "Rasid", now: datetime | None = None) -> bytes:
    """Write feeds as an OPML document (UTF-8)."""
    root = etree.Element("opml", {"version": "2.0"}, nsmap={"rasid": NAMESPACE})
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = _clean(title)
    etree.SubElement(head, "dateCreated").text = format_datetime(
        (now or datetime.now(UTC)).astimezone(UTC), usegmt=True
    )
    body = etree.SubElement(root, "body")
    for feed in feeds:
        etree.SubElement(body, "outline", _attributes(feed))
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def from_opml(data: bytes, source: str, skipped: Callable[[str], None] = lambda _: None) -> tuple[Feed, ...]:
    """Read the feeds of an OPML document, each address once; the folders around one become its tags.

    `skipped` is told of each outline that no web address leads to; the others are taken. Raises FeedsFileError for what
    is no OPML or names no feed. Nothing is fetched, no entity is resolved.
    """
    # The parser resolves nothing, and libxml2's own limits on depth and size stay on.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise FeedsFileError(f"not readable as OPML: {error.msg}", source=source, line=error.lineno) from error
    if etree.QName(root).localname.lower() != "opml":
        raise FeedsFileError(f"no OPML: its first element is <{root.tag}>", source=source, line=root.sourceline)
    body = next((child for child in root if child.tag == "body"), None)
    feeds: dict[str, Feed] = {}
    for outline, folders in _outlines(body if body is not None else root, ()):
        url = _address(outline)
        if not is_feed_address(url):
            skipped(f"{source}:{outline.sourceline}: {url} is not an http address")
            continue
        feed = _feed(outline, url, folders)
        feeds.setdefault(feed.id, feed)
    if not feeds:
        raise FeedsFileError("no feed in it: no outline has an xmlUrl", source=source)
    return tuple(feeds.values())


def _outlines(parent: Any, folders: tuple[str, ...]) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Give the outlines that are feeds, each with the names of the folders around it."""
    for outline in parent:
        if outline.tag != "outline" or len(folders) > _MAX_DEPTH:
            continue
        if _attribute(outline, "xmlUrl"):
            yield outline, folders
            yield from _outlines(outline, folders)
        else:
            name = _attribute(outline, "text") or _attribute(outline, "title")
            yield from _outlines(outline, (*folders, name) if name else folders)


def _address(outline: Any) -> str:
    """Give a feed's address; feed: is what browsers once wrote for http."""
    url = _attribute(outline, "xmlUrl").strip()
    found = re.match(r"feed:(?://)?(?=https?://)|feed:(?=//)", url, re.IGNORECASE)
    if found is None:
        return url
    rest = url[found.end() :]
    return rest if rest.lower().startswith("http") else f"http:{rest}"


def _feed(outline: Any, url: str, folders: tuple[str, ...]) -> Feed:
    title = _attribute(outline, "title") or _attribute(outline, "text") or (urlsplit(url).hostname or url)
    tags = [*folders, *(part.strip(" /") for part in _attribute(outline, "category").split(","))]
    feed = Feed(
        id=feed_id(url),
        url=url,
        title=title,
        source=_own(outline, "source") or title,
        language=_attribute(outline, "language").replace("_", "-") or None,
        tags=tuple(dict.fromkeys(tag for tag in tags if tag)),
        enabled=_own(outline, "enabled") != "false",
    )
    country, ownership, full_text = (_own(outline, name) for name in ("country", "ownership", "fullText"))
    if country.isascii() and country.isupper() and len(country) == 2:  # noqa: PLR2004 - ISO 3166-1 alpha-2
        feed = replace(feed, country=country)
    if ownership in get_args(Ownership):
        feed = replace(feed, ownership=cast("Ownership", ownership))
    if full_text in get_args(FullText):
        feed = replace(feed, full_text=cast("FullText", full_text))
    return _with_bounds(feed, _own(outline, "minInterval"), _own(outline, "maxInterval"))


def _with_bounds(feed: Feed, least: str, most: str) -> Feed:
    try:
        return replace(
            feed, min_interval=float(least or feed.min_interval), max_interval=float(most or feed.max_interval)
        )
    except ValueError:  # no numbers, or bounds that do not fit: the defaults will do
        return feed


def _attributes(feed: Feed) -> dict[str, str]:
    found = {
        "type": "rss",
        "text": feed.title,
        "title": feed.title,
        "xmlUrl": feed.url,
        "language": feed.language or "",
        "category": ",".join(tag.replace(",", " ") for tag in feed.tags),
        _name("source"): feed.source,
        _name("country"): feed.country or "",
        _name("ownership"): feed.ownership or "",
        _name("fullText"): feed.full_text if feed.full_text != _BASE.full_text else "",
        _name("minInterval"): f"{feed.min_interval:g}" if feed.min_interval != _BASE.min_interval else "",
        _name("maxInterval"): f"{feed.max_interval:g}" if feed.max_interval != _BASE.max_interval else "",
        _name("enabled"): "" if feed.enabled else "false",
    }
    return {name: _clean(value) for name, value in found.items() if value}


def _name(local: str) -> str:
    return f"{{{NAMESPACE}}}{local}"


def _attribute(outline: Any, name: str) -> str:
    return (outline.get(name) or outline.get(name.lower()) or "").strip()


def _own(outline: Any, name: str) -> str:
    return (outline.get(_name(name)) or "").strip()


def _clean(text: str) -> str:
    """Replace what XML 1.0 cannot hold."""
    return "".join(c if c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff" else " " for c in text)
