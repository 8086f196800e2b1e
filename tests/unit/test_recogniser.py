from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.recogniser import LANGUAGES, Span, recognise
from processors.recogniser.crf import Chain
from processors.recogniser.features import outline
from processors.recogniser.lexicon import fold, without_clitics
from processors.recogniser.network import shape
from processors.recogniser.tokenise import tokenise
from processors.recogniser.trim import trimmed
from processors.recogniser.typecache import TypeCache

TEXTS = {
    "ar": "وصل الرئيس السوري إلى دمشق، وقال محمد أحمد إن مدينة حلب آمنة.",
    "en": "John Smith flew from London to Damascus. The United Nations said Mr Smith was in Aleppo.",
    "ru": "Министр обороны Сергей Шойгу прилетел в Дамаск. Об этом сообщил «Интерфакс» в Москве.",
}


def found(text: str, language: str) -> set[tuple[str, str]]:
    return {(text[s.start : s.end], s.type) for s in recognise(text, language)}


@pytest.mark.parametrize(
    ("language", "name", "kind"),
    [
        ("ar", "دمشق", "LOC"),
        ("en", "London", "LOC"),
        ("en", "United Nations", "ORG"),
        ("ru", "Сергей Шойгу", "PER"),
        ("ru", "Дамаск", "LOC"),
        ("ru", "Интерфакс", "ORG"),
    ],
)
def test_plain_names_are_found(language: str, name: str, kind: str):
    """Names that stand clearly in a plain sentence are found with their type."""
    assert any(name in surface and kind == k for surface, k in found(TEXTS[language], language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_spans_are_sorted_apart_and_clean(language: str):
    """Spans come in order, do not overlap, carry a probability and have no space or quote at their ends."""
    text = TEXTS[language] * 3
    spans = recognise(text, language)
    assert spans
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
    for span in spans:
        surface = text[span.start : span.end]
        assert surface == surface.strip(" «»\"'.,؛،")
        assert 0 <= span.confidence <= 1


def test_a_language_without_a_model_has_no_names():
    """A language that has no model gives no spans."""
    assert recognise("Angela Merkel in Berlin", "de") == []


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n\n\n", "😀🎉👍", "\ud800x", "\x00\x01", "…", "ـــ", "\u202e\u200f", "а" * 5000, "A-" * 3000, "١٢٣"],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_refused(language: str, text: str):
    """Empty, odd and broken texts give spans inside the text, never an error."""
    assert all(0 <= s.start < s.end <= len(text) for s in recognise(text, language))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.sampled_from(LANGUAGES))
def test_arbitrary_unicode_keeps_offsets_inside(text: str, language: str):
    """Whatever the text, spans are not empty, lie inside it and do not overlap."""
    spans = recognise(text, language)
    assert all(0 <= s.start < s.end <= len(text) for s in spans)
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_text_gives_the_same_spans(language: str):
    """What other texts went before does not change the result."""
    first = recognise(TEXTS[language], language)
    recognise(" ".join(f"Слово{i} word{i} كلمة{i}" for i in range(3000)), language)
    assert recognise(TEXTS[language], language) == first


@pytest.mark.parametrize("language", LANGUAGES)
def test_far_apart_copies_of_a_text_are_read_alike(language: str):
    """A text repeated over many blocks gives the same names in every copy: no cut falls into a sentence."""
    text = TEXTS[language] + "\n"
    spans = recognise(text * 400, language)
    per_copy = len(spans) / 400
    assert per_copy == len(recognise(text, language))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_words_are_their_slices(text: str):
    """Every word is exactly its slice; words follow each other; sentences are set apart by two boundaries."""
    tokens = tokenise(text)
    assert tokens.words[:2] == [None, None] == tokens.words[-2:]
    last = 0
    for word, start, end in zip(tokens.words, tokens.starts, tokens.ends, strict=True):
        assert last <= start <= end <= len(text)
        last = end
        assert word is None or word == text[start:end]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Mr. Smith left. He was late.", 2),
        ("Глава им. Ленина. Он ушёл.", 2),
        ("قال الرئيس ذلك. ثم غادر دمشق.", 2),
        ("one\ntwo", 2),
        ("U.S. troops left.", 1),
    ],
)
def test_sentences_end_at_points_but_not_at_abbreviations(text: str, sentences: int):
    """A point ends a sentence unless it shortens a word; a line break always does."""
    inner = tokenise(text).words[2:-2]
    assert sum(a is None and b is None for a, b in itertools.pairwise(inner)) + 1 == sentences


