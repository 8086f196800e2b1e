"""Dates of feeds: RFC 822 with its sloppy forms, ISO 8601 (W3CDTF), and dates in words in several languages.

Whatever is read is aware. A zone that is missing is UTC; one that is unknown is UTC and said so in `doubt`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ingest.parsing.date_words import AM, AMBIGUOUS, IGNORED, LEVANTINE, MONTHS, OFFSETS, PLACES, PM

_LONGEST: Final = 200  # characters; longer is no date
_RFC822: Final = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?(\d{1,2})\s+([A-Za-z]{3})\s+(\d{4})\s+(\d\d):(\d\d)(?::(\d\d))?\s+"
    r"(GMT|UTC|Z|[+-]\d{4})$",
    re.ASCII,
)
_TOKEN: Final = re.compile(r"[a-z_]+/[a-z_/+-]+|[^\W\d_]+(?:[.'’][^\W\d_]+)*[١٢]?|\d+|[:.,/+\-()]", re.IGNORECASE)
_CLOCK: Final = re.compile(r"(?<!\d)(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,]\d+)?)?(?!\d)")
_OFFSET: Final = re.compile(r"(?:gmt|utc|z)?\s*([+-])\s?(\d{1,2}):?(\d\d)?(?!\d)")
_ISO_T: Final = re.compile(r"(?<=\d)t(?=\d)")
_FULL_HOUR: Final = re.compile(r"(?<![\d:])(\d{1,2}) ?([ap]m)\b")
_YMD: Final = re.compile(r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_DMY: Final = re.compile(r"(?<!\d)(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?!\d)")
_YEAR_MONTH: Final = re.compile(r"(\d{4})(?:-(\d\d))?$")
_EPOCH: Final = re.compile(r"\d{10}(?:\d{3})?$")
_DAYS_IN_YEAR_HALF: Final = 12
_TWO_DIGITS: Final = 2
_CENTURY_TURN: Final = 69  # POSIX: 69-99 are the 1900s
_HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class ReadDate:
    """A date that was read, in UTC; `midnight` if its own clock showed 00:00:00, `doubt` what to tell a person."""

    at: datetime
    midnight: bool
    doubt: str | None = None


@lru_cache(maxsize=4096)
def read_date(text: str) -> ReadDate | None:
    """Read a date in any known form; None if it is none."""
    text = text.strip()
    if not text or len(text) > _LONGEST:
        return None
    try:
        return _read_rfc822(text) or _read_iso(text) or _read_words(text)
    except (ValueError, OverflowError):  # the 31st of February, the year 0, an hour of 61
        return None


def _finish(local: datetime, zone: tzinfo, doubt: str | None = None) -> ReadDate:
    at = local.replace(tzinfo=zone, microsecond=0).astimezone(UTC)
    return ReadDate(at, midnight=local.time().replace(microsecond=0) == time(0), doubt=doubt)


def _read_rfc822(text: str) -> ReadDate | None:
    found = _RFC822.match(text)
    if not found:
        return None
    day, month, year, hour, minute, second, zone = found.groups()
    number = MONTHS.get(month.lower())
    if number is None:
        return None
    offset = 0 if zone[0] not in "+-" else int(zone[0] + "1") * (int(zone[1:3]) * 60 + int(zone[3:]))
    local = datetime(int(year), number, int(day))  # noqa: DTZ001 (its zone is put on below)
    local += _clock(int(hour), int(minute), int(second or 0))
    return _finish(local, _fixed(offset))


def _read_iso(text: str) -> ReadDate | None:
    if not text[:4].isdigit():
        return None
    if _EPOCH.match(text):
        at = datetime.fromtimestamp(int(text[:10]), tz=UTC)
        return ReadDate(at, midnight=False)
    short = _YEAR_MONTH.match(text)
    if short:
        return _finish(datetime(int(short[1]), int(short[2] or 1), 1), UTC)  # noqa: DTZ001 (its zone is put on in _finish)
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        return None
    return _finish(local.replace(tzinfo=None), local.tzinfo or UTC)


def _fixed(minutes: int) -> tzinfo:
    return timezone(timedelta(minutes=minutes)) if minutes else UTC


def _clock(hour: int, minute: int, second: int) -> timedelta:
    """Allow 24:00 (the next day) and a leap second; refuse anything beyond."""
    if hour > _HOURS or minute > 59 or second > 60 or (hour == _HOURS and (minute or second)):  # noqa: PLR2004 (a clock's)
        message = f"{hour}:{minute}:{second} is no time of day"
        raise ValueError(message)
    return timedelta(hours=hour, minutes=minute, seconds=min(second, 59))


def _folded(text: str) -> str:
    """Lower case, ASCII digits, no marks of direction, vowels or tatweel, one alef, Levantine months joined."""
    text = unicodedata.normalize("NFKC", text).replace("İ", "i").lower()
    out = []
    for char in text:
        kind = unicodedata.category(char)
        if kind == "Nd":
            out.append(str(unicodedata.decimal(char)))
        elif kind == "Cf" or char == "ـ" or "\u064b" <= char <= "\u0652":
            continue
        else:
            out.append(" " if kind == "Zs" else {"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "،": ","}.get(char, char))
    text = " ".join("".join(out).replace("−", "-").replace("–", "-").split())
    for words, month in LEVANTINE.items():
        text = text.replace(words, month)
    return text


def _read_words(text: str) -> ReadDate | None:
    """Take the clock, then the offset, then the numeric or worded date out of the text; what is left is the zone."""
    text = _FULL_HOUR.sub(r"\1:00 \2", _ISO_T.sub(" ", _folded(text)))
    clock, text = _take_clock(text)
    offset, text = _take_offset(text) if clock is not None else (None, text)
    found = _take_date(text)
    if found is None:
        return None
    local, rest = found
    zone, doubt = _zone(rest, offset)
    half = _half_of_day(rest, clock)
    return _finish(local + half, zone, doubt)


def _take_clock(text: str) -> tuple[tuple[int, int, int] | None, str]:
    found = _CLOCK.search(text)
    if not found:
        return None, text
    hour, minute, second = (int(part or 0) for part in found.groups())
    return (hour, minute, second), f"{text[: found.start()]} | {text[found.end() :]}"


def _take_offset(text: str) -> tuple[int | None, str]:
    before, _, after = text.partition("|")
    found = _OFFSET.search(after)
    if not found:
        return None, text
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    rest = f"{after[: found.start()]} {after[found.end() :]}"
    return (minutes if found[1] == "+" else -minutes), f"{before} {rest}"


def _take_date(text: str) -> tuple[datetime, list[str]] | None:
    for pattern, order in ((_YMD, (1, 3, 4)), (_DMY, (4, 3, 1))):
        found = pattern.search(text)
        if found:
            year, month, day = (int(found[group]) for group in order)
            if month > _DAYS_IN_YEAR_HALF >= day:
                month, day = day, month
            rest = _TOKEN.findall(f"{text[: found.start()]} {text[found.end() :]}")
            return datetime(year, month, day), rest  # noqa: DTZ001 (its zone is put on in _finish)
    return _take_worded_date(text)


def _take_worded_date(text: str) -> tuple[datetime, list[str]] | None:
    months, numbers, rest = set(), [], []
    for token in _TOKEN.findall(text):
        if token.isdigit():
            numbers.append(token)
        elif token in MONTHS:
            months.add(MONTHS[token])
        elif token not in IGNORED:
            rest.append(token)
    if len(months) != 1 or len(numbers) < _TWO_DIGITS:
        return None
    day, year = numbers[0], numbers[1]
    if len(day) == 4:  # noqa: PLR2004 (a year of four digits comes first)
        day, year = year, day
    return datetime(_full_year(year), months.pop(), int(day)), rest  # noqa: DTZ001 (its zone is put on in _finish)


def _full_year(digits: str) -> int:
    year = int(digits)
    if len(digits) <= _TWO_DIGITS:
        year += 1900 if year >= _CENTURY_TURN else 2000
    return year


def _half_of_day(words: list[str], clock: tuple[int, int, int] | None) -> timedelta:
    if clock is None:
        return timedelta()
    hour, minute, second = clock
    if not PM.isdisjoint(words) and hour < _DAYS_IN_YEAR_HALF:
        hour += _DAYS_IN_YEAR_HALF
    elif not AM.isdisjoint(words) and hour == _DAYS_IN_YEAR_HALF:
        hour = 0
    return _clock(hour, minute, second)


def _zone(words: list[str], offset: int | None) -> tuple[tzinfo, str | None]:
    """Find the zone; an offset in figures outranks a name beside it."""
    if offset is not None:
        return _fixed(offset), None
    doubt = None
    for word in words:
        if not word[0].isalpha() or word in PM or word in AM or word in IGNORED:
            continue
        if word in OFFSETS:
            return _fixed(OFFSETS[word]), None
        if word in AMBIGUOUS:
            minutes, reading = AMBIGUOUS[word]
            return _fixed(minutes), f"the time zone {word.upper()} was read as {reading}"
        place = _place(word)
        if place:
            return place, None
        if len(word) > 1:  # a military letter means -0000: RFC 2822 section 4.3
            doubt = f"the time zone {word.upper()} is unknown and was read as UTC"
    return UTC, doubt


def _place(word: str) -> tzinfo | None:
    name = PLACES.get(word) or ("/".join(part.title() for part in word.split("/")) if "/" in word else None)
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
