"""Plain RSS 0.9x, 2.0 and, with their items beside the channel, RSS 0.90 and 1.0 (RDF)."""

from __future__ import annotations

from typing import Final

from ingest.parsing.feedparser_reader import period
from ingest.parsing.markup import looks_like_markup
from ingest.parsing.model import RawFeed, RawItem, RawText
from ingest.parsing.plain import (
    ATOM,
    CONTENT,
    DC,
    FEEDBURNER,
    ITUNES,
    LANG,
    MEDIA,
    SY,
    TERMS,
    XHTML,
    Element,
    Handler,
    NotPlainError,
    address_of,
    alternates,
    media,
    published,
    text_of,
    updated,
)

_VERSIONS: Final = {"0.91": "rss091u", "0.92": "rss092", "0.93": "rss093", "0.94": "rss094"}
_RDF: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_RDF_KINDS: Final = {"{http://purl.org/rss/1.0/}": "rss10", "{http://my.netscape.com/rdf/simple/0.9/}": "rss090"}

# Names without a namespace that feedparser gives a meaning and `_RSS` does not.
_FOREIGN_LIST: Final = """
    abstract body content contributor copyright created description email entry expirationdate feed fullitem homepage
    id image info issued item keywords language link managingeditor modified name newlocation published pubdate rights
    subtitle summary tagline tags textinput title updated uri url webmaster guid author category
"""
_FOREIGN: Final = frozenset(_FOREIGN_LIST.split())


def read_rss(root: Element) -> RawFeed:
    """Read <rss>."""
    version = root.get("version", "")
    channel = root.find("channel")
    if channel is None or root.get("base") or len(root) > 1:
        raise NotPlainError
    raw = _read_channel(root, channel, _VERSIONS.get(version) or ("rss20" if version.startswith("2.") else "rss"))
    raw.items = [_item(element) for element in channel.iterchildren("item")]
    return _complete(root, raw)


def read_rdf(root: Element) -> RawFeed:
    """Read <rdf:RDF>: the elements of RSS lose their namespace and are RSS then."""
    space = next((space for space in _RDF_KINDS if root.find(f"{space}channel") is not None), None)
    if space is None or root.find("channel") is not None:
        raise NotPlainError
    for element in root.iter(f"{space}*"):
        element.tag = element.tag[len(space) :]
    raw = _read_channel(root, root.find("channel"), _RDF_KINDS[space])
    raw.items = [_item(element) for element in root.iterchildren("item")]
    return _complete(root, raw)


def _complete(root: Element, raw: RawFeed) -> RawFeed:
    """Refuse documents with items elsewhere."""
    if len(raw.items) != sum(1 for _ in root.iter("item", "entry", "{*}item", "{*}entry")):
        raise NotPlainError
    return raw


def _read_channel(root: Element, channel: Element, kind: str) -> RawFeed:
    hints: dict[str, str] = {}
    for element in channel:
        if element.tag in _CHANNEL:
            hints.setdefault(_CHANNEL[element.tag], text_of(element))
        elif element.tag == f"{ATOM}link" and element.get("rel", "alternate") == "alternate":
            hints.setdefault("other_link", element.get("href", ""))
    return RawFeed(
        kind=kind,
        title=hints.get("title") or None,
        site_url=hints.get("link") or hints.get("other_link") or None,
        language=hints.get("language") or channel.get(LANG) or root.get(LANG),
        ttl=period(hints.get("ttl"), hints.get("period"), hints.get("frequency")),
    )


_CHANNEL: Final = {
    "title": "title",
    f"{DC}title": "title",
    "link": "link",
    "language": "language",
    f"{DC}language": "language",
    "ttl": "ttl",
    f"{SY}updatePeriod": "period",
    f"{SY}updateFrequency": "frequency",
}


def _item(element: Element) -> RawItem:
    item = RawItem(language=element.get(LANG), guid=element.get(f"{_RDF}about"))
    link, guid, others = "", "", list[Element]()
    for child in element:
        tag = child.tag
        handler = _RSS.get(tag)
        if handler:
            handler(item, child)
        elif tag == "link":
            link = address_of(child, text_of(child) or child.get("href", "")) or link
        elif tag == "guid":
            item.guid = text_of(child) or item.guid
            guid = (item.guid or "") if _is_permanent(child) else ""
        elif tag == f"{ATOM}link":
            others.append(child)
        elif tag == f"{FEEDBURNER}origLink":
            item.links.append(text_of(child))
        elif tag.startswith(MEDIA):
            media(item, child)
        else:
            _check_unknown(child)
    about = element.get(f"{_RDF}about", "")
    item.links.extend(address for address in (link, *alternates(others), guid, about) if address)
    return item


def _is_permanent(guid: Element) -> bool:
    return next((value for name, value in guid.items() if name.lower() == "ispermalink"), "true") == "true"


def _check_unknown(element: Element) -> None:
    """Let feedparser read what it may understand, inside an unknown element too."""
    tag = element.tag
    if len(element) and any(part.tag in _RSS or part.tag == "link" for part in element.iter()):
        raise NotPlainError
    if tag[0] == "{":
        if tag.startswith((ATOM, XHTML, TERMS, "{http://purl.org/atom/ns#}")) or "userland" in tag:
            raise NotPlainError
        if tag.lower().startswith(ITUNES) and not tag.startswith(ITUNES):
            raise NotPlainError
    elif tag.lower() in _FOREIGN:
        raise NotPlainError


def _rss_title(item: RawItem, element: Element) -> None:
    value = text_of(element)
    if value and item.title is None:
        item.title = RawText(value, looks_like_markup(value), element.base)


def _description(item: RawItem, element: Element) -> None:
    value = text_of(element)
    if value and item.summary is None:
        item.summary = RawText(value, markup=True, base=element.base)
    elif value:
        item.contents.append(RawText(value, markup=True, base=element.base))


def _encoded(item: RawItem, element: Element) -> None:
    item.contents.append(RawText(text_of(element), markup=True, base=element.base))


def _author(item: RawItem, element: Element) -> None:
    item.authors.append(text_of(element))


def _tag(item: RawItem, element: Element) -> None:
    item.tags.append(text_of(element))


def _itunes_category(item: RawItem, element: Element) -> None:
    item.tags.extend(part.get("text", "") for part in element.iter(f"{ITUNES}category"))


def _item_language(item: RawItem, element: Element) -> None:
    item.language = text_of(element) or item.language


def _keywords(item: RawItem, element: Element) -> None:
    item.tags.extend(word.strip() for word in text_of(element).split(","))


_RSS: Final[dict[str, Handler]] = {
    "title": _rss_title,
    f"{DC}title": _rss_title,
    "description": _description,
    f"{DC}description": _description,
    f"{ITUNES}summary": _description,
    f"{CONTENT}encoded": _encoded,
    "pubDate": published,
    f"{TERMS}issued": published,
    f"{DC}date": updated,
    f"{TERMS}modified": updated,
    f"{ATOM}updated": updated,
    f"{ATOM}published": published,
    "author": _author,
    f"{DC}creator": _author,
    f"{ITUNES}author": _author,
    "category": _tag,
    f"{DC}subject": _tag,
    f"{ITUNES}keywords": _keywords,
    f"{ITUNES}category": _itunes_category,
    f"{DC}language": _item_language,
}
