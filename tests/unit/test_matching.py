"""Documents against rules: what a match holds, what is looked at, and how many rules cost little."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import NOON, document

from rasid.adapters.yaml_rules import parse_rule
from rasid.alerts.announce import Announcer, RulesRead
from rasid.alerts.decide import Event, decide_all
from rasid.alerts.match import why
from rasid.alerts.matching import changed, match
from rasid.alerts.rule_index import RuleIndex
from rasid.alerts.steps import DecideStep, MatchStep
from rasid.app.analysis import Analysis
from rasid.app.rules import RuleSource
from rasid.codec import decode, encode, kind_of
from rasid.domain import topics
from rasid.domain.alert import Alert, Match
from rasid.domain.article import GroupedArticle
from rasid.domain.change import Change
from rasid.domain.control import Changed, Control, RuleEdited, RulesInForce, TermsSeen, Tick
from rasid.domain.errors import CodecError
from rasid.domain.query import And, Between, Everything, Near, Not, Nothing, Or, Pattern, Query, Value, Within, Words
from rasid.domain.rule import Rule
from rasid.ports import Message, Record

ANALYSIS = Analysis()
WORDS = ("shoigu", "assad", "syria", "meeting", "шойгу", "асад", "встреча", "شويغو", "اسد", "سوريا")


def rule(query: str = "syria", **keys: str) -> Rule:
    """Make a rule that finds `query`, with more lines of YAML by key."""
    lines = "".join(f"{key.replace('_news', 'x-news')}: {value}\n" for key, value in keys.items())
    lines = lines if "type:" in lines else f"type: any\n{lines}"
    text = f"name: R\n{lines}filter: [{{query_string: {{query: '{query}'}}}}]\n"
    return parse_rule(text, ANALYSIS, source="r.yaml")


def records(topic: str, messages: Sequence[Message], first: int = 0) -> list[Record]:
    """Give messages as a log holds them."""
    return [Record(topic=topic, partition=0, offset=first + n, message=message) for n, message in enumerate(messages)]


def grouped(*documents: GroupedArticle, minutes: float = 0) -> list[Record]:
    """Give documents as the topic of grouped articles holds them."""
    at = NOON + timedelta(minutes=minutes)
    return records(topics.GROUPED.name, [encode(one, key=one.id, time=at) for one in documents])


def alerts_of(rules: Sequence[Rule], *batches: list[Record]) -> list[Alert]:
    """Give the alerts that follow from batches of grouped articles, through both steps."""
    read = RulesRead(tuple(rules), NOON)
    matching, deciding, found = MatchStep(lambda: read), DecideStep(lambda _topic, _since: iter(())), []
    offset = 0
    for batch in batches:
        messages = matching(batch)[topics.MATCHES.name]
        made = deciding(records(topics.MATCHES.name, messages, offset))
        offset += len(messages)
        found += [decode(message, Alert) for message in made[topics.ALERTS.name]]
    return found


@pytest.mark.parametrize("language", ["ar", "en", "ru"])
def test_a_match_says_all_that_deciding_needs(language: str) -> None:
    """A match holds the article's facts, its story, its time and the values that the rule counts by."""
    one = document(ANALYSIS, 1, language=language, story="s1")
    wanted = rule({"ar": "سوريا", "en": "Syria", "ru": "Сирия"}[language], query_key="[source, language]")
    found = match(wanted, one, NOON)
    assert found is not None
    assert found.article is not None
    assert (found.article.title, found.article.language, found.story_ids) == (
        one.enriched.article.title,
        language,
        ("s1",),
    )
    assert found.values == {"source": ("Example",), "language": (language,)}


def test_back_fill_is_matched_at_the_time_it_was_published() -> None:
    """History's time is when it was published; its alerts are recorded with their origin, none is held back."""
    published = datetime(2024, 1, 1, tzinfo=UTC)
    old = [document(ANALYSIS, n, origin="backfill", published_at=published) for n in (1, 2)]
    live = document(ANALYSIS, 3)
    found = alerts_of([rule(realert="{days: 1}")], grouped(*old, live, document(ANALYSIS, 4)))
    assert [(one.origin, one.created_at) for one in found] == [("backfill", published)] * 2 + [("live", NOON)]


