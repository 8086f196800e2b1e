"""Addresses from feeds are anybody's words: which of them may become a link, and how they are shown."""

from __future__ import annotations

import unicodedata
from urllib.parse import urlsplit

_SHOWN = 80
_HIDDEN = {"Cc", "Cf", "Zl", "Zp", "Cs"}  # controls and bidi marks, which could make an address look like another


def web_link(url: str | None) -> str | None:
    """Give the address if a browser may open it: http or https with a host. `javascript:`, `data:`, `urn:` may not."""
    if not url:
        return None
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    return url.strip() if parts.scheme in {"http", "https"} and parts.hostname else None


def shown_address(url: str) -> str:
    """Give an address to read: without invisible characters, and not endless."""
    visible = "".join(letter for letter in url if unicodedata.category(letter) not in _HIDDEN)
    return visible if len(visible) <= _SHOWN else f"{visible[: _SHOWN - 1]}…"


def own_path(path: str) -> str:
    """Give a path of this site to go back to; the front page for anything that could lead elsewhere."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if is_ours else "/"
