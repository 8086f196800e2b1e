"""Addresses on the web as a fetcher needs them: parsed, shown without passwords, followed on a redirect. Pure."""

from __future__ import annotations

from urllib.parse import quote

from yarl import URL

_SCHEMES = ("http", "https")
# Everything printable in ASCII stays as it came; only raw bytes and spaces of a Location header are escaped.
_AS_THEY_ARE = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_MAX_URL = 8000  # RFC 9110 4.1 asks for 8000 octets at least; nothing longer is worth asking for


class BadURLError(Exception):
    """An address that cannot be asked for; the text says why."""


def parse_url(text: str) -> URL:
    """Read an http or https address; raises BadURLError."""
    if len(text) > _MAX_URL:
        raise BadURLError(f"the address is {len(text)} characters long, {_MAX_URL} at most are asked for")
    try:
        url = URL(text.strip())
    except ValueError as error:
        raise BadURLError("this is not an address that can be read") from error
    return _checked(url)


def follow(url: URL, location: str) -> URL:
    """Give where a redirect from `url` leads; raises BadURLError.

    Credentials go with it only to the same host and scheme, or from http up to https there; those that the server
    writes into its Location are never used.
    """
    raw = location.encode("utf-8", "surrogateescape")  # aiohttp keeps bytes that are no UTF-8 as surrogates
    try:
        target = url.join(URL(quote(raw.strip(), safe=_AS_THEY_ARE), encoded=False))
    except ValueError as error:
        raise BadURLError(f"it redirects to {shorten(location)!r}, which is no address") from error
    if target.scheme not in _SCHEMES:
        raise BadURLError(f"it redirects to a {target.scheme or 'nameless'}: address; only http and https are followed")
    target = _checked(target).with_user(None).with_fragment(None)
    return target.with_user(url.user).with_password(url.password) if _keeps_credentials(url, target) else target


def without_credentials(url: URL) -> str:
    """Write an address without user and password."""
    return str(url.with_user(None) if url.raw_user is not None or url.raw_password is not None else url)


def readable(text: str) -> str:
    """Write what was given as an address so that it can be shown: without a password, in a bounded length."""
    try:
        url = URL(text)
    except ValueError:
        url = URL()
    return shorten(without_credentials(url) if url.raw_host else text.rpartition("@")[2])


def shorten(text: str, length: int = 200) -> str:
    """Cut a text to `length` characters, surrogates replaced."""
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _checked(url: URL) -> URL:
    if url.scheme not in _SCHEMES:
        raise BadURLError(f"this is a {url.scheme or 'nameless'}: address; only http and https are fetched")
    if not url.raw_host:
        raise BadURLError("the address names no host")
    return url


def _keeps_credentials(url: URL, target: URL) -> bool:
    if url.raw_user is None or url.raw_host != target.raw_host:
        return False
    same = url.scheme == target.scheme and url.port == target.port
    upgraded = target.scheme == "https" and url.is_default_port() and target.is_default_port()
    return same or upgraded
