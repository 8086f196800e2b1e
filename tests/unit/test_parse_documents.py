from __future__ import annotations

import gzip
import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.parsing import ParsedFeed, parse_document
from rasid.domain.errors import ParseError

FEEDS = Path(__file__).parents[1] / "data" / "feeds"
COUNTS = [json.loads(line) for line in (FEEDS / "feedparser.jsonl").read_text(encoding="utf-8").splitlines()]
NOW = datetime(2025, 11, 23, 12, tzinfo=UTC)


def read(name: str) -> bytes:
    return (FEEDS / name).read_bytes()


def rss(*items: str, channel: str = "") -> bytes:
    joined = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="2.0"><channel><title>قناة</title><link>https://site.example/</link>{channel}{joined}</channel></rss>'.encode()


def parse(body: bytes, **options: object) -> ParsedFeed:
    return parse_document(body, feed="f", now=NOW, **options)


@pytest.mark.parametrize("counts", COUNTS, ids=[counts["file"] for counts in COUNTS])
def test_nothing_is_lost_that_feedparser_reads(counts: dict[str, Any]) -> None:
    """Every document of the suites gives at least the entries, titles, links and dates that feedparser finds."""
    try:
        entries = parse(read(counts["file"])).entries
    except ParseError:
        entries = ()
    assert len(entries) >= counts["entries"]
    assert sum(bool(entry.title) for entry in entries) >= counts["titled"]
    assert sum(bool(entry.url) for entry in entries) >= counts["linked"]
    assert sum(bool(entry.published_at) for entry in entries) >= counts["dated"]


def test_a_whole_rss_item_is_read() -> None:
    """Every field of an item comes out: title, link, text, summary, author, tags, language, date, guid."""
    item = """
      <title>Шойгу &amp; الأسد</title><link>/news/1?id=2</link><guid isPermaLink="false">n1</guid>
      <description>Коротко</description>
      <content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/"><![CDATA[<p>Первый абзац</p><p>فقرة ثانية</p>]]></content:encoded>
      <author>desk@site.example (Ivan Petrov)</author><category>Сирия</category><category>Сирия</category><category>Syria</category>
      <pubDate>Sun, 23 Nov 2025 10:00:00 MSK</pubDate>"""
    parsed = parse(rss(item, channel="<language>ru-RU</language><ttl>15</ttl>"), url="https://site.example/rss.xml")
    entry = parsed.entries[0]
    assert (parsed.kind, parsed.title, parsed.site_url, parsed.ttl) == ("rss20", "قناة", "https://site.example/", 900)
    assert (entry.title, entry.url, entry.guid) == ("Шойгу & الأسد", "https://site.example/news/1?id=2", "n1")
    assert (entry.text, entry.summary) == ("Первый абзац\n\nفقرة ثانية", "Коротко")
    assert (entry.authors, entry.tags, entry.language_claimed) == (("Ivan Petrov",), ("Сирия", "Syria"), "ru-ru")
    assert entry.published_at == datetime(2025, 11, 23, 7, tzinfo=UTC)
    assert (entry.date_flags, entry.text_origin) == ((), "feed")


@pytest.mark.parametrize(
    ("date", "flags"),
    [
        ("", ("absent",)),
        ("<pubDate>soon</pubDate>", ("absent",)),
        ("<pubDate>Sun, 23 Nov 2025 12:10:00 GMT</pubDate>", ()),
        ("<pubDate>Sun, 23 Nov 2025 13:00:00 GMT</pubDate>", ("future",)),
        ("<pubDate>22 نوفمبر 2025</pubDate>", ("midnight",)),
        ("<pubDate>24 ноября 2025</pubDate>", ("future", "midnight")),
    ],
)
def test_doubtful_dates_are_flagged(date: str, flags: tuple[str, ...]) -> None:
    """A date that is missing, ahead of the clock by more than 15 minutes or mere midnight says so."""
    assert parse(rss(date)).entries[0].date_flags == flags


def test_an_unknown_zone_is_told() -> None:
    """A zone that nobody knows is read as UTC and named in the warnings."""
    parsed = parse(rss("<pubDate>Sun, 23 Nov 2025 10:00:00 XYZT</pubDate>"))
    assert parsed.entries[0].published_at == NOW - timedelta(hours=2)
    assert "XYZT" in parsed.warnings[0]


def test_entries_without_address_and_guid_differ_by_what_they_say() -> None:
    """Items that have only a text are still told apart, and the same text is the same item."""
    keys = [
        entry.key for entry in parse(rss("<title>واحد</title>", "<title>два</title>", "<title>واحد</title>")).entries
    ]
    assert keys[0] == keys[2] != keys[1]


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", " JavaScript:x", "vbscript:x"])
def test_an_active_link_is_no_url(link: str) -> None:
    """A link that would run something is not taken for the address of an article."""
    assert parse(rss(f"<title>x</title><link>{link}</link>")).entries[0].url is None


