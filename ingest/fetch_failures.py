"""Turn what went wrong with a fetch into a FetchError: what a person reads, and how much it counts. Pure."""

from __future__ import annotations

import errno
import socket
import ssl
from http import HTTPStatus

from aiohttp.client_exceptions import (
    ClientConnectorCertificateError,
    ClientConnectorError,
    ClientConnectorSSLError,
    ClientPayloadError,
    ClientResponseError,
    InvalidURL,
)

from rasid.domain.errors import FailureWeight, FetchError

_TEMPORARY_STATUSES = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    }
)
_ADVICE = {
    HTTPStatus.UNAUTHORIZED: "; it wants a login",
    HTTPStatus.FORBIDDEN: "; the server does not want to be asked from here",
    HTTPStatus.NOT_FOUND: "; look for the feed's new address",
}
_UNKNOWN_NAME = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME), socket.EAI_FAIL)
_FIRST_ERROR = 400
_FIRST_SERVER_ERROR = 500


class GoneError(FetchError):
    """The server says that the address is given up for good (410): it ends a feed."""


def failed_status(status: int, url: str, retry_after: float | None) -> FetchError:
    """Say that the server answered with a status that brings no document."""
    if status == HTTPStatus.GONE:
        return GoneError("gone for good (410)", url=url, weight=FailureWeight.HARD, status=status)
    text = f"the server answered {_named(status)}{_ADVICE.get(HTTPStatus(status), '') if _known(status) else ''}"
    if retry_after is not None:
        text += f"; it wants to be left alone for {retry_after:.0f} s"
    return FetchError(text, url=url, weight=_weight(status), status=status, retry_after=retry_after)


def failed_transfer(error: Exception, url: str, received: int, seconds: float) -> FetchError:
    """Say that there was no complete answer: name, connection, TLS, time or protocol."""
    text, weight = _explain(error, received, seconds)
    return FetchError(text, url=url, weight=weight)


def _explain(error: Exception, received: int, seconds: float) -> tuple[str, FailureWeight]:
    after = f" after {received} bytes" if received else ""
    match error:
        case TimeoutError():
            return f"no complete answer within {seconds:g} s{after}", FailureWeight.TEMPORARY
        case ClientConnectorCertificateError():
            return f"TLS: the certificate is not valid ({_certificate(error)})", FailureWeight.HARD
        case ClientConnectorSSLError():
            return f"TLS: no secure connection ({_reason(error)})", FailureWeight.HARD
        case ClientConnectorError():
            return _explain_connection(error.os_error)
        case InvalidURL():
            return "this is not an address that can be asked for", FailureWeight.HARD
        case ClientResponseError():
            return f"the answer is not proper HTTP ({_first_line(error.message)})", FailureWeight.SOFT
        case ClientPayloadError():
            return f"the connection was lost or the body malformed{after}", FailureWeight.TEMPORARY
        case ValueError():
            return f"the answer is not proper HTTP ({_first_line(str(error))})", FailureWeight.SOFT
        case _:
            return f"the connection was lost{after}", FailureWeight.TEMPORARY


def _explain_connection(error: OSError) -> tuple[str, FailureWeight]:
    if isinstance(error, socket.gaierror):
        if error.errno in _UNKNOWN_NAME:
            return "the host name is unknown", FailureWeight.HARD
        return "the host name could not be looked up just now", FailureWeight.TEMPORARY
    if error.errno == errno.ECONNREFUSED:
        return "the host refuses connections", FailureWeight.TEMPORARY
    return f"no connection to the host ({error.strerror or error})", FailureWeight.TEMPORARY


def _weight(status: int) -> FailureWeight:
    if status in _TEMPORARY_STATUSES:
        return FailureWeight.TEMPORARY
    # What is no error and no document either (204, 206, a redirect that leads nowhere) is the server's fault too.
    return FailureWeight.SOFT if status >= _FIRST_SERVER_ERROR or status < _FIRST_ERROR else FailureWeight.HARD


def _named(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}" if _known(status) else str(status)


def _known(status: int) -> bool:
    return status in HTTPStatus._value2member_map_


def _certificate(error: ClientConnectorCertificateError) -> str:
    inner = error.certificate_error
    return _first_line(inner.verify_message if isinstance(inner, ssl.SSLCertVerificationError) else str(inner))


def _reason(error: ClientConnectorSSLError) -> str:
    inner = error.os_error
    return _first_line((isinstance(inner, ssl.SSLError) and inner.reason) or str(inner))


def _first_line(text: str) -> str:
    """Give the first line of a library's message, cut: parsers quote what they choked on, pointer lines and all."""
    line = text.strip().partition("\n")[0]
    return line if len(line) <= 120 else f"{line[:119]}…"  # noqa: PLR2004 -- one screen line
