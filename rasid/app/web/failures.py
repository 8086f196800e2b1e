"""Errors as a person reads them: a page for pages, JSON with a sentence for the API. Never a trace of the inside."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from rasid.domain.errors import QueryError, RasidError

log = structlog.get_logger("rasid.web")
_SENTENCES = {
    404: "There is nothing at this address (any more).",
    405: "This address does not take that method.",
    500: "Something went wrong here; the log says what.",
}
ErrorPage = Callable[[Request, str, int], Response]


def install(app: FastAPI, error_page: ErrorPage) -> None:
    """Let the application answer every error in words."""

    def answer(request: Request, sentence: str, status: int) -> Response:
        if not request.url.path.startswith(("/api/", "/healthz", "/readyz")):
            return error_page(request, sentence, status)
        return Response(
            msgspec.json.encode({"error": sentence}), status, {"cache-control": "no-store"}, "application/json"
        )

    def on_http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        detail = error.detail if isinstance(error, HTTPException) else ""
        # Starlette's own details are bare phrases ("Not Found"); ours are sentences.
        return answer(request, _SENTENCES.get(status, detail) if detail.istitle() else detail, status)

    def on_invalid(request: Request, error: Exception) -> Response:
        found = error.errors() if isinstance(error, RequestValidationError) else []
        words = "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in found)
        return answer(request, f"A parameter cannot be used: {words}.", 422)

    def on_ours(request: Request, error: Exception) -> Response:
        if not isinstance(error, QueryError):
            log.warning("request failed", path=request.url.path, cause=str(error))
        return answer(request, str(error), 400 if isinstance(error, QueryError) else 503)

    def on_bug(request: Request, error: Exception) -> Response:
        log.error("request failed", path=request.url.path, cause=repr(error))  # the server itself logs the trace
        return answer(request, _SENTENCES[500], 500)

    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(RasidError, on_ours)
    app.add_exception_handler(Exception, on_bug)
