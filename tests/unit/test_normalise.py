"""Folding of spelling, and the way back to the source."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.normalise import clean, fold, normalise

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=80)
TRICKY = st.text(
    alphabet="وفبكلسالأإآةىيئؤسورياабвйиё́̆̈ABCßİﬁﷲﷺ\u0640\u064e\u0651\u200b\u200d\u200f\u202e\u00ad\ufeff 1٢۳.،؟'’-中한😀\ud800\udc00\x00\n",
    max_size=80,
)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("أإآٱ", "اااا"), ("سُورِيَا", "سوريا"), ("شـــويغو", "شويغو"), ("على", "علي"), ("سورية", "سوريه"), ("مسؤول", "مسوول"),
        ("پوتین", "بوتين"), ("کی", "كي"), ("ہے", "هي"), ("ﻻ", "لا"), ("ﷲ", "الله"), ("ﷺ", "ﷺ"), ("٢٢٥٤", "2254"), ("۲۰۲۴", "2024"),
        ("؟؛،", "?;,"), ("Шойгу́", "шойгу"), ("ёлка", "елка"), ("Сири\u0306", "сирй"), ("Їжак", "їжак"), ("І\u0308", "ї"),
        ("Straße", "strasse"), ("İstanbul", "istanbul"), ("Erdoğan", "erdogan"), ("ﬁre", "fire"), ("Ｓｙｒｉａ", "syria"),
        ("𝗔𝘀𝘀𝗮𝗱", "assad"), ("As\u00adsad", "assad"), ("As\u200bsad", "assad"), ("\u202eabc\u202c", "abc"), ("“x”—‘y’", "\"x\"-'y'"),
        ("a\u00a0b\u2003c\nd", "a b c d"), ("T²½™№", "t²½™№"), ("Łódź Ørsted", "lodz orsted"), ("ΣΥΡΊΑΣ", "συριασ"), ("שָׁלוֹם", "שלום"),
        ("", ""), ("\x00", "\x00"),
    ],
)  # fmt: skip
def test_folds_spelling(source: str, expected: str):
    """Each way to write a letter becomes the same letter; what is no mere spelling stays."""
    assert normalise(source).text == fold(source) == expected


@pytest.mark.parametrize(
    ("source", "word", "slice_"),
    [
        ("قال الرَّئِيسُ، أمس", "الرييس", "الرَّئِيسُ"),
        ("где Се́рге́й Шойгу́?", "шойгу", "Шойгу́"),
        ("the As\u00adsad\u200f line", "assad", "As\u00adsad"),
        ("die Straße dort", "strasse", "Straße"),
    ],
)
def test_maps_back_to_the_source(source: str, word: str, slice_: str):
    """A place in the folded text leads to the source's own spelling, marks of its last letter included."""
    folded = normalise(source)
    at = folded.text.index(word)
    start, end = folded.source_span(at, at + len(word))
    assert source[start:end] == slice_
    assert folded.position(start) == at


def test_keeps_the_length_where_it_can():
    """Text without marks maps place by place."""
    assert normalise("وزير Minister министр").starts == range(21)


def test_an_empty_slice_is_an_empty_span():
    """Nothing in the folded text is nothing in the source."""
    folded = normalise("а\u0301б")
    assert folded.source_span(1, 1) == (2, 2)
    assert folded.source_span(2, 2) == (3, 3)


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ("a\ud800b", "a\ufffdb"),
        ("\udc00", "\ufffd"),
        ("\ud83d\ude00", "😀"),
        ("\ud800\ud800", "\ufffd\ufffd"),
        ("سوريا Сирия", "سوريا Сирия"),
    ],
)
def test_cleans_surrogates(broken: str, expected: str):
    """A surrogate without its other half becomes U+FFFD, a pair its character, the rest stays."""
    assert clean(broken) == expected
    clean(broken).encode()


@given(ANY_TEXT | TRICKY)
def test_cleaned_text_is_printable_and_stays(text: str):
    """Cleaning leaves no surrogate and does nothing the second time."""
    cleaned = clean(text)
    cleaned.encode()
    assert clean(cleaned) == cleaned


@given(ANY_TEXT | TRICKY)
def test_folding_twice_is_folding_once(text: str):
    """A folded text folds to itself."""
    once = fold(clean(text))
    assert fold(once) == once


@given(ANY_TEXT | TRICKY)
def test_the_map_is_exact(text: str):
    """Every folded code point comes from one place of the source, in order, and folds from it."""
    source = clean(text)
    folded = normalise(source)
    assert len(folded.starts) == len(folded.ends) == len(folded.text)
    assert list(folded.starts) == sorted(folded.starts)
    for at in range(len(folded.text)):
        start, end = folded.source_span(at, at + 1)
        assert 0 <= start < end <= len(source)
        assert folded.text[at] in fold(source[start:end])
