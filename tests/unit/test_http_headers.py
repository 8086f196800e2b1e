from __future__ import annotations

from datetime import UTC, datetime

import pytest
from multidict import CIMultiDict

from ingest.http_headers import http_date, max_age, retry_after, validator

NOW = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "0"}, 0.0),
        ({"Retry-After": " 120 "}, 120.0),
        ({"Retry-After": "Mon, 02 Nov 2026 10:00:37 GMT"}, 37.0),
        ({"Retry-After": "Monday, 02-Nov-26 10:00:37 GMT"}, 37.0),
        ({"Retry-After": "Mon Nov  2 10:00:37 2026"}, 37.0),
        ({"Retry-After": "Mon, 02 Nov 2026 09:00:37 GMT", "Date": "Mon, 02 Nov 2026 09:00:00 GMT"}, 37.0),
        ({"Retry-After": "Mon, 02 Nov 2026 09:00:00 GMT"}, 0.0),
        ({"Retry-After": "99999999999999999999"}, 604_800.0),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "1.5"}, None),
        ({"Retry-After": "٣٠"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Mon, 02 Nov 2026 99:99:99 GMT"}, None),
    ],
)
def test_retry_after_is_read_in_both_forms(headers: dict[str, str], seconds: float | None):
    """Seconds or a date by the server's own clock; nonsense says nothing."""
    assert retry_after(CIMultiDict(headers), lambda: NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Cache-Control": "max-age=300"}, 300.0),
        ({"Cache-Control": 'public, MAX-AGE="300"'}, 300.0),
        ({"Cache-Control": "s-maxage=900"}, None),
        ({"Cache-Control": "s-maxage=900, max-age=60", "Age": "45"}, 15.0),
        ({"Cache-Control": "max-age=60", "Age": "90"}, 0.0),
        ({"Cache-Control": "max-age=60", "Age": "old"}, 60.0),
        ({"Cache-Control": "no-cache, max-age=300"}, 0.0),
        ({"Cache-Control": "no-store"}, 0.0),
        ({"Cache-Control": "x-no-storeroom, max-age=5"}, 5.0),
        ({"Cache-Control": "max-age=9999999999"}, 86_400.0),
        ({"Cache-Control": "max-age=-1"}, None),
        ({"Expires": "Mon, 02 Nov 2026 10:05:00 GMT"}, 300.0),
        ({"Expires": "Mon, 02 Nov 2026 08:05:00 GMT", "Date": "Mon, 02 Nov 2026 08:00:00 GMT"}, 300.0),
        ({"Expires": "0"}, 0.0),
        ({"Expires": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({"Cache-Control": "max-age=7", "Expires": "Mon, 02 Nov 2026 10:05:00 GMT"}, 7.0),
        ({"Cache-Control": "public", "Expires": "Mon, 02 Nov 2026 10:05:00 GMT"}, 300.0),
    ],
)
def test_freshness_is_what_the_server_says_within_a_day(headers: dict[str, str], seconds: float | None):
    """max-age less Age, else Expires by the server's clock; a shared cache's age is not ours."""
    assert max_age(CIMultiDict(headers), lambda: NOW) == seconds


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ('W/"a"', True),
        ('""', True),
        ("", False),
        (None, False),
        ("x" * 2000, False),
        ("خبر", False),
        ("a\tb", False),
        ("a\udce9", False),
    ],
)
def test_only_validators_that_can_be_sent_back_are_kept(value: str | None, *, kept: bool):
    """What no header can carry again, or nobody wants to keep, is dropped."""
    assert validator(value) == (value if kept else None)


@pytest.mark.parametrize(
    "value", ["", "x", "Mon, 31 Feb 2026 10:00:00 GMT", "Mon, 02 Nov 99999999 10:00:00 GMT", "," * 50]
)
def test_what_is_no_date_is_none(value: str):
    """Nonsense dates raise nothing."""
    assert http_date(value) is None
