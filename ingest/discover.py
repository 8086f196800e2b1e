"""Finds a site's feeds from its address: the document itself, the feeds a page names, and the usual places.

What is found was fetched and read: an address that only looks like a feed is not one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from urllib.parse import urldefrag, urljoin, urlsplit, urlunsplit

from ingest.fetch import Response
from ingest.parsing import ParsedFeed
from ingest.parsing.page import feed_links
from ingest.poll_parts import SupportsGet, SupportsParse
from rasid.domain.errors import FetchError, ParseError

USUAL_PLACES = (
    "feed", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml", "feeds", "feed.json", "rss/all", "en/rss",
    "news-sitemap.xml", "sitemap-news.xml",
)  # fmt: skip
_MAX_TRIED = 20
_ANCHOR = re.compile(r"""<a\b[^>]{0,2000}?\bhref\s*=\s*["']?([^"'\s>]{1,2000})""", re.IGNORECASE)
_LOOKS_LIKE_FEED = re.compile(r"(?:^|[/._?=-])(?:rss|feeds?|atom|rdf)(?:$|[/._?=&0-9-])", re.IGNORECASE)
_COMMENTS = re.compile(r"comments?(?:/|$|[._?&-])", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A feed that was found, and what it showed."""

    url: str
    title: str | None
    kind: str
    language: str | None
    entries: int


async def discover(address: str, fetcher: SupportsGet, pool: SupportsParse) -> list[Found]:
    """Give the feeds of a site, those that the page names first. Raises FetchError when the site does not answer.

    `address` may lack its scheme: https is tried, then http.
    """
    response = await _first_answer(address, fetcher)
    itself = await _read(response, pool)
    if itself is not None:
        return [itself]
    page = response.body.decode("utf-8", "replace")
    found = await _try(named_feeds(page, response.url), fetcher, pool)
    return found or await _try(usual_places(response.url), fetcher, pool)


def named_feeds(page: str, base: str) -> list[str]:
    """Give the addresses a page names as feeds: its <link>s, then links that look like feeds; comments last."""
    links = feed_links(page, base)
    anchors = [urljoin(base, unescape(match[1])) for match in _ANCHOR.finditer(page[:2_000_000])]
    host = urlsplit(base).hostname or ""
    near = [url for url in anchors if _is_near(url, host) and _LOOKS_LIKE_FEED.search(urlsplit(url).path)]
    every = dict.fromkeys(urldefrag(url).url for url in (*links, *near) if url.startswith(("http://", "https://")))
    return sorted(every, key=lambda url: _COMMENTS.search(urlsplit(url).path) is not None)[:_MAX_TRIED]


def usual_places(base: str) -> list[str]:
    """Give the places where feeds usually are: beside the page, then at the site's root."""
    parts = urlsplit(base)
    folder = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") + "/", "", ""))
    beside = [urljoin(folder, name) for name in USUAL_PLACES[:2]] if parts.path.strip("/") else []
    return list(dict.fromkeys([*beside, *(urljoin(base, f"/{name}") for name in USUAL_PLACES)]))


def _is_near(url: str, host: str) -> bool:
    """Tell the same site, or one with the same last two labels (feeds.example.org)."""
    return (urlsplit(url).hostname or "").split(".")[-2:] == host.split(".")[-2:]


async def _first_answer(address: str, fetcher: SupportsGet) -> Response:
    if "://" in address:
        return await fetcher.get(address)
    try:
        return await fetcher.get(f"https://{address}")
    except FetchError as secure:
        try:
            return await fetcher.get(f"http://{address}")
        except FetchError:
            raise secure from None


async def _try(addresses: list[str], fetcher: SupportsGet, pool: SupportsParse) -> list[Found]:
    found: dict[str, Found] = {}
    for url in addresses:
        try:
            one = await _read(await fetcher.get(url), pool, asked=url)
        except FetchError:
            continue
        if one is not None:
            found.setdefault(one.url, one)
    return list(found.values())


async def _read(response: Response, pool: SupportsParse, *, asked: str | None = None) -> Found | None:
    """Read a document as a feed; None for what is none, and for an empty one that only might be."""
    url = response.permanent_url or asked or response.url
    try:
        parsed: ParsedFeed = await pool.parse(
            response.body, feed="", url=response.url, content_type=response.content_type
        )
    except ParseError:
        return None
    if not parsed.kind:
        return None
    return Found(url=url, title=parsed.title, kind=parsed.kind, language=parsed.language, entries=len(parsed.entries))
