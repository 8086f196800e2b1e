"""The HTTP API: what the pages show, as JSON. The description of it is at /api/openapi.json."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from rasid.adapters.luqum_query import parse_query
from rasid.app.render import document_json, hit_json
from rasid.app.web.api_schema import (
    ARTICLE,
    FEEDS,
    SAVED,
    SEARCH,
    SEARCHES,
    STATUS,
    SUGGESTIONS,
    answers,
    filter_parameters,
)
from rasid.app.web.context import WebContext
from rasid.app.web.feed_rows import feed_rows
from rasid.app.web.saved_searches import LONGEST_NAME, SavedSearch, SavedSearches
from rasid.app.web.searching import FILTERS, Asked, answer
from rasid.domain.search import FACETS, Sort

_MOST_TYPED = 4  # words of a name


class NewSearch(BaseModel):
    """A search to save: the text, order and filters of a search page's address."""

    model_config = ConfigDict(extra="forbid")  # a slip in a key would save a search for everything

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    q: str = ""
    sort: Sort = "newest"
    filters: list[tuple[str, str]] = []
    collapse: bool = True


class Api:
    """Answers requests for data."""

    def __init__(self, context: WebContext) -> None:
        self._context = context
        self._saved = SavedSearches(context.settings.data_dir)

    def search(
        self,
        request: Request,
        q: Annotated[str, Query(description="words and fields in Lucene syntax; empty for everything")] = "",  # noqa: ARG002 - read from the address with its filters
        sort: Annotated[Literal["newest", "relevance"], Query()] = "newest",  # noqa: ARG002 - as above
        cursor: Annotated[str | None, Query(description="`cursor` of the page before")] = None,  # noqa: ARG002 - as above
        limit: Annotated[int, Query(ge=1, le=1000)] = 20,
        show: Annotated[Literal["articles", "stories"], Query(description="stories: each once")] = "articles",  # noqa: ARG002 - as above
        *,
        facets: Annotated[bool, Query(description="count the values of all hits too")] = False,
    ) -> Response:
        """Search the articles; filters are parameters named as the facets are."""
        asked = Asked.of(request.query_params, default="articles")
        found = answer(self._context, asked, facets=FACETS if facets else (), limit=limit)
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

    def suggest(
        self,
        q: Annotated[str, Query(description="what is being typed; its last words count", max_length=500)] = "",
        limit: Annotated[int, Query(ge=1, le=50)] = 8,
    ) -> Response:
        """Suggest known people, bodies and places whose name, in any script, has words that begin like the last typed.

        `typed` is the part of `q` that they would stand for.
        """
        words = q.split()[-_MOST_TYPED:]
        for at in range(len(words)):
            typed = " ".join(words[at:])
            if found := self._context.analyzer.suggest(typed, limit):
                return _json({"typed": typed, "suggestions": [msgspec.to_builtins(one) for one in found]})
        return _json({"typed": "", "suggestions": []})

    def searches(
        self,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        after: Annotated[str, Query(description="`next` of the page before")] = "",
    ) -> Response:
        """List the saved searches by name."""
        held = self._saved.all()
        at = next((number + 1 for number, one in enumerate(held) if one.id == after), 0)
        page = held[at : at + limit]
        following = page[-1].id if len(held) > at + limit else None
        return _json({"total": len(held), "next": following, "searches": [_saved_json(one) for one in page]})

    def save(self, search: NewSearch) -> Response:
        """Save a search under a name; one of the same name is replaced. The query must make sense."""
        parse_query(search.q, self._context.analyzer)
        filters = tuple((name, value) for name, value in search.filters if name in FILTERS)
        saved = self._saved.save(search.name, search.q, sort=search.sort, filters=filters, collapse=search.collapse)
        return _json(_saved_json(saved), 201)

    def forget(self, search_id: str) -> Response:
        """Delete a saved search."""
        if not self._saved.delete(search_id):
            raise HTTPException(404, f"There is no saved search {search_id!r} (any more).")
        return _json({"status": "ok"})

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
    routes.get("/api/suggest", responses=answers(SUGGESTIONS, 422))(api.suggest)
    routes.get("/api/searches", responses=answers(SEARCHES, 422, 503))(api.searches)
    routes.post("/api/searches", status_code=201, responses=answers(SAVED, 400, 403, 422, 503, good_status=201))(
        api.save
    )
    routes.delete("/api/searches/{search_id}", responses=answers(STATUS, 403, 404, 503))(api.forget)
    routes.get("/api/articles/{article_id}", responses=answers(ARTICLE, 404, 422, 503))(api.article)
    routes.get("/api/feeds", responses=answers(FEEDS, 503))(api.feeds)
    routes.get("/healthz", responses=answers(STATUS))(api.healthz)
    routes.get("/readyz", responses=answers(STATUS, 503))(api.readyz)
    return routes


def _saved_json(saved: SavedSearch) -> dict[str, Any]:
    """Give a saved search with the addresses that it is read at."""
    asked = Asked(saved.q, saved.sort, saved.filters, collapse=saved.collapse)
    return {
        **msgspec.to_builtins(saved),
        "page": asked.address(),
        "atom": asked.feed("atom"),
        "json_feed": asked.feed("json"),
    }


def _json(value: dict[str, Any], status: int = 200) -> Response:
    headers = {"cache-control": "no-store"}
    return Response(msgspec.json.encode(value), status, media_type="application/json", headers=headers)
