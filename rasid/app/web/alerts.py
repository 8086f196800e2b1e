"""The inbox: alerts newest first, why each came, and what a person may do about it. Works without JavaScript."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, get_args
from urllib.parse import urlencode

from fastapi import Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException

from rasid.app.delivery.render import title_of
from rasid.app.delivery.words import LANGUAGES, OWN_NAMES, word
from rasid.app.inbox import Inbox, Silence
from rasid.app.web import security
from rasid.app.web.alert_marks import marked, shown_words
from rasid.app.web.context import WebContext
from rasid.app.web.links import own_path
from rasid.app.web.templating import templates
from rasid.domain.alert import AlertLevel
from rasid.domain.delivery import Language
from rasid.domain.judgement import InboxFilter, InboxItem, Precision

Action = Literal[
    "ack", "right", "wrong", "unjudge", "snooze_hour", "snooze_day", "mute", "unmute",
]  # fmt: skip
LEVELS: tuple[AlertLevel, ...] = get_args(AlertLevel)
PAGE = 50
_LOOK_SECONDS = 0.5
_STILL_HERE = 30
_MOST_WATCHERS = 50
ShowPage = Callable[..., HTMLResponse]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for."""

    rule: str = ""
    level: AlertLevel | Literal[""] = ""
    is_open: bool = False
    after: str = ""
    language: Language = "en"

    @classmethod
    def of(cls, request: Request) -> Wanted:
        """Read it; the language from the address, else as the browser prefers."""
        given = request.query_params
        level = given.get("level", "")
        return cls(
            rule=given.get("rule", ""),
            level=level if level in LEVELS else "",
            is_open=given.get("open") == "1",
            after=given.get("after", ""),
            language=language_of(given.get("lang", ""), request.headers.get("accept-language", "")),
        )

    def filter(self) -> InboxFilter:
        """Give it as the store takes it."""
        return InboxFilter(rule=self.rule or None, level=self.level or None, is_open=self.is_open)

    def address(self, path: str = "/alerts", **changes: object) -> str:
        """Give the address of this with changes."""
        to = replace(self, **{"after": "", **changes})  # type: ignore[arg-type]  # by field names
        given = {"rule": to.rule, "level": to.level, "open": "1" if to.is_open else "", "after": to.after}
        return f"{path}?{urlencode({**{k: v for k, v in given.items() if v}, 'lang': to.language})}"


