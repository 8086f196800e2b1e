from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.parsing.charset import to_utf8
from ingest.parsing.entries import finish
from ingest.parsing.feedparser_reader import read_with_feedparser
from ingest.parsing.model import RawFeed
from ingest.parsing.plain_reader import NotPlainError, read_plain

FEEDS = Path(__file__).parents[1] / "data" / "feeds"
URL = "https://site.example/feed"
NOW = datetime(2025, 11, 23, tzinfo=UTC)
# In these feedparser drops or mixes something that the plain reader keeps apart.
KNOWN = {"feedvalidator/rss/must/valid_dc_all2.xml"}


def fields(raw: RawFeed) -> dict[str, object]:
    return asdict(finish(raw, feed="f", url=URL, now=NOW))


def plain(path: Path) -> bool:
    try:
        read_plain(to_utf8(path.read_bytes(), None).utf8)
    except NotPlainError:
        return False
    return True


DOCUMENTS = [path for path in sorted(FEEDS.rglob("*")) if path.suffix in {".xml", ".atom", ".rss"} and plain(path)]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_the_plain_reader_agrees_with_feedparser(path):
    """Where the plain reader takes a document, it reads what feedparser reads, field by field."""
    utf8 = to_utf8(path.read_bytes(), None).utf8
    if str(path.relative_to(FEEDS)) not in KNOWN:
        assert fields(read_plain(utf8)) == fields(read_with_feedparser(utf8, url=URL))


def test_most_documents_are_plain():
    """The plain reader is there for most documents, so the comparison above is not empty."""
    assert len(DOCUMENTS) >= 20


@pytest.mark.parametrize(
    "body",
    [
        b"<rss",
        b"<!DOCTYPE rss><rss version='2.0'><channel/></rss>",
        b"<rss version='2.0'/>",
        b"<rss version='2.0'><channel><item><description>a<b>c</b></description></item></channel></rss>",
        b"<rss version='2.0'><channel xml:base='http://x.example/'/></rss>",
        b"<rss version='2.0'><channel><item><fullitem>x</fullitem></item></channel></rss>",
        b"<rss version='2.0'><channel><x><item/></x></channel></rss>",
        b"<rss version='2.0'><channel><item><pubDate>2025-11-32T00:00:00Z</pubDate></item></channel></rss>",
        b"<feed xmlns='http://purl.org/atom/ns#'/>",
        b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><title type='application/x'>eA==</title></entry></feed>",
        b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><issued>2025</issued></entry></feed>",
    ],
)
def test_what_is_not_plain_is_left_to_feedparser(body):
    """Any doubt about a document makes the plain reader give it up."""
    with pytest.raises(NotPlainError):
        read_plain(body)


WORDS = st.text(alphabet=st.sampled_from("abc дж سلام &<>\"'é\n-"), max_size=30).map(str.strip)
LINKS = st.sampled_from(["https://e.example/1", "/2", "3?a=1&b=2", ""])
DATES = st.sampled_from(["Sun, 23 Nov 2025 10:00:00 GMT", "2025-11-23T10:00:00+03:00", "23 ноября 2025", ""])


@st.composite
def rss_items(draw: st.DrawFn) -> str:
    parts = [
        f"<title>{escape(draw(WORDS))}</title>",
        f"<link>{escape(draw(LINKS))}</link>",
        f"<description>{escape(draw(WORDS))}</description>",
        f"<pubDate>{draw(DATES)}</pubDate>",
        f"<category>{escape(draw(WORDS))}</category>",
        f'<guid isPermaLink="{draw(st.sampled_from(["true", "false"]))}">https://e.example/g</guid>',
    ]
    return "".join(draw(st.lists(st.sampled_from(parts), unique=True)))


@settings(max_examples=50, deadline=None)
@given(st.lists(rss_items(), max_size=4))
def test_made_up_feeds_are_read_alike(items):
    """Any feed of plain items, in any order of fields and in three scripts, is read as feedparser reads it."""
    joined = "".join(f"<item>{item}</item>" for item in items)
    body = f'<rss version="2.0"><channel><title>x</title>{joined}</channel></rss>'.encode()
    assert fields(read_plain(body)) == fields(read_with_feedparser(body, url=URL))
