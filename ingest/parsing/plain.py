"""What the plain readers share: names, the refusal, text, links, dates, and the words of Media RSS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias
from urllib.parse import urljoin

from ingest.parsing.dates import read_date
from ingest.parsing.markup import looks_like_markup
from ingest.parsing.model import RawItem, RawText

Element: TypeAlias = Any  # lxml's element
Handler: TypeAlias = Callable[[RawItem, Element], None]

ATOM: Final = "{http://www.w3.org/2005/Atom}"
DC: Final = "{http://purl.org/dc/elements/1.1/}"
TERMS: Final = "{http://purl.org/dc/terms/}"
CONTENT: Final = "{http://purl.org/rss/1.0/modules/content/}"
SY: Final = "{http://purl.org/rss/1.0/modules/syndication/}"
MEDIA: Final = ("{http://search.yahoo.com/mrss/}", "{http://search.yahoo.com/mrss}")
ITUNES: Final = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
FEEDBURNER: Final = "{http://rssnamespace.org/feedburner/ext/1.0}"
XHTML: Final = "{http://www.w3.org/1999/xhtml}"
LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_PAGES: Final = frozenset({"text/html", "application/xhtml+xml", "html", "xhtml"})


class NotPlainError(Exception):
    """The document is not for this reader."""


def text_of(element: Element) -> str:
    """Give the text of an element that holds nothing else."""
    if len(element):
        raise NotPlainError
    return (element.text or "").strip()


def address_of(element: Element, link: str) -> str:
    """Give an address as it stands, or on the xml:base in force."""
    base = element.base
    if not base or not link:
        return link
    try:
        return str(urljoin(base, link))
    except ValueError:
        return link


def alternates(links: list[Element]) -> list[str]:
    """Order the addresses as feedparser does: the last page first, what is no page last."""
    pages: list[str] = []
    others: list[str] = []
    for link in links:
        href = link.get("href", "").strip()
        if not href:
            raise NotPlainError
        if link.get("rel", "alternate").lower() == "alternate":
            kind = link.get("type", "text/html").lower()
            (pages if kind in _PAGES else others).append(address_of(link, href))
    return pages[::-1] + others


def published(item: RawItem, element: Element) -> None:
    """Take the date of publication."""
    item.published = _date(element) or item.published


def updated(item: RawItem, element: Element) -> None:
    """Take the date of the last change."""
    item.updated = _date(element) or item.updated


def _date(element: Element) -> str:
    """Leave dates that only feedparser can read (Korean, Greek, the 32nd of a month) to it."""
    text = text_of(element)
    if text and read_date(text) is None:
        raise NotPlainError
    return text


def media(item: RawItem, element: Element) -> None:
    """Take words from Media RSS: a description is one more body, a title only stands in for a missing one."""
    for part in element.iter():
        name = part.tag.rpartition("}")[2]
        if name == "description" and text_of(part):
            item.contents.append(RawText(text_of(part), markup=True))
        elif name == "title" and text_of(part):
            item.spare_title = item.spare_title or RawText(text_of(part), looks_like_markup(text_of(part)))
        elif name == "keywords":
            item.tags.extend(word.strip() for word in text_of(part).split(","))
        elif name == "category":
            item.tags.append(part.get("label") or text_of(part))
