"""Fetch one address safely: public hosts only, bounded in bytes, seconds, headers and redirects, politely.

Everything that can go wrong comes out as a FetchError whose text a person can act on and whose weight says how much it
counts against a feed (rasid.domain.errors.FailureWeight).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from types import TracebackType
from typing import Self

from aiohttp import ClientResponse, ClientSession, ClientTimeout, DummyCookieJar
from aiohttp.client_exceptions import ClientError
from yarl import URL

from ingest.addresses import RefusedAddressError, check_host, parse_allowed
from ingest.courtesy import TOO_MANY_REQUESTS_PAUSE, Courtesy, HostBlockedError, host_key
from ingest.decompress import ACCEPT_ENCODING, Body, DecodingError, TooLargeError
from ingest.fetch_failures import GoneError, failed_status, failed_transfer
from ingest.guarded_connector import Lookup, guarded_connector, system_lookup
from ingest.http_headers import max_age, retry_after, validator
from ingest.web_urls import BadURLError, follow, parse_url, readable, shorten, without_credentials
from rasid.domain.errors import FailureWeight, FetchError

__all__ = ["FEEDS", "FetchLimits", "FetchSettings", "Fetcher", "GoneError", "HostBlockedError", "Response"]

FEEDS = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)
_PERMANENT = (HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT)
_REDIRECTS = (*_PERMANENT, HTTPStatus.FOUND, HTTPStatus.SEE_OTHER, HTTPStatus.TEMPORARY_REDIRECT)
_FULL = (HTTPStatus.OK, HTTPStatus.NON_AUTHORITATIVE_INFORMATION)
_SILENCING = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """What one fetch may cost.

    `max_bytes` holds on the wire and inflated; `total_seconds` covers names, TLS, redirects and body, not the wait for
    the host's turn; `max_header_bytes` is for one header, of which there may be `max_headers`.
    """

    max_bytes: int = 10 * 2**20
    total_seconds: float = 20.0
    max_redirects: int = 5
    max_header_bytes: int = 16 * 2**10
    max_headers: int = 128
    pause_seconds: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSettings:
    """`user_agent` is product/version with a contact; `allowed_hosts` are the non-public hosts that are meant."""

    user_agent: str
    allowed_hosts: frozenset[str] = frozenset()
    limits: FetchLimits = field(default_factory=FetchLimits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer: `status` is 200, or 304 with an empty body.

    `url` is where it came from, `permanent_url` where the address moved for good (None if it did not), `max_age` and
    `seconds` are seconds. The validators of a 304 are those sent unless the server gave newer ones.
    """

    url: str
    permanent_url: str | None
    status: int
    body: bytes
    content_type: str | None
    etag: str | None
    last_modified: str | None
    max_age: float | None
    seconds: float


@dataclass(slots=True)
class _Ask:
    """One fetch under way: where it is now, and what is left of its bounds."""

    url: URL
    headers: dict[str, str]
    redirects_left: int
    permanent: URL | None = None
    only_permanent: bool = True
    received: int = 0
    spent: float = 0.0


