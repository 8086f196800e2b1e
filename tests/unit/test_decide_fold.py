"""Deciding is a fold over the log: splits, restarts, repeats and kills give the same alerts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from rasid.adapters.sqlite_bus import SqliteBus
from rasid.adapters.yaml_rules import read_rule
from rasid.alerts import steps
from rasid.alerts.decide import Event, State, decide
from rasid.alerts.steps import DecideStep
from rasid.app.analysis import Analysis
from rasid.codec import decode, encode, kind_of
from rasid.domain import topics
from rasid.domain.alert import Alert, AlertArticle, Match
from rasid.domain.change import Change
from rasid.domain.control import Changed, Control, RuleEdited, RulesInForce, TermsSeen, Tick
from rasid.domain.rule import Policy, Rule
from rasid.domain.rule_state import RuleState
from rasid.ports import Message, Outputs, Record

DATA = Path(__file__).parent.parent / "data/rules/elastalert"
ANALYSIS = Analysis()
RULES: list[Rule] = [read_rule(path, ANALYSIS) for path in sorted(DATA.glob("*.yaml"))]
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SOURCES, LANGUAGES, PLACES = ("TASS", "SANA", "Reuters", "Bad News"), ("ar", "en", "ru"), ("geonames:1", "geonames:2")


def match_of(policy: Policy, number: int, minute: float, revision: int = 1, **changes: object) -> Match:
    """Make a match of article `number`, at `minute`."""
    at = NOON + timedelta(minutes=minute)
    source, language = SOURCES[number % 4], LANGUAGES[number % 3]
    values = {
        "source": (source,), "language": (language,), "place_ids": PLACES[: number % 3], "id": (f"a{number}",),
        "title": (f"title {revision}",), "ownership": ("state",),
    }  # fmt: skip
    made = Match(
        rule_id=policy.rule_id, rule_version=policy.version, article_id=f"a{number}", revision=revision,
        story_id=f"s{number % 5}", story_ids=(f"s{number % 5}",), title=f"title {number}", at=at, why=(),
        article=article(number, at), values=values,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def article(number: int, at: datetime = NOON) -> AlertArticle:
    """Make what is told of article `number`."""
    return AlertArticle(
        id=f"a{number}", title=f"title {number}", source=SOURCES[number % 4], language="en", first_seen_at=at
    )


def changed(number: int, revision: int, minute: float, text: str = "12 → 30 killed") -> Changed:
    """Make the event that an article changed."""
    at = NOON + timedelta(minutes=minute)
    change = Change(kind="facts", before_revision=revision - 1, text=text)
    return Changed(article=article(number), revision=revision, story_id=f"s{number % 5}", change=change, at=at)


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    """Draw a log of one to three rules: matches, late and repeated, changes, ticks, edits, mutes."""
    rules = draw(st.lists(st.sampled_from(RULES), min_size=1, max_size=3, unique_by=lambda rule: rule.id))
    events: list[Event] = [RuleEdited(policy=rule.deciding, at=NOON) for rule in rules]
    minute = 0.0
    for _ in range(draw(st.integers(5, 60))):
        minute += draw(st.sampled_from((0, 0.2, 1, 1, 5, 30, 70)))
        rule = draw(st.sampled_from(rules)).deciding
        number, late = draw(st.integers(0, 25)), draw(st.sampled_from((0, 0, 0, 3, 90)))
        kind = draw(st.sampled_from("mmmmmmttttccuxre"))
        at = NOON + timedelta(minutes=minute)
        if kind == "m":
            origin = draw(st.sampled_from(("live", "live", "live", "backfill", "replay")))
            events.append(match_of(rule, number, minute - late, draw(st.integers(1, 3)), origin=origin))
        elif kind == "t":
            events.append(Tick(at=at))
        elif kind == "c":
            events.append(changed(number, draw(st.integers(2, 3)), minute))
        elif kind == "u":
            events.append(Control(action="unmute", rule=rule.rule_id, at=at))
        elif kind == "x":
            events.append(Control(action="snooze", rule=rule.rule_id, at=at, until=at + timedelta(minutes=20)))
        elif kind == "r":
            events.append(RulesInForce(rules=tuple(one.id for one in rules[:-1]), at=at))
        else:
            events.append(RuleEdited(policy=replace(rule, version="2", timeframe=timedelta(hours=2)), at=at))
    return events


def told(events: Sequence[Event], state: State | None = None) -> list[Alert]:
    """Give the alerts of a log."""
    state = state or State()
    return [alert for event in events for alert in decide(state, event)]


def written_and_read(state: State) -> State:
    """Put a state through the log."""
    rules = {key: msgspec.json.decode(msgspec.json.encode(rule), type=RuleState) for key, rule in state.rules.items()}
    return State(rules, state.now, state.ticked, state.lost)


@settings(max_examples=60, deadline=None)
@given(logs(), st.data())
def test_a_state_that_went_through_the_log_goes_on_as_before(events: list[Event], data: st.DataObject) -> None:
    """Wherever a log is split, what is remembered and what comes after give the alerts of the whole."""
    split = data.draw(st.integers(0, len(events)))
    state = State()
    first = told(events[:split], state)
    assert first + told(events[split:], written_and_read(state)) == told(events)


class Log:
    """A log in memory as the step sees it; the step may be killed at any moment."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.topics: dict[str, list[Record]] = {}
        self.append(
            topics.MATCHES.name,
            [encode(event, key=str(number % 7), time=event.at) for number, event in enumerate(events)],
        )

    def append(self, topic: str, messages: Sequence[Message]) -> None:
        """Publish."""
        held = self.topics.setdefault(topic, [])
        held += [
            Record(topic=topic, partition=0, offset=len(held) + n, message=message)
            for n, message in enumerate(messages)
        ]

    def read(self, topic: str, since: datetime | None) -> Iterator[Record]:
        """Read back, as a bus does."""
        yield from [one for one in self.topics.get(topic, []) if since is None or one.message.time >= since]

    def publish(self, outputs: Outputs, topics_done: int = 99) -> None:
        """Publish what a step made, in its order; fewer topics: it was killed between."""
        for topic, messages in list(outputs.items())[:topics_done]:
            self.append(topic, messages)

    def alerts(self) -> dict[str, Alert]:
        """Give the alerts by id: what a receiver that knows ids has."""
        return by_id([decode(record.message, Alert) for record in self.read(topics.ALERTS.name, None)])