@pytest.mark.parametrize("published", [None, NOON - timedelta(hours=72), NOON + timedelta(days=3)])
def test_a_wrong_date_changes_nothing_for_live_news(published: datetime | None) -> None:
    """What is late, misdated or has no date counts when it is seen, and is told then."""
    three = [document(ANALYSIS, n, published_at=published) for n in (1, 2, 3)]
    wanted = rule(type="frequency", num_events="3", timeframe="{minutes: 10}")
    found = alerts_of([wanted], *(grouped(one, minutes=n) for n, one in enumerate(three)))
    assert [(one.count, one.created_at) for one in found] == [(3, NOON + timedelta(minutes=2))]


def test_names_recognised_with_less_confidence_do_not_count() -> None:
    """With min_confidence a rule does not see names below it."""
    unsure = document(ANALYSIS, 1, names=(("x:1", "Assad"),))
    entity = replace(unsure.enriched.entities[0], confidence=0.4)
    unsure = replace(unsure, enriched=replace(unsure.enriched, entities=(entity,)))
    wanted = rule('entity:"x:1"')
    assert match(wanted, unsure, NOON)
    assert match(replace(wanted, min_confidence=0.5), unsure, NOON) is None


def test_a_changed_article_is_told_to_those_who_were_alerted_of_it() -> None:
    """A revision with other numbers raises a follow-up with the difference, once; one without change raises nothing."""
    first = document(ANALYSIS, 1, title="Syria: 12 killed")
    same = document(ANALYSIS, 1, title="Syria: 12 killed!", revision=2, edition=2)
    change = Change(kind="facts", before_revision=2, text="12 → 30 killed")
    third = replace(document(ANALYSIS, 1, title="Syria: 30 killed", revision=3, edition=3), change=change)
    again = replace(document(ANALYSIS, 1, title="Syria: 30 killed", revision=3, edition=4), change=change)
    rules = [rule(realert="{minutes: 0}"), replace(rule("weather"), id="other")]
    found = alerts_of(rules, grouped(first), grouped(same), grouped(third), grouped(again))
    assert [(one.kind, one.difference, one.follows) for one in found] == [
        ("match", "", None),
        ("follow_up", "12 → 30 killed", found[0].id),
    ]


def test_a_withdrawn_article_is_told_too() -> None:
    """A withdrawal is a change although nothing of the rule matches any more."""
    gone = replace(
        document(ANALYSIS, 1, title="This page is gone", revision=2, edition=2),
        change=Change(kind="withdrawn", before_revision=1, text=""),
    )
    assert changed(gone, NOON)
    found = alerts_of([rule()], grouped(document(ANALYSIS, 1)), grouped(gone))
    assert [(one.kind, one.text) for one in found] == [("match", ""), ("follow_up", "withdrawn")]


def test_a_teaser_that_did_not_match_matches_when_its_text_is_complete() -> None:
    """A later edition of the same revision is matched anew where the first did not match, and once."""
    teaser = document(ANALYSIS, 1, title="Breaking")
    whole = document(ANALYSIS, 1, title="Breaking", text="War in Syria.", edition=2)
    more = document(ANALYSIS, 1, title="Breaking", text="War in Syria.", edition=3)
    found = alerts_of([rule(realert="{minutes: 0}")], grouped(teaser), grouped(whole), grouped(more))
    assert len(found) == 1


def test_muted_and_snoozed_matches_are_counted_in_the_next_alert() -> None:
    """While a rule is muted nothing goes out; the first alert after it says how many there were."""
    read = RulesRead((rule(realert="{minutes: 0}"),), NOON)
    matching, deciding = MatchStep(lambda: read), DecideStep(lambda _topic, _since: iter(()))
    messages = [*matching(grouped(document(ANALYSIS, 1)))[topics.MATCHES.name]]
    asked = Control(action="snooze", rule="r", at=NOON, until=NOON + timedelta(hours=1))
    messages.append(encode(asked, key="r", time=NOON))
    for number, minutes in ((2, 10), (3, 20), (4, 60)):
        messages += matching(grouped(document(ANALYSIS, number), minutes=minutes))[topics.MATCHES.name]
    made = deciding(records(topics.MATCHES.name, messages))[topics.ALERTS.name]
    found = [decode(message, Alert) for message in made]
    assert [(one.count, len(one.article_ids)) for one in found] == [(1, 1), (3, 3)]


