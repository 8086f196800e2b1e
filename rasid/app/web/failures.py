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

from rasid.domain.errors import InputError, RasidError

log = structlog.get_logger("rasid.web")
_SENTENCES = {
    404: "There is nothing at this address (any more).",
    405: "This address does not take that method.",
    500: "Something went wrong here; the log says what.",
}
ErrorPage = Callable[[Request, str, int], Response]


def install(app: FastAPI, error_page: ErrorPage) -> None:
    """Let the application answer every error in words."""
    failures = _Failures(error_page)
    app.add_exception_handler(HTTPException, failures.on_http)
    app.add_exception_handler(RequestValidationError, failures.on_invalid)
    app.add_exception_handler(RasidError, failures.on_ours)
    app.add_exception_handler(Exception, failures.on_bug)


class _Failures:
    def __init__(self, error_page: ErrorPage) -> None:
        self._error_page = error_page

    def on_http(self, request: Request, error: Exception) -> Response:
        status, detail = (error.status_code, error.detail) if isinstance(error, HTTPException) else (500, "")
        # Starlette's own details are bare phrases ("Not Found"); ours are sentences.
        return self._answer(request, _SENTENCES.get(status, detail) if detail.istitle() else detail, status)

    def on_invalid(self, request: Request, error: Exception) -> Response:
        found = error.errors() if isinstance(error, RequestValidationError) else []
        words = "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in found)
        return self._answer(request, f"A parameter cannot be used: {words}.", 422)

    def on_ours(self, request: Request, error: Exception) -> Response:
        if isinstance(error, InputError):
            return self._answer(request, str(error), 400)
        log.warning("request failed", path=request.url.path, cause=str(error))
        return self._answer(request, str(error), 503)

    def on_bug(self, request: Request, error: Exception) -> Response:
        log.error("request failed", path=request.url.path, cause=repr(error))  # the server itself logs the trace
        return self._answer(request, _SENTENCES[500], 500)

    def _answer(self, request: Request, sentence: str, status: int) -> Response:
        if not request.url.path.startswith(("/api/", "/healthz", "/readyz")):
            return self._error_page(request, sentence, status)
        body = msgspec.json.encode({"error": sentence})
        return Response(body, status, {"cache-control": "no-store"}, "application/json")
