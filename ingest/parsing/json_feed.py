"""Reads JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1), forgiving about missing and mistyped fields."""

from __future__ import annotations

import json
from typing import Any

from ingest.parsing.model import RawFeed, RawItem, RawText
from rasid.domain.errors import ParseError


def read_json_feed(utf8: bytes) -> RawFeed:
    """Read a JSON Feed; an item that is no object is left out."""
    try:
        document = json.loads(utf8)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"the document is no JSON that can be read: {error}") from None
    if not isinstance(document, dict):
        raise ParseError("the document is JSON but no JSON Feed: it is no object")
    items = document.get("items")
    if not isinstance(items, list):
        raise ParseError('the document is JSON but no JSON Feed: it has no list "items"')
    raw = RawFeed(
        kind="json",
        title=_string(document, "title"),
        site_url=_string(document, "home_page_url"),
        language=_string(document, "language"),
    )
    shared = _authors(document)
    for number, item in enumerate(items, start=1):
        if isinstance(item, dict):
            raw.items.append(_item(item, shared))
        else:
            raw.warnings.append(f"item {number} was left out: it is no object")
    return raw


def _item(item: dict[str, Any], shared: list[str]) -> RawItem:
    html, text, summary = (_string(item, name) for name in ("content_html", "content_text", "summary"))
    title = _string(item, "title")
    return RawItem(
        title=RawText(title) if title else None,
        summary=RawText(summary) if summary else None,
        contents=[RawText(html, markup=True)] if html else [RawText(text)] if text else [],
        links=_links(item),
        guid=_string(item, "id"),
        authors=_authors(item) or shared,
        tags=[tag for tag in _list(item, "tags") if isinstance(tag, str)],
        language=_string(item, "language"),
        published=_string(item, "date_published"),
        updated=_string(item, "date_modified"),
    )


def _links(item: dict[str, Any]) -> list[str]:
    """Give the addresses; an id is one where it is a web address, as the specification suggests it should be."""
    found = [_string(item, "url"), _string(item, "external_url")]
    guid = _string(item, "id") or ""
    return [link for link in found if link] + ([guid] if guid.startswith(("http://", "https://")) else [])


def _string(holder: dict[str, Any], name: str) -> str | None:
    value = holder.get(name)
    if name in {"id", "title"} and isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)  # numbers are a common mistake there
    return value if isinstance(value, str) and value.strip() else None


def _list(holder: dict[str, Any], name: str) -> list[Any]:
    value = holder.get(name)
    return value if isinstance(value, list) else []


def _authors(holder: dict[str, Any]) -> list[str]:
    """Read `authors` (1.1), else `author` (1.0)."""
    names = (_name(person) for person in [*_list(holder, "authors"), holder.get("author")])
    return list(dict.fromkeys(name for name in names if name))


def _name(person: Any) -> str | None:
    if isinstance(person, dict):
        return _string(person, "name")
    return person if isinstance(person, str) else None
