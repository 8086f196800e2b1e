"""The HTTP API: what the pages show, as JSON. The description of it is at /api/openapi.json."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, HTTPException, Query, Request, Response

from rasid.app.render import document_json, hit_json
from rasid.app.web.api_schema import ARTICLE, FEEDS, SEARCH, STATUS, answers, filter_parameters
from rasid.app.web.context import WebContext
from rasid.app.web.feed_rows import feed_rows
from rasid.app.web.searching import Asked, answer
from rasid.domain.search import FACETS


class Api:
    """Answers requests for data."""

    def __init__(self, context: WebContext) -> None:
        self._context = context

    def search(
        self,
        request: Request,
        q: Annotated[str, Query(description="words and fields in Lucene syntax; empty for everything")] = "",  # noqa: ARG002 - read from the address with its filters
        sort: Annotated[Literal["newest", "relevance"], Query()] = "newest",  # noqa: ARG002 - as above
        cursor: Annotated[str | None, Query(description="`cursor` of the page before")] = None,  # noqa: ARG002 - as above
        limit: Annotated[int, Query(ge=1, le=1000)] = 20,
        *,
        facets: Annotated[bool, Query(description="count the values of all hits too")] = False,
    ) -> Response:
        """Search the articles; filters are parameters named as the facets are."""
        found = answer(self._context, Asked.of(request.query_params), facets=FACETS if facets else (), limit=limit)
        if found.page is None:
            raise HTTPException(400, found.error)
        page = found.page
        return _json(
            {
                "total": page.total,
                "cursor": page.cursor,
                "notes": list(found.notes),
                "hits": [hit_json(hit) for hit in page.hits],
                "facets": {name: msgspec.to_builtins(counts) for name, counts in page.facets.items()},
            }
        )

    def article(self, article_id: str) -> Response:
        """Give one article whole."""
        document = self._context.index.get(article_id)
        if document is None:
            raise HTTPException(404, f"There is no article {article_id!r} (any more).")
        return _json(document_json(document))

    def feeds(self) -> Response:
        """Give the feeds and how they are doing."""
        rows = feed_rows(self._context.feeds(), self._context.feed_store.states(), datetime.now(UTC))
        return _json({"feeds": msgspec.to_builtins(rows), "error": self._context.feeds_error()})

    def healthz(self) -> Response:
        """Say that the process answers."""
        return _json({"status": "ok"})

    def readyz(self) -> Response:
        """Say whether searches work."""
        return _json({"status": "ok", "articles": self._context.index.count()})


def router(context: WebContext) -> APIRouter:
    """Give the routes of the API and the health probes."""
    routes, api = APIRouter(), Api(context)
    filters = {"parameters": filter_parameters()}
    routes.get("/api/search", responses=answers(SEARCH, 400, 422, 503), openapi_extra=filters)(api.search)
    routes.get("/api/articles/{article_id}", responses=answers(ARTICLE, 404, 422, 503))(api.article)
    routes.get("/api/feeds", responses=answers(FEEDS, 503))(api.feeds)
    routes.get("/healthz", responses=answers(STATUS))(api.healthz)
    routes.get("/readyz", responses=answers(STATUS, 503))(api.readyz)
    return routes


def _json(value: dict[str, Any]) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json", headers={"cache-control": "no-store"})
