from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from ingest.parsing import parse_document
from rasid.app.sample import SampleServer, sample_feeds, shown

SAMPLES = sample_feeds()


class Hand:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.seconds


@pytest.fixture
def hand() -> Hand:
    """Give the clock that the server goes by."""
    return Hand()


@pytest.fixture
async def server(hand: Hand) -> AsyncIterator[SampleServer]:
    """Serve the sample on a free port of 127.0.0.1."""
    async with SampleServer(hand) as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    """Open an HTTP client."""
    async with aiohttp.ClientSession() as session:
        yield session


async def items(client: aiohttp.ClientSession, url: str) -> list[str]:
    async with client.get(url) as response:
        assert response.status == 200
        assert response.content_type == "application/rss+xml"
        body = await response.read()
        return [
            entry.title for entry in parse_document(body, feed="f", url=url, content_type="application/rss+xml").entries
        ]


async def test_every_source_is_served_on_loopback(server: SampleServer, client: aiohttp.ClientSession) -> None:
    """Each feed of the sample answers over HTTP with the first texts of its source."""
    assert server.host.startswith("127.0.0.1:")
    for sample, feed in zip(SAMPLES, server.feeds(), strict=True):
        titles = [text.title for text in sample.texts]
        assert await items(client, feed.url) == titles[: shown(len(titles), 0)]


@pytest.mark.parametrize("number", range(len(SAMPLES)), ids=[sample.name for sample in SAMPLES])
async def test_new_texts_appear_while_time_goes(
    server: SampleServer, client: aiohttp.ClientSession, hand: Hand, number: int
) -> None:
    """The feed grows by one text every twenty seconds until all are there."""
    url, total = server.feeds()[number].url, len(SAMPLES[number].texts)
    before = len(await items(client, url))
    hand.seconds += 20
    assert len(await items(client, url)) == before + 1
    hand.seconds += 3600
    assert len(await items(client, url)) == total


async def test_an_unchanged_feed_is_304(server: SampleServer, client: aiohttp.ClientSession, hand: Hand) -> None:
    """The validator of the last answer gives 304 with an empty body until a new text is there; a wrong one never."""
    url = server.feeds()[0].url
    async with client.get(url) as response:
        etag = response.headers["ETag"]
    async with client.get(url, headers={"If-None-Match": f'"other", {etag}'}) as response:
        assert (response.status, response.headers["ETag"], await response.read()) == (304, etag, b"")
    async with client.get(url, headers={"If-None-Match": '"other"'}) as response:
        assert response.status == 200
    hand.seconds += 20
    async with client.get(url, headers={"If-None-Match": etag}) as response:
        assert response.status == 200
        assert response.headers["ETag"] != etag


async def test_the_validators_of_two_feeds_differ(server: SampleServer, client: aiohttp.ClientSession) -> None:
    """A validator stands for the content, not for the number of texts."""
    etags = set()
    for feed in server.feeds():
        async with client.get(feed.url) as response:
            etags.add(response.headers["ETag"])
    assert len(etags) == len(SAMPLES)


async def test_a_feed_that_is_not_there_is_404(server: SampleServer, client: aiohttp.ClientSession) -> None:
    """An unknown address is refused in words."""
    async with client.get(f"http://{server.host}/sample/no.xml") as response:
        assert (response.status, await response.text()) == (404, "no such sample")
