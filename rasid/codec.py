"""Versioned bytes <-> domain values: JSON bodies with CloudEvents 1.0 headers in binary mode (Kafka protocol binding).

Rules of change: a field may be added with a default (an older reader ignores it, a newer one fills it in); anything
else is a new version. A version this program does not know is a CodecError, never a guess.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from rasid.domain.alert import Alert, Match
from rasid.domain.article import Article, EnrichedArticle, GroupedArticle, RawEntry
from rasid.domain.errors import CodecError
from rasid.domain.known import KnownArticle
from rasid.ports import Message

T = TypeVar("T")

# The kind of a message and the version its present form has.
_KINDS: dict[type, tuple[str, int]] = {
    RawEntry: ("rasid.entry", 1),
    Article: ("rasid.article", 1),
    EnrichedArticle: ("rasid.enriched", 1),
    GroupedArticle: ("rasid.grouped", 1),
    KnownArticle: ("rasid.known", 1),
    Match: ("rasid.match", 1),
    Alert: ("rasid.alert", 1),
}
_DECODERS: dict[type, msgspec.json.Decoder[Any]] = {kind: msgspec.json.Decoder(kind) for kind in _KINDS}
_ENCODER = msgspec.json.Encoder()
_SOURCE = b"/rasid"


def encode(value: object, *, key: str, time: datetime) -> Message:
    """Give the message for one domain value. The id is derived from the body: the same value, the same message."""
    kind, version = _KINDS[type(value)]
    body = _ENCODER.encode(value)
    headers = {
        "content-type": b"application/json",
        "ce_specversion": b"1.0",
        "ce_id": hashlib.blake2b(body, digest_size=12).hexdigest().encode(),
        "ce_type": f"{kind}.v{version}".encode(),
        "ce_source": _SOURCE,
        "ce_time": time.astimezone(UTC).isoformat().encode(),
    }
    return Message(key=key.encode(), value=body, time=time, headers=headers)


def decode(message: Message, kind: type[T]) -> T:
    """Read a message as `kind`. Raises CodecError for another kind, an unknown version or a broken body."""
    name, version = _KINDS[kind]
    found = message.headers.get("ce_type", b"").decode("ascii", "replace")
    if found != f"{name}.v{version}":
        raise CodecError(_mismatch(found, name, version))
    return decode_body(message.value, kind)


def encode_body(value: object) -> bytes:
    """Give the JSON body alone."""
    return _ENCODER.encode(value)


def decode_body(body: bytes, kind: type[T]) -> T:
    """Read a JSON body as `kind`; fields it does not know are ignored. Raises CodecError."""
    try:
        return _DECODERS[kind].decode(body)  # type: ignore[no-any-return]  # the table keys decoders by their type
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CodecError(f"not a {_KINDS[kind][0]}: {error}") from error


def _mismatch(found: str, name: str, version: int) -> str:
    known, _, number = found.rpartition(".v")
    if known == name and number.isdigit() and int(number) > version:
        return f"{found} was written by a newer version of rasid (this one reads up to v{version}): upgrade this one"
    return f"expected {name}.v{version}, found {found or 'no ce_type header'}"