def by_id(alerts: Sequence[Alert]) -> dict[str, Alert]:
    """Give alerts by id; the first of an id stays, as in every store (a replayed article says nothing new)."""
    return {alert.id: alert for alert in reversed(alerts)}


@settings(max_examples=60, deadline=None)
@given(logs(), st.data())
def test_kills_at_any_moment_change_nothing(events: list[Event], data: st.DataObject) -> None:
    """Batches of any size, kills before, between and after what is published, commits lost: the same alerts by id."""
    log, expected = Log(events), told(events)
    records = log.topics[topics.MATCHES.name]
    kept_every, steps._KEPT_EVERY = steps._KEPT_EVERY, data.draw(st.sampled_from((1, 5, 1000)), label="kept every")
    try:
        step, committed = DecideStep(log.read), 0
        for _ in range(400):
            if committed >= len(records):
                break
            size = data.draw(st.integers(1, 12))
            outputs = step(records[committed : committed + size])
            fate = data.draw(
                st.sampled_from(("done", "done", "done", "killed", "between", "uncommitted", "reassigned"))
            )
            log.publish(outputs, {"killed": 0, "between": 1}.get(fate, 99))
            if fate in {"done", "reassigned"}:
                committed += size
            if fate == "reassigned":
                step.forget()
            elif fate != "done":
                step = DecideStep(log.read)
        else:
            while committed < len(records):
                log.publish(step(records[committed : committed + 10]))
                committed += 10
    finally:
        steps._KEPT_EVERY = kept_every
    assert log.alerts() == by_id(expected)


@settings(max_examples=40, deadline=None)
@given(logs(), st.data())
def test_a_record_delivered_twice_changes_nothing(events: list[Event], data: st.DataObject) -> None:
    """A match that a killed matcher published twice, right after itself or later, alerts once."""
    matches = [number for number, event in enumerate(events) if isinstance(event, Match | Changed | Tick)]
    if not matches:
        return
    number = data.draw(st.sampled_from(matches))
    doubled = [*events[: number + 1], events[number], *events[number + 1 :]]
    assert told(doubled) == told(events)


def test_every_kind_of_event_is_read_back() -> None:
    """Each event of the log of matches is encoded under a kind of its own and read back equal."""
    policy = RULES[0].deciding
    made: list[Event] = [
        match_of(policy, 1, 0), changed(1, 2, 1), Tick(at=NOON), Control(action="mute", rule="r", at=NOON),
        RuleEdited(policy=policy, at=NOON), RulesInForce(rules=("r",), at=NOON),
        TermsSeen(rule="r", terms={"source": ("ТАСС", "سانا")}, at=NOON),
    ]  # fmt: skip
    for event in made:
        message = encode(event, key="k", time=NOON)
        assert kind_of(message) is type(event)
        assert decode(message, type(event)) == event


def test_a_start_reads_what_the_log_holds(tmp_path: Path) -> None:
    """On a real bus, a new step takes the kept states and folds what came after; then it goes on as the old would."""
    policy = replace(RULES[0].deciding, rule_id="r", type="frequency", num_events=3, timeframe=timedelta(hours=1))
    events: list[Event] = [RuleEdited(policy=policy, at=NOON), *(match_of(policy, n, n) for n in range(8))]
    with SqliteBus(tmp_path / "log.db") as bus:
        bus.publish(topics.MATCHES.name, [encode(event, key="r", time=event.at) for event in events])
        records = list(bus.read(topics.MATCHES.name))

        def step() -> DecideStep:
            return DecideStep(lambda topic, since: bus.read(topic, since=since))

        for batch in (records[:4], records[4:6], records[6:]):
            for topic, messages in step()(batch).items():
                bus.publish(topic, messages)
        found = [decode(record.message, Alert) for record in bus.read(topics.ALERTS.name)]
    assert found == told(events)
    assert [alert.article_ids[0] for alert in found] == ["a2", "a5"]
