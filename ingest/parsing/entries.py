"""From the raw items of any format to entries: what every format has in common is decided here, once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urljoin

from ingest.identity import entry_id, entry_key
from ingest.parsing.dates import ReadDate, read_date
from ingest.parsing.html_text import fold, inline_text, plain_paragraphs, sanitise_and_read, well_formed
from ingest.parsing.markup import unescaped_once_more
from ingest.parsing.model import ParsedFeed, RawFeed, RawItem, RawText
from rasid.domain.article import DateFlag, Entry

_AHEAD: Final = timedelta(minutes=15)  # clocks differ; further ahead is a wrong date
_TAG: Final = re.compile(r"[a-z]{2,8}(?:-[a-z0-9]{1,8})*")
_NAMED: Final = {"arabic": "ar", "english": "en", "russian": "ru", "turkish": "tr", "hebrew": "he", "french": "fr"}
_ADDRESS_NAME: Final = re.compile(r"(?:mailto:)?[^\s()<>]+@[^\s()<>]+\s*\(([^()]+)\)")
_NAME_ADDRESS: Final = re.compile(r"\"?([^\"<>@]*[^\"<>@\s])\"?\s*[<(](?:mailto:)?[^\s<>]+@[^\s<>]+[>)]")
_WEB: Final = re.compile(r"https?://[^\s/?#]", re.IGNORECASE)
_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_ACTIVE: Final = frozenset({"javascript", "data", "vbscript", "file", "blob", "about", "filesystem", "view-source"})
_LONGEST_TITLE: Final = 5_000  # characters; some feeds put a whole post there, none more
_MOST_TAGS: Final = 10_000  # of one text: a sanitiser's time grows with the square of the nesting
_WARNED: Final = 20  # warnings a document may give; a person reads no more


@dataclass(frozen=True, slots=True)
class Context:
    """What an item's reading depends on beside the item: the feed, its base address, its language, the time."""

    feed: str
    base: str | None
    language: str | None
    now: datetime
    authors: tuple[str, ...] = ()


def finish(raw: RawFeed, *, feed: str, url: str | None, now: datetime) -> ParsedFeed:
    """Make the parsed feed; an item that cannot be read is left out with a warning, the others stay."""
    site = _web(_absolute(raw.site_url, url))
    context = Context(feed, _web(url) or site, language_tag(raw.language), now, tuple(raw.authors))
    entries: list[Entry] = []
    warnings = dict.fromkeys(raw.warnings)
    for number, item in enumerate(raw.items, start=1):
        try:
            entries.append(make_entry(item, context, warnings))
        except (ValueError, TypeError, LookupError, RecursionError) as error:
            warnings[f"item {number} was left out: {error}"] = None
    return ParsedFeed(
        kind=raw.kind,
        title=inline_text(raw.title) or None if raw.title else None,
        site_url=site,
        language=context.language,
        ttl=raw.ttl,
        entries=tuple(entries),
        warnings=tuple(list(warnings)[:_WARNED]),
        sitemaps=tuple(raw.sitemaps),
    )


def make_entry(item: RawItem, context: Context, warnings: dict[str, None]) -> Entry:
    """Decide every field of one entry."""
    title = _title(item.title) or _title(item.spare_title)
    html, text, summary = _texts(item, context.base, warnings)
    published, updated, flags = _dates(item, context.now, warnings)
    url = _url(item.links, context.base)
    guid = fold(well_formed(item.guid)) or None if item.guid else None
    key = entry_key(_web(url), guid or url or _content_guid(title, text or summary, item.published), context.feed)
    return Entry(
        id=entry_id(context.feed, key),
        feed=context.feed,
        key=key,
        url=url,
        guid=guid,
        title=title,
        summary=summary,
        text=text,
        html=html,
        authors=_names(_person(author) for author in item.authors or context.authors),
        tags=_names(item.tags),
        language_claimed=language_tag(item.language) or context.language,
        published_at=published,
        updated_at=updated,
        date_flags=flags,
        text_origin="feed" if text else "none",
    )


def language_tag(claimed: str | None) -> str | None:
    """Give a BCP 47 tag in lower case, None for what is none ("en_US" and "English" are understood)."""
    if not claimed:
        return None
    tag = claimed.strip().lower().replace("_", "-")
    tag = _NAMED.get(tag, tag)
    return tag if _TAG.fullmatch(tag) and len(tag.split("-")[0]) <= 3 else None  # noqa: PLR2004 (ISO 639's lengths)


