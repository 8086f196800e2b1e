from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.parsing.html_text import inline_text, plain_paragraphs, sanitise, sanitise_and_read, well_formed

BASE = "https://news.example/2025/"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>وصل شويغو إلى دمشق</p><p>والتقى الأسد</p>", "وصل شويغو إلى دمشق\n\nوالتقى الأسد"),
        ("<div>Шойгу прибыл<br>в&nbsp;Дамаск</div>", "Шойгу прибыл\nв Дамаск"),
        ("Shoigu &amp; Assad\n  met <b>today</b>", "Shoigu & Assad met today"),
        ("a &lt;b&gt; c", "a <b> c"),
        ("one<br><br><br>two", "one\n\ntwo"),
        ("<ul><li>один</li><li>два</li></ul>", "один\n\nдва"),
        ("text<script>alert(1)</script><style>p{}</style> end", "text end"),
        ("до<iframe src='x'/><script src='y' /> بعد", "до بعد"),
        ("<p title='a > b'>quoted</p>", "quoted"),
        ("<p>unclosed <b>bold", "unclosed bold"),
        ("", ""),
    ],
)
def test_text_keeps_paragraphs_and_drops_markup(markup: str, text: str) -> None:
    """Plain text has entities decoded, a blank line between paragraphs and nothing that is not read aloud."""
    assert sanitise_and_read(markup, BASE)[1] == text


@pytest.mark.parametrize(
    "names",
    [
        'class="ad"',
        'class="td-ad-box x"',
        "id='share-buttons'",
        "class=relatedPosts",
        'CLASS="Newsletter"',
        'id="x" class="post promo"',
    ],
)
def test_page_furniture_is_no_text(names: str) -> None:
    """Adverts, share buttons and related links, by class or id, stay in the markup and out of the text."""
    html, text = sanitise_and_read(f"<p>خبر</p><div {names}><p>اشترك <b>الآن</b></p></div><p>новость</p>", BASE)
    assert text == "خبر\n\nновость"
    assert "اشترك" in html


def test_words_that_only_contain_a_furniture_word_stay() -> None:
    """A class such as `broadcast` or `gradient` is no advert, and a text that is all furniture is still a text."""
    assert sanitise_and_read('<p class="broadcast gradient">kept</p>', BASE)[1] == "kept"
    assert sanitise_and_read('<div class="related">весь текст</div>', BASE)[1] == "весь текст"


def test_markup_is_safe_and_its_links_are_absolute() -> None:
    """Only http, https and mailto links are left, absolute; scripts and handlers are gone."""
    html = sanitise(
        '<a href="/a" onclick="x()">1</a><a href="javascript:x()">2</a><img src="b.png"><script>x</script>', BASE
    )
    assert 'href="https://news.example/a"' in html
    assert 'src="https://news.example/2025/b.png"' in html
    assert not re.search("javascript|onclick|script", html)
    assert "href" not in sanitise('<a href="/a">1</a>', None)


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        ("Россия &amp; Сирия", "Россия & Сирия"),
        ("<b>سوريا</b>  اليوم", "سوريا اليوم"),
        ("R&amp;amp;D", "R&D"),
        ('<img src="http://x.example/cam.jpg" onload="x">', "cam.jpg"),
        ("<a", "<a"),
        ('<img src="/x.jpg" alt="Putin in Hmeimim">', "Putin in Hmeimim"),
    ],
)
def test_a_title_is_one_line_of_plain_text(markup: str, title: str) -> None:
    """Titles lose markup and fold white space; a mere picture gives its alternative text or its name."""
    assert inline_text(inline_text(markup)) == title


def test_slips_of_encoding_are_undone() -> None:
    """UTF-8 taken for Latin-1, Windows' quotes under C1 codes and unpaired surrogates are put right."""
    assert well_formed("Шойгу".encode().decode("latin-1")) == "Шойгу"
    assert well_formed("it\x92s") == "it’s"
    assert well_formed("a\ud800ب") == "a\ufffdب"


def test_text_without_markup_keeps_blank_lines() -> None:
    """Plain text folds lines into paragraphs at blank lines."""
    assert plain_paragraphs("один\nдва\n \n\nثلاثة  أربعة\n") == "один два\n\nثلاثة أربعة"


@given(st.text(alphabet=st.sampled_from("<>/\"'=&;! abдسpid"), max_size=80))
def test_any_markup_gives_folded_text(markup: str) -> None:
    """Whatever the markup, the text has no edge space and no gap beyond a blank line, and reading it twice is stable."""
    html, text = sanitise_and_read(markup, BASE)
    assert text == text.strip()
    assert "\n\n\n" not in text
    assert sanitise(html, BASE) == html
