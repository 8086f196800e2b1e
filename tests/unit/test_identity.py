"""One article has one key, however its address is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.identity import canonical_url, entry_key

CASES = [
    line.split("\t")
    for line in (Path(__file__).parent.parent / "data/identity/urls.tsv").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize(("left", "right", "same"), CASES)
def test_variants_of_one_address_have_one_key(left: str, right: str, same: str) -> None:
    """Two addresses have the same key exactly when they lead to the same article."""
    assert (entry_key(left, None, "f") == entry_key(right, None, "g")) is (same == "same"), (
        canonical_url(left),
        canonical_url(right),
    )


def test_without_an_address_feed_and_guid_make_the_key() -> None:
    """A guid is only unique within its feed."""
    assert entry_key(None, "42", "a") == entry_key(None, "42", "a")
    assert entry_key(None, "42", "a") != entry_key(None, "42", "b")
    assert entry_key("not an address", "42", "a") == entry_key(None, "42", "a")


_paths = st.lists(
    st.sampled_from(["news", "amp", "index.html", "а́б", "سوريا", "%D8%B3", "%2F", "..", "", "A b", "%zz", ";sid=1"]),
    max_size=5,
)
_queries = st.lists(
    st.tuples(st.sampled_from(["utm_source", "id", "amp", "sid", "q"]), st.text(max_size=20)), max_size=4
)


@given(
    host=st.sampled_from(["www.m.example.com", "amp.example.com:443", "EXAMPLE.com.", "пример.рф", "m.co"]),
    path=_paths,
    query=_queries,
)
def test_the_canonical_form_is_its_own_canonical_form(host: str, path: list[str], query: list[tuple[str, str]]) -> None:
    """Canonicalising twice changes nothing."""
    once = canonical_url(f"http://{host}/{'/'.join(path)}?{'&'.join(f'{k}={v}' for k, v in query)}#x")
    assert canonical_url(once) == once


@given(st.text())
def test_any_text_has_a_canonical_form(text: str) -> None:
    """No address, however broken, raises."""
    assert isinstance(canonical_url(text), str)
