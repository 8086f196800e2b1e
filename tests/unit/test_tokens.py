"""The one analysis: words, terms, offsets, sentences."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors import tokens
from processors.normalise import clean, fold
from processors.sentences import boundaries, spans
from processors.stems import stem
from processors.tokens import Token, terms, tokenize

TABLES = Path(__file__).parents[1] / "data/analysis"
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=80)
WORDS = st.lists(
    st.sampled_from(
        [
            "والأسد",
            "للأسد",
            "بالأسد",
            "للجنة",
            "وزير",
            "سوريا",
            "ﷲ",
            "لله",
            "الـ",
            "NATO",
            "Шойгу́",
            "Лаврова",
            "пам'ять",
            "Су-34",
            "Assad's",
            "l'Est",
            "O'Brien",
            "As\xadsad",
            "\u202e",
            "\u200f",
            "中国",
            "ไทย",
            "😀",
            "٢٢٥٤",
            "½",
            "²",
            "U.S.",
            ".",
            "؟",
            "،",
            "'",
            "_",
            "�",
            "\x00",
            "\n",
            "С.",
            "г.",
            "שָׁלוֹם",
        ]
    ),
    max_size=20,
)
TRICKY = st.tuples(WORDS, st.sampled_from(["", " ", "\u200b", "،"])).map(lambda pair: pair[1].join(pair[0]))


def rows(name: str) -> list[tuple[str, ...]]:
    """Read a table; backslash escapes stand for what cannot be seen."""
    lines = (TABLES / name).read_text(encoding="utf-8").splitlines()
    return [tuple(map(unescaped, line.split("\t"))) for line in lines if line and not line.startswith("# ")]


def unescaped(cell: str) -> str:
    return re.sub(r"\\(?:x..|u....|U.{8}|n|r)", lambda match: match.group().encode().decode("unicode_escape"), cell)


@pytest.mark.parametrize("name", ["arab", "cyrl", "latn", "other"])
def test_the_table_has_enough_rows(name: str):
    """Each script is covered by at least sixty words."""
    assert len(rows(f"tokens_{name}.tsv")) >= 60


@pytest.mark.parametrize(
    ("source", "texts", "stems", "scripts"),
    [row for name in ("arab", "cyrl", "latn", "other") for row in rows(f"tokens_{name}.tsv")],
)
def test_words_of_every_script(source: str, texts: str, stems: str, scripts: str):
    """A word is folded, freed of clitics, split by script and stemmed as the tables say."""
    found = tokenize(source)
    assert " ".join(token.text for token in found) == texts
    assert " ".join(token.term for token in found) == stems
    assert " ".join(token.script for token in found) == scripts


@pytest.mark.parametrize(
    "family",
    [
        "سوريا سورية السورية السوري السوريين السوريون سوري بسوريا وللسوريين", "روسيا الروسية روسي الروس والروس", "لبنان اللبناني لبنانيين",
        "إيران الإيرانية إيراني", "ألمانيا الألمانية والألمان", "للاجئين اللاجئين لاجئين", "بوتين وبوتين لبوتين",
        "Лавров Лаврова Лаврову Лавровым", "Вершинин Вершинина Вершинину", "Шойгу́ ШОЙГУ Шойгу", "министр министра министры", "режим режима режимом", "Йемен Йемена Йемене", "генерал генерала", "ИГИЛ ИГИЛа", "объём объем",
        "attack attacks attacked attacking", "Assad Assad's ASSAD Assad’s", "İstanbul Istanbul ISTANBUL", "naïve naive",
    ],
)  # fmt: skip
def test_forms_of_a_word_share_their_term(family: str):
    """What a reader takes for one word is found by one term."""
    assert len({token.term for word in family.split() for token in tokenize(word)}) == 1


@pytest.mark.parametrize(
    "pair", ["الجولاني الجولان", "بوروسيا روسيا", "بشار شار", "وزير زير", "Лавров Лавра", "Syria Russia"]
)
def test_different_words_keep_apart(pair: str):
    """A name is not destroyed into another word."""
    one, two = (tokenize(word)[0] for word in pair.split())
    assert (one.text, one.term) != (two.text, two.term)
    assert one.text != two.text


@pytest.mark.parametrize(
    ("source", "surface", "text"),
    [
        ("التقى والأسد بشويغو", "الأسد", "الاسد"), ("نقل رسالة للأسد", "لأسد", "الاسد"), ("اجتمع بشويغو", "شويغو", "شويغو"),
        ("وَبِالأَسَدِ", "الأَسَدِ", "الاسد"), ("Assad's men", "Assad", "assad"), ("у Шойгу́ дома", "Шойгу́", "шойгу"),
    ],
)  # fmt: skip
def test_offsets_leave_the_clitic_out(source: str, surface: str, text: str):
    """The span of a token is the word itself, with its marks, without what is written onto it."""
    (token,) = [token for token in tokenize(source) if token.text == text]
    assert source[token.start : token.end] == surface


GIVEN_NAMES = """
ليلى كريم كمال باسل بشار فؤاد فيصل وليد وسام سلمى سليم فاتن كاميليا بهيج وصفي فداء لجين
"""


@pytest.mark.parametrize("clitic", ["", "و", "ب"])
@pytest.mark.parametrize("name", GIVEN_NAMES.split())
def test_given_names_keep_their_first_letter(name: str, clitic: str):
    """A given name that begins like a clitic is one word, alone and behind a clitic, and keeps its term."""
    (token,) = tokenize(clitic + name)
    assert (token.start, token.term) == (len(clitic), tokenize(name)[0].term)
    assert token.text == fold(name)


def test_terms_are_the_tokens_terms():
    """The port's terms are those of the tokens, with the same offsets."""
    text = "وزير الدفاع الروسي Сергей Шойгу met Assad's men"
    assert [(t.text, t.start, t.end) for t in terms(text)] == [(t.term, t.start, t.end) for t in tokenize(text)]


