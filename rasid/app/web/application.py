"""The application: its routes, its errors, and the guard around it all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import resources
from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import ASGIApp

import rasid
from rasid.app import metrics
from rasid.app.web import api, failures, security
from rasid.app.web.alert_feeds import AlertFeeds
from rasid.app.web.alerts import AlertPages
from rasid.app.web.context import WebContext
from rasid.app.web.pages import Pages
from rasid.app.web.rules import RulePages
from rasid.app.web.saved_pages import SavedPages
from rasid.app.web.search_feeds import SearchFeeds
from rasid.app.web.stories import StoryPages


def create_app(context: WebContext) -> ASGIApp:
    """Make the guarded application for one running service.

    The guard stands outside of everything, so that its headers are on the answer to a failure too.
    """
    return security.Guard(build(context), context.settings)


def build(context: WebContext) -> FastAPI:
    """Make the application alone."""
    app = FastAPI(
        title="Rasid",
        summary="Search the news articles that Rasid has seen.",
        version=rasid.__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    static = Path(str(resources.files("rasid.app.web"))) / "static"
    app.mount("/static", StaticFiles(directory=static), name="static")
    pages = Pages(context)
    failures.install(app, pages.error)
    app.include_router(api.router(context))
    _pages(app, context, pages)
    _rules(app, RulePages(context, pages.page))
    _alerts(app, AlertPages(context, pages.page), AlertFeeds(context))
    return app


def _pages(app: FastAPI, context: WebContext, pages: Pages) -> None:
    """Add the reading: articles, stories, feeds, searches and what is kept of them."""
    app.get("/", include_in_schema=False)(pages.search)
    app.get("/articles/{article_id}", include_in_schema=False)(pages.article)
    app.get("/stories/{story_id}", include_in_schema=False)(StoryPages(context, pages.page).story)
    app.get("/feeds", include_in_schema=False)(pages.feeds)
    app.get("/metrics", include_in_schema=False)(_metrics(context))
    app.get("/help", include_in_schema=False)(pages.help)
    app.get("/events", include_in_schema=False)(pages.events)
    app.post("/preferences", include_in_schema=False)(pages.preferences)
    saved = SavedPages(context, pages.page)
    app.get("/searches", include_in_schema=False)(saved.list)
    app.post("/searches", include_in_schema=False)(saved.save)
    app.post("/searches/delete", include_in_schema=False)(saved.delete)
    app.get("/feeds/search.{form}", include_in_schema=False)(SearchFeeds(context).search)


def _rules(app: FastAPI, rules: RulePages) -> None:
    app.get("/rules", include_in_schema=False)(rules.list)
    app.get("/rules/edit", include_in_schema=False)(rules.edit)
    app.post("/rules/preview", include_in_schema=False)(rules.preview)
    app.post("/rules/save", include_in_schema=False)(rules.save)


def _alerts(app: FastAPI, alerts: AlertPages, feeds: AlertFeeds) -> None:
    app.get("/alerts", include_in_schema=False)(alerts.list)
    app.get("/alerts/events", include_in_schema=False)(alerts.events)
    app.post("/alerts/act", include_in_schema=False)(alerts.act)
    app.get("/alerts/{alert_id}", include_in_schema=False)(
        alerts.one
    )  # after the fixed ones: the first that fits answers
    app.get("/feeds/alerts.{form}", include_in_schema=False)(feeds.everything)
    app.get("/feeds/rules/{name:path}", include_in_schema=False)(feeds.rule)


def _metrics(context: WebContext) -> Callable[[], Awaitable[Response]]:
    """Give what the service counts, for Prometheus, behind the same guard as the pages."""

    async def answer() -> Response:
        return Response(await metrics.text(context.lags), media_type=metrics.CONTENT_TYPE)

    return answer
