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
from ingest.parsing.plain import NotPlainError
from ingest.parsing.plain_reader import read_plain

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
def test_the_plain_reader_agrees_with_feedparser(path: Path) -> None:
    """Where the plain reader takes a document, it reads what feedparser reads, field by field."""
    utf8 = to_utf8(path.read_bytes(), None).utf8
    if str(path.relative_to(FEEDS)) not in KNOWN:
        assert fields(read_plain(utf8)) == fields(read_with_feedparser(utf8, url=URL))


def test_most_documents_are_plain() -> None:
    """The plain reader is there for most documents, so the comparison above is not empty."""
    assert len(DOCUMENTS) >= 25


@pytest.mark.parametrize(
    "body",
    [
        b"<rss",
        b"<!DOCTYPE rss><rss version='2.0'><channel/></rss>",
        b"<rss version='2.0'/>",
        b"<rss version='2.0'><channel><item><description>a<b>c</b></description></item></channel></rss>",
        b"<rss version='2.0'><channel><item><fullitem>x</fullitem></item></channel></rss>",
        b"<rss version='2.0'><channel><x><item/></x></channel></rss>",
        b"<rss version='2.0'><channel><item><pubDate>2025-11-32T00:00:00Z</pubDate></item></channel></rss>",
        b"<feed xmlns='http://purl.org/atom/ns#'/>",
        b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><title type='application/x'>eA==</title></entry></feed>",
        b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><issued>2025</issued></entry></feed>",
    ],
)
def test_what_is_not_plain_is_left_to_feedparser(body: bytes) -> None:
    """Any doubt about a document makes the plain reader give it up."""
    with pytest.raises(NotPlainError):
        read_plain(body)


WORDS = st.text(alphabet=st.sampled_from("abc дж سلام &<>\"'é\n-"), max_size=30).map(str.strip)
LINKS = st.sampled_from(["https://e.example/1", "/2", "3?a=1&b=2"])
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
def test_made_up_feeds_are_read_alike(items: list[str]) -> None:
    """Any feed of plain items, in any order of fields and in three scripts, is read as feedparser reads it."""
    joined = "".join(f"<item>{item}</item>" for item in items)
    body = f'<rss version="2.0"><channel><title>x</title>{joined}</channel></rss>'.encode()
    assert fields(read_plain(body)) == fields(read_with_feedparser(body, url=URL))


RICH = [
    """<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"
      xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:atom="http://www.w3.org/2005/Atom"
      xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" xmlns:other="http://other.example/">
      <channel xml:base="https://base.example/d/"><title>c</title><atom:link href="https://site.example/" type="text/html"/>
      <item><dc:title>عنوان</dc:title><link>a</link><dc:creator>أحمد</dc:creator><dc:date>2025-11-23T10:00:00Z</dc:date>
      <dc:language>ar</dc:language><itunes:keywords>один, два</itunes:keywords><other:thing>x</other:thing></item>
      <item><media:group><media:title>Видео</media:title><media:description>Описание</media:description></media:group>
      <atom:link rel="alternate" href="b"/><feedburner:origLink>https://orig.example/1</feedburner:origLink></item>
      <item><title>k</title><media:keywords>x, y</media:keywords><media:category label="L">t</media:category></item>
      </channel></rss>""",
    """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ru" xmlns:media="http://search.yahoo.com/mrss/"
      xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"><title type="html">&lt;b&gt;c&lt;/b&gt;</title>
      <id>https://site.example/</id><author><name>Desk</name></author>
      <entry><id>tag:1</id><title xml:lang="ar">خبر</title><link href="/1"/><link rel="related" href="/2"/>
      <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>один</p><p>два <br/>три</p></div></content>
      <summary>short</summary><category term="t" label="L"/><updated>2025-11-23T10:00:00+03:00</updated></entry>
      <entry><id>https://e.example/2</id><title type="html">A &amp;amp; B</title><author><email>a@e.example</email></author>
      <media:group><media:description>Описание</media:description></media:group><rights>r</rights></entry>
      <entry><id>tag:3</id><feedburner:origLink>https://orig.example/3</feedburner:origLink><content src="https://e.example/x"/></entry>
      </feed>""",
    """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
      xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://e.example/"><title>ق</title>
      <link>https://e.example/</link><dc:language>ar</dc:language></channel>
      <item rdf:about="https://e.example/1"><title>واحد</title><link>https://e.example/1</link><dc:subject>سوريا</dc:subject></item>
      <item rdf:about="https://e.example/2"><title>два</title><description>&lt;p&gt;текст&lt;/p&gt;</description></item></rdf:RDF>""",
]


@pytest.mark.parametrize("document", RICH, ids=["rss", "atom", "rdf"])
def test_rich_feeds_are_read_alike(document: str) -> None:
    """Dublin Core, Media RSS, iTunes, FeedBurner, xml:base, XHTML and RDF are read as feedparser reads them."""
    body = document.encode()
    assert fields(read_plain(body)) == fields(read_with_feedparser(body, url=URL))
