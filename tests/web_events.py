"""Reads the streams of pages that watch, as a browser does."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager

from web_site import Site

Event = dict[str, str]


@contextmanager
def watching(site: Site, path: str = "/events", **headers: str) -> Iterator[Iterator[Event]]:
    """Open the stream and read its events as a browser does (WHATWG HTML, 9.2.6)."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    with connection.getresponse() as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.readline() == b"retry: 3000\n"
        assert answer.readline() == b"\n"
        yield events(answer)
    connection.close()


def events(answer: http.client.HTTPResponse) -> Iterator[Event]:
    """Give the events until the stream ends."""
    fields: Event = {}
    for line in iter(answer.readline, b""):
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name:
            fields[name] = f"{fields[name]}\n{value}" if name in fields else value
        elif "event" in fields:
            yield fields
            fields = {}
        else:
            fields = {}
