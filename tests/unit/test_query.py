"""Query texts become trees, and a text that makes no sense becomes an error that points at the place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasid.adapters.luqum_query import parse_query
from rasid.app.analysis import Analysis
from rasid.domain.errors import QueryError
from rasid.domain.query import And, Everything, Not, Or, Value, Words

ANALYSIS = Analysis()
SHOIGU = "rasid:person/sergei-shoigu"


@pytest.mark.parametrize("name", ["شويغو", "Shoigu", "Шойгу", "Shoygu", "سيرغي شويغو", "Сергей Шойгу"])
def test_a_bare_name_also_asks_for_the_person_and_says_so(name: str) -> None:
    """The tree is words or entity, and the note tells how to ask for the word alone."""
    parsed = parse_query(name, ANALYSIS)
    assert isinstance(parsed.query, Or)
    entity = parsed.query.parts[1]
    assert isinstance(entity, Value)
    assert SHOIGU in entity.values
    assert f'"{name}"' in parsed.notes[0]


@pytest.mark.parametrize("name", ['"شويغو"', '"Shoigu"', '"Шойгу"'])
def test_a_quoted_name_is_the_word_alone(name: str) -> None:
    """Quotes ask for what stands there."""
    parsed = parse_query(name, ANALYSIS)
    assert isinstance(parsed.query, Words)
    assert parsed.notes == ()


def test_operators_and_fields_are_read() -> None:
    """AND, OR, NOT, brackets, fields and their short names."""
    query = parse_query('lang:ar AND (title:"خان شيخون" OR NOT source:SANA)', ANALYSIS).query
    assert isinstance(query, And)
    language, either = query.parts
    assert language == Value("language", ("ar",), "ar")
    assert isinstance(either, Or)
    assert isinstance(either.parts[0], Words)
    assert either.parts[0].field == "title"
    assert isinstance(either.parts[1], Not)


@pytest.mark.parametrize(
    ("text", "words", "position"),
    [
        ("langage:ar", "did you mean language", 0),
        ("foo AND", "stops making sense", None),
        ('say "oops', "quotes in pairs", 4),
        ("(" * 30 + "x" + ")" * 30, "nested more than 20", 20),
        ("a " * 1500, "more than 1,000 words", None),
        ("x" * 30_000, "20,000 are the limit", 20_000),
        ("س*", "at least 2 letters", 0),
        ("*وريا", "one \\* at the end", 0),
        ("Асад AND Шо?гу", "one \\* at the end", 9),
        ("source:SA*", "title or text", 7),
        ('x "Assad', "never closed", 2),
        ("Асад (Шойгу", "never closed", 5),
        ("Асад) Шойгу", "never opened", 4),
        ("الأسد && lagn:ar", "did you mean lang", 9),
        ("NOT " * 25 + "x", "nested more than 20", 80),
        ("сири* " * 21, "more than 20 wildcards", 120),
        ("شويغو~1 OR " * 21 + "x", "more than 20 wildcards", None),
        ('near:"RU SY" ' * 21, "more than 20 wildcards", None),
        ("a~" * 6_000, "more than 1,000 words", None),
        ("title:" * 100 + "a", "nested too deep", None),
        ("Syria^9999", "boost", 0),
        ("Асад سوريا^.", "is no number", 10),
        ('"Асад سوريا"~1.5', "is no number", 12),
        ('"a b c"~3', "two words or phrases", 0),
        ('"Асад Шойгу"~500', "two words or phrases", 0),
        ('lang:"ar en"~3', "two words or phrases", 5),
        ("known:maybe", "known is true or false", 6),
        ("origin:here", "live or backfill or replay", 7),
        ("seen:9999-12-31", "is no date", 5),
        ("seen:2026-13", "is no date", 5),
        ("title:[a TO b]", "no range", 6),
        ("/re+/", "not supported", 0),
        ("seen:[yesterday TO *]", "'yesterday' is no date", None),
        ("Шойгу~3", "1 or 2 edits", 0),
        ("да~2", "1 or 2 edits", 0),
        ("lang:en~1", "single word of title or text", 5),
    ],
)
def test_what_makes_no_sense_is_said_with_its_place(text: str, words: str, position: int | None) -> None:
    """The error says what to do; the position counts from the text's start."""
    with pytest.raises(QueryError, match=words) as caught:
        parse_query(text, ANALYSIS)
    if position is not None:
        assert caught.value.position == position


@given(st.text(st.sampled_from('aشШ "():+-~*[]{}/\\^!&|.ANDORT0:'), max_size=40) | st.text(max_size=40))
def test_any_text_is_a_query_or_a_clear_error(text: str) -> None:
    """No text a person can type ends in anything else."""
    try:
        parse_query(text, ANALYSIS)
    except QueryError as error:
        assert str(error)  # noqa: PT017 - most texts are queries


def test_an_empty_query_asks_for_everything() -> None:
    """Nothing typed, a star, and the star field are all articles."""
    for text in ("", "  ", "*", "*:*"):
        assert parse_query(text, ANALYSIS).query == Everything()
