"""Alerts as Atom (RFC 4287) and JSON Feed 1.1, all of them or one rule's."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import msgspec
from fastapi import Request, Response
from starlette.exceptions import HTTPException

from rasid.app.delivery.render import entry
from rasid.app.delivery.words import word
from rasid.app.web.alerts import language_of
from rasid.app.web.atom import EPOCH, XML_LANG, add
from rasid.app.web.atom import feed as begin
from rasid.app.web.context import WebContext
from rasid.app.web.links import web_link
from rasid.domain.alert import Alert
from rasid.domain.delivery import Language
from rasid.domain.judgement import InboxFilter

_MOST = 100
TYPES = {"atom": "application/atom+xml; charset=utf-8", "json": "application/feed+json"}


class AlertFeeds:
    """Answers requests for feeds."""

    def __init__(self, context: WebContext) -> None:
        self._context = context

    def everything(self, request: Request, form: str) -> Response:
        """Give all alerts."""
        return self._feed(request, None, form)

    def rule(self, request: Request, name: str) -> Response:
        """Give one rule's alerts; `name` is its id with .atom or .json behind it."""
        rule, _, form = name.rpartition(".")
        return self._feed(request, rule, form)

    def _feed(self, request: Request, rule: str | None, form: str) -> Response:
        if self._context.inbox is None or form not in TYPES:
            raise HTTPException(404, "There is no such feed; there are .atom and .json.")
        alerts = [item.alert for item in self._context.inbox.alerts.inbox(InboxFilter(rule=rule), limit=_MOST)]
        language = language_of(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))
        base = str(request.base_url).rstrip("/")
        where = f"{base}{quote(request.url.path)}"
        make = atom if form == "atom" else json_feed
        body = make(alerts, rule, language, base, where)
        tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        headers = {"etag": tag, "cache-control": "no-cache", "vary": "accept-language"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=TYPES[form], headers=headers)


def atom(alerts: Sequence[Alert], rule: str | None, language: Language, base: str, where: str) -> bytes:
    """Give the Atom document."""
    feed = begin()
    feed.set(XML_LANG, language)
    add(feed, "id", f"urn:rasid:alerts:{quote(rule or '')}")
    add(feed, "title", _title(rule, language))
    add(feed, "updated", alerts[0].created_at.isoformat() if alerts else EPOCH)
    add(add(feed, "author"), "name", "Rasid")
    add(feed, "link", rel="self", href=where)
    add(feed, "link", rel="alternate", href=f"{base}/alerts", type="text/html")
    for alert in alerts:
        told = entry(alert, language, base)
        one = add(feed, "entry")
        one.set(XML_LANG, told["title_language"] or "")
        add(one, "id", f"urn:rasid:alert:{alert.id}")
        add(one, "title", told["title"])
        add(one, "published", alert.created_at.isoformat())
        add(one, "updated", alert.created_at.isoformat())
        add(one, "link", rel="alternate", href=told["link"], type="text/html")
        for article in alert.articles:
            if web_link(article.url):
                add(one, "link", rel="related", href=article.url or "", title=article.title)
        add(one, "category", term=alert.rule)
        content = add(one, "content", _text(told), type="text")
        content.set(XML_LANG, language)
    made: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return made


def json_feed(alerts: Sequence[Alert], rule: str | None, language: Language, base: str, where: str) -> bytes:
    """Give the JSON Feed document."""
    return msgspec.json.encode(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": _title(rule, language),
            "home_page_url": f"{base}/alerts",
            "feed_url": where,
            "language": language,
            "items": [_item(alert, language, base) for alert in alerts],
        }
    )


def _item(alert: Alert, language: Language, base: str) -> dict[str, Any]:
    told = entry(alert, language, base)
    external = next((one.url for one in alert.articles if web_link(one.url)), None)
    return {
        "id": f"urn:rasid:alert:{alert.id}",
        "url": told["link"],
        **({"external_url": external} if external else {}),
        "title": told["title"],
        "content_text": _text(told),
        "date_published": alert.created_at,
        **({"language": told["title_language"]} if told["title_language"] else {}),
        "tags": [alert.rule, alert.level, alert.kind],
    }


def _title(rule: str | None, language: Language) -> str:
    return f"Rasid: {word('alerts', language)}" + (f" · {rule}" if rule is not None else "")


def _text(told: dict[str, Any]) -> str:
    lines = [*told["badges"], told["text"], told["count"], told["rule"]]
    lines += [f"{told['changed']}: {told['difference']}"] if told["difference"] else []
    lines += [f"{article['source']} · {article['seen']}" for article in told["articles"]]
    lines += [f"{told['why_word']}: {why['clause']}" for why in told["why"]]
    return "\n".join(line for line in lines if line)
