"""The pages: search and newest, one article, feed health, help. They read and search without JavaScript."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException

from rasid.app.web import marks, security
from rasid.app.web.context import WebContext
from rasid.app.web.feed_rows import HEALTHS, feed_rows
from rasid.app.web.links import own_path
from rasid.app.web.live import stream
from rasid.app.web.searching import SHOWN_FACETS, Asked, answer
from rasid.app.web.templating import templates

THEMES = ("auto", "light", "dark")
_MOST_WATCHERS = 100


class Pages:
    """Answers requests for pages."""

    def __init__(self, context: WebContext) -> None:
        self._context = context
        self._templates = templates()
        self._watchers = 0

    def search(self, request: Request) -> HTMLResponse:
        """Show the newest articles, or those that a search finds."""
        asked = Asked.of(request.query_params)
        found = answer(self._context, asked, facets=SHOWN_FACETS, wide=True)
        is_new = asked.is_front and found.page is not None and not found.page.total
        rows = feed_rows(self._context.feeds(), self._context.feed_store.states(), datetime.now(UTC)) if is_new else []
        response = self._page(
            request,
            "_results.html" if request.headers.get("hx-target") == "results" else "search.html",
            asked=asked,
            found=found,
            healths=Counter(row.health for row in rows),
        )
        if found.error:
            # htmx shows no failure, and the sentence is what the person needs.
            response.status_code = 200 if request.headers.get("hx-request") else 400
        response.headers["vary"] = "HX-Target, HX-Request, Cookie"
        return response

    def article(self, request: Request, article_id: str) -> HTMLResponse:
        """Show one article with its entities marked in the text."""
        document = self._context.index.get(article_id)
        if document is None:
            raise HTTPException(404, "There is no such article (any more).")
        enriched = document.enriched
        return self._page(
            request,
            "article.html",
            document=document,
            title=marks.pieces(enriched.article.title, marks.entity_spans(enriched, "title")),
            paragraphs=marks.paragraphs(enriched),
        )

    def feeds(self, request: Request, state: str = "") -> HTMLResponse:
        """Show how each feed is doing."""
        rows = feed_rows(self._context.feeds(), self._context.feed_store.states(), datetime.now(UTC))
        counts = Counter(row.health for row in rows)
        shown = [row for row in rows if row.health == state] if state in HEALTHS else rows
        return self._page(
            request,
            "feeds.html",
            rows=shown,
            counts=counts,
            total=len(rows),
            state=state if state in HEALTHS else "",
            error=self._context.feeds_error(),
        )

    def help(self, request: Request) -> HTMLResponse:
        """Say how to write a query, and which keys there are."""
        return self._page(request, "help.html")

    async def events(self, request: Request, after: str = "") -> Response:
        """Send newly indexed articles as they come (server-sent events), first those newer than the article `after`."""
        if self._watchers >= _MOST_WATCHERS:
            raise HTTPException(503, "Too many pages are watching; close some.")
        last = request.headers.get("last-event-id") or after
        return StreamingResponse(
            self._lines(request, last), media_type="text/event-stream", headers={"cache-control": "no-store"}
        )

    async def _lines(self, request: Request, after: str) -> AsyncIterator[str]:
        self._watchers += 1
        try:
            yield "retry: 3000\n\n"
            async for hit in stream(self._context, request.is_disconnected, after):
                if hit is None:
                    yield ": still here\n\n"
                    continue
                html = self._templates.get_template("_hit.html").render(hit=hit, fresh=True)
                data = "".join(f"data: {line}\n" for line in html.splitlines())
                yield f"event: article\nid: {hit.document.id}\n{data}\n"
        finally:
            self._watchers -= 1

    def preferences(
        self,
        request: Request,
        token: Annotated[str, Form()] = "",
        theme: Annotated[str, Form()] = "auto",
        back: Annotated[str, Form()] = "/",
    ) -> Response:
        """Keep the colours a person likes."""
        if not security.has_token(request, token):
            raise HTTPException(403, "This form is stale: go back, load the page again, and send it once more.")
        response = RedirectResponse(own_path(back), 303)
        chosen = theme if theme in THEMES else "auto"
        response.set_cookie("rasid_theme", chosen, max_age=31_536_000, httponly=True, samesite="strict")
        return response

    def error(self, request: Request, sentence: str, status: int) -> Response:
        """Show what went wrong."""
        response = self._page(request, "error.html", message=sentence)
        response.status_code = status
        return response

    def _page(self, request: Request, template: str, **values: object) -> HTMLResponse:
        session = security.session_of(request)
        theme = request.cookies.get("rasid_theme", "auto")
        query = f"?{request.url.query}" if request.url.query else ""
        html = self._templates.get_template(template).render(
            token=security.token_for(session),
            theme=theme if theme in THEMES else "auto",
            themes=THEMES,
            path=request.url.path,
            here=request.url.path + query,
            **values,
        )
        # A lone surrogate in a text is no reason to show nothing.
        response = HTMLResponse(html.encode(errors="replace"), headers={"cache-control": "no-store"})
        response.set_cookie(security.COOKIE, session, httponly=True, samesite="strict")
        return response

    page = _page  # the site's other pages are made by it too
