"""`rasid feeds` as a person calls it, and the search for a site's feeds, against a site on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingest.discover import named_feeds, usual_places
from ingest.feedlist import feed_id, read_feeds
from rasid.adapters.sqlite_feedstore import SqliteFeedStore
from rasid.app.cli.feeds import app
from rasid.domain.errors import RasidError
from rasid.domain.feed import FeedState, PollRecord

RSS = """<rss version="2.0"><channel><title>{0}</title><item><title>خبر</title><link>https://a.sy/1</link>
<pubDate>Mon, 23 Nov 2026 10:00:00 GMT</pubDate></item></channel></rss>"""
PAGE = """<!doctype html><html><head><title>سانا</title>
<link rel="alternate" type="application/rss+xml" href="/comments/feed"><link rel="alternate" type="application/rss+xml"
 href="/ar/rss"></head><body><a href="/ru/rss.xml">Лента</a><a href="https://elsewhere.org/rss">Other</a></body></html>"""
PAGES = {
    "/": PAGE,
    "/ar/rss": RSS.format("سانا"),
    "/ru/rss.xml": RSS.format("САНА"),
    "/comments/feed": RSS.format("تعليقات"),
    "/plain": "<html><body>Ничего</body></html>",
    "/feed": RSS.format("usual"),
}


class Site(BaseHTTPRequestHandler):
    """Serves PAGES."""

    def do_GET(self) -> None:
        """Answer."""
        body = PAGES.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8" if "html" in (body or "") else "application/xml")
        self.end_headers()
        self.wfile.write((body or "").encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Say nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """Give the address of a site on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@dataclass(frozen=True)
class Done:
    """What a command gave."""

    returncode: int
    stdout: bytes
    told: str


class Command:
    """Runs `rasid feeds` on a data directory with a short list of its own."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RASID_FEEDS", "all")
        self.directory = directory
        self.list = directory / "feeds.yaml"
        self.list.write_text("# قائمتي\nfeeds: []\n", encoding="utf-8")
        self.config = directory / "rasid.toml"
        self.config.write_text('fetch_allowed_hosts = ["127.0.0.1"]\nhost_pause = 0.0\n', encoding="utf-8")

    def __call__(self, *words: str, stdin: bytes = b"") -> Done:
        """Run a command in this process; what main() would tell of an error is added to what is told."""
        where = ["--config", str(self.config), "--data-dir", str(self.directory)]
        found = CliRunner().invoke(app, [*words, *where], input=stdin)
        error = found.exception
        if error is not None and not isinstance(error, SystemExit | RasidError):
            raise error
        told = found.stderr + (str(error) if isinstance(error, RasidError) else "")
        return Done(found.exit_code, found.stdout_bytes, told)


@pytest.fixture
def feeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Give the command on a fresh data directory."""
    return Command(tmp_path, monkeypatch)


def test_a_sites_address_is_enough(feeds: Command, site: str) -> None:
    """The site's own feed is added, the others are told; adding again adds nothing; comments stay."""
    done = feeds("add", site, "--country", "SY", "--tag", "سوريا")
    assert done.returncode == 0, done.told
    (feed,) = read_feeds(feeds.list)
    assert (feed.url, feed.title, feed.country, feed.tags) == (f"{site}/ar/rss", "سانا", "SY", ("سوريا",))
    assert f"also found: САНА {site}/ru/rss.xml" in done.told
    assert "elsewhere" not in done.told
    assert "is there already" in feeds("add", f"{site}/ar/rss").told
    assert feeds.list.read_text(encoding="utf-8").startswith("# قائمتي\n")


def test_the_usual_places_are_tried_and_nothing_found_is_said(feeds: Command, site: str) -> None:
    """A page that names no feed is asked at the usual places; a site that does not answer is an error."""
    assert feeds("add", f"{site}/plain").returncode == 0
    assert [feed.url for feed in read_feeds(feeds.list)] == [f"{site}/feed"]
    missing = feeds("add", f"{site}/нет")
    assert missing.returncode == 1
    assert "404" in missing.told


