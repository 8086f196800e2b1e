"""The alerts of a back-test are those that a live run over the same log made, whatever happened to that run."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from rule_streams import START, documents, read_cases

from rasid.adapters.sqlite_bus import SqliteBus
from rasid.adapters.sqlite_index import SqliteIndex
from rasid.adapters.yaml_rules import read_rule
from rasid.alerts.announce import Announcer, RulesRead
from rasid.alerts.steps import DecideStep, MatchStep
from rasid.app.analysis import Analysis
from rasid.app.rules_trial import Report, over_store
from rasid.app.stages import READS, since_read
from rasid.codec import decode, encode
from rasid.domain import topics
from rasid.domain.alert import Alert
from rasid.domain.article import GroupedArticle
from rasid.domain.control import Control, Tick
from rasid.domain.rule import Rule
from rasid.ports import Message, Step

DATA = Path(__file__).parent.parent / "data/rules/elastalert"
FILES = sorted(DATA.glob("*.yaml"))
ANALYSIS = Analysis()
KNOWN = {"source": ("SANA",)}
TICKS, MOST_TICKS = timedelta(minutes=4), 200


class Live:
    """Matching and deciding on a real bus, killed and begun anew at any moment."""

    def __init__(self, bus: SqliteBus, rules: Sequence[Rule], chance: random.Random) -> None:
        self.bus = bus
        self._read = RulesRead(tuple(rules), START - timedelta(days=1))
        self._chance = chance
        self._steps: dict[str, Step] = {}

    def turn(self, stage: str, *, whole: bool = False) -> None:
        """Let a stage take some records, or all; now and then it is killed before or after what it publishes."""
        consumer = self.bus.consumer(stage, READS[stage])
        while records := consumer.poll(self._chance.randint(1, 9)):
            fate = self._chance.choice(("done",) * 8 + ("killed", "uncommitted"))
            outputs = self._steps.setdefault(stage, self._begun(stage))(records)
            for topic, messages in () if fate == "killed" else outputs.items():
                self.bus.publish(topic, messages)
            if fate == "done":
                consumer.commit()
            else:
                del self._steps[stage]
                consumer.rewind()
            if not whole and self._chance.random() < 0.3:
                break
        consumer.close()

    def _begun(self, stage: str) -> Step:
        if stage == "match":
            return MatchStep(lambda: self._read, Announcer(lambda _: KNOWN))
        return DecideStep(since_read(self.bus))


def log_of(path: Path, rules: Sequence[Rule], bus: SqliteBus, seed: int) -> Live:
    """Run the streams of a rule's cases live, one after the other: with ticks, mutes, history and kills."""
    chance = random.Random(seed)
    live = Live(bus, rules, chance)
    end = START
    for case in read_cases(path.with_suffix(".stream").read_text("utf-8")):
        begin, shift = end, end - START
        for _, doc, at in documents(case, ANALYSIS):
            moved = shifted(doc, shift)
            origin = chance.choice((topics.GROUPED.name,) * 9 + (topics.BACKFILL_GROUPED.name,))
            gap = max(TICKS, (at + shift - begin) / MOST_TICKS)
            passed = [begin + gap * number for number in range(1, int((at + shift - begin) / gap) + 1)]
            if passed:
                live.turn("match", whole=True)  # a tick waits until all before it is matched
                bus.publish(topics.MATCHES.name, [one for tick in passed for one in said(chance, rules, tick)])
                begin = passed[-1]
            bus.publish(origin, [encode(as_history(moved, origin), key=moved.id, time=at + shift)])
            live.turn(chance.choice(("match", "decide")))
            end = max(end, at + shift)
        end = max(end, (case.until or START) + shift) + timedelta(hours=1)
    for stage in ("match", "decide"):
        live.turn(stage, whole=True)
    return live


def said(chance: random.Random, rules: Sequence[Rule], at: object) -> Iterator[Message]:
    """Give a tick, and now and then what a person asks of a rule."""
    yield encode(Tick(at=at), key="tick", time=at)  # type: ignore[arg-type]
    if chance.random() < 0.03:
        rule = chance.choice(rules).id
        wish = Control(action="snooze", rule=rule, at=at, until=at + timedelta(minutes=9))  # type: ignore[operator,arg-type]
        yield encode(wish, key=rule, time=at)  # type: ignore[arg-type]


def shifted(doc: GroupedArticle, by: timedelta) -> GroupedArticle:
    """Give a document as another case's: later, and under another id."""
    article = doc.enriched.article
    moved = replace(article, id=f"{article.id}-{int(by.total_seconds())}", first_seen_at=article.first_seen_at + by)
    return replace(doc, enriched=replace(doc.enriched, article=moved))


def as_history(doc: GroupedArticle, topic: str) -> GroupedArticle:
    """Give a document the origin of its topic."""
    if not topics.is_history(topic):
        return doc
    article = replace(doc.enriched.article, origin="backfill", published_at=doc.enriched.article.first_seen_at)
    return replace(doc, enriched=replace(doc.enriched, article=article))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_a_backtest_over_the_log_makes_the_alerts_of_the_live_run(path: Path, tmp_path: Path) -> None:
    """For each rule of each type, through kills, repeats, mutes and history: the same set of alert ids."""
    rule = read_rule(path, ANALYSIS)
    other = read_rule(DATA / "any_every.yaml", ANALYSIS)
    rules = [rule] if rule.id == other.id else [other, rule]
    with SqliteBus(tmp_path / "log.db") as bus, SqliteIndex(tmp_path / "index.db", ANALYSIS) as index:
        log_of(path, rules, bus, seed=len(path.stem))
        live = {record.message.key.decode() for record in bus.read(topics.ALERTS.name) if of(record, rule)}
        report = Report()
        for tried in over_store(rule, bus, index, START - timedelta(days=365)):
            report.take(tried)
    # What is switched off says nothing live; a trial asks what it would say.
    assert (set(report.alerts) if rule.enabled else set()) == live
    assert report.matches >= len(live) or rule.type in {"flatline", "spike", "cardinality"}


def test_rules_in_force_together_do_not_sway_each_others_backtest(tmp_path: Path) -> None:
    """With every rule in force at once, the back-test of each alone makes the alerts it made among them."""
    rules = [read_rule(path, ANALYSIS) for path in FILES]
    rules = list({rule.id: rule for rule in rules if rule.enabled}.values())
    with SqliteBus(tmp_path / "log.db") as bus, SqliteIndex(tmp_path / "index.db", ANALYSIS) as index:
        log_of(DATA / "spike_down.yaml", rules, bus, seed=7)
        log_of(DATA / "any_query_key.yaml", rules, bus, seed=8)
        made = [decode(record.message, Alert) for record in bus.read(topics.ALERTS.name)]
        for rule in rules:
            report = Report()
            for tried in over_store(rule, bus, index, START - timedelta(days=365)):
                report.take(tried)
            assert set(report.alerts) == {alert.id for alert in made if alert.rule == rule.id}, rule.name
    assert len({alert.rule for alert in made}) > 5


def of(record: object, rule: Rule) -> bool:
    """Tell whether a record's alert is the rule's."""
    return decode(record.message, Alert).rule == rule.id  # type: ignore[attr-defined]
