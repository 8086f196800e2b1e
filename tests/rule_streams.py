"""Streams of articles written as text, for the cases in tests/data/rules/elastalert."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from makers import document

from rasid.domain.article import Carrier, GroupedArticle, Names, Place
from rasid.ports import Analyzer

START = datetime(2026, 11, 23, tzinfo=UTC)
_RANGE = re.compile(r"([\d:]+)-([\d:]+) (\d+) (\S+)(.*)")


@dataclass
class Case:
    """One case: what comes, when it ends, and what is expected."""

    title: str
    articles: list[tuple[datetime, str, dict[str, str]]] = field(default_factory=list)
    known: dict[str, tuple[str, ...]] = field(default_factory=dict)
    expected: list[tuple[datetime, list[str], dict[str, str]]] = field(default_factory=list)
    until: datetime | None = None


def read_cases(text: str) -> Iterator[Case]:
    """Read a file of cases."""
    case: Case | None = None
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("== "):
            if case:
                yield case
            case = Case(line[3:])
        elif line and case:
            _read_line(case, line)
    if case:
        yield case


def _read_line(case: Case, line: str) -> None:
    if line.startswith("=> "):
        time, *rest = shlex.split(line[3:])
        ids = rest.pop(0).split(",") if rest and "=" not in rest[0] else []
        case.expected.append((_time(time), ids, _fields(rest)))
    elif line.startswith("until "):
        case.until = _time(line.split()[1])
    elif line.startswith("known "):
        for name, values in _fields(shlex.split(line)[1:]).items():
            case.known[name] = tuple(values.split(","))
    elif found := _RANGE.fullmatch(line):
        first, last, count = _time(found[1]), _time(found[2]), int(found[3])
        step = (last - first) / max(count - 1, 1)
        for number in range(count):
            case.articles.append((first + step * number, f"{found[4]}{number + 1}", _fields(shlex.split(found[5]))))
    else:
        time, name, *rest = shlex.split(line)
        case.articles.append((_time(time), name, _fields(rest)))


def _fields(words: list[str]) -> dict[str, str]:
    return dict(word.split("=", 1) for word in words)


def _time(text: str) -> datetime:
    hours, minutes, *seconds = (int(part) for part in text.split(":"))
    return START + timedelta(hours=hours, minutes=minutes, seconds=seconds[0] if seconds else 0)


def documents(case: Case, analyzer: Analyzer) -> Iterator[tuple[str, GroupedArticle, datetime]]:
    """Give the name, the document and the event time of each article of a case."""
    numbers: dict[str, int] = {}
    first: dict[str, datetime] = {}
    for time, name, fields in case.articles:
        number = numbers.setdefault(name, len(numbers) + 1)
        yield name, _document(analyzer, number, first.setdefault(name, time), fields), time


def _document(analyzer: Analyzer, number: int, seen: datetime, fields: dict[str, str]) -> GroupedArticle:
    source, revision = fields.get("source", "Example"), int(fields.get("revision", 1))
    made = document(
        analyzer,
        number,
        language=fields.get("language", "en"),
        story=fields.get("story", ""),
        title=fields.get("title", "Syria"),
        source=source,
        ownership=fields.get("ownership"),
        revision=revision,
        edition=max(revision, int(fields.get("edition", 1))),
        first_seen_at=seen,
        carriers=(Carrier(feed="feed-a", source=source, seen_at=seen),),
    )
    places = tuple(_place(one) for one in fields.get("place", "").split(",") if one)
    former = tuple(one for one in fields.get("former", "").split(",") if one)
    return replace(made, enriched=replace(made.enriched, places=places), former_story_ids=former)


def _place(place_id: str) -> Place:
    return Place(id=place_id, name=Names(en=place_id), country=None, lat=None, lon=None, mentions=())
