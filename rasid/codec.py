"""Versioned bytes <-> domain values: JSON bodies with CloudEvents 1.0 headers in binary mode (Kafka protocol binding).

Rules of change: a field may be added with a default (an older reader ignores it, a newer one fills it in); anything
else is a new version. A version this program does not know is a CodecError, never a guess.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from rasid.domain.alert import Alert, Match
from rasid.domain.article import Article, EnrichedArticle, GroupedArticle, RawEntry
from rasid.domain.control import Changed, Control, RuleEdited, RulesInForce, TermsSeen, Tick
from rasid.domain.delivery import Claim, Handover
from rasid.domain.errors import CodecError
from rasid.domain.feed import FeedItems, FeedMemory
from rasid.domain.known import KnownArticle
from rasid.domain.rule_state import RuleState, StateMark
from rasid.ports import Message, Outputs, Record

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
    Changed: ("rasid.changed", 1),
    Tick: ("rasid.tick", 1),
    Control: ("rasid.control", 1),
    RuleEdited: ("rasid.rule-edited", 1),
    RulesInForce: ("rasid.rules-in-force", 1),
    TermsSeen: ("rasid.terms-seen", 1),
    RuleState: ("rasid.rule-state", 1),
    StateMark: ("rasid.state-mark", 1),
    Handover: ("rasid.handover", 1),
    Claim: ("rasid.claim", 1),
    FeedMemory: ("rasid.feed", 1),
    FeedItems: ("rasid.feed-items", 1),
}
_DECODERS: dict[type, msgspec.json.Decoder[Any]] = {kind: msgspec.json.Decoder(kind) for kind in _KINDS}
_ENCODER = msgspec.json.Encoder()
_SOURCE = b"/rasid"
TRACE = "traceparent"
_TIME = "rasid_time"  # taken off by the bus where it is a time


def kinds() -> dict[type, str]:
    """Give what each type of message is called on the wire: its kind with its version, as in `ce_type`."""
    return {kind: f"{name}.v{version}" for kind, (name, version) in _KINDS.items()}


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


def begin_trace(message: Message) -> Message:
    """Give a message the beginning of a trace (W3C Trace Context, level 1): all that follows from it carries it on."""
    trace = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01".encode()
    return replace(message, headers={**message.headers, TRACE: trace})


def carried(records: Sequence[Record], outputs: Outputs) -> Outputs:
    """Give outputs the trace of the record they follow from: the one of their key, or the only one there is.

    An article's key is the entry's behind its month, so what admit makes finds its entry too.
    """
    traces = {one.message.key: one.message.headers[TRACE] for one in records if TRACE in one.message.headers}
    if not traces:
        return outputs
    only = next(iter(traces.values())) if len(records) == 1 else None

    def one(message: Message) -> Message:
        trace = traces.get(message.key) or traces.get(message.key.partition(b"-")[2]) or only
        if trace is None or TRACE in message.headers:
            return message
        return replace(message, headers={**message.headers, TRACE: trace})

    return {topic: [one(message) for message in messages] for topic, messages in outputs.items()}


def decode(message: Message, kind: type[T]) -> T:
    """Read a message as `kind`. Raises CodecError for another kind, an unknown version or a broken body."""
    name, version = _KINDS[kind]
    if _TIME in message.headers:
        raise CodecError(f"its header {_TIME} is no time: {message.headers[_TIME][:40]!r}")
    found = message.headers.get("ce_type", b"").decode("ascii", "replace")
    if found != f"{name}.v{version}":
        raise CodecError(_mismatch(found, name, version))
    return decode_body(message.value, kind)


def kind_of(message: Message) -> type | None:
    """Give the type that a message names in its header, None for one this program does not know."""
    found = message.headers.get("ce_type", b"").decode("ascii", "replace")
    return next((kind for kind, (name, version) in _KINDS.items() if found == f"{name}.v{version}"), None)


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
