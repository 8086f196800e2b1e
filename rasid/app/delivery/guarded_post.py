"""Webhooks through the fetcher's guard: public addresses and listed ones only, asked again at every redirect."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime

from aiohttp import ClientResponse, ClientSession, ClientTimeout, DummyCookieJar
from aiohttp.client_exceptions import ClientError
from yarl import URL

from ingest.addresses import RefusedAddressError, check_host, parse_allowed
from ingest.guarded_connector import Lookup, guarded_connector, system_lookup
from ingest.http_headers import retry_after
from ingest.web_urls import BadURLError, follow, parse_url
from rasid.adapters.webhook_notifier import Answer
from rasid.domain.errors import DeliveryError

_SAME_METHOD = (307, 308)  # the others would make a GET of it (RFC 9110 15.4), which no webhook means
_MOST_REDIRECTS = 3
_SECONDS = 15.0
_READ = 2_000  # bytes of an answer that a person may want to see the beginning of
_SHOWN = 200


class GuardedPost:
    """A Poster (rasid.adapters.webhook_notifier) with one session. From one event loop; close it."""

    def __init__(self, user_agent: str, allowed_hosts: Iterable[str] = (), lookup: Lookup = system_lookup) -> None:
        self._allowed = parse_allowed(allowed_hosts)
        self._user_agent = user_agent
        self._lookup = lookup
        self._session: ClientSession | None = None

    async def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Post, and follow redirects that keep the method (see Poster)."""
        try:
            async with asyncio.timeout(_SECONDS):
                return await self._post(parse_url(url), body, headers)
        except (RefusedAddressError, BadURLError) as error:
            raise DeliveryError(f"{_where(url)}: {error}", is_outage=False) from error
        except TimeoutError as error:
            raise DeliveryError(f"{_where(url)}: no answer within {_SECONDS:.0f} s") from error
        except (ClientError, OSError, ValueError) as error:
            cause = error.__cause__ if isinstance(error.__cause__, RefusedAddressError) else None
            words = str(cause or error) or type(error).__name__
            raise DeliveryError(f"{_where(url)}: {words}", is_outage=cause is None) from error

    async def close(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(self, url: URL, body: bytes, headers: dict[str, str]) -> Answer:
        for _ in range(_MOST_REDIRECTS + 1):
            check_host(url.raw_host or "", url.port or 0, self._allowed)
            async with self._open().post(url, data=body, headers=headers, allow_redirects=False) as answer:
                target = answer.headers.get("Location")
                if answer.status not in _SAME_METHOD or target is None:
                    return await _answer(answer)
                url = follow(url, target)
        raise DeliveryError(f"more than {_MOST_REDIRECTS} redirects, the last to {url.host}")

    def _open(self) -> ClientSession:
        if self._session is None:
            self._session = ClientSession(
                connector=guarded_connector(self._allowed, self._lookup),
                cookie_jar=DummyCookieJar(),
                headers={"User-Agent": self._user_agent},
                timeout=ClientTimeout(total=None),  # the one clock runs in __call__
                trust_env=False,
            )
        return self._session


def _where(url: str) -> str:
    """Give the host alone: the path of a webhook is often its password."""
    try:
        return URL(url).host or "the webhook"
    except ValueError:
        return "the webhook"


async def _answer(answer: ClientResponse) -> Answer:
    text = (await answer.content.read(_READ)).decode("utf-8", "replace")
    return Answer(
        answer.status, retry_after(answer.headers, lambda: datetime.now(UTC)), " ".join(text.split())[:_SHOWN]
    )
