"""The sample source: true texts that come with the program, served over HTTP on loopback and polled like any feed.

It shows something true on a machine without a network. Each source's feed says in its title and description that it is
a sample, every item names its source and licence (ingest/data/sample/SOURCE.md tells whose the texts are). Most items
are there at once, the rest appear one by one, so that arriving news can be watched.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from importlib import resources
from math import ceil
from types import TracebackType
from typing import Self
from xml.sax.saxutils import escape

import msgspec
from aiohttp import web

from rasid.domain.feed import Feed

LANGUAGES = ("ar", "en", "ru")
_AT_ONCE = 0.7  # the share of a source's items that is there from the start
_EVERY_SECONDS = 20.0
_POLL_SECONDS = 10.0
_NAMESPACES = 'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'


class SampleText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text of the sample: a line of ingest/data/sample/LANGUAGE.jsonl.

    A blank line separates paragraphs. `url` and `date` are None where the original's are not known; `country` is its
    publisher's, ISO 3166-1 alpha-2.
    """

    id: str
    title: str
    text: str
    source: str
    licence: str
    url: str | None = None
    date: datetime | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class SampleFeed:
    """The texts of one source, in one language."""

    language: str
    source: str
    texts: tuple[SampleText, ...]

    @property
    def name(self) -> str:
        """Give the name it has in addresses and ids: "UK Government" is uk-government."""
        return re.sub(r"[^a-z0-9]+", "-", self.source.lower()).strip("-")

    @property
    def title(self) -> str:
        """Say what it is: a sample, and whose texts."""
        return f"Sample ({self.language}): {self.source}, texts that come with rasid"


def load_sample(language: str) -> tuple[SampleText, ...]:
    """Read the sample texts of a language from the package, in the order of the file."""
    lines = resources.files("ingest").joinpath(f"data/sample/{language}.jsonl").read_bytes().splitlines()
    decoder = msgspec.json.Decoder(SampleText)
    return tuple(decoder.decode(line) for line in lines if line.strip())


def sample_feeds() -> tuple[SampleFeed, ...]:
    """Give the sample as feeds: one for each source of each language, as news comes."""
    found: dict[tuple[str, str], list[SampleText]] = {}
    for language in LANGUAGES:
        for text in load_sample(language):
            found.setdefault((language, text.source), []).append(text)
    return tuple(SampleFeed(language, source, tuple(texts)) for (language, source), texts in found.items())


class SampleServer:
    """Serves the sample's feeds on a free port of 127.0.0.1; an async context manager."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._started = clock()
        self._samples = {sample.name: sample for sample in sample_feeds()}
        self._runner: web.AppRunner | None = None
        self.host = ""

    async def __aenter__(self) -> Self:
        """Start listening."""
        application = web.Application()
        application.router.add_get("/sample/{name}.xml", self._serve)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.host = f"127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        if self._runner:
            await self._runner.cleanup()

    def feeds(self) -> tuple[Feed, ...]:
        """Give the feeds to poll. Their ids do not depend on the port."""
        return tuple(self._feed(sample) for sample in self._samples.values())

    def _feed(self, sample: SampleFeed) -> Feed:
        return Feed(
            id=f"sample-{sample.name}",
            url=f"http://{self.host}/sample/{sample.name}.xml",
            title=sample.title,
            # Not the bare name: who looks for what a source says today does not mean the sample.
            source=f"Sample: {sample.source}",
            language=sample.language,
            country=sample.texts[0].country,
            tags=("sample",),
            full_text="never",
            min_interval=_POLL_SECONDS,
            max_interval=_POLL_SECONDS,
            sample=True,
        )

    async def _serve(self, request: web.Request) -> web.Response:
        sample = self._samples.get(request.match_info["name"])
        if sample is None:
            raise web.HTTPNotFound(text="no such sample")
        body = rss(sample, shown(len(sample.texts), self._clock() - self._started)).encode()
        etag = hashlib.blake2b(body, digest_size=12).hexdigest()
        response = web.Response(body=body, headers={"Content-Type": "application/rss+xml; charset=utf-8"})
        if request.if_none_match and any(known.value in {etag, "*"} for known in request.if_none_match):
            response = web.Response(status=304)
        response.etag = etag
        return response


def sample_server(*, wanted: bool) -> AbstractAsyncContextManager[SampleServer | None]:
    """Serve the sample for as long as the block lasts, or give None where nobody wants it."""
    return SampleServer() if wanted else nullcontext()


def shown(total: int, seconds: float) -> int:
    """Say how many of a source's texts are out after a time."""
    return min(total, ceil(total * _AT_ONCE) + int(seconds / _EVERY_SECONDS))


def rss(sample: SampleFeed, count: int) -> str:
    """Write the first `count` texts as an RSS 2.0 document, each with its own source, licence, address and date."""
    items = "".join(map(_item, sample.texts[:count]))
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0" {_NAMESPACES}><channel>'
        f"<title>{escape(sample.title)}</title><language>{sample.language}</language>"
        "<description>A sample: true texts that come with rasid, not news. Each item names its source and licence."
        f"</description>{items}</channel></rss>"
    )


def _item(text: SampleText) -> str:
    """Write one item; what is not known of the original (its address, its date) is left out."""
    paragraphs = "".join(f"<p>{escape(part)}</p>" for part in text.text.split("\n\n"))
    link = f"<link>{escape(text.url)}</link>" if text.url else ""
    date = f"<pubDate>{format_datetime(text.date)}</pubDate>" if text.date else ""
    return (
        f'<item><guid isPermaLink="false">rasid-sample:{escape(text.id)}</guid>'
        f"<title>{escape(text.title)}</title>{link}{date}<dc:creator>{escape(text.source)}</dc:creator>"
        f"<category>{escape(text.source)}</category><category>{escape(text.licence)}</category>"
        f"<content:encoded>{escape(paragraphs)}</content:encoded></item>"
    )
