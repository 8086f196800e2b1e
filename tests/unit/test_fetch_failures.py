from __future__ import annotations

import errno
import socket

import pytest
from aiohttp.client_exceptions import (
    ClientConnectorError,
    ClientOSError,
    InvalidUrlClientError,
    ServerDisconnectedError,
)
from aiohttp.client_reqrep import ConnectionKey

from ingest.fetch_failures import GoneError, failed_status, failed_transfer
from rasid.domain.errors import FailureWeight

URL = "https://أخبار.example/feed"
KEY = ConnectionKey(
    host="news.example", port=443, is_ssl=True, ssl=True, proxy=None, proxy_auth=None, proxy_headers_hash=None
)


@pytest.mark.parametrize(
    ("error", "received", "text", "weight"),
    [
        (TimeoutError(), 0, "no complete answer within 20 s", FailureWeight.TEMPORARY),
        (TimeoutError(), 7, "no complete answer within 20 s after 7 bytes", FailureWeight.TEMPORARY),
        (
            ClientConnectorError(KEY, OSError(errno.ECONNREFUSED, "Connection refused")),
            0,
            "the host refuses connections",
            FailureWeight.TEMPORARY,
        ),
        (
            ClientConnectorError(KEY, OSError(errno.ENETUNREACH, "Network is unreachable")),
            0,
            "no connection to the host (Network is unreachable)",
            FailureWeight.TEMPORARY,
        ),
        (
            ClientConnectorError(KEY, OSError("Multiple exceptions")),
            0,
            "no connection to the host (Multiple exceptions)",
            FailureWeight.TEMPORARY,
        ),
        (
            ClientConnectorError(KEY, socket.gaierror(socket.EAI_NONAME, "unknown")),
            0,
            "the host name is unknown",
            FailureWeight.HARD,
        ),
        (InvalidUrlClientError("http://x"), 0, "this is not an address that can be asked for", FailureWeight.HARD),
        (ValueError("odd\nlines"), 0, "the answer is not proper HTTP (odd)", FailureWeight.SOFT),
        (ValueError("x" * 500), 0, f"the answer is not proper HTTP ({'x' * 119}…)", FailureWeight.SOFT),
        (ServerDisconnectedError(), 0, "the connection was lost", FailureWeight.TEMPORARY),
        (
            ClientOSError(errno.ECONNRESET, "reset"),
            99,
            "the connection was lost after 99 bytes",
            FailureWeight.TEMPORARY,
        ),
    ],
)
def test_what_went_wrong_is_said_in_words(error: Exception, received: int, text: str, weight: FailureWeight):
    """No library's own wording reaches a person where ours says what to think of it."""
    failure = failed_transfer(error, URL, received, 20.0)
    assert (str(failure), failure.weight) == (f"{URL}: {text}", weight)


def test_a_status_keeps_what_the_server_asked_for():
    """Status and seconds to wait are in the error and in its words."""
    failure = failed_status(503, URL, 90.4)
    assert str(failure) == f"{URL}: the server answered 503 Service Unavailable; it wants to be left alone for 90 s"
    assert (failure.status, failure.retry_after) == (503, 90.4)
    assert isinstance(failed_status(410, URL, None), GoneError)
    assert str(failed_status(599, URL, None)) == f"{URL}: the server answered 599"
