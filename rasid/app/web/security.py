"""What makes the page safe as it stands on a laptop: who may ask, under which name, and what a browser may do with it.

- The Host header must be one of ours: a foreign name that resolves to 127.0.0.1 (DNS rebinding) gets nothing.
- Unsafe methods need a same-origin request and a token that only our own pages carry.
- Beyond loopback the service starts only with a password, or behind a proxy that names the user.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rasid.domain.errors import InputError
from rasid.settings import Settings

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
COOKIE = "rasid_token"
FIELD = "token"
_LOCAL_NAMES = {"localhost", "127.0.0.1", "[::1]"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def is_loopback(host: str) -> bool:
    """Tell whether an address to bind is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_binding(settings: Settings) -> None:
    """Raise InputError if the page would be open to others without anything to keep them out."""
    if is_loopback(settings.web_host) or settings.web_password or settings.web_trusted_user_header:
        return
    raise InputError(
        f"web_host {settings.web_host} is reachable from other machines: set web_password (RASID_WEB_PASSWORD_FILE), or"
        " web_trusted_user_header behind a proxy that checks users, or bind to 127.0.0.1"
    )


def allowed_names(settings: Settings) -> set[str]:
    """Give the host names under which the page answers."""
    own = {settings.web_host.lower()} if settings.web_host not in {"0.0.0.0", "::"} else set()  # noqa: S104 - compared, not bound
    return _LOCAL_NAMES | own | {name.lower() for name in settings.web_allowed_hosts}


class Guard:
    """ASGI middleware that holds every request to the rules above, and adds the headers to every answer."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._names = allowed_names(settings)
        self._password = settings.web_password
        self._user_header = settings.web_trusted_user_header

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or refuse one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refused = self._refusal(scope["method"], Headers(scope=scope))
        await (refused or self._app)(scope, receive, with_headers)

    def _refusal(self, method: str, headers: Headers) -> PlainTextResponse | None:
        if host_name(headers.get("host", "")) not in self._names:
            return PlainTextResponse("This host name is not allowed; add it to web_allowed_hosts.", 421)
        if self._user_header and not headers.get(self._user_header):
            return PlainTextResponse("The proxy in front must name the user.", 401)
        if self._password and not _has_password(headers.get("authorization", ""), self._password):
            return PlainTextResponse(
                "A password is needed.", 401, {"www-authenticate": 'Basic realm="rasid", charset="UTF-8"'}
            )
        if method not in SAFE_METHODS and not same_origin(headers):
            return PlainTextResponse("This request came from another site.", 403)
        return None


def host_name(host: str) -> str:
    """Take the port off a Host header."""
    name, _, port = host.rpartition(":")
    return (name if name and port.isdigit() else host).lower().rstrip(".")


def same_origin(headers: Headers) -> bool:
    """Tell whether a browser says that our own page sent the request (Fetch Metadata; Origin for older ones)."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc.lower() == headers.get("host", "").lower()


def token_of(request: Request) -> str:
    """Give the token of this browser: the one in its cookie, or a new one."""
    return request.cookies.get(COOKIE) or secrets.token_urlsafe(24)


def has_token(request: Request, given: str | None) -> bool:
    """Tell whether a form carries the token of its browser's cookie (double submit)."""
    held = request.cookies.get(COOKIE)
    return bool(held and given) and hmac.compare_digest((held or "").encode(), (given or "").encode())


def _has_password(header: str, password: str) -> bool:
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return False
    try:
        _, _, given = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return False
    return hmac.compare_digest(given.encode(), password.encode())