def test_the_rules_in_force_are_said_once_and_on_each_change() -> None:
    """What a speaker has said it does not say again; an edited rule and a removed one it does."""
    one, two = rule(), replace(rule("weather"), id="two")
    announcer = Announcer(lambda _rule: {"source": ("TASS",)})
    read = RulesRead((one, two), NOON)
    said = announcer(read)
    assert [type(event) for event in said] == [RuleEdited, RuleEdited, RulesInForce]
    assert announcer(read) == ()
    edited = replace(one, version="2")
    assert announcer(RulesRead((edited, two), NOON)) == [RuleEdited(policy=edited.deciding, at=NOON)]
    assert announcer(RulesRead((edited,), NOON)) == [RulesInForce(rules=("r",), at=NOON)]
    new = rule(type="new_term", fields="[source]")
    assert TermsSeen(rule="r", terms={"source": ("TASS",)}, at=NOON) in announcer(RulesRead((new,), NOON))


def test_a_rule_is_told_the_terms_of_the_past_once_for_good() -> None:
    """What marks that it was done is in the log: another start does not look again, and deciding reads past it."""
    read = RulesRead((rule(type="new_term", fields="[source]"),), NOON)
    log: dict[str, list[Record]] = {topics.MATCHES.name: [], topics.RULE_STATES.name: []}

    def held(key: str) -> bool:
        return any(record.message.key == key.encode() for record in log[topics.RULE_STATES.name])

    for source in ("Example", "Other"):
        announcer = Announcer(lambda _rule: {"source": ("Example",)}, held)
        one = document(ANALYSIS, len(source), source=source)
        for topic, messages in MatchStep(lambda: read, announcer)(grouped(one)).items():
            log[topic] += records(topic, messages, len(log[topic]))
    events = [kind_of(record.message) for record in log[topics.MATCHES.name]]
    assert events.count(TermsSeen) == 1
    made = DecideStep(lambda topic, _since: iter(log.get(topic, ())))(log[topics.MATCHES.name])[topics.ALERTS.name]
    assert [decode(message, Alert).text for message in made] == ["new source: Other"]


def test_what_a_removed_rule_had_gathered_is_told() -> None:
    """Aggregated matches of a rule whose file is removed go out, not away."""
    read = RulesRead((rule(aggregation="{hours: 2}"),), NOON)
    matching, deciding = MatchStep(lambda: read), DecideStep(lambda _topic, _since: iter(()))
    messages = [*matching(grouped(document(ANALYSIS, 1), document(ANALYSIS, 2)))[topics.MATCHES.name]]
    messages.append(encode(RulesInForce(rules=(), at=NOON), key="rules", time=NOON))
    made = deciding(records(topics.MATCHES.name, messages))[topics.ALERTS.name]
    assert [decode(message, Alert).count for message in made] == [2]


def test_a_night_without_the_service_is_no_silence_of_the_world() -> None:
    """Time without ticks does not count: a flatline waits until it has watched for a whole timeframe."""
    policy = rule(type="flatline", threshold="1", timeframe="{hours: 2}", realert="{hours: 9}").deciding

    def told(*spans: tuple[int, int]) -> list[Alert]:
        minutes = [minute for first, last in spans for minute in range(first, last)]
        events: list[Event] = [RuleEdited(policy=policy, at=NOON)]
        events += [Tick(at=NOON + timedelta(minutes=minute)) for minute in minutes]
        return decide_all(events)

    assert [one.created_at for one in told((0, 130))] == [NOON + timedelta(minutes=120)]
    assert [one.created_at for one in told((0, 60), (600, 700))] == [NOON + timedelta(minutes=661)]
    assert told((0, 60), (600, 650), (1200, 1205)) == []


def test_what_waits_to_be_told_together_is_bounded_and_counted() -> None:
    """Of a flood that waits for its hour the first are named; all are counted."""
    read = RulesRead((rule(aggregation="{hours: 1}"),), NOON)
    matching, deciding = MatchStep(lambda: read), DecideStep(lambda _topic, _since: iter(()))
    flood = [document(ANALYSIS, n) for n in range(1, 701)]
    messages = [*matching(grouped(*flood))[topics.MATCHES.name]]
    messages.append(encode(Tick(at=NOON + timedelta(hours=1)), key="tick", time=NOON + timedelta(hours=1)))
    made = deciding(records(topics.MATCHES.name, messages))[topics.ALERTS.name]
    found = [decode(message, Alert) for message in made]
    assert [(one.count, len(one.articles), one.text) for one in found] == [(700, 50, "700 within 1 minute")]


def test_an_unknown_event_is_a_dead_letter_and_no_obstacle() -> None:
    """What is no event of the log raises, and what comes after it is decided."""
    read = RulesRead((rule(),), NOON)
    messages = MatchStep(lambda: read)(grouped(document(ANALYSIS, 1)))[topics.MATCHES.name]
    log = records(topics.MATCHES.name, [grouped(document(ANALYSIS, 9))[0].message, *messages])
    deciding = DecideStep(lambda topic, _since: iter(log if topic == topics.MATCHES.name else ()))
    with pytest.raises(CodecError, match=r"no event of news\.matches\.v1"):
        deciding(log)
    assert len(deciding(log[1:])[topics.ALERTS.name]) == 1


