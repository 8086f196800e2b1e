"""What makes the page safe as it stands on a laptop: who may ask, under which name, and what a browser may do with it.

- The Host header must be one of ours: a foreign name that resolves to 127.0.0.1 (DNS rebinding) gets nothing.
- What another site's page asks for in the background gets nothing (Fetch Metadata: resource isolation policy).
- Unsafe methods need a same-origin request and a token that only our own pages carry.
- Beyond loopback the service starts only with a password, or behind a proxy that names the user.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rasid.domain.errors import InputError
from rasid.settings import Settings

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
COOKIE = "rasid_token"
_LOCAL_NAMES = {"localhost", "127.0.0.1", "[::1]"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
# A cookie alone proves nothing: any program on another port of this machine's name can set one.
_SECRET = secrets.token_bytes(32)


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
        f"web_host {settings.web_host!r} is reachable from other machines: set web_password (RASID_WEB_PASSWORD_FILE),"
        " or web_trusted_user_header behind a proxy that checks users, or bind to 127.0.0.1"
    )


def allowed_names(settings: Settings) -> set[str]:
    """Give the host names under which the page answers."""
    own = {settings.web_host} if settings.web_host not in {"", "0.0.0.0", "::", "[::]"} else set()  # noqa: S104 - compared, not bound
    return _LOCAL_NAMES | {host_name(_bracketed(name)) for name in (*own, *settings.web_allowed_hosts)}


class Guard:
    """ASGI middleware that holds every request to the rules above, and adds the headers to every answer."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._names = allowed_names(settings)
        self._password = settings.web_password
        self._user_header = settings.web_trusted_user_header
        self._proxies = set(settings.web_trusted_proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or refuse one request."""
        if scope["type"] == "websocket":  # we have none: nothing to guard, nothing to let through
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refused = self._refusal(scope["method"], Headers(scope=scope), (scope.get("client") or ("",))[0])
        await (refused or self._app)(scope, receive, with_headers)

    def _refusal(self, method: str, headers: Headers, peer: str) -> PlainTextResponse | None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or host_name(hosts[0]) not in self._names:
            return PlainTextResponse("This host name is not allowed; add it to web_allowed_hosts.", 421)
        if self._user_header and (peer not in self._proxies or not headers.get(self._user_header, "").strip()):
            return PlainTextResponse("The proxy in front (web_trusted_proxies) must name the user.", 401)
        if self._password and not has_password(headers.get("authorization", ""), self._password):
            return PlainTextResponse(
                "A password is needed.", 401, {"www-authenticate": 'Basic realm="rasid", charset="UTF-8"'}
            )
        if is_foreign_subrequest(headers) or (method not in SAFE_METHODS and not same_origin(headers)):
            return PlainTextResponse("This request came from another site.", 403)
        return None


def host_name(host: str) -> str:
    """Take the port, and a root dot, off a Host header; lower case."""
    name, _, port = host.rpartition(":")
    bare = name if name and port.isascii() and port.isdigit() else host
    return bare.lower().removesuffix(".")


def same_origin(headers: Headers) -> bool:
    """Tell whether a browser says that our own page sent the request (Fetch Metadata; Origin for older ones)."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    _, _, sender = headers.get("origin", "").partition("://")
    return bool(sender) and sender.lower() == headers.get("host", "").lower()


def is_foreign_subrequest(headers: Headers) -> bool:
    """Tell whether another site's page asks in the background; a link that a person follows is welcome."""
    own = headers.get("sec-fetch-site", "none") in {"same-origin", "none"}
    return not own and headers.get("sec-fetch-mode") != "navigate"


def session_of(request: Request) -> str:
    """Give what this browser is known by: its cookie, or a new value for one."""
    return request.cookies.get(COOKIE) or secrets.token_urlsafe(24)


def token_for(session: str) -> str:
    """Give the token that our pages carry for a session; nobody else can make it."""
    return hmac.digest(_SECRET, session.encode(), "sha256").hex()


def has_token(request: Request, given: str | None) -> bool:
    """Tell whether a form carries the token of its browser's session (signed double submit)."""
    session = request.cookies.get(COOKIE)
    return bool(session) and hmac.compare_digest(token_for(session or "").encode(), (given or "").encode())


def has_password(header: str, password: str) -> bool:
    """Tell whether an Authorization header carries the password (RFC 7617); any user name will do."""
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return False
    try:
        _, _, given = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return False
    return hmac.compare_digest(given.encode(), password.encode())


def _bracketed(name: str) -> str:
    """Write an IPv6 address as a Host header does."""
    try:
        address = ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return name
    return f"[{address}]" if address.version == 6 else str(address)  # noqa: PLR2004 - the protocol's number
