"""What a rule file may say, and what is refused, with the line."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest

from rasid.adapters.yaml_rules import parse_rule, read_rules
from rasid.app.analysis import Analysis
from rasid.domain.errors import RuleError
from rasid.domain.query import And, Nothing, Or, Value
from rasid.domain.rule import ActiveHours, Rule

ANALYSIS = Analysis()
HEAD = "name: A rule\nindex: news\nalert: debug\n"
FILTER = "filter: [{query_string: {query: syria}}]\n"


def read(text: str) -> Rule:
    """Read a rule's text."""
    return parse_rule(text, ANALYSIS, source="rules/a-rule.yaml")


@pytest.mark.parametrize(
    "kind", ["metric_aggregation", "percentage_match", "spike_aggregation", "my_module.MyRule", "none"]
)
def test_other_types_are_refused_with_file_and_line(kind: str) -> None:
    """A type that is not supported is refused where it stands; the reason names those there are."""
    with pytest.raises(RuleError, match=rf"rules/a-rule.yaml:4: type '{kind}' is not supported.*any, frequency"):
        read(f"{HEAD}type: {kind}\n{FILTER}")


BROKEN = [
    ("type: any\n", 1, "a rule needs a filter"),
    ("filter: []\n", 1, "a rule needs a type"),
    (f"type: frequency\nnum_events: 3\n{FILTER}", 4, "type frequency needs timeframe"),
    (f"type: any\nnum_events: 3\n{FILTER}", 5, "num_events belongs to type frequency, not to any"),
    (f"type: any\nrealert_key: x\n{FILTER}", 5, "rules do not share their silence"),
    (f"type: any\nmatch_enhancements: [a.B]\n{FILTER}", 5, "Python modules are not loaded"),
    (f"type: any\nimport: base.yaml\n{FILTER}", 5, "write what the imported file says"),
    (f"type: any\nlimit_execution: '* 10 * * *'\n{FILTER}", 5, "use x-news: active_hours"),
    (f"type: any\nrealrt: {{minutes: 1}}\n{FILTER}", 5, "did you mean realert"),
    (f"type: any\nrealert: 5\n{FILTER}", 5, "a time like `minutes: 15`"),
    (f"type: any\nrealert: {{minuets: 5}}\n{FILTER}", 5, "minuets is no unit"),
    (f"type: any\nrealert: {{minutes: -5}}\n{FILTER}", 5, "a number from 0"),
    (f"type: any\nrealert: {{days: 400}}\n{FILTER}", 5, "at most 90 days"),
    (f"type: any\nrealert: {{minutes: .nan}}\n{FILTER}", 5, "a number from 0"),
    (f"type: any\nis_enabled: maybe\n{FILTER}", 5, "true or false"),
    (f"type: any\npriority: high\n{FILTER}", 5, "a whole number"),
    (f"type: any\ntimestamp_field: when\n{FILTER}", 5, "timestamp_field 'when' is not known"),
    (f"type: any\nquery_key: clusterid\n{FILTER}", 5, "did you mean cluster.id"),
    (f"type: any\naggregation: {{schedule: often}}\n{FILTER}", 5, "is no schedule"),
    (f"type: any\naggregation: {{schedule: '0 8 * * *', hours: 1}}\n{FILTER}", 5, "not both"),
    (f"type: any\naggregation_key: source\n{FILTER}", 5, "needs an aggregation"),
    (f"type: any\nrealert: {{minutes: 0}}\nexponential_realert: {{hours: 1}}\n{FILTER}", 6, "needs a realert"),
    (f"type: spike\nspike_height: 0\nspike_type: up\ntimeframe: {{hours: 1}}\n{FILTER}", 5, "a number above 0"),
    (f"type: spike\nspike_height: 2\nspike_type: sideways\ntimeframe: {{hours: 1}}\n{FILTER}", 6, "up, down or both"),
    (f"type: cardinality\ncardinality_field: source\ntimeframe: {{hours: 1}}\n{FILTER}", 4, "max_cardinality or min"),
    (f"type: new_term\n{FILTER}", 4, "needs fields, or query_key"),
    (f"type: blacklist\ncompare_key: source\nblacklist: ['!file /etc/passwd']\n{FILTER}", 6, "no directory to look in"),
    (f"type: flatline\nthreshold: 1\ntimeframe: {{seconds: 0}}\n{FILTER}", 6, "more than no time"),
    ("type: any\nfilter:\n  - query_string: {query: 'titel:x'}\n", 6, "did you mean title"),
    ("type: any\nfilter:\n  - term: {language: en}\n  - script: {source: x}\n", 7, "filter 'script' is not supported"),
    ("type: any\nfilter:\n  - range: {source: {gte: 1}}\n", 6, "field 'source' cannot be used here"),
    ("type: any\nfilter:\n  - range: {published: {gte: now-1d}}\n", 6, "is no time"),
    ("type: any\nfilter:\n  - wildcard: {title: 'a*b'}\n", 6, "only a . at the end"),
    ("type: any\nfilter:\n  - exists: {field: source}\n", 6, "exists is supported for published_at only"),
    (f"type: any\n{FILTER}x-news:\n  lvl: high\n", 7, "lvl is not known"),
    (f"type: any\n{FILTER}x-news:\n  level: urgent\n", 7, "low, normal, high|normal, low, high"),
    (f"type: any\n{FILTER}x-news:\n  min_confidence: 2\n", 7, "from 0 to 1"),
    (f"type: any\n{FILTER}x-news:\n  active_hours: morning\n", 7, "hours like 08:00-20:00"),
    (f"type: any\n{FILTER}x-news:\n  active_hours: {{hours: 08:00-20:00, timezone: Mars/Base}}\n", 7, "not known"),
    (f"type: any\n{FILTER}x-news:\n  near: [RU]\n", 7, r"near: \[RU, SY\]"),
    (f"type: any\n{FILTER}type: any\n", 6, "a second time"),
]