@pytest.mark.parametrize(("text", "expected"), rows("sentences.tsv"))
def test_sentences_end_where_readers_end_them(text: str, expected: str):
    """Initials, abbreviations and numbers end no sentence; marks, Arabic ones too, and line breaks do."""
    assert [text[start:end] for start, end in spans(text)] == expected.split(" | ")


def test_tokens_count_sentences():
    """Tokens know their sentence, counted from 0, in any script."""
    text = "بحث شويغو الأمر؟ نعم. С. В. Лавров прибыл. He left.\nTitle"
    numbers: dict[int, list[str]] = {}
    for token in tokenize(text):
        numbers.setdefault(token.sentence, []).append(token.text)
    assert list(numbers) == [0, 1, 2, 3, 4]
    assert numbers[2] == ["с", "в", "лавров", "прибыл"]


@given(ANY_TEXT | TRICKY)
def test_offsets_are_exact_for_any_text(text: str):
    """Spans rise, lie inside the text, and what they hold folds to the token (but for the article that ل swallows)."""
    source = clean(text)
    end = sentence = 0
    for token in tokenize(source):
        assert end <= token.start < token.end <= len(source)
        assert token.sentence >= sentence
        assert token.text
        assert token.term
        assert token.text in {
            fold_word(source[token.start : token.end]),
            "ا" + fold_word(source[token.start : token.end]),
            "الله",
        }
        end, sentence = token.end, token.sentence


def fold_word(surface: str) -> str:
    return re.sub("['’‘`´]", "", fold(surface)).replace("'", "")


@given(ANY_TEXT | TRICKY)
def test_analysis_is_the_same_with_a_warm_and_a_cold_cache(text: str):
    """What was analysed before changes nothing."""
    source = clean(text)
    warm = tokenize(source)
    tokens._cache.clear()
    assert tokenize(source) == warm


@given(ANY_TEXT | TRICKY)
def test_sentence_boundaries_rise(text: str):
    """Boundaries lie in the text, each behind the one before."""
    source = clean(text)
    found = boundaries(source)
    assert found == sorted(set(found))
    assert all(0 < at <= len(source) for at in found)


@pytest.mark.parametrize(
    "text",
    [
        "", "😀" * 50_000, "ا" * 100_000, "والأسد" * 20_000, "я" * 100_000, "a" * 100_000, "a'" * 50_000, "中" * 50_000, "." * 100_000,
        "\x00\x1b\u0085" * 30_000, "\u202eabc\u202c" * 10_000, "\u0301" * 100_000, "\u200f" * 100_000, "U.S." * 20_000, "1" * 100_000,
        "سوريا Сирия Syria שלום " * 5_000, "\ufffd" * 50_000, "\n" * 100_000, "( " * 50_000,
    ],
    ids=lambda text: repr(text[:6]),
)  # fmt: skip
def test_bad_input_is_analysed_all_the_same(text: str):
    """Endless lines, controls, marks, emoji and mixed directions give tokens or none, never an error."""
    for token in tokenize(text):
        assert token.end - token.start <= 2 * tokens._LONGEST_RUN
    spans(text)


def test_stems_of_other_scripts_stay():
    """Only Arabic, Cyrillic and Latin words are stemmed."""
    assert stem("שלום", "hebr") == "שלום"
    assert stem("2254", "digit") == "2254"


def test_tokens_are_values():
    """Equal tokens are equal and cannot be changed."""
    token = tokenize("Сирия")[0]
    assert token == Token("сирия", "сир", 0, 5, 0, "cyrl")
    with pytest.raises(AttributeError):
        token.text = "x"  # type: ignore[misc]
