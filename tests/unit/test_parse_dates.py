from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.parsing.dates import read_date

CASES = [
    line.split("\t")
    for line in (Path(__file__).parents[1] / "data" / "parse" / "dates.tsv").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize(("text", "moment", "midnight", "doubt"), CASES)
def test_a_date_is_read_as_the_table_says(text: str, moment: str, midnight: str, doubt: str) -> None:
    """Dates in RFC 822, ISO 8601 and in Arabic, Russian and English words give the right moment in UTC."""
    found = read_date(text)
    assert (found.at.isoformat() if found else "none") == moment
    assert (found is not None and found.midnight) == (midnight == "midnight")
    assert (found is not None and found.doubt is not None) == (doubt == "doubt")


@given(st.text(max_size=60))
def test_any_text_is_a_date_or_none(text: str) -> None:
    """Whatever a feed writes as a date, reading it never raises and never gives a naive time."""
    found = read_date(text)
    assert found is None or found.at.tzinfo is UTC


@given(st.integers(0, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, tz=UTC)))
def test_iso_and_rfc822_mean_the_same_moment(moment: datetime) -> None:
    """The two standard forms of one moment are read as that moment, to the second."""
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    rfc822 = f"{moment.day:02} {months[moment.month - 1]} {moment.year} {moment:%H:%M:%S} +0000"
    for text in (moment.isoformat(), rfc822):
        found = read_date(text)
        assert found is not None
        assert found.at == moment
