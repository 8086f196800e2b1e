"""The pages: search and newest, one article, feed health. They read and search without JavaScript."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib import resources
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

import rasid
from rasid.app.web import api, marks, security
from rasid.app.web.context import WebContext
from rasid.app.web.feed_rows import feed_rows
from rasid.app.web.live import stream
from rasid.app.web.searching import SHOWN_FACETS, Asked, answer

THEMES = ("auto", "light", "dark")
_RTL = {"ar", "fa", "ur", "he", "ckb"}


def create_app(context: WebContext) -> FastAPI:
    """Make the application for one running service."""
    app = FastAPI(
        title="Rasid", version=rasid.__version__, openapi_url="/api/openapi.json", docs_url=None, redoc_url=None
    )
    app.add_middleware(security.Guard, settings=context.settings)
    static = Path(str(resources.files("rasid.app.web"))) / "static"
    app.mount("/static", StaticFiles(directory=static), name="static")
    pages = _Pages(context)
    app.include_router(api.router(context))
    app.get("/", include_in_schema=False)(pages.search)
    app.get("/articles/{article_id}", include_in_schema=False)(pages.article)
    app.get("/feeds", include_in_schema=False)(pages.feeds)
    app.get("/events", include_in_schema=False)(pages.events)
    app.post("/preferences", include_in_schema=False)(pages.preferences)
    return app


class _Pages:
    def __init__(self, context: WebContext) -> None:
        self._context = context
        self._templates = Environment(
            loader=PackageLoader("rasid.app.web"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(
            direction=lambda language: "rtl" if language in _RTL else "auto",
            hit_pieces=marks.hit_pieces,
            snippet=marks.snippet,
            version=rasid.__version__,
        )

    def search(self, request: Request) -> HTMLResponse:
        """Show the newest articles, or those that a search finds."""
        asked = Asked.of(request.query_params)
        only_results = request.headers.get("hx-target") == "results"
        found = answer(self._context, asked, facets=SHOWN_FACETS)
        template = "_results.html" if only_results else "search.html"
        response = self._page(
            request, template, asked=asked, found=found, is_front=not asked.text and not asked.filters
        )
        if found.error:
            response.status_code = 400
        response.headers["vary"] = "HX-Target"
        return response

    def article(self, request: Request, article_id: str) -> HTMLResponse:
        """Show one article with its entities marked in the text."""
        document = self._context.index.get(article_id)
        if document is None:
            response = self._page(request, "error.html", message="There is no such article (any more).")
            response.status_code = 404
            return response
        title = marks.pieces(document.enriched.article.title, marks.entity_spans(document.enriched, "title"))
        paragraphs = marks.paragraphs(document.enriched)
        return self._page(request, "article.html", document=document, title=title, paragraphs=paragraphs)

    def feeds(self, request: Request) -> HTMLResponse:
        """Show how each feed is doing."""
        rows = feed_rows(self._context.feeds(), self._context.feed_store.states())
        return self._page(request, "feeds.html", rows=rows, error=self._context.feeds_error())

    async def events(self, request: Request) -> StreamingResponse:
        """Send newly indexed articles as they come (server-sent events)."""

        async def lines() -> AsyncIterator[str]:
            async for hit in stream(self._context, request.is_disconnected):
                if hit is None:
                    yield ": still here\n\n"
                    continue
                html = self._templates.get_template("_hit.html").render(hit=hit, fresh=True)
                yield "event: article\n" + "".join(f"data: {line}\n" for line in html.splitlines()) + "\n"

        return StreamingResponse(lines(), media_type="text/event-stream", headers={"cache-control": "no-store"})

    def preferences(
        self, request: Request, token: Annotated[str, Form()] = "", theme: Annotated[str, Form()] = "auto"
    ) -> Response:
        """Keep the colours a person likes."""
        if not security.has_token(request, token):
            return HTMLResponse("This form is stale: go back and load the page again.", 403)
        response = RedirectResponse("/", 303)
        chosen = theme if theme in THEMES else "auto"
        response.set_cookie("rasid_theme", chosen, max_age=31_536_000, httponly=True, samesite="strict")
        return response

    def _page(self, request: Request, template: str, **values: object) -> HTMLResponse:
        token = security.token_of(request)
        theme = request.cookies.get("rasid_theme", "auto")
        html = self._templates.get_template(template).render(
            token=token, theme=theme if theme in THEMES else "auto", themes=THEMES, path=request.url.path, **values
        )
        response = HTMLResponse(html, headers={"cache-control": "no-store"})
        response.set_cookie(security.COOKIE, token, httponly=True, samesite="strict")
        return response
