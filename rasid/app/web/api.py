"""The HTTP API: what the pages show, as JSON. The description of it is at /api/openapi.json."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, HTTPException, Query, Request, Response

from rasid.app.render import document_json, hit_json
from rasid.app.web.api_schema import ARTICLE, FEEDS, SEARCH, STATUS, answers, filter_parameters
from rasid.app.web.context import WebContext
from rasid.app.web.feed_rows import feed_rows
from rasid.app.web.searching import Asked, answer
from rasid.domain.search import FACETS


def router(context: WebContext) -> APIRouter:
    """Give the routes of the API and the health probes."""
    routes = APIRouter()

    @routes.get(
        "/api/search",
        responses=answers(SEARCH, 400, 422, 503),
        openapi_extra={"parameters": filter_parameters()},
    )
    def search(
        request: Request,
        q: Annotated[str, Query(description="words and fields in Lucene syntax; empty for everything")] = "",  # noqa: ARG001 - read from the address with its filters
        sort: Annotated[Literal["newest", "relevance"], Query()] = "newest",  # noqa: ARG001 - as above
        cursor: Annotated[str | None, Query(description="`cursor` of the page before")] = None,  # noqa: ARG001 - as above
        limit: Annotated[int, Query(ge=1, le=1000)] = 20,
        *,
        facets: Annotated[bool, Query(description="count the values of all hits too")] = False,
    ) -> Response:
        """Search the articles; filters are parameters named as the facets are."""
        found = answer(context, Asked.of(request.query_params), facets=FACETS if facets else (), limit=limit)
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

    @routes.get("/api/articles/{article_id}", responses=answers(ARTICLE, 404, 503))
    def article(article_id: str) -> Response:
        """Give one article whole."""
        document = context.index.get(article_id)
        if document is None:
            raise HTTPException(404, f"There is no article {article_id!r} (any more).")
        return _json(document_json(document))

    @routes.get("/api/feeds", responses=answers(FEEDS, 503))
    def feeds() -> Response:
        """Give the feeds and how they are doing."""
        rows = feed_rows(context.feeds(), context.feed_store.states())
        return _json({"feeds": msgspec.to_builtins(rows), "error": context.feeds_error()})

    @routes.get("/healthz", responses=answers(STATUS))
    def healthz() -> Response:
        """Say that the process answers."""
        return _json({"status": "ok"})

    @routes.get("/readyz", responses=answers(STATUS, 503))
    def readyz() -> Response:
        """Say whether searches work."""
        return _json({"status": "ok", "articles": context.index.count()})

    return routes


def _json(value: dict[str, Any]) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json", headers={"cache-control": "no-store"})
