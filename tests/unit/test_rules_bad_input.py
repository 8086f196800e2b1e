"""Hostile rules cost little and are told clearly: bombs, huge and deep queries, storms of wildcards, templates."""

from __future__ import annotations

import resource
import time
from dataclasses import replace
from pathlib import Path

import pytest
from alert_makers import alert
from makers import document

from rasid.adapters.sqlite_index import SqliteIndex
from rasid.adapters.yaml_rules import parse_rule
from rasid.alerts.match import why
from rasid.app.analysis import Analysis
from rasid.app.rules_lint import look
from rasid.app.rules_trial import said
from rasid.app.rules_writing import form_of
from rasid.domain.errors import QueryError, RuleError
from rasid.domain.rule import Rule, Wording

ANALYSIS = Analysis()
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)
MOST_SECONDS = 2.0  # of the processor's time: bounded, whatever else the machine does


def text_of(query: str) -> str:
    """Give a rule file."""
    return f"name: x\ntype: any\nfilter:\n  - query_string:\n      query: '{query}'\n"


def rule(text: str) -> Rule:
    """Read a rule."""
    return parse_rule(text, ANALYSIS, source="rule.yaml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BOMB + text_of("Syria"), "anchors that multiply"),
        ("a: &a [*a]\n" + text_of("Syria"), "nested too deep"),
        ("x: " + "[" * 5_000 + "]" * 5_000 + "\n" + text_of("Syria"), "deep|YAML"),
        ("x: " + "a" * 300_000 + "\n" + text_of("Syria"), "256 kB"),
        (text_of("Syria " * 17_000), "20,000"),
        (text_of("Сирия " * 17_000), "20,000"),
        (text_of("سوريا " * 17_000), "20,000"),
        (text_of("(" * 9_000 + "Syria" + ")" * 9_000), "nested more than 20 deep"),
        (text_of("(" * 10_000 + "Syria" + ")" * 10_000), "nested more than 20 deep|20,000"),
        (text_of("NOT " * 4_000 + "Syria"), "nested more than 20 deep"),
        (text_of("a* " * 5_000), "1,000|letters|wildcard"),
        (text_of("*a*b*c*d*"), "wildcard|end"),
        (text_of("/(a+)+$/"), "supported|regular"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_hostile_file_is_a_clear_error_at_a_bounded_cost(text: str, words: str) -> None:
    """Nothing of it grows in here; the error says what is too much, and where."""
    began, held = time.process_time(), memory()
    with pytest.raises(RuleError, match=words) as caught:
        rule(text)
    assert time.process_time() - began < MOST_SECONDS
    assert memory() - held < 200_000  # kB
    assert "rule.yaml" in str(caught.value)
    assert form_of(text) is None or len(text) < 64_000
    assert not look(text, Path("rule.yaml"), ANALYSIS).is_good


def test_a_storm_of_wildcards_is_bounded(tmp_path: Path) -> None:
    """More than a few are refused; a few match within a moment; an index refuses one that takes too many words."""
    prefixes = [f"{a}{b}*" for a in "abcdefghij" for b in "abcdefghijklmnopqrstuvwxyz"]
    with pytest.raises(RuleError, match="20 wildcards"):
        rule(text_of(" OR ".join(prefixes)))
    few = rule(text_of(" OR ".join(prefixes[:20])))
    held = document(
        ANALYSIS, title="Syria", text=" ".join(f"ab{a}{b}" for a in "bcdfgklmnprtvz" * 1 for b in "bcdfgklmnoprtuvxyz")
    )
    began = time.process_time()
    assert why(few.query, held) is not None
    assert time.process_time() - began < MOST_SECONDS
    with SqliteIndex(tmp_path / "index.db", ANALYSIS) as index:
        index.write([held])
        with pytest.raises(QueryError, match="200"):
            index.search(few.query)


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ title.__class__ }}",
        "{% for a in range(10**9) %}x{% endfor %}",
        "{{ 'x' * 10**9 }}",
        "{{ title|attr('__class__') }}",
    ],
)
def test_a_template_reaches_nothing_but_the_alert(template: str) -> None:
    """A template that wants attributes or all the memory gives our own wording, and no alert is lost."""
    made = rule(text_of("Syria"))
    made = replace(made, wording=Wording(alert_text=template, alert_text_type="alert_text_jinja"))
    began = time.process_time()
    for language in ("ar", "en", "ru"):
        text = said(alert(language=language), made)
        assert alert(language=language).title in text
        assert "class" not in text
        assert "uid=" not in text
    assert time.process_time() - began < MOST_SECONDS


def memory() -> int:
    """Give the most memory this process has held, in kB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
