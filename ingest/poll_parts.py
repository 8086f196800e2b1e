"""What polling and the search for feeds need of a fetcher and a parser, no more."""

from __future__ import annotations

from typing import Protocol

from ingest.fetch import Response
from ingest.parsing import ParsedFeed


class SupportsGet(Protocol):
    """What is needed of a Fetcher (ingest.fetch)."""

    async def get(self, url: str, *, etag: str | None = None, last_modified: str | None = None) -> Response:
        """Fetch one address."""
        ...


class SupportsParse(Protocol):
    """What is needed of a ParsePool (ingest.parse_pool)."""

    async def parse(self, body: bytes, *, feed: str, url: str | None, content_type: str | None) -> ParsedFeed:
        """Read one document."""
        ...
