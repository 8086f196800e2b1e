"""The page of saved searches: run one, subscribe to one, delete one. Works without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from fastapi import Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from rasid.adapters.luqum_query import parse_query
from rasid.app.web import security
from rasid.app.web.context import WebContext
from rasid.app.web.saved_searches import SavedSearch, SavedSearches
from rasid.app.web.searching import Asked

ShowPage = Callable[..., HTMLResponse]
_STALE = "This form is stale: go back, load the page again, and send it once more."


class SavedPages:
    """Answers requests for the page of saved searches, and its forms."""

    def __init__(self, context: WebContext, page: ShowPage) -> None:
        self._context = context
        self._saved = SavedSearches(context.settings.data_dir)
        self._page = page

    def list(self, request: Request) -> HTMLResponse:
        """Show them by name."""
        rows = [(one, _asked(one)) for one in self._saved.all()]
        return self._page(request, "searches.html", rows=rows)

    def save(
        self,
        request: Request,
        token: Annotated[str, Form()] = "",
        name: Annotated[str, Form()] = "",
        address: Annotated[str, Form()] = "",
    ) -> Response:
        """Keep the search of an address under a name."""
        if not security.has_token(request, token):
            raise HTTPException(403, _STALE)
        asked = Asked.of(QueryParams(parse_qsl(urlsplit(address).query)))
        parse_query(asked.text, self._context.analyzer)
        self._saved.save(name, asked.text, sort=asked.sort, filters=asked.filters, collapse=asked.collapse)
        return RedirectResponse("/searches", 303)

    def delete(
        self,
        request: Request,
        token: Annotated[str, Form()] = "",
        id: Annotated[str, Form()] = "",  # noqa: A002 - the form's name
    ) -> Response:
        """Forget one."""
        if not security.has_token(request, token):
            raise HTTPException(403, _STALE)
        self._saved.delete(id)
        return RedirectResponse("/searches", 303)


def _asked(saved: SavedSearch) -> Asked:
    return Asked(saved.q, saved.sort, saved.filters, collapse=saved.collapse)
