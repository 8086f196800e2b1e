"""What the Elasticsearch adapter shares: how a client is made, and what its errors mean to a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from elasticsearch import ApiError, Elasticsearch, TransportError
from elasticsearch import exceptions as known

from rasid.domain.errors import StoreError

TIMEOUT = 30.0
# Seconds waited, one after the other, for a server that is busy.
DELAYS = (0.1, 0.3, 1.0, 3.0, 9.0)
# These say how the server is, and nothing about the document or the question.
OUTAGE = {401, 403, 404, 408, 429, 500, 502, 503, 504}


def connect(address: str, *, api_key: str | None, ca_certs: str | None, timeout: float) -> Elasticsearch:
    """Make a client of one server or cluster; nothing is asked of it yet.

    The client itself never retries: it would ask at once again, where a busy server wants time.
    """
    security: dict[str, Any] = {"ca_certs": ca_certs} if ca_certs else {}
    try:
        return Elasticsearch(address, api_key=api_key, request_timeout=timeout, max_retries=0, **security)
    except (ValueError, OSError) as error:
        raise StoreError(f"Elasticsearch at {address!r} cannot be asked: {error}") from error


@contextmanager
def translate(address: str) -> Iterator[None]:
    """Turn the client's errors into ours, naming the server and what to do; no secret is in the text."""
    try:
        yield
    except known.AuthenticationException as error:
        raise StoreError(f"Elasticsearch at {address} does not accept the API key: check or renew it") from error
    except known.AuthorizationException as error:
        message = f"Elasticsearch at {address} does not allow this to the API key ({reason(error)}): give it the rights"
        raise StoreError(message) from error
    except ApiError as error:
        raise StoreError(f"Elasticsearch at {address} failed ({error.status_code}): {reason(error)}") from error
    except TransportError as error:
        message = f"Elasticsearch at {address} does not answer ({error.message}): is it running, and the address right?"
        raise StoreError(message) from error


def reason(error: ApiError) -> str:
    """Give the server's own words, the innermost cause first."""
    body = error.body if isinstance(error.body, dict) else {}
    return cause(body.get("error")) or error.message


def cause(error: object) -> str:
    """Give an error object of the server as `type: reason`, with what caused it."""
    if not isinstance(error, dict):
        return str(error or "")
    roots = error.get("root_cause") or [error]
    said = f"{roots[0].get('type')}: {roots[0].get('reason')}"
    within = error.get("caused_by")
    return f"{said} ({cause(within)})" if within else said