def test_check_tells_good_from_bad(feeds: Command, site: str) -> None:
    """Each feed is tried; the reason of a failure is told, and some failing is exit 1."""
    for path in ("/ar/rss", "/missing", "/plain"):
        assert feeds("add", site + path, "--unseen").returncode == 0
    done = feeds("check", "--json")
    assert done.returncode == 1, done.told
    good, missing, page = (json.loads(line) for line in done.stdout.splitlines())
    assert (good["ok"], good["entries"], good["newest"]) == (True, 1, "2026-11-23")
    assert "404" in missing["words"]
    assert "HTML page" in page["words"]
    one = feeds("check", f"{site}/ar/rss")
    assert one.returncode == 0
    assert "سانا" not in one.told
    assert "1 of 1 feeds answered" in one.told


def test_list_tells_the_health(feeds: Command, site: str) -> None:
    """A failing feed shows its error and last success, one never polled says so; removing takes it out."""
    for path in ("/ar/rss", "/ru/rss.xml"):
        feeds("add", site + path)
    first = read_feeds(feeds.list)[0]
    state = FeedState(
        feed_id=first.id, url=first.url, failures=6.0, last_polled_at=datetime.now(UTC), last_error="нет ответа"
    )
    with SqliteFeedStore(feeds.directory / "feeds.db") as store:
        store.save(state, PollRecord(feed_id=first.id, at=datetime.now(UTC), outcome="failed"))
    lines = [json.loads(line) for line in feeds("list", "--json").stdout.splitlines()]
    assert [line["health"] for line in lines] == ["failing", "waiting"]
    assert "нет ответа (never worked" in lines[0]["words"]
    assert feeds("remove", first.id).returncode == 0
    assert [feed.url for feed in read_feeds(feeds.list)] == [f"{site}/ru/rss.xml"]
    stranger = feeds("remove", "https://нет/")
    assert stranger.returncode == 1
    assert "is not in the list" in stranger.told


def test_opml_goes_out_and_comes_in(feeds: Command, site: str) -> None:
    """What was exported is imported whole; a second import adds nothing; broken OPML is one sentence."""
    feeds("add", f"{site}/ar/rss", "--ownership", "state")
    before = read_feeds(feeds.list)
    out = feeds("export")
    feeds.list.write_text("feeds: []\n", encoding="utf-8")
    assert "1 feeds added" in feeds("import", "-", stdin=out.stdout).told
    assert read_feeds(feeds.list) == before
    assert "0 feeds added, 1 were there already" in feeds("import", "-", stdin=out.stdout).told
    broken = feeds("import", "-", stdin="не OPML".encode())
    assert broken.returncode == 1
    assert "not readable as OPML" in broken.told


def test_a_feed_that_was_gone_is_polled_again_once_it_answers(feeds: Command, site: str) -> None:
    """Adding a feed anew clears the end that its server had declared."""
    url = f"{site}/ar/rss"
    state = FeedState(feed_id=feed_id(url), url=url, gone=True, last_polled_at=datetime.now(UTC))
    with SqliteFeedStore(feeds.directory / "feeds.db") as store:
        store.save(state, PollRecord(feed_id=state.feed_id, at=datetime.now(UTC), outcome="gone"))
    feeds("add", url)
    with SqliteFeedStore(feeds.directory / "feeds.db") as store:
        found = store.state(state.feed_id)
    assert found is not None
    assert found.gone is False


def test_links_and_places_of_a_page() -> None:
    """A page's own links come first and absolute, comments last; the usual places lie beside it and at the root."""
    assert named_feeds(PAGE, "https://sana.sy/ar/") == [
        "https://sana.sy/ar/rss", "https://sana.sy/ru/rss.xml", "https://sana.sy/comments/feed",
    ]  # fmt: skip
    places = usual_places("https://sana.sy/ar?page=2")
    assert places[:4] == [
        "https://sana.sy/ar/feed",
        "https://sana.sy/ar/rss",
        "https://sana.sy/feed",
        "https://sana.sy/rss",
    ]
