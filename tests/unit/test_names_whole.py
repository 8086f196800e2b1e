from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.names.whole import given_first, key_parts, parse


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("Bashar al-Assad", ["bashar", "assad"]),
        ("بشار الأسد", ["بشار", "أسد"]),
        ("Башар аль-Асад", ["башар", "асад"]),
        ("Sergei Shoigu", ["sergei", "shoigu"]),
        ("С.К. Шойгу", ["с", "к", "шойгу"]),
        ("", []),
        ("—", []),
    ],
)
def test_tokens_without_articles(name: str, forms: list[str]):
    """A name is split into tokens, the article taken off."""
    assert [token.plain for token in parse(name)] == forms


@pytest.mark.parametrize(
    "name", ["Сергей Кужугетович Шойгу", "Шойгу Сергей Кужугетович", "Sergei Kuzhugetovich Shoigu"]
)
def test_patronymic_is_dropped(name: str):
    """The patronymic goes, and the surname stands behind the given name."""
    first, last = given_first(parse(name))
    assert first.plain[0] in "сs"
    assert last.plain[0] in "шs"


@pytest.mark.parametrize(
    "name", ["عبد الرحمن", "Abdul Rahman", "Abd al-Rahman", "Абд ар-Рахман", "Абдуррахман", "Abdulrahman"]
)
def test_servant_of(name: str):
    """However "servant of" is written, it is a part of its own."""
    assert [key_parts(token)[0] for token in parse(name)] == ["abd"]


@given(st.text(max_size=400))
def test_any_text_parses(text: str):
    """No text makes parsing fail, and no token is without a form."""
    assert all(token.forms and all(token.forms) for token in parse(text))
