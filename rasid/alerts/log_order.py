"""The documents of the log put where they were matched in it, between the ticks and wishes of the log of matches.

The two are separate topics. What a document matched stands in the log of matches under its id and time: that is its
place. A document that matched nothing has no such mark. It comes before the first tick later than itself, since a tick
is published only when everything seen before it has been matched, and never before a marked one ahead of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from rasid.alerts.backtest import Moment
from rasid.alerts.decide import Event
from rasid.alerts.steps import event_of
from rasid.codec import decode
from rasid.domain.alert import Match
from rasid.domain.article import GroupedArticle
from rasid.domain.control import Changed, Tick
from rasid.domain.errors import CodecError
from rasid.ports import Record

Reading = Callable[[], Iterator[Record]]


def in_log_order(documents: Reading, events: Reading) -> Iterator[Moment]:
    """Give documents and events as they came. Each topic is read twice; a hash of each record is held, nothing more.

    What cannot be decoded is left out: it is a dead letter.
    """
    marks = {mark for event in _events(events) if (mark := _mark(event)) is not None}
    ahead = _Documents(documents(), marks & {_place(record) for record in documents()})
    for event in _events(events):
        mark = _mark(event)
        if mark is not None:
            yield from ahead.up_to(mark)
        elif isinstance(event, Tick):
            yield from ahead.seen_before(event.at)
        yield event
    yield from ahead.rest()


def in_time_order(documents: Iterator[Record]) -> Iterator[tuple[GroupedArticle, datetime]]:
    """Give the documents of a topic by themselves: history, whose rules never see live ones."""
    for record in documents:
        found = _decoded(record)
        if found:
            yield found


class _Documents:
    """Documents yet to come, in their order; `marked` are those that a match will ask for."""

    def __init__(self, records: Iterator[Record], marked: set[int]) -> None:
        self._records = records
        self._marked = marked
        self._next = next(records, None)

    def up_to(self, mark: int) -> Iterator[tuple[GroupedArticle, datetime]]:
        """Give the documents up to the one with that mark; none where it came already, or is gone from the log."""
        while mark in self._marked and self._next is not None:
            yield from self._give()

    def seen_before(self, at: datetime) -> Iterator[tuple[GroupedArticle, datetime]]:
        """Give the documents seen before a time, as far as none waits for its match."""
        while self._next is not None and self._next.message.time < at and _place(self._next) not in self._marked:
            yield from self._give()

    def rest(self) -> Iterator[tuple[GroupedArticle, datetime]]:
        """Give what is left."""
        while self._next is not None:
            yield from self._give()

    def _give(self) -> Iterator[tuple[GroupedArticle, datetime]]:
        record, self._next = self._next, next(self._records, None)
        if record is None:
            return
        self._marked.discard(_place(record))
        found = _decoded(record)
        if found:
            yield found


def _events(events: Reading) -> Iterator[Event]:
    for record in events():
        try:
            yield event_of(record)
        except CodecError:
            continue


def _decoded(record: Record) -> tuple[GroupedArticle, datetime] | None:
    try:
        return decode(record.message, GroupedArticle), record.message.time
    except CodecError:
        return None


def _mark(event: Event) -> int | None:
    """Give the mark of the document that an event came of; history has an order of its own."""
    if isinstance(event, Match) and event.origin == "live":
        return hash((event.article_id.encode(), event.at))
    if isinstance(event, Changed) and event.origin == "live":
        return hash((event.article.id.encode(), event.at))
    return None


def _place(record: Record) -> int:
    return hash((record.message.key, record.message.time))
