"""Sites that mean harm, one port each, and what each of them answers."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

from loopback import Loopback

Answer = Callable[[BaseHTTPRequestHandler], None]


def xml(body: bytes, **headers: str) -> Answer:
    """Answer with a document."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        for name, value in (
            {"Content-Type": "application/rss+xml"} | {k.replace("_", "-"): v for k, v in headers.items()}
        ).items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


def redirect(target: str) -> Answer:
    """Answer with a redirect; `{port}` is the site's own."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", target.format(port=request.server.server_address[1]))  # type: ignore[index]
        request.end_headers()

    return answer


def drip(request: BaseHTTPRequestHandler) -> None:
    """Send a byte now and then, for ever."""
    request.send_response(200)
    request.end_headers()
    while True:
        request.wfile.write(b" ")
        time.sleep(0.5)


def rss(items: str) -> bytes:
    """Write an RSS document."""
    return f'<rss version="2.0"><channel><title>t</title>{items}</channel></rss>'.encode()


BOMB = b'<!DOCTYPE r [<!ENTITY a "' + b"x" * 1000 + b'">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 20) for n in range(12)
) + b"]><rss version='2.0'><channel><item><title>&m;</title></item></channel></rss>"  # fmt: skip
FLOOD = (
    b"<!DOCTYPE rss><rss version='2.0'><channel><item "
    + b"".join(b'a%d="" ' % n for n in range(200_000))
    + b"><title>x</title></item>"
)
MANY = rss("".join(f"<item><guid>{n}</guid></item>" for n in range(300_000)))

GIVEN_UP = "longer than 10 s and was given up"
TAKEN = ""
# Harmless, and so much work that a slow machine's clock may run out first: both ends are right.
TAKEN_OR_GIVEN_UP = "either"

# What each answers, and words of the error that a person reads.
CASES: dict[str, tuple[Answer, str]] = {
    "entity bomb": (xml(BOMB), TAKEN_OR_GIVEN_UP),
    "attribute flood": (xml(FLOOD), GIVEN_UP),
    "deep nesting": (xml(rss("<item>" + "<a>" * 100_000 + "</item>")), TAKEN_OR_GIVEN_UP),
    "gzip bomb": (xml(gzip.compress(b" " * 2**28), Content_Encoding="gzip"), "larger than the 10485760 bytes"),
    "slow drip": (drip, "20 s"),
    "endless redirects": (redirect("http://127.0.0.1:{port}/again"), "redirects"),
    "redirect to loopback": (redirect("http://127.0.0.1:9/"), "not a public address"),
    "redirect to NAT64": (redirect("http://[64:ff9b::7f00:1]/"), "not a public address"),
    "redirect to a mapped address": (redirect("http://[::ffff:127.0.0.1]/"), "not a public address"),
    "redirect to a file": (redirect("file:///etc/passwd"), "http"),
    "wrong charset": (xml(b'<?xml version="1.0" encoding="utf-8"?>' + rss("<item><guid>w</guid><title>Сирия</title></item>").decode().encode("cp1251")), TAKEN),
    "truncated": (xml(rss("<item><guid>t</guid><title>سوريا</title></item><item><title>Syr")[:-30]), TAKEN),
    "page": (xml(b"<!doctype html><html><body>news</body></html>", Content_Type="text/html"), "HTML page"),
    "nothing": (xml(b""), "empty"),
    "300,000 items": (xml(MANY), TAKEN_OR_GIVEN_UP),
}  # fmt: skip


class Site(Loopback):
    """One hostile site on a port of its own."""

    def __init__(self, answer: Answer) -> None:
        def patient(request: BaseHTTPRequestHandler) -> None:
            with suppress(OSError):  # they hung up, rightly
                answer(request)

        super().__init__(patient)
