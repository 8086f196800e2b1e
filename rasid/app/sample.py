"""The sample source: real texts that come with the program, served over HTTP on loopback and polled like any feed.

It shows something true on a machine without a network. Every item is labelled as a sample. Most items are there at
once, the rest appear one by one, so that arriving news can be watched.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
_AT_ONCE = 0.7  # the share of a language's items that is there from the start
_EVERY_SECONDS = 20.0
_POLL_SECONDS = 10.0


class SampleText(msgspec.Struct, frozen=True):
    """One text of the sample: a line of ingest/data/sample/LANGUAGE.jsonl."""

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
    """The texts of one language with the address they are served at."""

    language: str
    texts: tuple[SampleText, ...]


def load_sample(language: str) -> SampleFeed:
    """Read the sample texts of a language from the package."""
    lines = resources.files("ingest").joinpath(f"data/sample/{language}.jsonl").read_bytes().splitlines()
    decoder = msgspec.json.Decoder(SampleText)
    return SampleFeed(language, tuple(decoder.decode(line) for line in lines if line.strip()))


class SampleServer:
    """Serves the sample's feeds on a free port of 127.0.0.1; an async context manager."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._started = clock()
        self._samples = {language: load_sample(language) for language in LANGUAGES}
        self._runner: web.AppRunner | None = None
        self.host = ""

    async def __aenter__(self) -> Self:
        """Start listening."""
        application = web.Application()
        application.router.add_get("/sample/{language}.xml", self._serve)
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
        return tuple(
            Feed(
                id=f"sample-{language}",
                url=f"http://{self.host}/sample/{language}.xml",
                title=f"Sample ({language}): texts that come with rasid",
                source="Sample",
                language=language,
                tags=("sample",),
                full_text="never",
                min_interval=_POLL_SECONDS,
                max_interval=_POLL_SECONDS,
                sample=True,
            )
            for language in LANGUAGES
        )

    async def _serve(self, request: web.Request) -> web.Response:
        sample = self._samples.get(request.match_info["language"])
        if sample is None:
            raise web.HTTPNotFound(text="no such sample")
        count = shown(len(sample.texts), self._clock() - self._started)
        etag = f'"{count}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304)
        headers = {"ETag": etag, "Content-Type": "application/rss+xml; charset=utf-8"}
        return web.Response(body=rss(sample, count).encode(), headers=headers)


def shown(total: int, seconds: float) -> int:
    """Say how many of a language's texts are out after a time."""
    return min(total, ceil(total * _AT_ONCE) + int(seconds / _EVERY_SECONDS))


def rss(sample: SampleFeed, count: int) -> str:
    """Write the first `count` texts as an RSS 2.0 document, each labelled with its source and licence."""
    items = "".join(_item(text, number) for number, text in enumerate(sample.texts[:count]))
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f"<channel><title>Sample ({sample.language})</title><language>{sample.language}</language>"
        f"<description>Texts that come with rasid</description>{items}</channel></rss>"
    )


def _item(text: SampleText, number: int) -> str:
    paragraphs = "".join(f"<p>{escape(part)}</p>" for part in text.text.split("\n") if part.strip())
    date = text.date or datetime(2026, 1, 1, 8, tzinfo=UTC) + timedelta(hours=number)
    link = f"<link>{escape(text.url)}</link>" if text.url else ""
    return (
        f'<item><guid isPermaLink="false">rasid-sample:{escape(text.id)}</guid>'
        f"<title>{escape(text.title)}</title>{link}"
        f"<pubDate>{format_datetime(date)}</pubDate><category>{escape(text.source)}</category>"
        f"<category>{escape(text.licence)}</category>"
        f"<content:encoded><![CDATA[{paragraphs.replace(']]>', ']]]]><![CDATA[>')}]]></content:encoded></item>"
    )
