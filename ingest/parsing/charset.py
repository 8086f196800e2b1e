"""The characters of a document: which encoding its bytes really are in, whatever header and declaration claim.

Order: byte order mark or the pattern of a 16/32-bit "<" (XML 1.0 appendix F), valid UTF-8 beyond ASCII (which no
single-byte text is by chance), the Content-Type's charset, the XML declaration, then the likeliest of the Cyrillic,
Arabic and Western code pages by how much of the text would be common letters of its script.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
    (b"\x4c\x6f\xa7\x94", "cp037"),  # "<?xm" in EBCDIC
)
_DECLARATION: Final = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_DECLARED_TEXT: Final = re.compile(r"""^(\s*<\?xml[^>]{0,200}?)\s+encoding\s*=\s*["'][^"'>]{0,60}["']""")
_CHARSET: Final = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
_ASCII: Final = bytes(range(128))
_FOREIGN_WORD: Final = re.compile(rb"[\x80-\xff]{3,}")
_CONTROLS: Final = bytes(code for code in range(32) if code not in b"\t\n\r") + b"\x7f"
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SAMPLE: Final = 200_000  # bytes that are looked at to guess a code page
_COMMON: Final = {
    "windows-1251": "оеаинтсрвлкмдпу",
    "koi8-r": "оеаинтсрвлкмдпу",
    "cp866": "оеаинтсрвлкмдпу",
    "iso-8859-5": "оеаинтсрвлкмдпу",
    "windows-1256": "اليمنوترةبعدسفهكقأح",
    "iso-8859-6": "اليمنوترةبعدسفهكقأح",
    "windows-1255": "יוהלארמתבשנםחדפעק",
    "windows-1252": "éèàáíóúñçäöüßêôâåøæ’“”–…\xa0«»",
}
_ENOUGH: Final = 12  # letters beyond ASCII without which nothing is told
_HALF: Final = 0.5
_LEGACY: Final = {"iso-8859-1": "windows-1252", "latin-1": "windows-1252", "us-ascii": "windows-1252"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A document as UTF-8 without characters that XML forbids; `repaired` says what was put right."""

    utf8: bytes
    repaired: tuple[str, ...] = ()


def to_utf8(body: bytes, content_type: str | None) -> Decoded:
    """Give the document in UTF-8."""
    mark = next((name for start, name in _MARKS if body.startswith(start)), None)
    if mark is None and _is_utf8(body):
        return _clean(body, _claims(body, content_type))
    if mark == "utf-8-sig":
        rest = body[len(codecs.BOM_UTF8) :]
        return _clean(rest, []) if _is_utf8(rest) else _from_claims(rest, content_type)
    text = _strictly(body, mark) if mark else None
    if text is None and mark:
        text = body.decode(mark, "replace")
        return _from_text(text, f"bytes that are no {mark} were replaced")
    return _from_text(text) if text is not None else _from_claims(body, content_type)


def _from_claims(body: bytes, content_type: str | None) -> Decoded:
    claims = _claims(body, content_type)
    for name in claims:
        text = _strictly(body, _LEGACY.get(name, name))
        if text is not None and not _implausible(name, body):
            return _from_text(text)
    name = _likeliest(body)
    said = f" (it claims {claims[0]})" if claims else ""
    if _mostly_utf8(body):
        return _from_text(body.decode("utf-8", "replace"), "bytes that are no UTF-8 were replaced")
    return _from_text(body.decode(name, "replace"), f"the text is read as {name}{said}")


def _claims(body: bytes, content_type: str | None) -> list[str]:
    header = _CHARSET.search(content_type or "")
    declared = _DECLARATION.match(body[:400])
    names = [header[1] if header else None, declared[1].decode("ascii") if declared else None]
    return [name.lower() for name in names if name]


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\x1b$" not in body[:_SAMPLE] and b"\0" not in body[:4]  # ISO-2022 is ASCII with escapes


def _mostly_utf8(body: bytes) -> bool:
    """Tell whether only a few bytes spoil UTF-8: a text cut mid-character, a stray byte from another source."""
    sample = body[:_SAMPLE].decode("utf-8", "replace")
    bad = sample.count("\ufffd")
    return bad * 20 < sum(char > "\x7f" for char in sample)


def _strictly(body: bytes, name: str) -> str | None:
    try:
        return str(codecs.decode(body, name)) if codecs.lookup(name)._is_text_encoding else None  # noqa: SLF001 (the only way to tell rot13 from a charset)
    except (LookupError, ValueError):
        return None


def _implausible(name: str, body: bytes) -> bool:
    """Tell whether a Western claim, under which any bytes decode, is wrong: accents stand alone, Cyrillic in words."""
    if name not in {*_LEGACY, "windows-1252", "cp1252"}:
        return False
    high = len(body[:_SAMPLE].translate(None, _ASCII))
    words = sum(len(word) for word in _FOREIGN_WORD.findall(body[:_SAMPLE]))
    return high >= _ENOUGH and words > high * _HALF


def _likeliest(body: bytes) -> str:
    high = body[:_SAMPLE].translate(None, _ASCII)
    shares = {name: _share(name, high.decode(name, "replace")) for name in _COMMON}
    best = max(shares, key=lambda name: shares[name])
    return best if len(high) >= _ENOUGH and shares[best] > _HALF else "windows-1252"


def _share(name: str, high: str) -> float:
    common = _COMMON[name]
    return sum(char in common for char in high) / len(high) if high else 0.0


def _clean(body: bytes, claims: list[str]) -> Decoded:
    """Take UTF-8 as it is, but for the characters that XML forbids and a declaration that says otherwise."""
    cleaned = body.translate(None, _CONTROLS)
    repaired = () if len(cleaned) == len(body) else ("control characters were left out",)
    if any(name not in {"utf-8", "utf8"} for name in claims):
        text = cleaned.decode("utf-8")
        return Decoded(_DECLARED_TEXT.sub(r"\1", text, count=1).encode(), repaired)
    return Decoded(cleaned, repaired)


def _from_text(text: str, *repaired: str) -> Decoded:
    cleaned = _FORBIDDEN.sub("", text.removeprefix("\ufeff"))
    if len(cleaned) < len(text.removeprefix("\ufeff")):
        repaired += ("control characters were left out",)
    return Decoded(_DECLARED_TEXT.sub(r"\1", cleaned, count=1).encode(), repaired)