def plain_viterbi(emissions: np.ndarray, transitions: np.ndarray):
    best, score = None, -np.inf
    for path in itertools.product(range(emissions.shape[1]), repeat=len(emissions)):
        total = sum(emissions[i, y] for i, y in enumerate(path))
        total += sum(transitions[a, b] for a, b in itertools.pairwise(path))
        if total > score:
            best, score = path, total
    return best


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.floats(0, 6))
def test_cutting_at_certain_words_keeps_the_best_path(seed: int, length: int, outside: float):
    """Decoding in runs gives the path that trying every path gives."""
    rng = np.random.default_rng(seed)
    emissions = rng.normal(size=(length, 3)).astype(np.float32)
    emissions[:, 0] += outside
    transitions = rng.normal(size=(3, 3)).astype(np.float32)
    path = Chain(transitions).best_path(emissions, np.zeros(length, bool))
    assert tuple(path) == plain_viterbi(emissions, transitions)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_marginals_are_sums_over_all_paths(seed: int, length: int):
    """Forward-backward gives each label's share of the weight of all paths."""
    rng = np.random.default_rng(seed)
    emissions = rng.normal(size=(length, 3)).astype(np.float32)
    transitions = rng.normal(size=(3, 3)).astype(np.float32)
    want = np.zeros((length, 3))
    for path in itertools.product(range(3), repeat=length):
        total = sum(emissions[i, y] for i, y in enumerate(path))
        weight = np.exp(total + sum(transitions[a, b] for a, b in itertools.pairwise(path)))
        for i, y in enumerate(path):
            want[i, y] += weight
    got = Chain(transitions).marginals(emissions, np.zeros(length, bool), np.ones(length, bool))
    assert np.allclose(got, want / want.sum(axis=1, keepdims=True), atol=1e-4)


def test_a_full_cache_is_refilled_with_what_is_in_use():
    """Rows stay right after the cache was emptied."""
    cache = TypeCache([1], lambda keys: [np.array([[float(len(k[0]))] for k in keys], np.float32)], 4)
    for words in (["a", "bb"], ["ccc", "a"], ["dddd", "bb", None]):
        rows = cache.rows([None if w is None else (w, "") for w in words])
        assert [cache.tables[0][r, 0] for r in rows] == [len(w) if w else 0 for w in words]


@pytest.mark.parametrize(
    ("text", "language", "kept"),
    [
        ("والأسد", "ar", "الأسد"),
        ("بالقاهرة", "ar", "القاهرة"),
        ("وزير", "ar", "وزير"),
        ("«Интерфакс»", "ru", "Интерфакс"),
        ('"Reuters",', "en", "Reuters"),
        ("...", "en", ""),
    ],
)
def test_a_span_is_cut_to_the_name(text: str, language: str, kept: str):
    """Punctuation goes, in Arabic also a clitic before the article."""
    start, end = trimmed(text, 0, len(text), language)
    assert text[start:end] == kept


@pytest.mark.parametrize(
    ("word", "expected"),
    [("Al-Assad", "Xx-Xx"), ("F-16", "X-d"), ("США", "X"), ("москва", "x"), ("A", "X1"), ("دمشق", "a")],
)
def test_outlines_name_case_and_character_classes(word: str, expected: str):
    """Runs of one class are one letter; a single character is marked."""
    assert outline(word) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Шойгу", "RU_Xx"),
        ("США", "RU_XX"),
        ("ООН-Хабитат", "RU_OTHER"),
        ("NATO", "EN_XX"),
        ("«", "PUNCT_«"),
        ("2022", "NUM"),
        ("نعم", "OTHER"),
    ],
)
def test_shapes_are_those_of_slovnet(word: str, expected: str):
    """The network gets the shape names that it was trained on."""
    assert shape(word) == expected


@pytest.mark.parametrize(("word", "stem"), [("والاسد", "الاسد"), ("لدمشق", "دمشق"), ("بموسكو", "موسكو")])
def test_arabic_stems_lose_their_clitics(word: str, stem: str):
    """The lexicon is asked for a word without what is written onto it."""
    assert stem in without_clitics(word)


def test_folding_joins_spellings():
    """Hamza forms, tatweel and vowel marks, case and apostrophes do not tell words apart; alef maqsura does."""
    assert fold("إِدْلـب", "ar") == fold("ادلب", "ar")
    assert fold("على", "ar") != fold("علي", "ar")
    assert fold("O’Brien", "en") == "o'brien"


def test_spans_are_values():
    """Two equal spans are one."""
    assert len({Span(0, 1, "PER", 0.5), Span(0, 1, "PER", 0.5)}) == 1


@pytest.mark.parametrize(
    ("text", "persons"),
    [
        ("وقال وزير الأمن الداخلي جون كيلي في بيان إن القرار نهائي.", ["جون كيلي"]),
        ("زار الوزير جامعة الملك سعود في الرياض.", []),
    ],
)
def test_a_body_is_parted_from_who_speaks_for_it(text: str, persons: list[str]) -> None:
    """In Arabic a person behind the body whose office is named is no part of the body."""
    assert [text[s.start : s.end] for s in recognise(text, "ar") if s.type == "PER"] == persons