def test_links_build_on_the_nearest_base() -> None:
    """Relative links build on xml:base, else the document's address, else the channel's link."""
    item = "<title>t</title><link>/a</link>"
    assert parse(rss(item)).entries[0].url == "https://site.example/a"
    assert parse(rss(item), url="https://feeds.example/x").entries[0].url == "https://feeds.example/a"
    atom = b'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://base.example/d/"><entry><link href="a"/></entry></feed>'
    assert parse(atom, url="https://feeds.example/x").entries[0].url == "https://base.example/d/a"


def test_an_address_that_is_none_costs_only_the_links() -> None:
    """A site's address that cannot be parsed leaves the items and their texts whole."""
    body = rss("<title>عنوان</title><description>&lt;a href='/x'&gt;текст&lt;/a&gt;</description>")
    parsed = parse(body.replace(b"https://site.example/", b"http://exa mple&lt;b&gt;.org:x/"))
    assert [(entry.title, entry.text) for entry in parsed.entries] == [("عنوان", "текст")]


def test_truncated_xml_keeps_what_came() -> None:
    """A document cut off anywhere gives the items before the cut and says that it is not well-formed."""
    body = rss(
        "<title>أول</title><link>https://e.example/1</link>", "<title>второй</title><link>https://e.example/2</link>"
    )
    parsed = parse(body[: body.index("второй".encode()) + 4])
    assert parsed.entries[0].title == "أول"
    assert len(parsed.entries) == 2
    assert "not well-formed" in parsed.warnings[-1]


def test_a_bad_entry_loses_only_itself_its_worth() -> None:
    """An unescaped ampersand, an unknown entity and a broken tag in one item leave the others whole."""
    parsed = parse(rss("<title>A & B</title>", "<title>x &nosuch; y</title><b>", "<title>رابع</title>"))
    assert [entry.title for entry in parsed.entries][::2] == ["A & B", "رابع"]


@pytest.mark.parametrize(
    "bad",
    ["&#xFFFFFFFF; & x", "&#xD800; & x", "&#99999999999999999999; & x", "&</title><georss:where>x</georss:where>"],
)
def test_what_makes_feedparser_raise_costs_one_item_at_most(bad: str) -> None:
    """References beyond Unicode and elements out of place, on which feedparser raises, leave the other items whole."""
    parsed = parse(rss("<title>أول</title>", f"<title>{bad}</title>", "<title>третий</title>"))
    titles = [entry.title for entry in parsed.entries]
    assert titles[0] == "أول"
    assert titles[-1] == "третий"
    assert parsed.warnings


def test_space_before_the_declaration_is_no_fault() -> None:
    """Blank lines before <?xml, as careless scripts leave them, cost nothing."""
    parsed = parse(b"\n\n <?xml version='1.0'?>" + rss("<title>ليس خطأ</title>"))
    assert parsed.entries[0].title == "ليس خطأ"
    assert parsed.warnings == ()


def test_skip_hours_and_days_are_read() -> None:
    """RSS's wish not to be polled is kept: hours in UTC, days from Monday = 0."""
    channel = "<skipHours><hour>0</hour><hour>24</hour><hour>7</hour><hour>x</hour></skipHours><skipDays><day>Sunday</day></skipDays>"
    parsed = parse(rss(channel=channel))
    assert (parsed.skip_hours, parsed.skip_days) == ({0, 7}, {6})


def test_update_period_is_a_ttl() -> None:
    """The syndication module's period and frequency give seconds."""
    sy = 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
    channel = f"<sy:updatePeriod {sy}>hourly</sy:updatePeriod><sy:updateFrequency {sy}>4</sy:updateFrequency>"
    assert parse(rss(channel=channel)).ttl == 900


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty (0 bytes)"),
        (b" \n ", "empty"),
        (b"<!DOCTYPE html><html><head></head><body>x</body></html>", "HTML page, not a feed and names no feed"),
        (b"plain words", "neither XML nor JSON"),
        (b"<note><to>x</to></note>", "root element <note>"),
        (b'<opml version="2.0"><body/></opml>', "OPML"),
        (b'{"items": 3}', "no list"),
        (b"[1, 2]", "no object"),
        (b'{"items": [', "no JSON"),
        (b"\x1f\x8b broken", "gzip"),
    ],
)
def test_what_is_no_feed_says_what_it_is(body: bytes, says: str) -> None:
    """The error names what came instead of a feed."""
    with pytest.raises(ParseError, match=says.replace("(", r"\(").replace(")", r"\)")):
        parse(body)


def test_a_page_names_its_feeds() -> None:
    """An HTML page that came instead of a feed is asked for its feeds, in the error."""
    page = '<html><head><title>أخبار</title><link rel="alternate" type="application/rss+xml" href="/rss?a=1&amp;b=2"></head></html>'
    with pytest.raises(ParseError, match=r"https://site\.example/rss\?a=1&b=2"):
        parse(page.encode(), url="https://site.example/")


