"""Whether a text is HTML where its format does not say so (RSS titles), and HTML that was escaped once too often."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

_TAG: Final = re.compile(
    r"<(?:/?(?:a|abbr|b|bdi|big|blockquote|center|cite|code|del|div|em|font|h[1-6]|i|ins|li|mark|ol|p|q|s|small|span"
    r"|strike|strong|sub|sup|tt|u|ul)(?:\s[^<>]*)?|(?:br|hr|img|wbr)(?:\s[^<>]*)?/?)>",
    re.IGNORECASE,
)
_ESCAPED: Final = re.compile(r"&lt;(?:/(?:p|a|div)&gt;|br\s*/?&gt;)", re.IGNORECASE)


def looks_like_markup(text: str) -> bool:
    """Tell whether the text holds a tag of HTML; "a < b" and "<Foo> returns" do not."""
    return "<" in text and _TAG.search(text) is not None


def unescaped_once_more(markup: str) -> str:
    """Undo a second escaping: markup without one tag, whose text would show the reader paragraphs and links as code."""
    return unescape(markup) if "<" not in markup and _ESCAPED.search(markup) else markup
