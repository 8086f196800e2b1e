from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.names import NameMatcher
from processors.names.models import Models

DATA = Path(__file__).parents[1] / "data" / "names"
MATCHER = NameMatcher()


def _rows(name: str) -> list[list[str]]:
    return [line.split("\t") for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(("wanted", "a", "b"), _rows("same.tsv"))
def test_same(wanted: str, a: str, b: str):
    """Spellings of one name join, in either order; names that differ do not."""
    same, score = MATCHER.same(a, b)
    assert same == (wanted == "same"), score
    assert same == (score >= 0.5)
    assert MATCHER.same(b, a)[0] == same


@pytest.mark.parametrize(("column", "least"), [(1, 0.96), (2, 0.97)])
def test_rank_finds_the_english_spelling(column: int, least: float):
    """Arabic and Russian names that no model saw find their English spelling first, almost always among the five."""
    triples = _rows("kept_apart.tsv")
    pool = sorted({triple[0] for triple in triples})
    ranked = MATCHER.rank([triple[column] for triple in triples], pool)
    first = sum(row[0] == triple[0] for row, triple in zip(ranked, triples, strict=True))
    among = sum(triple[0] in row for row, triple in zip(ranked, triples, strict=True))
    assert first / len(triples) >= least
    assert among / len(triples) >= least + 0.01


def test_rank_whole_names():
    """Whole names in any order, with initials and patronymics, find each other."""
    pool = ["Sergei Lavrov", "Larisa Shoigu", "Sergei Shoigu", "Maher al-Assad", "Bashar al-Assad", "شويغو", "Асад"]
    ranked = MATCHER.rank(["Шойгу Сергей Кужугетович", "بشار الأسد", "S. Lavrov", "!"], pool, top=3)
    assert [row[:1] for row in ranked] == [["Sergei Shoigu"], ["Bashar al-Assad"], ["Sergei Lavrov"], []]
    assert all(len(row) <= 3 for row in ranked)


@pytest.mark.parametrize("row", _rows("keys.tsv"), ids=lambda row: row[0])
def test_one_key(row: list[str]):
    """Spellings of one name in Arabic, English and Russian have one key."""
    key, *names = row
    assert MATCHER.keys(names) == [key] * len(names)


def test_keys_do_not_depend_on_company():
    """A name's key is the same alone, in a batch and from a matcher of its own."""
    names = ["Вершинин", "سيرغي شويغو", "Choïgou", "", "東京"]
    assert MATCHER.keys(names) == [MATCHER.key(name) for name in names] == NameMatcher().keys(names)


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("abzéشوغلاжшйу -.'東\ud800\u202e0"), max_size=24))
def test_any_name_has_a_slug(name: str):
    """Whatever the name, its key is a slug of ASCII letters, digits and hyphens, and comparing does not fail."""
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", MATCHER.key(name))
    assert isinstance(MATCHER.same(name, "Шойгу شويغو")[0], bool)


def test_vectors_do_not_depend_on_the_batch():
    """Encoding tokens together or one by one gives the same unit vectors."""
    encoder = Models().encoder
    tokens = ["shoigu", "шойгу", "شويغو", "", "a" * 40]
    together = encoder.vectors(tokens)
    assert np.allclose(together, np.concatenate([encoder.vectors([token]) for token in tokens]), atol=1e-5)
    assert np.allclose(np.linalg.norm(together, axis=1), [1, 1, 1, 0, 1], atol=1e-5)
