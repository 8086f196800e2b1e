"""Numbers and dates as they stand in a text of any of the three languages, in one form: 15 тыс. and 15,000 are one.

A number counts things ("12 killed", «12 قتيلا», «12 погибших»), so it comes with the words beside it.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

from processors.normalise import fold

_LOOKED_AT = 3000  # code points: what an article reports is said by then
_NUMBER = re.compile(
    r"(?<![\w.,:/-])(?P<digits>\d{1,3}(?:[ \u00a0\u202f,.٬]\d{3})+|\d{1,12})(?P<part>[.,٫]\d{1,2})?(?![\d:/])"
    r"(?P<percent>\s?%)?(?:[ \u00a0-]?(?P<scale>[^\W\d_]+))?"
)
_YEARS = range(1900, 2101)
_WORD = re.compile(r"[^\W\d_][\w'’]*")
_DAY_FIRST = re.compile(r"(?<!\d)(?P<day>\d{1,2})(?:st|nd|rd|th|-?го)?\s+(?:of\s+)?(?P<month>[^\W\d_]{3,9})")
_MONTH_FIRST = re.compile(r"(?<!\w)(?P<month>[A-Z][a-z]{2,8})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?(?!\d)")
_DOTTED = re.compile(r"(?<!\d)(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?:20)?\d\d(?!\d)")
_ISO = re.compile(r"(?<!\d)20\d\d-(?P<month>\d\d)-(?P<day>\d\d)(?!\d)")


class Number(NamedTuple):
    """A number of a text: its value in plain digits, `start` and `end` in code points."""

    value: str
    start: int
    end: int


class Date(NamedTuple):
    """A day of a month of no stated year, as news writes it, and where it stands."""

    month: int
    day: int
    start: int
    end: int


class Facts(NamedTuple):
    """The numbers of a text, the days of months and the days of the week (1 is Monday, with where they stand)."""

    numbers: list[Number]
    dates: list[Date]
    weekdays: list[tuple[int, int]]


def facts(text: str) -> Facts:
    """Read the beginning of a text. Linear; never raises."""
    text = text[:_LOOKED_AT]
    days = _dates(text)
    shut = [(date.start, date.end) for date in days]
    found = [one for match in _NUMBER.finditer(text) if not _within(match.start(), shut) and (one := _number(match))]
    weekdays: list[tuple[int, int]] = []
    for match in _WORD.finditer(text):
        meaning = _meaning(match.group())
        if meaning is None:
            continue
        if meaning[0] == "count":
            found.append(Number(str(meaning[1]), match.start(), match.end()))
        elif meaning[0] == "weekday":
            weekdays.append((meaning[1], match.start()))
    return Facts(sorted(found, key=lambda one: one.start), days, weekdays)


def numbers(text: str) -> list[Number]:
    """Give the numbers of the beginning of a text, without dates, times and years."""
    return facts(text).numbers


def _within(at: int, stretches: list[tuple[int, int]]) -> bool:
    return any(start <= at < end for start, end in stretches)


@lru_cache(maxsize=1 << 17)
def _meaning(word: str) -> tuple[str, int] | None:
    folded = fold(word)
    return next(((kind, table[folded]) for kind in ("count", "weekday") if folded in (table := _table(kind))), None)


def _number(match: re.Match[str]) -> Number | None:
    digits = "".join(str(int(sign)) for sign in match["digits"] if sign.isdigit())
    value = float(f"{digits}.{_digits(match['part'])}") if match["part"] else float(digits)
    power = _table("scale").get(fold(match["scale"])) if match["scale"] else None
    if power is None and value in _YEARS and not match["part"] and not match["percent"] and len(match["digits"]) == 4:  # noqa: PLR2004 - a year
        return None
    end = match.end("scale") if power else match.end("percent") if match["percent"] else match.end("digits")
    value *= 10 ** (power or 0)
    return Number(f"{value:.12g}" + ("%" if match["percent"] else ""), match.start(), end)


def _digits(part: str) -> str:
    return "".join(str(int(sign)) for sign in part if sign.isdigit())


def _dates(text: str) -> list[Date]:
    found = []
    for pattern in (_DAY_FIRST, _MONTH_FIRST, _DOTTED, _ISO):
        for match in pattern.finditer(text):
            month = int(match["month"]) if match["month"].isdigit() else _month(match["month"])
            day = int(match["day"])
            if 1 <= month <= 12 and 1 <= day <= 31:  # noqa: PLR2004 - a calendar
                found.append(Date(month, day, match.start(), match.end()))
    return sorted(found, key=lambda date: date.start)


def words_beside(text: str, number: Number, count: int = 2) -> tuple[str, ...]:
    """Give up to `count` words after a number, on the same line and before any mark that ends a clause."""
    rest = re.split(r"[\n,;:.!?،؛؟()«»\"]", text[number.end : number.end + 60], maxsplit=1)[0]
    return tuple(match.group() for match in list(_WORD.finditer(rest))[:count])


@lru_cache(maxsize=1 << 15)
def _month(word: str) -> int:
    return _table("month").get(fold(word), 0)


@cache
def _table(kind: str) -> dict[str, int]:
    lines = resources.files("processors.data").joinpath("number_words.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return {fold(word): int(value) for name, value, words in rows if name == kind for word in words.split()}
