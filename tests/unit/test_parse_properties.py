from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.parsing import ParsedFeed, parse_document
from rasid.domain.errors import ParseError

FEEDS = Path(__file__).parents[1] / "data" / "feeds"
SMALL = sorted(
    p for p in FEEDS.rglob("*") if p.suffix in {".xml", ".atom", ".rss", ".json"} and p.stat().st_size < 5000
)
BODIES = st.sampled_from(SMALL).map(Path.read_bytes)


def read(body: bytes) -> None:
    with suppress(ParseError):
        assert isinstance(parse_document(body, feed="f", url="https://e.example/"), ParsedFeed)


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.text(alphabet="<>&;/=\"' ?!-[]rssitemйس", max_size=200).map(str.encode)))
def test_any_bytes_are_a_feed_or_a_parse_error(body: bytes) -> None:
    """No bytes whatever raise anything but ParseError."""
    read(body)


@settings(max_examples=100, deadline=None)
@given(BODIES, st.data())
def test_a_damaged_feed_is_a_feed_or_a_parse_error(body: bytes, data: st.DataObject) -> None:
    """Real feeds cut off, with bytes replaced or pieces repeated raise nothing but ParseError."""
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(body))] * 2)))
    piece = data.draw(
        st.sampled_from([b"", b"\xff", b"<", b"&#xFFFFFFFF;", b"&#x0;", b"]]>", b"\x00", body[start:end]])
    )
    read(body[:start] + piece + body[end:])
