"""OPML in and out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.feedlist import feed_id, parse_feeds, shipped_text
from ingest.opml import from_opml, to_opml
from rasid.domain.errors import FeedsFileError
from rasid.domain.feed import Feed

FOREIGN = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.1"><head><title>Подписки</title></head><body>
  <outline text="سوريا">
    <outline text="Агентства" title="Агентства">
      <outline type="rss" text="سانا" xmlUrl="https://sana.sy/feed" htmlUrl="https://sana.sy/" language="ar_SY"/>
    </outline>
    <outline text="North Press" xmlurl="https://npasyria.com/feed/" category="/kurdish,news"/>
  </outline>
  <outline type="rss" text="РИА" title="РИА Новости" xmlUrl="https://ria.ru/rss"/>
  <outline type="rss" text="again" xmlUrl="https://sana.sy/feed"/>
  <outline type="link" text="no feed" url="https://example.org/"/>
</body></opml>""".encode()


def test_the_shipped_list_survives_a_round_trip() -> None:
    """Every field of our own comes back from OPML."""
    feeds = parse_feeds(shipped_text(), "feeds.yaml")
    feeds = (replace(feeds[0], enabled=False, full_text="never", min_interval=60, max_interval=120), *feeds[1:])
    assert from_opml(to_opml(feeds), "x") == feeds


def test_the_document_is_opml_2_with_a_date() -> None:
    """Version, title, an RFC 822 date, and type, text and xmlUrl for each feed, as the specification asks."""
    feed = Feed(id="x", url="https://sana.sy/?a=1&b=2", title="سانا <&>", source="САНА")
    text = to_opml([feed], title="Мой список", now=datetime(2026, 11, 23, 12, tzinfo=UTC)).decode()
    assert '<opml xmlns:rasid="urn:rasid:opml:1" version="2.0">' in text
    assert "<dateCreated>Mon, 23 Nov 2026 12:00:00 GMT</dateCreated>" in text
    assert 'type="rss" text="سانا &lt;&amp;&gt;"' in text
    assert 'xmlUrl="https://sana.sy/?a=1&amp;b=2"' in text


def test_other_programs_lists_are_read() -> None:
    """Nested folders become tags, titles and languages are taken, doubles and plain links passed over."""
    sana, north, ria = from_opml(FOREIGN, "подписки.opml")
    assert (sana.title, sana.tags, sana.language, sana.id) == (
        "سانا",
        ("سوريا", "Агентства"),
        "ar-SY",
        feed_id(sana.url),
    )
    assert (north.title, north.tags) == ("North Press", ("سوريا", "kurdish", "news"))
    assert (ria.title, ria.source, ria.tags) == ("РИА Новости", "РИА Новости", ())


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        (b"", None, "not readable"),
        ("не xml".encode(), 1, "not readable"),
        (b"<opml>\n<body>\n<outline text='a & b'/></body></opml>", 3, "not readable"),
        (b"<rss/>", 1, "no OPML"),
        ("<opml><body><outline text='خالٍ'/></body></opml>".encode(), None, "no feed in it"),
        (b"<opml>\n<body>\n<outline xmlUrl='file:///etc/passwd'/></body></opml>", None, "no feed in it"),
        (
            b'<!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/passwd">]><opml><body><outline text="&x;"/></body></opml>',
            1,
            "external entity",
        ),
    ],
)
def test_a_broken_list_is_a_clear_error(data: bytes, line: int | None, reason: str) -> None:
    """What cannot be read names the file, the line where there is one, and the reason."""
    with pytest.raises(FeedsFileError, match=reason) as caught:
        from_opml(data, "قائمة.opml")
    assert str(caught.value).startswith("قائمة.opml:")
    assert line is None or caught.value.line == line


def test_an_entity_bomb_costs_nothing() -> None:
    """Entities are not expanded, and no file is read through one."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE o [<!ENTITY e0 "бум">{entities}]><opml><body><outline xmlUrl="https://a/" text="&e11;"/></body></opml>'
    with pytest.raises(FeedsFileError):
        from_opml(bomb.encode(), "bomb.opml")


@given(st.text(min_size=1, max_size=50), st.binary(max_size=100))
def test_no_title_breaks_the_writer_and_no_bytes_the_reader(title: str, data: bytes) -> None:
    """Any title gives well-formed OPML, and any bytes are read or refused with a sentence."""
    url = "https://sana.sy/"
    written = to_opml([Feed(id=feed_id(url), url=url, title=title, source=title)])
    assert from_opml(written, "x")[0].url == url
    with pytest.raises(FeedsFileError):
        from_opml(data, "x")


def test_an_address_that_is_not_of_the_web_is_told_and_the_others_are_taken() -> None:
    """feed: addresses are what they stand for, ftp: ones are named with their line, the rest comes in."""
    outlines = "".join(
        f"<outline text='سانا' xmlUrl='{url}'/>\n"
        for url in ("feed://sana.sy/feed", "ftp://example.com/x", "feed:https://tass.ru/rss", "https://example.com/rss")
    )
    told: list[str] = []
    feeds = from_opml(f"<opml><body>\n{outlines}</body></opml>".encode(), "قائمة.opml", told.append)
    assert [feed.url for feed in feeds] == ["http://sana.sy/feed", "https://tass.ru/rss", "https://example.com/rss"]
    assert told == ["قائمة.opml:3: ftp://example.com/x is not an http address"]