class AlertPages:
    """Answers requests for the inbox."""

    def __init__(self, context: WebContext, page: ShowPage) -> None:
        self._context = context
        self._page = page
        self._templates = templates()
        self._watchers = 0

    def list(self, request: Request) -> HTMLResponse:
        """Show the alerts that the address asks for."""
        inbox, wanted = self._inbox(), Wanted.of(request)
        items = inbox.alerts.inbox(wanted.filter(), limit=PAGE + 1, after=wanted.after or None)
        rules = inbox.alerts.rules()
        return self._page(
            request,
            "alerts.html",
            **self._common(wanted),
            items=items[:PAGE],
            older=wanted.address(after=items[PAGE - 1].alert.id) if len(items) > PAGE else "",
            total=inbox.alerts.count(wanted.filter()),
            open_count=inbox.alerts.count(InboxFilter(is_open=True)),
            rules=rules,
            silent=inbox.silent(),
            precision=inbox.alerts.precision(),
            levels=LEVELS,
            notify_error=self._context.notify_error(),
            fresh=False,
        )

    def one(self, request: Request, alert_id: str) -> HTMLResponse:
        """Show one alert: why it came, with the words marked in its articles, and who was told."""
        inbox, wanted = self._inbox(), Wanted.of(request)
        item = inbox.alerts.get(alert_id)
        if item is None:
            raise HTTPException(404, "There is no such alert (any more).")
        documents = [self._context.index.get(one) for one in item.alert.article_ids[:10]]
        return self._page(
            request,
            "alert.html",
            **self._common(wanted),
            item=item,
            reasons=[
                (why, shown_words([one for one in documents if one], why, self._context.analyzer))
                for why in item.alert.why
            ],
            documents=[
                (document, marked(document, item.alert.why, self._context.analyzer))
                for document in documents
                if document
            ],
            gone=len(documents) - sum(document is not None for document in documents),
            silent=inbox.silent(),
            precision=inbox.alerts.precision(),
            fresh=False,
        )

    def act(
        self,
        request: Request,
        action: Annotated[Action, Form()],
        alert: Annotated[str, Form()] = "",
        rule: Annotated[str, Form()] = "",
        token: Annotated[str, Form()] = "",
        back: Annotated[str, Form()] = "/alerts",
    ) -> Response:
        """Do what a button says, and go back to where it stood."""
        if not security.has_token(request, token):
            raise HTTPException(403, "This form is stale: go back, load the page again, and send it once more.")
        inbox = self._inbox()
        user = self._context.settings.web_trusted_user_header
        by = request.headers.get(user, "") if user else ""
        match action:
            case "ack":
                inbox.acknowledge([alert])
            case "right" | "wrong" | "unjudge":
                inbox.judge(alert, None if action == "unjudge" else action)
            case "mute":
                inbox.mute(_needed(rule), by=by)
            case "unmute":
                inbox.unmute(_needed(rule), by=by)
            case _:
                inbox.snooze(_needed(rule), timedelta(hours=1 if action == "snooze_hour" else 24), by=by)
        return RedirectResponse(own_path(back), 303)

    async def events(self, request: Request) -> Response:
        """Send alerts as they come (server-sent events), first those newer than the alert `after`."""
        self._inbox()
        if self._watchers >= _MOST_WATCHERS:
            raise HTTPException(503, "Too many pages are watching; close some.")
        wanted = Wanted.of(request)
        last = request.headers.get("last-event-id") or wanted.after
        lines = self._lines(request, replace(wanted, after=""), last)
        return StreamingResponse(lines, media_type="text/event-stream", headers={"cache-control": "no-store"})

    async def _lines(self, request: Request, wanted: Wanted, last: str) -> AsyncIterator[str]:
        self._watchers += 1
        try:
            yield "retry: 3000\n\n"
            token = security.token_for(security.session_of(request))
            async for item in self._stream(request, wanted, last):
                if item is None:
                    yield ": still here\n\n"
                    continue
                values = {**self._common(wanted), "item": item, "silent": {}, "precision": {}, "fresh": True}
                html = self._templates.get_template("_alert.html").render(token=token, here=wanted.address(), **values)
                data = "".join(f"data: {line}\n" for line in html.splitlines())
                yield f"event: article\nid: {item.alert.id}\n{data}\n"
        finally:
            self._watchers -= 1

    async def _stream(self, request: Request, wanted: Wanted, last: str) -> AsyncIterator[InboxItem | None]:
        """Give the alerts from now on, oldest first; None now and then. Ends with the reader or the service."""
        inbox, version, quiet = self._inbox(), -1, 0
        known: set[str] | None = None
        while not self._context.stop.is_set() and not await request.is_disconnected():
            now = await asyncio.to_thread(inbox.version)
            if now != version:
                version = now
                newest = await asyncio.to_thread(inbox.alerts.inbox, wanted.filter(), limit=PAGE)
                ids = [item.alert.id for item in newest]
                if known is None:
                    known = set(ids[ids.index(last) :]) if last in ids else set(ids) if not last else set()
                fresh = [item for item in reversed(newest) if item.alert.id not in known]
                known |= set(ids)
                for item in fresh:
                    quiet = 0
                    yield item
            quiet += 1
            if quiet >= _STILL_HERE:
                quiet = 0
                yield None
            await asyncio.sleep(_LOOK_SECONDS)

    def _inbox(self) -> Inbox:
        if self._context.inbox is None:
            raise HTTPException(404, "This page keeps no alerts.")
        return self._context.inbox

    def _common(self, wanted: Wanted) -> dict[str, object]:
        language = wanted.language
        return {
            "wanted": wanted,
            "t": lambda key, *values: word(key, language, *values),
            "ui": language,
            "languages": [(one, OWN_NAMES[one]) for one in LANGUAGES],
            "title_of": lambda alert: title_of(alert, language),
            "shown_precision": lambda found: shown_precision(found, language),
            "shown_silence": lambda silence: shown_silence(silence, language),
            "asked_at": datetime.now(UTC),
        }


def language_of(given: str, accepted: str) -> Language:
    """Give the language to speak: the one asked for, else the first one the browser accepts that we speak."""
    for part in (given, *accepted.split(",")):
        code = part.partition(";")[0].strip().lower().partition("-")[0]
        if code in LANGUAGES:
            return code
    return "en"


def shown_precision(found: Precision | None, language: Language) -> str:
    """Write a rule's measured precision with its interval, "" where nothing was judged."""
    if found is None or found.share is None:
        return ""
    low, high = found.interval
    judged = found.right + found.wrong
    return word("precision", language, f"{found.share * 100:.0f}", f"{low * 100:.0f}", f"{high * 100:.0f}", judged)


def shown_silence(silence: Silence | None, language: Language) -> str:
    """Write that a rule is silent, "" where it is not."""
    if silence is None:
        return ""
    if silence.until is None:
        return word("muted", language)
    return word("snoozed", language, f"{silence.until:%Y-%m-%d %H:%M} UTC")


def _needed(rule: str) -> str:
    if not rule:
        raise HTTPException(422, "The form names no rule.")
    return rule
