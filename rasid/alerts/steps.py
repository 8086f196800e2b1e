"""Grouped articles --match--> matches --decide--> alerts, as steps on the log.

match   knows nothing but the rules; it says which are in force before it says what matched them.
decide  is a fold over the matches (decide.py). What it remembers is written to the log now and then; at its start, and
        whenever a record is not the next one, it takes that and folds what came after, up to where its group stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from rasid.alerts.announce import Announcer, RulesRead, key_of, seed_marks
from rasid.alerts.decide import EVENTS, Event, State, concerned, decide
from rasid.alerts.decide import key_of as state_key
from rasid.alerts.matching import Matching, changed
from rasid.alerts.rule_index import RuleIndex
from rasid.codec import decode, encode, kind_of
from rasid.domain import topics
from rasid.domain.alert import Alert
from rasid.domain.article import GroupedArticle
from rasid.domain.errors import CodecError
from rasid.domain.rule_state import RuleState, StateMark
from rasid.ports import Message, Outputs, Record

# Gives the records of a topic from an event time on.
Read = Callable[[str, datetime | None], Iterator[Record]]
_KEPT_EVERY = 5_000  # records: about what a start folds at most
_SLACK = timedelta(days=2)  # event times of a log are not in order
_MOST_BYTES = 6_000_000
_MARK = "mark"


class MatchStep:
    """Documents -> matches and changes, by the rules there are when they come."""

    def __init__(self, rules: Callable[[], RulesRead], announcer: Announcer | None = None) -> None:
        self._rules = rules
        self._announcer = announcer or Announcer()
        self._read: RulesRead | None = None
        self._index = RuleIndex(())

    def __call__(self, records: Sequence[Record]) -> Outputs:
        """Match each document of a batch in order."""
        documents = [decode(record.message, GroupedArticle) for record in records]
        read = self._rules()
        if read is not self._read:
            self._index = RuleIndex([rule for rule in read.rules if rule.enabled])
            self._read = read
        made: list[Message] = []
        for record, document in zip(records, documents, strict=True):
            made += self._of(document, record.message.time)
        # Last, for what raises above is taken again; and first in the log, before what the rules matched.
        said, time = self._announcer(read), records[0].message.time
        first = [encode(one, key=key_of(one), time=time) for one in said]
        marks = [encode(mark, key=key, time=time) for key, mark in seed_marks(said, read)]
        return {topics.MATCHES.name: [*first, *made], **({topics.RULE_STATES.name: marks} if marks else {})}

    def _of(self, document: GroupedArticle, time: datetime) -> Iterator[Message]:
        # What matched before comes before what changed: an alert before its follow-up.
        matching = Matching(document, time)
        for rule in self._index.candidates(document):
            matched = matching.match(rule)
            if matched:
                yield encode(matched, key=rule.id, time=time)
        change = changed(document, time)
        if change:
            yield encode(change, key=document.id, time=time)


class DecideStep:
    """Matches -> alerts. `read` gives the log as it is; what this step remembers is all in there."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._state = State()
        self._next: int | None = None  # the offset that comes next; None: what is remembered is not to be trusted
        self._since_kept = 0
        self._newest_kept = -1
        self._dirty: set[str] = set()
        self._published: set[str] = set()

    def __call__(self, records: Sequence[Record]) -> Outputs:
        """Decide a batch in order. Alerts go out before what is remembered of them does."""
        events = [event_of(record) for record in records]
        if self._next != records[0].offset:
            self.restore(records[0].offset)
        self._next = None
        alerts: list[Alert] = []
        for record, event in zip(records, events, strict=True):
            alerts += self._take(event, record.offset)
        self._next = records[-1].offset + 1
        fresh = [alert for alert in alerts if alert.id not in self._published]
        made = [encode(alert, key=alert.id, time=alert.created_at) for alert in fresh]
        return {topics.ALERTS.name: made, topics.RULE_STATES.name: self._kept(records)}

    def restore(self, offset: int | None = None) -> int:
        """Remember what the log holds before `offset` (None: all of it); give how many records were folded."""
        self._state, self._dirty, self._since_kept, self._newest_kept = State(), set(), 0, -1
        mark = self._kept_state()
        since = mark.at - _SLACK if mark else None
        folded = 0
        for record in self._read(topics.MATCHES.name, since):
            if (mark and record.offset <= mark.applied) or (offset is not None and record.offset >= offset):
                continue
            try:
                event = event_of(record)
            except CodecError:
                continue  # it is a dead letter
            self._take(event, record.offset)
            folded += 1
        self._published = {record.message.key.decode() for record in self._read(topics.ALERTS.name, since)}
        return folded

    def forget(self) -> int:
        """Trust nothing remembered: the partition was another's meanwhile."""
        self._next = None
        return 0

    def _take(self, event: Event, offset: int) -> list[Alert]:
        """Take one event into the states that do not have it yet."""
        self._since_kept += 1
        self._dirty.update(concerned(self._state, event))
        ahead = (
            {key: rule for key, rule in self._state.rules.items() if rule.applied >= offset}
            if self._behind(offset)
            else {}
        )
        for key in ahead:
            del self._state.rules[key]
        alerts = decide(self._state, event)
        self._state.rules.update(ahead)
        # What follows from a state that has the event was published before that state was kept.
        return [alert for alert in alerts if state_key(alert.rule, alert.origin) not in ahead]

    def _behind(self, offset: int) -> bool:
        return offset <= self._newest_kept

    def _kept(self, records: Sequence[Record]) -> list[Message]:
        """Give what is remembered, as messages, every so often."""
        if self._since_kept < _KEPT_EVERY:
            return []
        last, time = records[-1].offset, self._state.now or records[-1].message.time
        made = []
        too_large = False
        for key, rule in self._state.rules.items():
            if key in self._dirty or rule.muted:  # a mute must outlive what the log keeps
                rule.applied = max(rule.applied, last)  # it may be ahead: kept, but not committed
                made.append(encode(rule, key=key, time=time))
                too_large |= len(made[-1].value) > _MOST_BYTES
        if too_large:  # no bus would take it: a start folds from the last mark, for longer
            self._since_kept = 0
            return []
        mark = StateMark(
            applied=last,
            at=min(time, records[-1].message.time),
            now=self._state.now,
            ticked=self._state.ticked,
            lost=self._state.lost,
        )
        self._dirty, self._since_kept = set(), 0
        return [*made, encode(mark, key=_MARK, time=time)]

    def _kept_state(self) -> StateMark | None:
        """Take the states that the log holds; give the mark up to which they are complete."""
        newest = {record.message.key: record.message for record in self._read(topics.RULE_STATES.name, None)}
        mark = newest.get(_MARK.encode())
        if mark is None:
            return None
        for message in newest.values():
            if kind_of(message) is RuleState:
                rule = decode(message, RuleState)
                self._state.rules[state_key(rule.policy.rule_id, rule.origin)] = rule
                self._newest_kept = max(self._newest_kept, rule.applied)
        complete = decode(mark, StateMark)
        self._state.now, self._state.ticked, self._state.lost = complete.now, complete.ticked, complete.lost
        return complete


def event_of(record: Record) -> Event:
    """Read a record of the log of matches. Raises CodecError for what is no event of it."""
    kind = kind_of(record.message)
    if kind not in EVENTS:
        raise CodecError(f"no event of {topics.MATCHES.name}: {record.message.headers.get('ce_type', b'').decode()}")
    event: Event = decode(record.message, kind)
    return event
