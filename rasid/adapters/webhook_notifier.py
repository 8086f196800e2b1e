"""Alerts to a web address, signed as the Standard Webhooks specification says (standardwebhooks.com, 1.0).

`webhook-id` is the same on every try: a receiver drops what it has seen. The body is JSON:
{"type": "alert.fired", "timestamp": …, "data": {"alerts": […], "subject", "text", "language", "held_back"}}.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Protocol

import msgspec
from standardwebhooks.webhooks import Webhook

from rasid.domain.delivery import Outgoing
from rasid.domain.errors import DeliveryError
from rasid.ports import Clock

# Statuses that say "not now"; every other refusal is of this message.
_NOT_NOW = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """Where to, and the secret that signs (base64, `whsec_` before it or not)."""

    url: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, the seconds after which to ask again, and the beginning of the body."""

    status: int
    retry_after: float | None = None
    text: str = ""


class Poster(Protocol):
    """Posts to an address as far as that may be reached: the fetcher's guard, injected."""

    async def __call__(self, url: str, body: bytes, headers: dict[str, str], /) -> Answer:
        """Send one request. Raises DeliveryError where there is no answer or the address may not be reached."""
        ...


class WebhookNotifier:
    """A Notifier (rasid.ports)."""

    def __init__(self, target: WebhookTarget, post: Poster, clock: Clock) -> None:
        self._url = target.url
        self._webhook = Webhook(target.secret)
        self._post = post
        self._clock = clock

    async def send(self, message: Outgoing) -> None:
        """Post one message; any 2xx is a yes (see Notifier)."""
        body = payload(message)
        answer = await self._post(self._url, body, self._headers(message.id, body, self._clock.now()))
        if 200 <= answer.status < 300:  # noqa: PLR2004 - as HTTP counts
            return
        words = f"the webhook answered {answer.status}{f': {answer.text}' if answer.text else ''}"
        is_outage = answer.status in _NOT_NOW or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        raise DeliveryError(words, is_outage=is_outage, retry_after=answer.retry_after)

    async def close(self) -> None:
        """Hold nothing."""

    def _headers(self, id_: str, body: bytes, now: datetime) -> dict[str, str]:
        now = now.astimezone(UTC)
        return {
            "content-type": "application/json",
            "webhook-id": f"msg_{id_}",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(f"msg_{id_}", now, body.decode()),
        }


def payload(message: Outgoing) -> bytes:
    """Give the JSON of a message."""
    return msgspec.json.encode(
        {
            "type": "alert.fired",
            "timestamp": message.at,
            "data": {
                "alerts": message.alerts,
                "subject": message.subject,
                "text": message.text,
                "language": message.language,
                "held_back": message.held_back,
            },
        }
    )
