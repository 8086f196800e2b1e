"""A rule's file is changed where a person would change it; its name leads nowhere else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rasid.adapters.yaml_rules import parse_rule
from rasid.app.analysis import Analysis
from rasid.app.bootstrap import shipped_rules
from rasid.app.rules_files import file_name, path_of, write
from rasid.app.rules_writing import NEW, changed, form_of
from rasid.domain.errors import InputError

ANALYSIS = Analysis()
TEXTS = [path.read_text("utf-8") for path in sorted(shipped_rules().glob("*.yaml"))]
WITH_FORMS = [NEW, *(text for text in TEXTS if form_of(text))]
WORDS = st.lists(
    st.sampled_from(
        ["Shoigu", "شويغو", "Шойгу", '"Russian base"', "AND", "OR", "#no", "a:b", "'", '"', "- x", "{y}", "[z]", "&a", "*", "%", "|",
         ">", "yes", "null", "1", "@", "`", "?", ": ", "язык:ru", "ё", "ـ"]
    ),
    min_size=1,
    max_size=40,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(WITH_FORMS), WORDS, WORDS,
    st.tuples(st.sampled_from(["low", "normal", "high"]), st.sampled_from(["article", "story"]), st.booleans()),
)  # fmt: skip
def test_a_change_is_read_back_and_the_comments_stay(
    text: str, name: list[str], query: list[str], choices: tuple[str, str, bool]
) -> None:
    """Whatever is typed, in any script and with any sign of YAML, is what the file then says, and nothing else."""
    held, (level, per, enabled) = form_of(text), choices
    assert held is not None
    wanted = replace(
        held, name=" ".join(" ".join(name).split()), query=" ".join(" ".join(query).split()), level=level, per=per, enabled=enabled
    )  # fmt: skip
    made = changed(text, wanted)
    assert form_of(made) == wanted
    for line in text.splitlines():
        if line.lstrip().startswith("#") or line.startswith(("realert", "alert", "type", "index", "timeframe")):
            assert line in made.splitlines()
    assert changed(made, held) != made or wanted == held


def test_nothing_changed_is_nothing_written() -> None:
    """The same form gives the same text, to the letter."""
    for text in WITH_FORMS:
        held = form_of(text)
        assert held is not None
        assert changed(text, held) == text


def test_a_new_rule_is_a_rule() -> None:
    """What the editor begins with is in force as soon as it asks for something."""
    held = form_of(NEW)
    assert held is not None
    for query in ("شويغو AND الأسد", "Shoigu AND Assad", "Шойгу AND Асад"):
        rule = parse_rule(changed(NEW, replace(held, query=query)), ANALYSIS, source="new-rule.yaml")
        assert rule.deciding.rule_id == "new-rule"


@pytest.mark.parametrize(
    "name", ["", "..", ".", "../x", "a/b", "a\\b", "/x", "-x", ".x", "x" * 81, "a..b", "con", "x\n", "x y"]
)
def test_no_name_leads_elsewhere(tmp_path: Path, name: str) -> None:
    """Only a plain name in the directory itself is a rule file."""
    with pytest.raises(InputError):
        file_name(name)
    with pytest.raises(InputError):
        path_of(tmp_path, f"{name}.yaml")


@pytest.mark.parametrize("name", ["russia-syria", "شويغو", "Шойгу", "a.b_c-1"])
def test_names_in_every_script_name_files(tmp_path: Path, name: str) -> None:
    """Letters are letters in Arabic and Russian too."""
    path = path_of(tmp_path, file_name(name))
    write(path, "name: Проверка\n")
    assert path.read_text("utf-8") == "name: Проверка\n"
    assert [one.name for one in tmp_path.iterdir()] == [f"{name}.yaml"]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """A rule file that points elsewhere is not written through."""
    (tmp_path / "there").write_text("secret\n")
    (tmp_path / "rule.yaml").symlink_to(tmp_path / "there")
    with pytest.raises(InputError, match="link"):
        path_of(tmp_path, "rule.yaml")
