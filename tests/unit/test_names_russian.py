from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.names.letters import normalise
from processors.names.russian import base_form, variants

CASES = Path(__file__).parents[1] / "data" / "names" / "russian_cases.tsv"


@pytest.mark.parametrize("row", CASES.read_text(encoding="utf-8").splitlines())
def test_base_form(row: str):
    """A declined name gives its base, and a word that only looks declined stays."""
    written, base = row.split("\t")
    assert base_form(normalise(written)) == base


@given(st.text("абвгеийнорсуыяьё", max_size=12))
def test_variants_begin_with_the_token(token: str):
    """What is compared first is what was written, and the safe base is among the rest."""
    assert variants(token)[0] == token
    assert base_form(token) in variants(token)
