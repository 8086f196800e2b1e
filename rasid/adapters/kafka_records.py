"""Message <-> a Kafka record: key and value as they are, headers after CloudEvents' binary mode, and two times.

Kafka drops a segment when its newest timestamp is older than the retention. With the event time there, what a
back-fill appends would be dropped before anybody reads it (docs/decisions/0003). So the timestamp is when the record
was published, or the event time where that is later (a day at most); the event time itself travels in the header
`rasid_time`. A record's timestamp is thus never before its event time, and the broker's search by time finds where a
fold from an event time must begin.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from rasid.ports import Message, Record

TIME_HEADER = "rasid_time"  # microseconds since 1970: Kafka's own timestamp has milliseconds
# A feed that dates its items years ahead must neither be refused by the broker nor keep its segment for years.
FUTURE_MS = 24 * 3600 * 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MOST_DIGITS = 19  # more is beyond the year 9999, and beyond what a timedelta multiplies


class KafkaRecord(Protocol):
    """What kafka-python gives a consumer."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


def headers_of(message: Message) -> list[tuple[str, bytes]]:
    """Give a message's headers as Kafka takes them, the event time among them."""
    micros = (message.time - _EPOCH) // _MICROSECOND
    return [*message.headers.items(), (TIME_HEADER, b"%d" % micros)]


def timestamp_of(message: Message, now: float) -> int:
    """Give the record's timestamp in milliseconds; `now` is in seconds since 1970."""
    now_ms = int(now * 1000)
    event_ms = -((_EPOCH - message.time) // timedelta(milliseconds=1))  # rounded up: never before the event
    return min(max(event_ms, now_ms), now_ms + FUTURE_MS)


def record_of(found: KafkaRecord, topic: str) -> Record:
    """Give our record for one of Kafka's; `topic` is its name without the prefix. Other writers' nulls are empty.

    A header that is no time stays among the headers, for which the codec refuses the message: a dead letter.
    """
    headers = {name: value or b"" for name, value in found.headers}
    time = _told(headers.get(TIME_HEADER, b""))
    if time is not None:
        del headers[TIME_HEADER]
    else:
        time = _moment(found.timestamp * 1000) or _EPOCH
    message = Message(key=found.key or b"", value=found.value or b"", time=time, headers=headers)
    return Record(topic=topic, partition=found.partition, offset=found.offset, message=message)


def _told(text: bytes) -> datetime | None:
    if not text.removeprefix(b"-").isdigit() or len(text) > _MOST_DIGITS:
        return None
    return _moment(int(text))


def _moment(micros: int) -> datetime | None:
    """Give the time so far from 1970; None beyond the years that Python knows."""
    try:
        return _EPOCH + micros * _MICROSECOND
    except OverflowError:
        return None
