"""Reads RSS 0.9x-2.0, RSS 1.0 and 0.90 (RDF), Atom 0.3 and 1.0 and CDF with feedparser.

feedparser is given a stream in memory, so that it never opens anything; its sanitiser is off because nh3 does that
work, its resolving of links inside markup too.
"""

from __future__ import annotations

import io
import math
import re
from calendar import timegm
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

import feedparser

from ingest.parsing.markup import looks_like_markup
from ingest.parsing.model import RawFeed, RawItem, RawText

_HTML: Final = frozenset({"text/html", "application/xhtml+xml"})
_PLAIN: Final = frozenset({"text", ""})
_BASE64: Final = re.compile(r"[A-Za-z0-9+/\r\n]*=*\s*")
_PERIODS: Final = {
    "hourly": 3600.0,
    "daily": 86_400.0,
    "weekly": 604_800.0,
    "monthly": 2_592_000.0,
    "yearly": 31_536_000.0,
}


def read_with_feedparser(utf8: bytes, *, url: str | None) -> RawFeed:
    """Read a document that is UTF-8 whatever it declares. feedparser itself may raise anything on a hostile one."""
    headers = {"content-type": "application/xml; charset=utf-8"}
    if url:
        headers["content-location"] = url
    result = feedparser.parse(
        io.BytesIO(utf8), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    feed = result.feed
    raw = RawFeed(
        kind=result.get("version") or "",
        title=_string(feed, "title"),
        site_url=_string(feed, "link"),
        language=_string(feed, "language"),
        ttl=period(_string(feed, "ttl"), _string(feed, "sy_updateperiod"), _string(feed, "sy_updatefrequency")),
    )
    for number, entry in enumerate(result.entries, start=1):
        try:
            raw.items.append(_item(entry))
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raw.warnings.append(f"item {number} was left out: {type(error).__name__}: {error}")
    if raw.kind.startswith("atom"):
        raw.authors = _authors(feed)
    if result.bozo:
        raw.warnings.append(f"not well-formed: {_reason(result)}")
    return raw


def _reason(result: Any) -> str:
    error = result.get("bozo_exception")
    message = error.getMessage() if hasattr(error, "getMessage") else str(error)
    line = error.getLineNumber() if hasattr(error, "getLineNumber") else None
    return f"{message} (line {line})" if line else message


def _string(holder: Any, name: str) -> str | None:
    value = holder.get(name) if dict.__contains__(holder, name) else None
    return value if isinstance(value, str) and value else None


def _item(entry: Any) -> RawItem:
    contents = [text for part in _list(entry, "content") if (text := _content(part))]
    summary = _detail(entry, "summary")
    if summary and any(summary.value == content.value for content in contents):
        summary = None  # feedparser's own copy, which has lost its type
    return RawItem(
        title=_detail(entry, "title"),
        summary=summary,
        contents=contents,
        links=_links(entry),
        guid=_string(entry, "id"),
        authors=_authors(entry),
        tags=_tags(entry),
        language=_language(entry),
        published=_string(entry, "published") or _string(entry, "created"),
        updated=_string(entry, "updated"),
        published_read=_moment(entry, "published_parsed") or _moment(entry, "created_parsed"),
        updated_read=_moment(entry, "updated_parsed"),
    )


def _list(holder: Any, name: str) -> list[Any]:
    value = holder.get(name) if dict.__contains__(holder, name) else None
    return value if isinstance(value, list) else []


def _detail(entry: Any, name: str) -> RawText | None:
    value = _string(entry, name)
    if value is None:
        return None
    detail = entry.get(f"{name}_detail")
    if not isinstance(detail, dict) or detail.get("value") != value:
        return RawText(value, looks_like_markup(value))
    return RawText(value, detail.get("type") in _HTML, detail.get("base") or None)


def _content(part: Any) -> RawText | None:
    """Take a body that is text; feedparser has decoded base64 where that gives text, and left it where it does not."""
    value, kind = part.get("value"), part.get("type") or ""
    if not isinstance(value, str) or not value:
        return None
    if kind not in _HTML and kind not in _PLAIN and not kind.startswith("text/"):
        if kind != "application/octet-stream" or _BASE64.fullmatch(value):
            return None
        return RawText(value, looks_like_markup(value), part.get("base") or None)
    return RawText(value, kind in _HTML, part.get("base") or None)


def _links(entry: Any) -> list[str]:
    """Order the addresses: the original of a redirecting service, the link, other alternates, what else there is."""
    others = [link for link in _list(entry, "links") if isinstance(link.get("href"), str)]
    alternates = [link["href"] for link in others if link.get("rel") in {None, "alternate"}]
    link = _string(entry, "link")
    enclosed = link not in alternates and any(other["href"] == link for other in others)
    found = [_string(entry, "feedburner_origlink"), None if enclosed and alternates else link, *alternates]
    guid = _string(entry, "id")
    if guid and guid.startswith(("http://", "https://")) and entry.get("guidislink") is not False:
        found.append(guid)
    return [link for link in found if link]


def _authors(entry: Any) -> list[str]:
    people = [person for person in _list(entry, "authors") if isinstance(person, dict)]
    names = [name for person in people if isinstance(name := person.get("name") or person.get("email"), str)]
    author = _string(entry, "author")
    return names or ([author] if author else [])


def _tags(entry: Any) -> list[str]:
    found = []
    for tag in _list(entry, "tags"):
        label = tag.get("label") or tag.get("term")
        if isinstance(label, str):
            found.append(label)
    return found


def _language(entry: Any) -> str | None:
    own = _string(entry, "language")
    if own:
        return own
    for name in ("title_detail", "summary_detail"):
        detail = entry.get(name)
        if isinstance(detail, dict) and isinstance(detail.get("language"), str):
            return str(detail["language"])
    return next((part["language"] for part in _list(entry, "content") if isinstance(part.get("language"), str)), None)


def _moment(entry: Any, name: str) -> datetime | None:
    moment: Any = entry.get(name) if dict.__contains__(entry, name) else None
    with suppress(TypeError, ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(timegm(moment), tz=UTC)
    return None


def period(ttl: str | None, unit: str | None, frequency: str | None) -> float | None:
    """Give RSS's ttl (minutes) or what the syndication module says (times a unit), in seconds."""
    minutes = _positive(ttl)
    if minutes:
        return minutes * 60
    length = _PERIODS.get((unit or "").strip().lower())
    return length / (_positive(frequency) or 1.0) if length else None


def _positive(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number > 0 else None
