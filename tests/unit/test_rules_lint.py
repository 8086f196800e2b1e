"""Lint says what is wrong or suspicious in a rule, with its line; explain says why it does not match; the schema fits."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from makers import document
from query_trees import articles, queries

from rasid.adapters.yaml_rules import parse_rule, read_rule, read_rules
from rasid.alerts.explain import explain
from rasid.alerts.lint import implies, never
from rasid.alerts.match import why
from rasid.app.analysis import Analysis
from rasid.app.bootstrap import shipped_rules
from rasid.app.rules_exchange import bring_in, give_out
from rasid.app.rules_lint import look
from rasid.app.rules_names import near_name
from rasid.app.rules_schema import FILE, schema, schema_text
from rasid.domain.article import GroupedArticle
from rasid.domain.errors import InputError, RuleError
from rasid.domain.query import Query
from rasid.domain.rule import Rule

ANALYSIS = Analysis()
ROOT = Path(__file__).parents[2]
ELASTALERT = ROOT / "tests/data/rules/elastalert"
HERE = Path("rule.yaml")


def text_of(query: str, more: str = "") -> str:
    """Give a rule file."""
    return f"# A rule.\nname: x\ntype: any\nfilter:\n  - query_string:\n      query: '{query}'\n{more}"


def rule(query: str, rule_id: str = "x") -> Rule:
    """Read a rule."""
    return parse_rule(text_of(query, f"x-news: {{id: {rule_id}}}\n"), ANALYSIS, source="rule.yaml")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("language:ar AND language:en", "one language"),
        ("language:ar AND language:(en OR ru)", ""),
        ("Шойгу AND NOT Шойгу", "its opposite"),
        ("person:Нигдебаев", "nothing is left"),
        ("seen:[2026-11-20 TO 2026-11-10]", "end"),
        ("seen:[2026-11-01 TO 2026-11-10] AND seen:[2026-12-01 TO 2026-12-10]", "do not meet"),
        ("NOT *", "no article"),
        ("شويغو AND الأسد", ""),
        ("(language:ar AND language:en) OR (language:ru AND language:en)", "one language"),
        ("(language:ar AND language:en) OR Syria", ""),
    ],
)
def test_what_can_never_fire_is_named(query: str, words: str) -> None:
    """Contradictions are found; what may hold is not called one."""
    try:
        found = " ".join(never(rule(query)))
    except InputError as error:  # the reader itself refuses some
        found = str(error)
    assert words in found
    assert bool(words) == bool(found)


@given(queries(), queries(), articles())
def test_what_implies_another_matches_nothing_that_the_other_does_not(
    one: Query, other: Query, held: GroupedArticle
) -> None:
    """Whatever lint takes for contained really is."""
    if implies(one, other) and why(one, held) is not None:
        assert why(other, held) is not None


@given(queries(), articles())
def test_what_is_called_impossible_matches_nothing(query: Query, held: GroupedArticle) -> None:
    """No rule that lint says never fires matches a document."""
    made = replace(rule("Syria"), query=query)
    if never(made):
        assert why(query, held) is None


@given(queries(), articles())
def test_an_explanation_agrees_with_the_matcher(query: Query, held: GroupedArticle) -> None:
    """Every rule and article get reasons, or a clause that fails; never both, never neither."""
    found = explain(replace(rule("Syria"), query=query), held)
    assert found.matches == (why(query, held) is not None)
    assert (found.failed is None) == found.matches


@pytest.mark.parametrize(
    ("query", "line", "kind", "words"),
    [
        ('"Shoigu" AND Syria', 6, "one-script", "three"),
        ('"شويغو" AND Syria', 6, "one-script", "rasid:person/sergei-shoigu"),
        ('"Шойгу" AND Syria', 6, "one-script", "rasid:person/sergei-shoigu"),
        ("Lavrof AND Syria", 6, "spelling", "Lavrov"),
        ("Лаврав AND Syria", 6, "spelling", "Лавров"),
        ("لافروق AND Syria", 6, "spelling", "لافروف"),
        ("Syria AND Lavrov", 1, "contained", "Everything Syrian"),
        ("person:Nobodyatall", 5, "never", "no word or name"),
    ],
)
def test_lint_warns_with_the_line(query: str, line: int, kind: str, words: str) -> None:
    """Each kind of warning, in three scripts, stands where its words stand."""
    other = replace(rule("Syria", "all-syrian"), name="Everything Syrian")
    found = look(text_of(query), HERE, ANALYSIS, [other]).findings
    assert [one for one in found if one.kind == kind and words in one.text], found
    assert line in {one.line for one in found if one.kind == kind} or kind in {"contained", "never"}


@pytest.mark.parametrize("key", ["alert_text", "alert_subject"])
@pytest.mark.parametrize("template", ["{{ ''.__class__.__mro__ }}", "{{ title", "{% for a in range(9) %}{% endfor %}"])
def test_lint_names_a_template_that_will_not_be_used(key: str, template: str) -> None:
    """A template that reaches for attributes, or is none, is named with its line; the rule stays in force."""
    text = text_of("Shoigu AND Assad") + f'alert_text_type: alert_text_jinja\n{key}: "{template}"\n'
    found = look(text, HERE, ANALYSIS)
    assert found.is_good
    assert [(one.line, one.kind) for one in found.findings] == [(len(text.splitlines()), "template")], found.findings
    assert look(text.replace(template, "{{ title }}"), HERE, ANALYSIS).findings == ()


@pytest.mark.parametrize("query", ["Shoigu AND Assad", "شويغو AND الأسد", "Шойгу AND Асад", "strike AND killed"])
def test_lint_is_silent_on_a_good_rule(query: str) -> None:
    """A rule that asks for names by name has nothing to look at."""
    assert look(text_of(query), HERE, ANALYSIS).findings == ()


def test_an_error_has_its_line() -> None:
    """A rule that cannot be in force says where."""
    found = look(text_of("Syria AND ("), HERE, ANALYSIS)
    assert not found.is_good
    assert [(one.line, one.kind) for one in found.findings] == [(6, "error")]


@pytest.mark.parametrize(
    ("word", "near"),
    [("Shoigu", None), ("Lavrof", "Lavrov"), ("Шойгу", None), ("strike", None), ("Asad", None), ("", None)],
)
def test_a_slip_in_a_name_is_seen(word: str, near: str | None) -> None:
    """One letter more, less, or another; known names and short words are none."""
    assert near_name(word) == near


@pytest.mark.parametrize(
    ("query", "title", "language", "clause"),
    [
        ("Syria AND Idlib", "Syria today", "en", "Idlib"),
        ("سوريا AND إدلب", "سوريا اليوم", "ar", "إدلب"),
        ("Сирия AND Идлиб", "Сирия сегодня", "ru", "Идлиб"),
        ("Syria AND NOT today", "Syria today", "en", "NOT today"),
        ("Syria AND language:ru", "Syria today", "en", "language:ru"),
    ],
)
def test_the_first_clause_that_fails_is_named(query: str, title: str, language: str, clause: str) -> None:
    """Of a rule that does not match, the first part that fails is told as it was written."""
    held = document(ANALYSIS, language=language, title=title)
    found = explain(rule(query), held)
    assert found.failed is not None
    assert clause in found.failed.clause


def test_the_schema_is_generated_and_committed() -> None:
    """Beside the documents and beside the shipped rules: `rasid rules schema` writes both."""
    for path in (ROOT / "docs" / "schemas" / FILE, shipped_rules() / FILE):
        assert path.read_text("utf-8") == schema_text(), f"run: rasid rules schema > {path}"
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize(
    "path", [*sorted(ELASTALERT.glob("*.yaml")), *sorted(shipped_rules().glob("*.yaml"))], ids=lambda path: path.stem
)
def test_every_good_rule_fits_the_schema_and_an_export_loads_again(path: Path) -> None:
    """What the reader takes the schema takes; what is given to ElastAlert has its keys and nothing of ours."""
    jsonschema.validate(yaml.safe_load(path.read_text("utf-8")), schema())
    given_out = yaml.safe_load(give_out(path, ANALYSIS))
    assert "x-news" not in given_out
    assert {"name", "type", "index", "alert", "filter"} <= given_out.keys()
    assert json.dumps(given_out, ensure_ascii=False)


def test_the_schema_refuses_what_the_reader_refuses() -> None:
    """A key of another type, a missing one, an unknown key of ours."""
    good = yaml.safe_load(text_of("Syria"))
    for bad in (
        {"num_events": 3},
        {"type": "frequency"},
        {"x-news": {"colour": "red"}},
        {"realert": {"fortnights": 1}},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(good | bad, schema())


def test_rules_are_brought_in_and_what_cannot_be_is_refused(tmp_path: Path) -> None:
    """A good ElastAlert rule stands among ours, with its list; a second time, or with Python in it, it is refused."""
    made = bring_in(ELASTALERT / "many_keys.yaml", tmp_path, ANALYSIS)
    assert made.path.parent == tmp_path
    assert any("buffer_time" in one for one in made.unused)
    good, broken = read_rules(tmp_path, ANALYSIS)
    assert ([one.id for one in good.values()], broken) == ([made.rule.id], {})
    with pytest.raises(RuleError, match="already"):
        bring_in(ELASTALERT / "many_keys.yaml", tmp_path, ANALYSIS, list(good.values()))
    bad = tmp_path / "bad.txt"
    bad.write_text("name: x\ntype: my.module.Rule\nfilter: []\n", "utf-8")
    with pytest.raises(RuleError, match=r"bad\.txt:2"):
        bring_in(bad, tmp_path, ANALYSIS)
    listed = bring_in(ELASTALERT / "blacklist.yaml", tmp_path, ANALYSIS)
    assert read_rule(listed.path, ANALYSIS).deciding.listed == listed.rule.deciding.listed
