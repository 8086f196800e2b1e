"""Any search as Atom (RFC 4287) and as JSON Feed 1.1: the newest articles that it finds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
from fastapi import Request, Response
from starlette.exceptions import HTTPException

from rasid.app.web.atom import EPOCH, XML_LANG, add
from rasid.app.web.atom import feed as begin
from rasid.app.web.context import WebContext
from rasid.app.web.links import web_link
from rasid.app.web.searching import Asked, answer
from rasid.domain.search import Hit

_ENTRIES = 50
_LONGEST = 1_000  # characters of a text: a feed tells of articles, it does not carry them
_TYPES = {"atom": "application/atom+xml", "json": "application/feed+json"}


class SearchFeeds:
    """Answers requests for feeds of searches; a client that has the newest state already gets a 304."""

    def __init__(self, context: WebContext) -> None:
        self._context = context

    def search(self, request: Request, form: str) -> Response:
        """Give the newest articles of a search, addressed as on its page; with `show=stories` each story once."""
        if form not in _TYPES:
            raise HTTPException(404, "There is no such feed; there are search.atom and search.json.")
        asked = Asked.of(request.query_params, default="articles")
        found = answer(self._context, asked, limit=_ENTRIES)
        if found.page is None:
            raise HTTPException(400, found.error)
        base = str(request.base_url).rstrip("/")
        where = str(request.url)
        body = (_atom if form == "atom" else _json)(found.page.hits, asked, base, where)
        tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        headers = {"etag": tag, "cache-control": "no-cache"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=_TYPES[form], headers=headers)


def _title(asked: Asked) -> str:
    words = [asked.text, *(f"{name}:{value}" for name, value in asked.filters)]
    return "Rasid: " + (" ".join(word for word in words if word) or "newest articles")


def _atom(hits: Sequence[Hit], asked: Asked, base: str, where: str) -> bytes:
    feed = begin()
    add(feed, "id", f"urn:rasid:search:{hashlib.blake2b(asked.address().encode(), digest_size=12).hexdigest()}")
    add(feed, "title", _title(asked))
    add(feed, "updated", max((_seen(hit) for hit in hits), default=EPOCH))
    add(add(feed, "author"), "name", "Rasid")
    add(feed, "link", rel="self", href=where)
    add(feed, "link", rel="alternate", href=base + asked.address(), type="text/html")
    for hit in hits:
        enriched = hit.document.enriched
        article = enriched.article
        entry = add(feed, "entry")
        entry.set(XML_LANG, "" if enriched.language == "und" else enriched.language)
        add(entry, "id", f"urn:rasid:article:{article.id}")
        add(entry, "title", article.title or "(no title)")
        if article.published_at:
            add(entry, "published", article.published_at.isoformat())
        add(entry, "updated", _seen(hit))
        add(entry, "link", rel="alternate", href=f"{base}/articles/{article.id}", type="text/html")
        if url := web_link(article.url):
            add(entry, "link", rel="related", href=url)
        add(add(entry, "source"), "title", article.source)
        add(entry, "summary", _summary(article.text), type="text")
    made: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return made


def _json(hits: Sequence[Hit], asked: Asked, base: str, where: str) -> bytes:
    return msgspec.json.encode(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": _title(asked),
            "home_page_url": base + asked.address(),
            "feed_url": where,
            "items": [_item(hit, base) for hit in hits],
        }
    )


def _item(hit: Hit, base: str) -> dict[str, Any]:
    enriched = hit.document.enriched
    article = enriched.article
    url = web_link(article.url)
    return {
        "id": f"urn:rasid:article:{article.id}",
        "url": f"{base}/articles/{article.id}",
        **({"external_url": url} if url else {}),
        "title": article.title or "(no title)",
        "content_text": _summary(article.text),
        "date_published": article.published_at or article.first_seen_at,
        "date_modified": article.first_seen_at,
        "authors": [{"name": article.source}],
        **({} if enriched.language == "und" else {"language": enriched.language}),
        "tags": list(article.tags),
    }


def _seen(hit: Hit) -> str:
    return hit.document.enriched.article.first_seen_at.isoformat()


def _summary(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rsplit(' ', 1)[0]} …"
