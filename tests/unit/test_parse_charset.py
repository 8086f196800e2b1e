from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.parsing import parse_document
from ingest.parsing.charset import to_utf8

RUSSIAN = "Шойгу прибыл в Дамаск на переговоры с президентом Сирии"
ARABIC = "وصل وزير الدفاع الروسي سيرغي شويغو إلى دمشق للقاء الرئيس"
HEBREW = "שר ההגנה הרוסי הגיע לדמשק לפגישה עם נשיא סוריה"
ENGLISH = "Shoigu’s visit – a “first”"


def document(title: str, declared: str | None) -> str:
    declaration = f' encoding="{declared}"' if declared else ""
    return f'<?xml version="1.0"{declaration}?><rss version="2.0"><channel><item><title>{title}</title></item></channel></rss>'


@pytest.mark.parametrize(
    ("text", "encoding", "declared", "content_type"),
    [
        (RUSSIAN, "utf-8", "utf-8", None),
        (RUSSIAN, "utf-8-sig", None, None),
        (ARABIC, "utf-16", "utf-16", None),
        (ARABIC, "utf-16-le", "utf-16", "text/xml"),
        (RUSSIAN, "utf-32", "utf-32", None),
        (RUSSIAN, "windows-1251", "windows-1251", None),
        (RUSSIAN, "windows-1251", "utf-8", None),
        (RUSSIAN, "windows-1251", None, "application/rss+xml"),
        (RUSSIAN, "windows-1251", None, "text/xml; charset=windows-1251"),
        (RUSSIAN, "windows-1251", "utf-8", "text/xml; charset=iso-8859-1"),
        (RUSSIAN, "koi8-r", "utf-8", None),
        (RUSSIAN, "utf-8", "windows-1251", "text/xml; charset=iso-8859-1"),
        (ARABIC, "windows-1256", "utf-8", None),
        (ARABIC, "windows-1256", "windows-1256", "text/xml"),
        (ARABIC, "iso-8859-6", "utf-8", None),
        (HEBREW, "windows-1255", None, None),
        (ENGLISH, "windows-1252", "utf-8", None),
        (ENGLISH, "windows-1252", "iso-8859-1", None),
        (ENGLISH, "utf-8", "no-such-charset", None),
    ],
)
def test_text_survives_every_encoding_and_wrong_claims(
    text: str, encoding: str, declared: str | None, content_type: str | None
) -> None:
    """The title comes out right whatever encoding the bytes are in and whatever header and declaration say."""
    body = document(text, declared).encode(encoding)
    assert parse_document(body, feed="f", content_type=content_type).entries[0].title == text


def test_a_wrong_claim_is_told() -> None:
    """A person is told how a text was read that is not what it claims to be."""
    parsed = parse_document(document(RUSSIAN, "utf-8").encode("windows-1251"), feed="f")
    assert parsed.warnings == ("the text is read as windows-1251 (it claims utf-8)",)


def test_one_stray_byte_does_not_spoil_a_text() -> None:
    """A few bytes that are no UTF-8 are replaced; the rest stays UTF-8."""
    body = document(f"{ARABIC} X {RUSSIAN}", "utf-8").encode().replace(b"X", b"\xff")
    assert parse_document(body, feed="f").entries[0].title == f"{ARABIC} \ufffd {RUSSIAN}"


def test_control_characters_are_left_out() -> None:
    """Characters that XML forbids cost themselves, not the document."""
    parsed = parse_document(document("a\x00b\x0cد\x1bж", "utf-8").encode(), feed="f")
    assert parsed.entries[0].title == "abدж"
    assert "control characters were left out" in parsed.warnings


@given(st.binary(max_size=200), st.sampled_from([None, "text/xml; charset=utf-16", "x; charset=rot13", "charset=hex"]))
def test_any_bytes_become_utf8(body: bytes, content_type: str | None) -> None:
    """Whatever the bytes and the header, the result decodes strictly."""
    to_utf8(body, content_type).utf8.decode("utf-8")