class Fetcher:
    """Owns one HTTP session; use it as an async context manager, from one event loop."""

    def __init__(
        self,
        settings: FetchSettings,
        *,
        courtesy: Courtesy | None = None,
        lookup: Lookup = system_lookup,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.settings = settings
        self.courtesy = courtesy or Courtesy(settings.limits.pause_seconds)
        self._allowed = parse_allowed(settings.allowed_hosts)
        self._lookup = lookup
        self._now = now
        self._session: ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the session."""
        limits = self.settings.limits
        self._session = ClientSession(
            connector=guarded_connector(self._allowed, self._lookup),
            cookie_jar=DummyCookieJar(),
            headers={"User-Agent": self.settings.user_agent, "Accept-Encoding": ACCEPT_ENCODING},
            timeout=ClientTimeout(total=None),  # the one clock runs in _ask_host
            auto_decompress=False,
            trust_env=False,
            max_line_size=limits.max_header_bytes,
            max_field_size=limits.max_header_bytes,
            max_headers=limits.max_headers,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def get(
        self, url: str, *, etag: str | None = None, last_modified: str | None = None, accept: str = FEEDS
    ) -> Response:
        """Fetch `url`, conditionally where a validator is given; raises FetchError for everything but 200 and 304.

        GoneError says that the address is given up (410); HostBlockedError that the host was not asked at all.
        """
        limits = self.settings.limits
        headers = {"Accept": accept}
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        try:
            ask = _Ask(parse_url(url), headers, limits.max_redirects)
        except BadURLError as error:
            raise FetchError(str(error), url=readable(url), weight=FailureWeight.HARD) from None
        while True:
            async with self.courtesy.turn(ask.url):
                response = await self._ask_host(ask)
            if response is not None:
                return response

    async def _ask_host(self, ask: _Ask) -> Response | None:
        """Ask while redirects stay on one host; give the answer, or None when they lead to another one."""
        limit = self.settings.limits.total_seconds
        host = host_key(ask.url)
        started = time.monotonic()
        try:
            async with asyncio.timeout(limit - ask.spent):
                while True:
                    answer = await self._ask_once(ask)
                    if answer is not None:
                        return self._response(ask, *answer, seconds=ask.spent + time.monotonic() - started)
                    if host_key(ask.url) != host:
                        return None
        except (RefusedAddressError, BadURLError) as error:
            raise _failure(ask, str(error), FailureWeight.HARD) from None
        except (TooLargeError, DecodingError) as error:
            raise _failure(ask, f"the answer {error}", FailureWeight.SOFT) from None
        except (ClientError, OSError, ValueError) as error:
            raise failed_transfer(error, without_credentials(ask.url), ask.received, limit) from error
        finally:
            ask.spent += time.monotonic() - started

    async def _ask_once(self, ask: _Ask) -> tuple[ClientResponse, bytes] | None:
        """Send one request; give the answer and its body, or None after a redirect, which moves `ask` on."""
        check_host(ask.url.raw_host or "", ask.url.port or 0, self._allowed)
        async with self._open_session.get(ask.url, headers=ask.headers, allow_redirects=False) as answer:
            if answer.status in _FULL:
                return answer, await self._read(ask, answer)
            if answer.status == HTTPStatus.NOT_MODIFIED and len(ask.headers) > 1:
                return answer, b""
            if answer.status in _REDIRECTS and "Location" in answer.headers:
                _redirect(ask, answer, self.settings.limits.max_redirects)
                return None
            raise self._failed(ask, answer)

    async def _read(self, ask: _Ask, answer: ClientResponse) -> bytes:
        limit = self.settings.limits.max_bytes
        if (answer.content_length or 0) > limit:
            raise TooLargeError(limit)
        body = Body(answer.headers.get("Content-Encoding"), limit)
        async for piece in answer.content.iter_any():
            body.feed(piece)
            ask.received = body.received
        return body.finish()

    def _response(self, ask: _Ask, answer: ClientResponse, body: bytes, *, seconds: float) -> Response:
        headers = answer.headers
        changed = answer.status != HTTPStatus.NOT_MODIFIED
        return Response(
            url=without_credentials(ask.url),
            permanent_url=None if ask.permanent is None else str(ask.permanent),
            status=HTTPStatus.OK if changed else HTTPStatus.NOT_MODIFIED,
            body=body,
            content_type=headers.get("Content-Type"),
            etag=validator(headers.get("ETag")) or (None if changed else ask.headers.get("If-None-Match")),
            last_modified=validator(headers.get("Last-Modified"))
            or (None if changed else ask.headers.get("If-Modified-Since")),
            max_age=max_age(headers, self._now),
            seconds=seconds,
        )

    def _failed(self, ask: _Ask, answer: ClientResponse) -> FetchError:
        """Make the error for a status that brings no document; remember how long the host wants silence."""
        seconds = None
        if answer.status in _SILENCING:
            seconds = retry_after(answer.headers, self._now)
            if seconds is None and answer.status == HTTPStatus.TOO_MANY_REQUESTS:
                seconds = TOO_MANY_REQUESTS_PAUSE
            if seconds is not None:
                self.courtesy.block(ask.url, seconds)
        return failed_status(answer.status, without_credentials(ask.url), seconds)

    @property
    def _open_session(self) -> ClientSession:
        if self._session is None:
            raise RuntimeError("use the fetcher as a context manager: async with Fetcher(…) as fetcher")
        return self._session


def _redirect(ask: _Ask, answer: ClientResponse, limit: int) -> None:
    """Move on to where the answer points; the leading permanent redirects are where the address moved for good."""
    target = follow(ask.url, answer.headers["Location"])
    if ask.redirects_left == 0:
        raise _failure(ask, f"more than {limit} redirects, the last one to {_shown(target)}", FailureWeight.SOFT)
    ask.only_permanent = ask.only_permanent and answer.status in _PERMANENT
    if ask.only_permanent:
        ask.permanent = target
    ask.url = target
    ask.redirects_left -= 1


def _failure(ask: _Ask, text: str, weight: FailureWeight) -> FetchError:
    return FetchError(text, url=without_credentials(ask.url), weight=weight)


def _shown(url: URL) -> str:
    return shorten(without_credentials(url))
