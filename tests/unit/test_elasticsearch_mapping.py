"""What differs between the mapping that is wanted and the one that is held."""

from __future__ import annotations

import pytest

from rasid.adapters.elasticsearch_alert_documents import ALERTS, DELIVERIES, JUDGEMENTS
from rasid.adapters.elasticsearch_mapping import Differences, Json, differences
from rasid.adapters.elasticsearch_templates import LABELS, MAPPINGS, Names

KEYWORD: Json = {"type": "keyword"}


@pytest.mark.parametrize(
    ("wanted", "held", "found"),
    [
        ({"a": KEYWORD}, {"a": KEYWORD, "b": KEYWORD}, Differences()),
        ({"a": KEYWORD}, {"a": {"type": "keyword", "ignore_above": 10}}, Differences()),
        ({"a": KEYWORD}, {}, Differences(missing=("a",))),
        ({"a": KEYWORD}, {"a": {"type": "text"}}, Differences(changed=("a",))),
        ({"a": {"type": "text", "analyzer": "arabic"}}, {"a": {"type": "text"}}, Differences(changed=("a",))),
        ({"a": {"type": "object"}}, {"a": {"properties": {}}}, Differences()),
        ({"a": {"type": "nested", "properties": {"b": KEYWORD}}}, {}, Differences(missing=("a",))),
        (
            {"a": {"type": "nested", "properties": {"b": KEYWORD}}},
            {"a": {"properties": {"b": KEYWORD}}},
            Differences(changed=("a",)),
        ),
        (
            {"a": {"properties": {"b": KEYWORD, "c": KEYWORD}}},
            {"a": {"properties": {"b": KEYWORD}}},
            Differences(missing=("a.c",)),
        ),
        (
            {"t": {"type": "text", "fields": {"ar": {"type": "text", "analyzer": "arabic"}}}},
            {"t": {"type": "text"}},
            Differences(missing=("t.ar",)),
        ),
    ],
)
def test_what_matters_is_told(wanted: Json, held: Json, found: Differences) -> None:
    """A missing field and a changed type or analyzer are named by path; what only tunes is not."""
    assert differences({"properties": wanted}, {"properties": held}) == found


@pytest.mark.parametrize(
    "mapping", [MAPPINGS, LABELS["mappings"], ALERTS["mappings"], DELIVERIES["mappings"], JUDGEMENTS["mappings"]]
)
def test_our_mappings_fit_themselves(mapping: Json) -> None:
    """Nothing is missing against itself, everything against an empty index."""
    assert differences(mapping, mapping) == Differences()
    assert set(differences(mapping, {}).missing) == set(mapping["properties"])


@pytest.mark.parametrize(
    ("index", "stable", "copy"),
    [
        ("news-articles-v1-2026.11", "news-articles-v1-2026.11", "news-articles-r2-2026.11"),
        ("news-articles-r2-2026.11", "news-articles-v1-2026.11", "news-articles-r3-2026.11"),
        ("news-articles-r19-2026.11", "news-articles-v1-2026.11", "news-articles-r20-2026.11"),
        ("news-alerts", "news-alerts", "news-alerts-r2"),
        ("news-alerts-r9", "news-alerts", "news-alerts-r10"),
    ],
)
def test_a_copy_serves_the_same_name(index: str, stable: str, copy: str) -> None:
    """Whatever was copied how often: one name for who reads and writes."""
    names = Names("news")
    assert (names.stable(index), names.copy(index), names.stable(copy)) == (stable, copy, stable)


def test_a_prefix_that_looks_like_a_copy_is_a_prefix() -> None:
    """Only what stands behind the prefix tells a copy."""
    names = Names("desk-r7")
    assert names.copy(names.alerts) == "desk-r7-alerts-r2"
    assert names.copy(names.month("202611-x")) == "desk-r7-articles-r2-2026.11"
