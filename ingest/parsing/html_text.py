"""From markup to sanitised markup and to plain text.

Everything passes nh3 first (html5ever's tokenizer: what a browser would see), so the text is read from balanced, known
markup by linear regular expressions, and hostile nesting costs no recursion.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from html import unescape
from typing import Final

import nh3

from ingest.parsing.furniture import is_furniture, may_hold_furniture

_SCHEMES: Final = {"http", "https", "mailto"}
_SILENT: Final = {"script", "style", "template", "iframe", "svg", "math", "noframes", "select", "textarea"}
_TAGS: Final = nh3.ALLOWED_TAGS - _SILENT
_VOID: Final = frozenset({"area", "br", "col", "hr", "img", "wbr"})
_BLOCKS: Final = (
    "address|article|aside|blockquote|caption|center|dd|details|div|dl|dt|figcaption|figure|footer|h[1-6]|header"
    "|hgroup|hr|li|main|nav|ol|p|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul"
)
_SELF_CLOSED: Final = re.compile(
    r"<(iframe|script|style|textarea|select|template|noframes|svg|math|title|xmp)\b([^<>]*)/>", re.IGNORECASE
)
_TAG: Final = r"[^\">]*(?:\"[^\"]*\"[^\">]*)*>"
_ANY_TAG: Final = re.compile(rf"<{_TAG}")
_BLOCK_TAG: Final = re.compile(rf"</?(?:{_BLOCKS})(?![a-z0-9]){_TAG}")
_NAMED_TAG: Final = re.compile(rf"<(/?)([a-z][a-z0-9]*)({_TAG})")
_NAMES: Final = re.compile(r'\s(?:class|id)="([^"]*)"')
_SCRIPT: Final = re.compile("<(?:script|style)", re.IGNORECASE)
_TAGS_ALONE: Final = re.compile(r"<[^<>]*>")  # what is left is no tag: "<a" is a title
_ALT: Final = re.compile(r'<img [^>]*?\balt="([^"]*)"')
_SOURCE: Final = re.compile(r'<img [^>]*?\bsrc="([^"]*)"')
_PARAGRAPHS: Final = re.compile(r"(?:[ \t\r\f\v]*\n){2,}")
_ODD: Final = re.compile("[\x80-\x9f\ud800-\udfff]")
_UNUSED: Final = {0x81, 0x8D, 0x8F, 0x90, 0x9D}  # of windows-1252
_MENDED: Final = {
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
    **{code: bytes([code]).decode("windows-1252") for code in range(0x80, 0xA0) if code not in _UNUSED},
}


def fold(text: str) -> str:
    """Make every run of white space one space, none at the ends."""
    return " ".join(text.split())


def well_formed(text: str) -> str:
    """Put U+FFFD for unpaired surrogates, and undo the two common slips of encoding.

    They are UTF-8 that was taken for Latin-1 and encoded again, and Windows' punctuation under C1 control codes.
    """
    if text.isascii():
        return text
    with suppress(UnicodeError):  # nearly always: no Latin-1, or no UTF-8
        text = text.encode("latin-1").decode("utf-8")
    return text.translate(_MENDED) if _ODD.search(text) else text


def plain_paragraphs(text: str) -> str:
    """Fold white space in text without markup, keeping blank lines as paragraph breaks."""
    if "\n" not in text:
        return fold(text)
    return "\n\n".join(folded for part in _PARAGRAPHS.split(text) if (folded := fold(part)))


@lru_cache(maxsize=256)
def _cleaner(base: str | None, *, names: bool = False) -> nh3.Cleaner:
    attributes = {tag: set(allowed) for tag, allowed in nh3.ALLOWED_ATTRIBUTES.items()}
    attributes["*"] = {"lang", "dir"} | ({"class", "id"} if names else set())
    try:
        return nh3.Cleaner(
            tags=_TAGS,
            clean_content_tags=_SILENT,
            attributes=attributes,
            url_schemes=_SCHEMES,
            url_relative=("rewrite_with_base", base) if base else "deny",
        )
    except ValueError:  # a base that is no address
        return _cleaner(None, names=names)


@lru_cache(maxsize=1)
def _stripper() -> nh3.Cleaner:
    return nh3.Cleaner(tags=set(), clean_content_tags=_SILENT)


def sanitise(markup: str, base: str | None) -> str:
    """Give markup without anything active; links absolute against `base` (http or https), dropped without one."""
    return _cleaner(base).clean(markup).strip()


def sanitise_and_read(markup: str, base: str | None) -> tuple[str, str]:
    """Give the sanitised markup and the plain text, a blank line between paragraphs, page furniture left out."""
    if "/>" in markup:  # XHTML's way, which in HTML leaves the element open: it would swallow the rest of the article
        markup = _SELF_CLOSED.sub(r"<\1\2></\1>", markup)
    html = sanitise(markup, base)
    if not may_hold_furniture(markup):
        return html, _read(html)
    return html, _read(_without_furniture(_cleaner(base, names=True).clean(markup))) or _read(html)


def inline_text(markup: str) -> str:
    """Give the text of a title or another one-line field that holds markup; of a mere picture, what it stands for."""
    if "<" not in markup:
        return fold(unescape(markup) if "&" in markup else markup)
    text = fold(unescape(_stripper().clean(markup.replace("<br", " <br"))))
    return text or _picture_text(markup) or ("" if _SCRIPT.search(markup) else fold(_TAGS_ALONE.sub("", markup)))


def _picture_text(markup: str) -> str:
    html = sanitise(markup, None)
    texts = [fold(unescape(text)) for text in _ALT.findall(html)]
    return " ".join(text for text in texts if text) or " ".join(
        unescape(source).rstrip("/").rpartition("/")[2] for source in _SOURCE.findall(html)
    )


def _read(html: str) -> str:
    if "<" not in html:  # many feeds put plain text with blank lines where HTML is expected
        return plain_paragraphs(unescape(html))
    text = fold(html)
    text = _BLOCK_TAG.sub("\n\n", text).replace("<br>", "\n")
    text = _ANY_TAG.sub("", text)
    if "&" in text:
        text = unescape(text)
    text = "\n".join(fold(line) for line in text.split("\n")).strip("\n")
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text


def _without_furniture(html: str) -> str:
    kept, start, inside = [], 0, 0
    for tag in _NAMED_TAG.finditer(html):
        closing, name, rest = tag.groups()
        if name in _VOID:
            continue
        if inside:
            inside += -1 if closing else 1
            if not inside:
                start = tag.end()
        elif not closing and any(is_furniture(names) for names in _NAMES.findall(rest)):
            kept.append(html[start : tag.start()])
            inside = 1
    if not inside:
        kept.append(html[start:])
    return "\n".join(kept)
