from __future__ import annotations

import pytest

from ingest.parsing import parse_document
from ingest.parsing.feedparser_reader import read_with_feedparser
from ingest.parsing.salvage import mend_references, read_piecewise


def feed(*items: str) -> bytes:
    joined = "".join(f"<item>{item}" for item in items)  # never closed: no other reader takes it
    return f'<rss version="2.0"><channel><title>قناة</title>{joined}'.encode()


def test_known_trouble_is_left_out() -> None:
    """Tags on which feedparser is known to raise go, the words of the item stay."""
    bad = "<title>второй</title><gml:pos>1 2</gml:pos>"
    body = feed("<title>أول</title>", bad, "<title>third</title>")
    with pytest.raises(KeyError):
        read_with_feedparser(body, url=None)
    assert [entry.title for entry in parse_document(body, feed="f").entries] == ["أول", "второй", "third"]


def test_a_bad_item_loses_only_itself() -> None:
    """Read item by item, the one that feedparser cannot bear is named and left out."""
    body = feed("<title>أول</title>", "<title>x</title><gml:pos>1 2</gml:pos>", "<title>третий</title>")
    raw = read_piecewise(body, None)
    assert raw is not None
    assert [item.title.value for item in raw.items if item.title] == ["أول", "третий"]
    assert raw.warnings == ["item 2 was left out: it cannot be read (KeyError)"]
    assert raw.title == "قناة"


def test_a_bad_head_leaves_the_items() -> None:
    """When the channel itself makes feedparser raise, the items are read behind the bare root."""
    body = b"<rss version='2.0'><channel><gml:pos>1 2</gml:pos><item><title>x</title></item>"
    raw = read_piecewise(body, None)
    assert raw is not None
    assert len(raw.items) == 1
    assert read_piecewise(b"<rss version='2.0'>", None) is None


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        (b"&#1055;&#x627;&#65;", b"&#1055;&#x627;&#65;"),
        (b"&#0;&#xD800;&#x110000;&#11111111111111111111;", b"&#xFFFD;" * 4),
        (b"no reference", b"no reference"),
    ],
)
def test_references_to_no_character_are_replaced(text: bytes, mended: bytes) -> None:
    """Russian, Arabic and English letters by number stay; numbers that are no character become U+FFFD."""
    assert mend_references(text) == mended
