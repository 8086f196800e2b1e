"""HTML pages that came where a feed was expected: recognised, and asked for the feeds they name."""

from __future__ import annotations

import re
from html import unescape
from typing import Final
from urllib.parse import urljoin

_START: Final = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}>\s*|<!--(?:[^-]|-(?!->)){0,5000}-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE,
)
_LINK: Final = re.compile(r"<link\b([^>]{1,2000})>", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r"""([a-zA-Z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_TYPES: Final = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json", "application/json"}
)
_LOOKED_AT: Final = 1_000_000  # characters: the head of a page is shorter


def is_page(utf8: bytes) -> bool:
    """Tell whether the document begins as an HTML page."""
    return _START.match(utf8[:20_000]) is not None


def feed_links(page: str, base: str | None) -> list[str]:
    """Give the feeds a page names for itself (RSS autodiscovery), absolute where `base` is known."""
    found = []
    for link in _LINK.finditer(page[:_LOOKED_AT]):
        values = {match[1].lower(): match[2] or match[3] or match[4] or "" for match in _ATTRIBUTE.finditer(link[1])}
        if "alternate" in values.get("rel", "").lower().split() and values.get("type", "").lower() in _TYPES:
            href = unescape(values.get("href", "")).strip()
            found.append(urljoin(base, href) if base else href)
    return list(dict.fromkeys(href for href in found if href))
