from __future__ import annotations

import asyncio
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from hostile_server import HostileServer, MakeFetcher, answer, redirect, slow

from ingest.fetch import Fetcher
from ingest.fulltext import extract, full_text
from ingest.robots import Robots
from rasid.domain.errors import FetchError

PAGES = Path(__file__).parents[1] / "data" / "fulltext"
HTML = {"Content-Type": "text/html"}


@pytest.fixture
async def fetcher(hostile_server: HostileServer, make_fetcher: MakeFetcher):
    return await make_fetcher(hostile_server.authority)


@pytest.mark.parametrize("language", ["ar", "ru", "en"])
async def test_a_page_comes_out_as_its_article(hostile_server: HostileServer, fetcher: Fetcher, language: str):
    """robots.txt is asked once, the page once, and the text is the article's, in each language and charset."""
    page = (PAGES / f"{language}.html").read_bytes()
    url = hostile_server.on("/1", answer(200, HTML, page))
    found = await full_text(url, fetcher, Robots(fetcher))
    assert found is not None
    assert found.url == url
    assert (PAGES / f"{language}.txt").read_text("utf-8").strip() in found.text
    assert hostile_server.asked() == ["/robots.txt", "/1"]


async def test_the_text_can_be_taken_in_a_worker_process(hostile_server: HostileServer, fetcher: Fetcher):
    """The caller decides where the work is done."""
    url = hostile_server.on("/1", answer(200, HTML, (PAGES / "ar.html").read_bytes()))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:

        async def run(html: bytes, address: str):
            return await asyncio.get_running_loop().run_in_executor(pool, extract, html, address)

        found = await full_text(url, fetcher, Robots(fetcher), run=run)
    assert found is not None
    assert "لافروف" in found.text


async def test_a_page_that_robots_forbids_is_not_asked_for(hostile_server: HostileServer, fetcher: Fetcher):
    """What the site does not want read is left alone, and the rest is read."""
    hostile_server.on("/robots.txt", answer(200, None, b"User-agent: rasid\nDisallow: /private/\n"))
    private = hostile_server.on("/private/1", answer(200, HTML, (PAGES / "en.html").read_bytes()))
    public = hostile_server.on("/1", answer(200, HTML, (PAGES / "en.html").read_bytes()))
    robots = Robots(fetcher)
    assert await full_text(private, fetcher, robots) is None
    assert await full_text(public, fetcher, robots) is not None
    assert hostile_server.asked() == ["/robots.txt", "/1"]


@pytest.mark.parametrize(
    ("status", "allowed"), [(404, True), (403, True), (410, True), (429, False), (500, False), (503, False)]
)
async def test_no_robots_file_allows_and_a_server_in_trouble_does_not(
    hostile_server: HostileServer, make_fetcher: MakeFetcher, status: int, *, allowed: bool
):
    """RFC 9309: unavailable means allowed, unreachable means not this time."""
    hostile_server.on("/robots.txt", answer(status, {"Retry-After": "0"}))
    robots = Robots(await make_fetcher(hostile_server.authority))
    assert await robots.allowed(hostile_server.url("/1")) is allowed


async def test_an_unreachable_site_is_not_allowed(make_fetcher: MakeFetcher):
    """Neither is a site whose robots.txt cannot be had because its address is refused."""
    robots = Robots(await make_fetcher())
    assert not await robots.allowed("http://127.0.0.1:9/1")
    assert not await robots.allowed("not an address")


async def test_rules_are_kept_and_asked_for_again(hostile_server: HostileServer, fetcher: Fetcher):
    """One request serves all pages of a site for a day, and failures for a quarter of an hour."""
    seconds = 0.0
    robots = Robots(fetcher, lambda: seconds)
    hostile_server.on("/robots.txt", answer(500))
    for at in (0.0, 800.0):
        seconds = at
        assert not await robots.allowed(hostile_server.url("/1"))
    hostile_server.on("/robots.txt", answer(200, None, b"User-agent: *\nDisallow: /2\n"))
    for at in (1000.0, 80_000.0):
        seconds = at
        assert await robots.allowed(hostile_server.url("/1"))
        assert not await robots.allowed(hostile_server.url("/2"))
    assert len(hostile_server.requests) == 2
    seconds = 90_000.0
    assert await robots.allowed(hostile_server.url("/1"))
    assert len(hostile_server.requests) == 3


async def test_many_pages_at_once_ask_for_the_rules_once(hostile_server: HostileServer, fetcher: Fetcher):
    """Pages that are due together wait for one answer, also when one of them is given up."""
    hostile_server.on("/robots.txt", slow(0.05, b"User-agent: *\nDisallow: /3\n"))
    robots = Robots(fetcher)
    asks = [asyncio.create_task(robots.allowed(hostile_server.url(f"/{number}"))) for number in range(5)]
    await asyncio.sleep(0)
    asks[0].cancel()
    answers = await asyncio.gather(*asks, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert answers[1:] == [True, True, False, True]
    assert hostile_server.asked() == ["/robots.txt"]


async def test_robots_txt_itself_may_always_be_read(hostile_server: HostileServer, fetcher: Fetcher):
    """The file that says what is allowed is allowed, unasked."""
    assert await Robots(fetcher).allowed(hostile_server.url("/robots.txt"))
    assert hostile_server.asked() == []


async def test_robots_behind_a_redirect_is_read(hostile_server: HostileServer, fetcher: Fetcher):
    """The file may lie elsewhere; it speaks for the site that was asked."""
    hostile_server.on("/robots.txt", redirect("/elsewhere", 301))
    hostile_server.on("/elsewhere", answer(200, None, b"User-agent: *\nDisallow: /\n"))
    assert not await Robots(fetcher).allowed(hostile_server.url("/1"))


async def test_a_page_that_moved_to_a_forbidden_place_is_not_read(hostile_server: HostileServer, fetcher: Fetcher):
    """A redirect is no way round robots.txt."""
    hostile_server.on("/robots.txt", answer(200, None, b"User-agent: *\nDisallow: /private/\n"))
    url = hostile_server.on("/1", redirect("/private/1"))
    hostile_server.on("/private/1", answer(200, HTML, (PAGES / "en.html").read_bytes()))
    assert await full_text(url, fetcher, Robots(fetcher)) is None


@pytest.mark.parametrize("content_type", ["application/pdf", "image/jpeg", "text/plain; charset=utf-8"])
async def test_what_is_no_page_gives_no_text(hostile_server: HostileServer, fetcher: Fetcher, content_type: str):
    """A document of another kind is not taken for an article."""
    url = hostile_server.on("/1", answer(200, {"Content-Type": content_type}, (PAGES / "en.html").read_bytes()))
    assert await full_text(url, fetcher, Robots(fetcher)) is None


async def test_a_page_without_text_gives_none(hostile_server: HostileServer, fetcher: Fetcher):
    """An empty page, or one that is all navigation, adds nothing."""
    url = hostile_server.on("/1", answer(200, HTML, b"<html><body><nav><a href='/'>Home</a></nav></body></html>"))
    assert await full_text(url, fetcher, Robots(fetcher)) is None


async def test_a_page_that_cannot_be_had_says_why(hostile_server: HostileServer, fetcher: Fetcher):
    """The failure is the fetcher's, with its words."""
    with pytest.raises(FetchError, match="404 Not Found"):
        await full_text(hostile_server.url("/missing"), fetcher, Robots(fetcher))