@pytest.mark.parametrize(("text", "line", "reason"), BROKEN, ids=[reason for _, _, reason in BROKEN])
def test_what_is_not_understood_is_refused_with_its_line(text: str, line: int, reason: str) -> None:
    """A mistake is named with its file, its line and what to write instead."""
    with pytest.raises(RuleError, match=reason) as caught:
        read(HEAD + text)
    assert caught.value.source == "rules/a-rule.yaml"
    assert caught.value.line == line


def test_a_yaml_bomb_is_refused_at_once() -> None:
    """Anchors that multiply, deep nesting and huge files cost nothing and are refused."""
    levels = "".join(f"b{n}: &b{n} [{','.join([f'*b{n - 1}'] * 9)}]\n" for n in range(1, 9))
    began = time.monotonic()
    for text in (f"b0: &b0 [x,x,x,x,x,x,x,x,x]\n{levels}", "a: " + "[" * 5000, "a: &a [*a]\n", "a: " + "x" * 300_000):
        with pytest.raises(RuleError):
            read(text)
    assert time.monotonic() - began < 2


def test_an_anchor_may_be_used_again() -> None:
    """Plain anchors are YAML that rule authors write."""
    rule = read(f"{HEAD}type: any\nrealert: &hour {{hours: 1}}\naggregation: *hour\n{FILTER}")
    assert rule.deciding.realert == timedelta(hours=1)


def test_our_own_keys_narrow_the_rule_and_say_who_hears_of_it() -> None:
    """x-news: any of the languages, all of the entities and countries; lists in lists are alternatives."""
    rule = read(
        f"{HEAD}type: any\nfilter: []\nx-news:\n  id: shoigu-assad\n  level: high\n  languages: [ar, ru]\n"
        "  entities: [[Shoigu, Lavrov], الأسد]\n  about: [RU, SY]\n  near: {of: [RU, SY], within: 2}\n"
        "  keywords: {en: [visit], ru: [визит]}\n  notify: desk\n  min_confidence: 0.5\n  per: story\n"
        "  active_hours: {hours: '20:00-06:00', timezone: Asia/Damascus, days: [mon, fri]}\n  tags: [russia]\n"
    )
    assert isinstance(rule.query, And)
    languages, either, assad = rule.query.parts[:3]
    assert languages == Or((Value("language", ("ar",), "ar"), Value("language", ("ru",), "ru")))
    assert isinstance(either, Or)
    assert isinstance(assad, Value)
    assert len(rule.query.parts) == 7
    assert (rule.id, rule.level, rule.notify, rule.tags) == ("shoigu-assad", "high", ("desk",), ("russia",))
    assert rule.min_confidence == 0.5
    assert rule.deciding.per == "story"
    assert rule.deciding.active_hours == ActiveHours(start=1200, end=360, timezone="Asia/Damascus", days=(0, 4))


def test_an_unknown_name_is_told_as_a_note() -> None:
    """A rule for a name that the base lacks loads, can find nothing, and says so."""
    rule = read(f"{HEAD}type: any\nfilter: []\nx-news: {{entities: [Qwertyuiop Asdfgh]}}\n")
    assert rule.query == And((Nothing(),))
    assert "Qwertyuiop" in rule.notes[0]


def test_receivers_of_elastalert_are_noted() -> None:
    """Keys about ElastAlert's own receivers are read past, and a note says where receivers stand here."""
    rule = read(f"{HEAD}type: any\nslack_webhook_url: https://example.com\n{FILTER}")
    assert rule.notes[0] == (
        "slack_webhook_url is not used: receivers stand in notify.yaml, and x-news: notify names them"
    )


def test_two_files_with_one_id_are_told_apart(tmp_path: Path) -> None:
    """The second of two rules with one id is an error that names the first."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(f"name: {name}\ntype: any\n{FILTER}x-news: {{id: same}}\n", "utf-8")
    good, errors = read_rules(tmp_path, ANALYSIS)
    assert [path.name for path in good] == ["a.yaml"]
    assert "is a.yaml's already" in str(errors[tmp_path / "b.yaml"])


def test_a_list_in_a_file_lies_beside_the_rule(tmp_path: Path) -> None:
    """`!file` reads a list from the rules' own directory, whatever path is written; other files cannot be read so."""
    (tmp_path / "list.txt").write_text("TASS\nСАНА\nسانا\n", "utf-8")
    text = f"{HEAD}type: blacklist\ncompare_key: source\nblacklist: ['!file PATH', Own]\n{FILTER}"
    rule = parse_rule(text.replace("PATH", "/tmp/list.txt"), ANALYSIS, source="a.yaml", directory=tmp_path)
    assert rule.deciding.listed == ("TASS", "САНА", "سانا", "Own")
    with pytest.raises(RuleError, match=r"a.yaml:6: .*passwd cannot be read \(lists lie beside the rules\)"):
        parse_rule(text.replace("PATH", "../../etc/passwd"), ANALYSIS, source="a.yaml", directory=tmp_path)
