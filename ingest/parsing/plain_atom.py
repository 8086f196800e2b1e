"""Plain Atom 1.0 (RFC 4287)."""

from __future__ import annotations

from typing import Final

from lxml import etree

from ingest.parsing.model import RawFeed, RawItem, RawText
from ingest.parsing.plain import (
    ATOM,
    DC,
    FEEDBURNER,
    ITUNES,
    LANG,
    MEDIA,
    TERMS,
    XHTML,
    Element,
    Handler,
    NotPlainError,
    alternates,
    media,
    published,
    text_of,
    updated,
)

_PLAIN: Final = frozenset({"text", "text/plain"})
_HTML: Final = frozenset({"html", "text/html"})
_XHTML_TYPES: Final = frozenset({"xhtml", "application/xhtml+xml"})


def read_atom(root: Element) -> RawFeed:
    """Read <feed>."""
    raw = RawFeed(kind="atom10", language=root.get(LANG))
    links: list[Element] = []
    for element in root:
        tag = element.tag
        if tag == f"{ATOM}entry":
            raw.items.append(_atom_entry(element))
        elif tag == f"{ATOM}title":
            title = _atom_text(element)
            raw.title = raw.title or (title.value if title else None)
        elif tag == f"{ATOM}link":
            links.append(element)
        elif tag == f"{ATOM}id":
            raw.site_url = text_of(element) or None
        elif tag == f"{ATOM}author":
            raw.authors.extend(_person(element))
    if len(raw.items) != sum(1 for _ in root.iter(f"{ATOM}entry", "entry")):
        raise NotPlainError
    raw.site_url = next(iter(alternates(links)), raw.site_url)
    return raw


def _atom_entry(element: Element) -> RawItem:
    item = RawItem(language=element.get(LANG))
    links: list[Element] = []
    for child in element:
        tag = child.tag
        handler = _ATOM.get(tag)
        if handler:
            handler(item, child)
        elif tag == f"{ATOM}link":
            links.append(child)
        elif tag == f"{FEEDBURNER}origLink":
            item.links.append(text_of(child))
        elif tag.startswith(MEDIA):
            media(item, child)
        elif tag not in _ATOM_IGNORED and (tag[0] != "{" or tag.startswith((ATOM, DC, TERMS, XHTML, ITUNES))):
            raise NotPlainError
        elif len(child) and tag != f"{ATOM}source":
            _refuse_nested(child)
    item.links.extend([*alternates(links), *([item.guid] if item.guid else [])])
    return item


_ATOM_IGNORED: Final = frozenset({f"{ATOM}contributor", f"{ATOM}rights", f"{ATOM}source"})


def _atom_text(element: Element) -> RawText | None:
    """Read a text construct (RFC 4287 section 3.1); None for an empty one and one that is no text."""
    kind = element.get("type", "text").lower()
    if kind in _XHTML_TYPES:
        return _xhtml(element)
    if element.get("src"):
        return None
    if kind not in _PLAIN | _HTML:
        raise NotPlainError  # base64, or no text at all
    value = text_of(element)
    return RawText(value, markup=kind in _HTML, base=element.base) if value else None


def _xhtml(element: Element) -> RawText | None:
    if len(element) != 1 or element[0].tag != f"{XHTML}div" or (element.text or "").strip():
        raise NotPlainError
    if any(part.prefix for part in element.iter()):  # nh3 reads HTML, where a prefix is part of the name
        raise NotPlainError
    whole = etree.tostring(element[0], encoding="unicode", method="html", with_tail=False)
    return RawText(
        whole[whole.find(">") + 1 : whole.rfind("</")].strip(), markup=True, base=element[0].base
    )  # the div is no content


def _atom_title(item: RawItem, element: Element) -> None:
    item.title = item.title or _atom_text(element)
    item.language = element.get(LANG) or item.language


def _summary(item: RawItem, element: Element) -> None:
    item.summary = item.summary or _atom_text(element)


def _atom_content(item: RawItem, element: Element) -> None:
    content = _atom_text(element)
    if content:
        item.contents.append(content)
        item.language = item.language or element.get(LANG)


def _atom_id(item: RawItem, element: Element) -> None:
    item.guid = text_of(element) or None


def _atom_author(item: RawItem, element: Element) -> None:
    item.authors.extend(_person(element))


def _refuse_nested(element: Element) -> None:
    """Let feedparser read what stands where it should not: it takes it for the entry's own."""
    if any(part.tag in _ATOM or part.tag == f"{ATOM}link" for part in element.iterdescendants()):
        raise NotPlainError


def _person(element: Element) -> list[str]:
    _refuse_nested(element)
    name = element.findtext(f"{ATOM}name") or element.findtext(f"{ATOM}email") or element.text or ""
    return [name] if name.strip() else []


def _atom_tag(item: RawItem, element: Element) -> None:
    item.tags.append(element.get("label") or element.get("term") or text_of(element))


_ATOM: Final[dict[str, Handler]] = {
    f"{ATOM}title": _atom_title,
    f"{ATOM}summary": _summary,
    f"{ATOM}content": _atom_content,
    f"{ATOM}id": _atom_id,
    f"{ATOM}published": published,
    f"{ATOM}updated": updated,
    f"{ATOM}author": _atom_author,
    f"{ATOM}category": _atom_tag,
}
