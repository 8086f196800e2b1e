from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.names import NameMatcher
from processors.names.spelling import voiced

MATCHER = NameMatcher()
ROWS = [
    line.split("\t")
    for line in (Path(__file__).parents[1] / "data" / "names" / "spellings.tsv")
    .read_text(encoding="utf-8")
    .splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(("name", "spelling"), ROWS)
def test_spelling(name: str, spelling: str):
    """Arabic and Russian names come out as English writes them; an English one stays as it is but for its case."""
    assert MATCHER.spell(name) == spelling


@pytest.mark.parametrize(("written", "read"), [("hftr", "haftar"), ("sbsi", "sabsi"), ("a", "a")])
def test_short_vowels_are_put_in(written: str, read: str):
    """Where Arabic letters alone make a clash at either end, an a stands between; what English begins with stays."""
    assert voiced(written) == read


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("abzéشوغلاعبدلجжшйуаь -.'東\ud800\u202e0"), max_size=24))
def test_any_name_can_be_spelled(name: str):
    """Whatever the name, spelling it does not fail and is the same again."""
    assert MATCHER.spell(name) == MATCHER.spell(name)
