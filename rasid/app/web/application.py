"""The application: its routes, its errors, and the guard around it all."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp

import rasid
from rasid.app.web import api, failures, security
from rasid.app.web.context import WebContext
from rasid.app.web.pages import Pages


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
    app.get("/", include_in_schema=False)(pages.search)
    app.get("/articles/{article_id}", include_in_schema=False)(pages.article)
    app.get("/feeds", include_in_schema=False)(pages.feeds)
    app.get("/help", include_in_schema=False)(pages.help)
    app.get("/events", include_in_schema=False)(pages.events)
    app.post("/preferences", include_in_schema=False)(pages.preferences)
    return app