def _title(raw: RawText | None) -> str:
    if raw is None:
        return ""
    value = well_formed(raw.value)
    text = inline_text(value) if raw.markup or ("&" in value and "<" not in value) else fold(value)
    return text if len(text) <= _LONGEST_TITLE else f"{text[: _LONGEST_TITLE - 1]}…"


def _texts(item: RawItem, base: str | None, warnings: dict[str, None]) -> tuple[str, str, str]:
    """Give html, text and summary: the longest body is the text, the feed's summary stays beside it if it differs."""
    bodies = [_body(raw, base, warnings) for raw in item.contents if raw.value]
    summary = _body(item.summary, base, warnings) if item.summary and item.summary.value else ("", "")
    html, text = max([*bodies, summary], key=lambda body: len(body[1]))
    if not text:
        html = next((body[0] for body in (*bodies, summary) if body[0]), "")
    return html, text, summary[1] if summary[1] != text else ""


def _body(raw: RawText, base: str | None, warnings: dict[str, None]) -> tuple[str, str]:
    value = well_formed(raw.value)
    if not raw.markup:
        return "", plain_paragraphs(value)
    value = unescaped_once_more(value)
    if value.count("<") > _MOST_TAGS:
        value = "<".join(value.split("<", _MOST_TAGS)[:-1])
        warnings[f"a text was cut behind {_MOST_TAGS} tags"] = None
    return sanitise_and_read(value, _web(_absolute(raw.base, base)) if raw.base else base)


def _dates(
    item: RawItem, now: datetime, warnings: dict[str, None]
) -> tuple[datetime | None, datetime | None, tuple[DateFlag, ...]]:
    published = _read(item.published, item.published_read, warnings)
    updated = _read(item.updated, item.updated_read, warnings)
    claimed = published or updated  # an Atom entry need not say when it was published
    if claimed is None:
        return None, None, ("absent",)
    flags: list[DateFlag] = []
    if claimed.at > now + _AHEAD:
        flags.append("future")
    if claimed.midnight:
        flags.append("midnight")
    return claimed.at, updated.at if updated else None, tuple(flags)


def _read(text: str | None, read: datetime | None, warnings: dict[str, None]) -> ReadDate | None:
    found = read_date(text) if text else None
    if found and found.doubt:
        warnings[found.doubt] = None
    if found is None and text and read is None and text.strip():
        warnings[f"the date {text.strip()[:60]!r} was not understood"] = None
    return found or (ReadDate(read, midnight=False) if read else None)


def _url(links: Iterable[str], base: str | None) -> str | None:
    """Give the first web address, made absolute; failing that the first address of another harmless scheme."""
    other = None
    for link in links:
        absolute = _absolute(link, base)
        if _web(absolute):
            return absolute
        scheme = _SCHEME.match(absolute or "")
        if other is None and absolute and not (scheme and scheme[1].lower() in _ACTIVE):
            other = absolute
    return other


def _absolute(link: str | None, base: str | None) -> str | None:
    if not link:
        return None
    link = "".join(well_formed(link).split()) if "\n" in link or "\t" in link else well_formed(link).strip()
    if not base or link.startswith(("http://", "https://")):
        return link or None
    try:
        return urljoin(base, link) or None
    except ValueError:
        return link


def _web(url: str | None) -> str | None:
    """Give the address back if it is an absolute http or https one with a host."""
    return url if url and _WEB.match(url) else None


def _person(text: str) -> str:
    """Give the name in "address (Name)" and "Name <address>", RSS's and mail's ways to name an author."""
    if "@" not in text:
        return text
    found = _ADDRESS_NAME.fullmatch(text.strip()) or _NAME_ADDRESS.fullmatch(text.strip())
    return found[1].strip() if found else text


def _names(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for value in values if (name := inline_text(well_formed(value)))))


def _content_guid(title: str, text: str, published: str | None) -> str:
    """Tell items without address and guid apart by what they say."""
    return hashlib.blake2b("\0".join((title, text, published or "")).encode(), digest_size=16).hexdigest()
