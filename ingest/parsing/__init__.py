"""Reading feed documents: bytes in, entries out.

    bytes -> charset -> document (which format?) -> feedparser_reader | json_feed | sitemap -> entries -> ParsedFeed

The readers only find the raw fields of their format; `entries` decides what they mean, the same for all: text
(`html_text`), dates (`dates`), links and identity. Nothing here touches the network or the file system. A hostile
document may take long or much memory: services call this through `ingest.parse_pool`.
"""

from __future__ import annotations

from ingest.parsing.document import parse_document
from ingest.parsing.model import ParsedFeed

__all__ = ["ParsedFeed", "parse_document"]
