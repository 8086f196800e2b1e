"""What can be saved of a document on which feedparser raises: its items one by one; a bad one loses only itself.

feedparser 6.0.14 raises on character references beyond Unicode and on some elements out of place (`georss:where`,
`textInput`, `media:credit`); neither is rare enough to lose a feed for.
"""

from __future__ import annotations

import re
from typing import Final

from ingest.parsing.feedparser_reader import read_with_feedparser
from ingest.parsing.model import RawFeed

_TROUBLE: Final = re.compile(
    rb"</?(?:georss:|gml:|psc:|media:(?:credit|rating|restriction|license|player)|itunes:owner|cc:|textinput\b)[^<>]*>",
    re.IGNORECASE,
)
_REFERENCE: Final = re.compile(rb"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
_ITEM: Final = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?(?:item|entry)[\s>]")
_ROOT_TAG: Final = re.compile(rb"<[A-Za-z_][^<>]*>")
_LAST: Final = 0x10FFFF
_DIGITS: Final = 8  # no character has more


def mend_references(utf8: bytes) -> bytes:
    """Put U+FFFD for numeric references to what is no character; most documents have none and come back as they are."""
    if b"&#" not in utf8:
        return utf8
    return _REFERENCE.sub(_mended, utf8)


def without_trouble(utf8: bytes) -> bytes:
    """Leave out the tags on which feedparser is known to raise; none of them holds words of an article."""
    return _TROUBLE.sub(b"", utf8)


def _mended(found: re.Match[bytes]) -> bytes:
    digits = found[1] or found[2]
    code = int(digits, 16 if found[1] else 10) if len(digits.lstrip(b"0")) <= _DIGITS else _LAST + 1
    forbidden = code > _LAST or 0xD800 <= code < 0xE000 or (code < 0x20 and code not in (9, 10, 13))  # noqa: PLR2004 (XML 1.0's production Char)
    return b"&#xFFFD;" if forbidden else found[0]


def read_piecewise(utf8: bytes, url: str | None) -> RawFeed | None:
    """Read a document item by item, each behind the document's head, or behind its root tag if the head is bad too."""
    starts = [found.start() for found in _ITEM.finditer(utf8)]
    root = _ROOT_TAG.search(utf8)
    if not starts or not root:
        return None
    for head in (utf8[: starts[0]], root[0]):
        raw = _read_behind(head, [utf8[a:b] for a, b in zip(starts, [*starts[1:], len(utf8)], strict=True)], url)
        if raw and raw.items:
            return raw
    return None


def _read_behind(head: bytes, pieces: list[bytes], url: str | None) -> RawFeed | None:
    whole: RawFeed | None = None
    warnings = []
    for number, piece in enumerate(pieces, start=1):
        try:
            part = read_with_feedparser(head + piece, url=url)
        except Exception as error:
            if isinstance(error, MemoryError):
                raise
            warnings.append(f"item {number} was left out: it cannot be read ({type(error).__name__})")
            continue
        if whole is None:
            whole = part
        else:
            whole.items.extend(part.items)
    if whole:
        whole.warnings = warnings or ["not well-formed: read item by item"]
    return whole
