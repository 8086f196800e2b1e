"""Whether a text whose format does not say so is HTML: RSS leaves it open for titles."""

from __future__ import annotations

import re
from typing import Final

_TAG: Final = re.compile(
    r"<(?:/?(?:a|abbr|b|bdi|big|blockquote|center|cite|code|del|div|em|font|h[1-6]|i|ins|li|mark|ol|p|q|s|small|span"
    r"|strike|strong|sub|sup|tt|u|ul)(?:\s[^<>]*)?|(?:br|hr|img|wbr)(?:\s[^<>]*)?/?)>",
    re.IGNORECASE,
)


def looks_like_markup(text: str) -> bool:
    """Tell whether the text holds a tag of HTML; "a < b" and "<Foo> returns" do not."""
    return "<" in text and _TAG.search(text) is not None