def test_a_compressed_document_is_inflated() -> None:
    """A document that is still gzip (sitemaps often are files so) is read; a bomb of it is refused."""
    assert parse(gzip.compress(rss("<title>сжато</title>"))).entries[0].title == "сжато"
    with pytest.raises(ParseError, match="larger than"):
        parse(gzip.compress(b" " * 50_000_001))


def test_a_news_sitemap_gives_entries() -> None:
    """Google's news sitemap: title, link, publication's language, date, keywords."""
    body = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
      <url><loc>https://e.example/1</loc><news:news><news:publication><news:name>E</news:name><news:language>ar</news:language></news:publication>
      <news:publication_date>2025-11-23T10:00:00+03:00</news:publication_date><news:title>شويغو في دمشق</news:title><news:keywords>سوريا, روسيا</news:keywords></news:news></url>
      <url><loc>https://e.example/page</loc></url></urlset>"""
    parsed = parse(body.encode())
    (entry,) = parsed.entries
    assert parsed.kind == "sitemap"
    assert (entry.title, entry.url, entry.language_claimed, entry.tags) == (
        "شويغو في دمشق",
        "https://e.example/1",
        "ar",
        ("سوريا", "روسيا"),
    )
    assert entry.published_at == datetime(2025, 11, 23, 7, tzinfo=UTC)


def test_a_plain_sitemap_is_refused_and_an_index_gives_its_children() -> None:
    """A sitemap without news is an error that says so; an index names its children."""
    with pytest.raises(ParseError, match="without news tags"):
        parse(b"<urlset><url><loc>https://e.example/1</loc></url></urlset>")
    index = parse(b"<sitemapindex><sitemap><loc>https://e.example/s1.xml</loc></sitemap><sitemap/></sitemapindex>")
    assert (index.kind, index.sitemaps) == ("sitemapindex", ("https://e.example/s1.xml",))


def test_a_json_feed_is_read() -> None:
    """JSON Feed 1.1: html over text, authors of the feed where an item has none, an item that is no object left out."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1", "title": "خبر", "home_page_url": "https://e.example/", "language": "en",
        "authors": [{"name": "Desk"}],
        "items": [
            {"id": "1", "url": "/1", "title": "Шойгу &amp; Асад", "content_html": "<p>a</p><p>б</p>", "tags": ["x", 3], "date_published": "2025-11-23T10:00:00Z"},
            "no object",
            {"id": 2, "content_text": "نص\n\nثان", "authors": [{"name": "A"}], "language": "ar", "summary": "\ud800"},
        ],
    }  # fmt: skip
    parsed = parse(json.dumps(feed).encode())
    first, second = parsed.entries
    assert (first.url, first.title, first.text, first.authors, first.tags) == (
        "https://e.example/1",
        "Шойгу & Асад",
        "a\n\nб",
        ("Desk",),
        ("x",),
    )
    assert (second.guid, second.text, second.authors, second.language_claimed, second.summary) == (
        "2",
        "نص\n\nثان",
        ("A",),
        "ar",
        "\ufffd",
    )
    assert parsed.warnings == ("item 2 was left out: it is no object",)


@pytest.mark.parametrize(
    ("description", "text"),
    [
        ("فقرة أولى\n\nвторой абзац\nна двух строках", "فقرة أولى\n\nвторой абзац на двух строках"),
        ("&amp;lt;p&amp;gt;one&amp;lt;/p&amp;gt;&amp;lt;p&amp;gt;два&amp;lt;/p&amp;gt;", "one\n\nдва"),
        ("the &amp;lt;b&amp;gt; tag", "the <b> tag"),
    ],
)
def test_careless_descriptions_are_read_as_meant(description: str, text: str) -> None:
    """Plain text keeps its blank lines, markup escaped twice is markup, and a tag that is talked about is text."""
    assert parse(rss(f"<description>{description}</description>")).entries[0].text == text


@pytest.mark.parametrize(
    ("kind", "content", "text"),
    [
        ("application/octet-stream", b64encode("نص مشفر، текст".encode()).decode(), "نص مشفر، текст"),
        ("image/png", b64encode(bytes(range(256))).decode(), ""),
        ("application/octet-stream", b64encode(bytes(range(256))).decode(), ""),
        ("text/markdown", "*plain* text", "*plain* text"),
    ],
)
def test_content_of_other_types_is_text_where_it_can_be(kind: str, content: str, text: str) -> None:
    """Base64 that holds text is decoded, a picture is no text."""
    body = f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><content type="{kind}">{content}</content></entry></feed>'
    assert parse(body.encode()).entries[0].text == text


def test_a_text_of_endless_tags_is_cut() -> None:
    """A hostile text costs its own tail; the other items stay whole."""
    parsed = parse(rss("<description>" + "&lt;div&gt;x" * 20_000 + "</description>", "<title>سليم</title>"))
    assert [bool(entry.text) for entry in parsed.entries] == [True, False]
    assert parsed.entries[1].title == "سليم"
    assert "was cut" in parsed.warnings[0]
