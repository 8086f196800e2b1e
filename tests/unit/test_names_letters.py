from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.names.letters import CODE, normalise, plain, script_of, tokens


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Choïgou", "choïgou"),
        ("O'Brien", "obrien"),
        ("İstanbul", "istanbul"),
        ("Groß", "gross"),
        ("Đặng", "đang"),
        ("شويـغو", "شويغو"),
        ("مُحَمَّد", "محمد"),
        ("ﺷﻮﻳﻐﻮ", "شويغو"),
        ("علی", "علي"),
        ("Королёв", "королёв"),
        ("Ше́ин", "шеин"),
        ("Андрій", "андрий"),
        ("123", ""),
        ("東京", ""),
    ],
)
def test_normal_form(written: str, expected: str):
    """A token is brought to the letters that the models know."""
    assert normalise(written) == expected


@pytest.mark.parametrize(
    ("text", "script"), [("Шойгу", "cyrillic"), ("شويغو", "arabic"), ("Shoigu", "latin"), ("", "latin")]
)
def test_script(text: str, script: str):
    """The script of a token is that of its letters."""
    assert script_of(text) == script


@given(st.text(max_size=30))
def test_normal_form_is_stable(text: str):
    """Normalising twice changes nothing, and only known letters are left."""
    once = normalise(text)
    assert set(once) <= set(CODE)
    assert normalise(once) == once


@given(st.text(max_size=60))
def test_tokens_hold_no_spaces(text: str):
    """Whatever a name holds, its tokens are not empty and normalised."""
    assert all(token and normalise(token) == token for token in tokens(text))


def test_plain_leaves_ascii():
    """Latin letters without their marks are ASCII."""
    assert plain("łódź") == "lodz"
    assert plain("çağrı") == "cagri"