def test_a_tick_is_read_in_its_order() -> None:
    """Events of the log are told apart by their header."""
    message = encode(Tick(at=NOON), key="tick", time=NOON)
    assert kind_of(message) is Tick
    assert kind_of(replace(message, headers={})) is None


words = st.sampled_from(WORDS)
leaves = st.one_of(
    st.builds(lambda found: Words(tuple(found)), st.lists(words, min_size=1, max_size=2)),
    st.builds(lambda one, other: Within((one,), (other,), 3), words, words),
    st.builds(lambda one: Pattern(one[:3]), words),
    st.builds(lambda values: Value("entity_ids", tuple(values)), st.lists(st.sampled_from(["e1", "e2"]), max_size=2)),
    st.builds(lambda value: Value("language", (value,)), st.sampled_from(["ar", "en"])),
    st.just(Near(("RU", "e1"), ("SY",), 2)),
    st.just(Between("first_seen_at", NOON, None)),
    st.just(Everything()),
    st.just(Nothing()),
)
queries: st.SearchStrategy[Query] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda parts: And(tuple(parts)), st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: Or(tuple(parts)), st.lists(inner, min_size=1, max_size=3)),
        st.builds(Not, inner),
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(st.lists(queries, max_size=12), st.lists(words, max_size=6), st.sampled_from(["ar", "en", "ru"]), st.booleans())
def test_the_index_of_rules_misses_nothing(trees: list[Query], said: list[str], language: str, named: bool) -> None:  # noqa: FBT001 - drawn
    """Every rule that matches a document is among the candidates, in order."""
    rules = [Rule(id=str(n), name=str(n), version="1", query=tree) for n, tree in enumerate(trees)]
    one = document(
        ANALYSIS, 1, language=language, title=" ".join([*said, "Assad"]),
        names=(("e1", "Assad"),) if named else (), presence={"RU": (0,), "SY": (1,)},
    )  # fmt: skip
    candidates = RuleIndex(rules).candidates(one)
    assert [rule for rule in candidates if why(rule.query, one)] == [rule for rule in rules if why(rule.query, one)]


def test_of_many_rules_few_are_looked_at() -> None:
    """Of 2,000 rules for words and names only those are evaluated of which the document has a word."""
    one = document(ANALYSIS, 1)
    said = one.enriched.terms.title.split()
    unsaid = [Words((f"word{n}",)) for n in range(2000)]
    unsaid[7], unsaid[1999] = Words((said[0],)), Words((said[1], "unsaid"))
    rules = [
        Rule(id=str(n), name="", version="", query=And((Value("language", ("en",)), query)))
        for n, query in enumerate(unsaid)
    ]
    assert [rule.id for rule in RuleIndex(rules).candidates(one)] == ["7"]


def test_a_broken_file_keeps_its_last_good_version_and_says_so(tmp_path: Path) -> None:
    """Rules are read again when files change; what is broken stays in force as it was, and is reported."""
    path = tmp_path / "a.yaml"
    good = "name: A\ntype: any\nfilter: [{query_string: {query: syria}}]\n"
    path.write_text(good, "utf-8")
    source = RuleSource(tmp_path, ANALYSIS)
    first = source()
    assert [one.name for one in first.rules] == ["A"]
    assert source() is first
    _rewrite(path, "name: A\ntype: anything\n")
    assert [one.name for one in source().rules] == ["A"]
    assert "type 'anything' is not supported" in str(source.errors()[path])
    _rewrite(path, good.replace("A", "B"))
    assert [one.name for one in source().rules] == ["B"]
    assert not source.errors()
    path.unlink()
    assert source().rules == ()


def _rewrite(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    stat = path.stat()
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000))


def test_events_survive_the_codec_in_three_scripts() -> None:
    """A match and a change hold Arabic, Russian and English as they are."""
    for language in ("ar", "en", "ru"):
        one = replace(
            document(ANALYSIS, 1, language=language), change=Change(kind="facts", before_revision=1, text="٣ → ٥")
        )
        found = match(Rule(id="r", name="r", version="1"), one, NOON)
        event = changed(one, NOON)
        assert decode(encode(found, key="r", time=NOON), Match) == found
        assert decode(encode(event, key="r", time=NOON), Changed) == event
