from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.fulltext import extract, in_utf8, is_teaser, without_heading

PAGES = Path(__file__).parents[1] / "data" / "fulltext"
TITLES = {
    "ar": "وزيرا خارجية البلدين يبحثان في دمشق إعادة الإعمار",
    "ru": "В Дамаске обсудили восстановление энергетики",
    "en": "Ministers discuss power stations in Damascus",
}
SENTENCES = {
    "ar": "قال المتحدث باسم الوزارة إن المحادثات ستستمر يومين في العاصمة السورية دمشق. ",
    "ru": "Представитель министерства сообщил, что переговоры в Дамаске продлятся два дня. ",
    "en": "A spokesman for the ministry said that the talks in Damascus would last two days. ",
}
ONWARD = [
    ("ar", "اقرأ المزيد"),
    ("ar", "إقرأ المزيد..."),
    ("ar", "لقراءة الخبر كاملا"),
    ("ar", "لمتابعة القراءة"),
    ("ar", "اقرأ المزيد على موقع المثال"),
    ("ar", "اِقرأ المَزيد"),
    ("ar", "المزيد"),
    ("ar", "التفاصيل..."),
    ("ar", "[…]"),
    ("ru", "Читать далее"),
    ("ru", "Читать полностью →"),
    ("ru", "Читайте подробнее на сайте Примера"),
    ("ru", "Подробнее..."),
    ("ru", "[...]"),
    ("en", "Read more"),
    ("en", "Read more »"),
    ("en", "Continue reading…"),
    ("en", "Read the full story at Example Times"),
    ("en", "[…]"),
    ("en", "[+1234 chars]"),
    ("en", "(...)"),
    ("en", "[…] The post Talks in Damascus appeared first on Example Times."),
]


@pytest.mark.parametrize("language", ["ar", "ru", "en"])
def test_a_page_gives_its_article_and_nothing_else(language: str):
    """Navigation, adverts, related links, comments and footers stay out; paragraphs are a blank line apart."""
    text = extract((PAGES / f"{language}.html").read_bytes(), "https://news.example/1")
    assert without_heading(text, TITLES[language]) + "\n" == (PAGES / f"{language}.txt").read_text("utf-8")


def undeclared(language: str) -> str:
    return in_utf8((PAGES / f"{language}.html").read_bytes(), None).decode().replace("charset=", "x=")


@pytest.mark.parametrize(
    ("language", "charset"),
    [("ar", "windows-1256"), ("ar", "utf-16"), ("ru", "koi8-r"), ("ru", "utf-8"), ("en", "iso-8859-1")],
)
def test_the_charset_of_the_header_holds(language: str, charset: str):
    """A page without a declaration of its own is read by what the server says."""
    served = in_utf8(undeclared(language).encode(charset, "replace"), f"text/html; charset={charset}")
    assert (PAGES / f"{language}.txt").read_text("utf-8").splitlines()[0] in extract(served, "https://news.example/1")


@pytest.mark.parametrize(("language", "charset"), [("ar", "windows-1256"), ("ru", "windows-1251"), ("en", "ascii")])
def test_a_page_that_says_nothing_is_read_by_its_letters(language: str, charset: str):
    """Without header and declaration the likeliest code page is taken."""
    page = undeclared(language).encode(charset, "replace")
    assert (PAGES / f"{language}.txt").read_text("utf-8").splitlines()[0] in extract(page, "https://news.example/1")


def test_an_outdated_claim_does_not_break_utf8():
    """A server that still claims an old charset for pages in UTF-8 is not believed."""
    page = (PAGES / "ar.html").read_bytes()
    assert in_utf8(page, "text/html; charset=windows-1256") == page


@pytest.mark.parametrize("charset", ["hex", "nonsense", ""])
def test_a_charset_that_is_none_is_passed_over(charset: str):
    """What no codec knows, or no codec of text, does no harm."""
    page = (PAGES / "ru.html").read_bytes()
    assert "Лавров" in in_utf8(page, f"text/html; charset={charset}").decode()


def test_a_few_broken_bytes_leave_utf8_what_it_is():
    """One byte of another charset in a page does not turn all of it into that charset."""
    page = (PAGES / "ar.html").read_bytes().replace("إعلان".encode(), b"\xff")
    assert "دمشق" in in_utf8(page, None).decode()


@given(st.binary(max_size=500))
def test_any_bytes_are_some_text_or_none(noise: bytes):
    """Whatever a server calls a page, extracting raises nothing."""
    assert isinstance(extract(noise, "https://news.example/1"), str)


def test_an_xhtml_page_with_its_declaration_is_read():
    """An XML declaration that names another charset than the bytes are in does no harm."""
    page = b'<?xml version="1.0" encoding="windows-1251"?>\n' + (PAGES / "ar.html").read_bytes()
    assert "لافروف" in extract(page, "https://news.example/1")


def test_extract_can_be_sent_to_a_worker_process():
    """The function and its arguments can be pickled."""
    assert pickle.loads(pickle.dumps(extract)) is extract


@pytest.mark.parametrize("language", ["ar", "ru", "en"])
def test_a_heading_that_repeats_the_title_is_dropped(language: str):
    """Typography aside; another first paragraph stays."""
    text = f"«{TITLES[language]}»\n\n{SENTENCES[language]}"
    assert without_heading(text, TITLES[language]) == SENTENCES[language]
    assert without_heading(text, SENTENCES[language]) == text
    assert without_heading(text, "") == text


@pytest.mark.parametrize(("language", "mark"), ONWARD, ids=[mark for _, mark in ONWARD])
def test_a_text_that_points_to_the_rest_is_a_teaser(language: str, mark: str):
    """Truncation marks and links to the rest tell, in each language, in the text or only in the markup."""
    text = SENTENCES[language] * 8
    assert is_teaser(TITLES[language], text + mark, "")
    assert is_teaser(TITLES[language], text, f"<p>{text}</p><p><a href='/1'>{mark}</a></p>")


@pytest.mark.parametrize("language", ["ar", "ru", "en"])
def test_a_whole_article_is_none(language: str):
    """A text of some length that ends in a sentence is the article; so is a long one, whatever it ends in."""
    text = SENTENCES[language] * 8
    assert not is_teaser(TITLES[language], text, f"<p>{text}</p>")
    assert not is_teaser(TITLES[language], SENTENCES[language] * 60 + "…", "")


@pytest.mark.parametrize("language", ["ar", "ru", "en"])
def test_a_short_or_cut_text_is_a_teaser(language: str):
    """Nothing, the title again, two sentences, or a text that breaks off."""
    title, sentence = TITLES[language], SENTENCES[language]
    assert is_teaser(title, "", "")
    assert is_teaser(title, f"{title}.", "")
    assert is_teaser(title, sentence * 2, "")
    assert is_teaser(title, sentence * 6 + sentence[:20] + "…", "")
    assert is_teaser(title, sentence * 6 + sentence[:20] + "...", "")


@pytest.mark.parametrize(
    ("language", "ending"),
    [
        ("en", "He said that he would tell more."),
        ("en", "The post was closed, and it appeared first on the map in May."),
        ("ru", "О планах он обещал рассказать подробнее."),
        ("ru", "Переговоры пойдут далее"),
        ("ar", "ووعد بأن يكشف المزيد"),
        ("ar", "ولم يذكر التفاصيل"),
    ],
)
def test_common_words_at_the_end_of_a_sentence_are_no_mark(language: str, ending: str):
    """«More», «подробнее» and «المزيد» are words like others inside a sentence."""
    assert not is_teaser(TITLES[language], SENTENCES[language] * 8 + ending, "")
