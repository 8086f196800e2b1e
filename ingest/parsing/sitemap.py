"""Reads Google news sitemaps (sitemaps.org 0.9 with the news extension 0.9) and sitemap indexes."""

from __future__ import annotations

import io
from typing import Any, Final

from lxml import etree

from ingest.parsing.model import RawFeed, RawItem, RawText
from rasid.domain.errors import ParseError

_NEWS: Final = "news"


def read_sitemap(utf8: bytes) -> RawFeed:
    """Read a sitemap. One without news tags is refused: it lists pages, not articles."""
    raw = RawFeed(kind="sitemap")
    children: list[tuple[str, str]] = []
    pages = 0
    events = etree.iterparse(
        io.BytesIO(utf8), events=("end",), resolve_entities=False, no_network=True, recover=True, load_dtd=False
    )
    try:
        for _, element in events:
            name = _local(element.tag)
            if name == "sitemap":
                raw.kind = "sitemapindex"
                children.extend((_child(element, "lastmod") or "", link) for link in (_child(element, "loc"),) if link)
            elif name == "url":
                pages += 1
                item = _item(element)
                if item:
                    raw.items.append(item)
            else:
                continue
            element.clear()
    except etree.XMLSyntaxError as error:
        raw.warnings.append(f"not well-formed: {error.msg}")
    # The newest first (W3C dates sort as text): a poller reads only a few. Those without a date keep their order.
    raw.sitemaps.extend(link for _, link in sorted(children, key=lambda child: child[0], reverse=True))
    if pages and not raw.items:
        raise ParseError(
            f"the document is a sitemap of {pages} pages without news tags: only Google news sitemaps can be read"
        )
    return raw


def _item(element: Any) -> RawItem | None:
    news = next((child for child in element if _local(child.tag) == _NEWS), None)
    link = _child(element, "loc")
    if news is None:
        return None
    title = _child(news, "title")
    publication = next((child for child in news if _local(child.tag) == "publication"), None)
    keywords = _child(news, "keywords") or ""
    return RawItem(
        title=RawText(title) if title else None,
        links=[link] if link else [],
        guid=link,
        tags=[word for word in (part.strip() for part in keywords.split(",")) if word],
        language=_child(publication, "language") if publication is not None else None,
        published=_child(news, "publication_date"),
        updated=_child(element, "lastmod"),
    )


def _local(tag: object) -> str:
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _child(element: Any, name: str) -> str | None:
    for child in element:
        if _local(child.tag) == name:
            return "".join(child.itertext()).strip() or None
    return None
