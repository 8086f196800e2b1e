"""Keywords in the article's own words."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.enrich import enrich_text
from processors.keywords import keywords
from processors.normalise import clean
from processors.tokens import tokenize

ARTICLES = {
    "ar": (
        "وزير الدفاع الروسي يبحث في دمشق محاربة الإرهاب",
        ("بحث وزير الدفاع الروسي مع الرئيس السوري محاربة الإرهاب الدولي في سوريا. وقال الوزير يوم الاثنين إن المساعدات الإنسانية "
        "ستصل إلى دمشق. وأشارت وزارة الدفاع الروسية إلى أن المساعدات الإنسانية تشمل الأدوية. وأكدت الوزارة أن محاربة الإرهاب الدولي مستمرة "
        "منذ عام 2015، وأن العودة الطوعية للاجئين بدأت. وتشمل العودة الطوعية سكان إدلب وشرق الفرات."),
    ),
    "en": (
        "Russian defence minister discusses refugee return in Damascus",
        ("Russia's defence minister said on Monday that the refugee return would go on. The humanitarian aid convoy reached Idlib on "
        "14 March 2019. According to the ministry, the humanitarian aid convoy carried medicine. The refugee return began last year, and "
        "the ceasefire in Idlib holds. He added that the ceasefire was fragile, as the Syrian government told reporters."),
    ),
    "ru": (
        "Министр обороны России обсудил в Дамаске возвращение беженцев",
        ("Министр обороны России заявил в понедельник, что возвращение беженцев продолжится. Гуманитарная помощь прибыла в Идлиб "
        "14 марта 2019 года. По словам ведомства, гуманитарная помощь включает лекарства. Возвращение беженцев началось в прошлом году, "
        "а режим прекращения огня в Идлибе сохраняется. Он добавил, что режим прекращения огня остаётся хрупким."),
    ),
}  # fmt: skip
WANTED = {"ar": "محاربة الإرهاب", "en": "refugee return", "ru": "возвращение беженцев"}
UNWANTED = {
    "ar": {"الاثنين", "قال", "وقال", "منذ عام", "2015", "أشارت"},
    "en": {"Monday", "March", "said", "last year", "2019", "the", "added"},
    "ru": {"понедельник", "марта", "заявил", "прошлом году", "2019", "добавил"},
}


def of(title: str, text: str, language: str, **options: Any) -> list[str]:
    return [k.text for k in keywords(title, tokenize(title), text, tokenize(text), language, **options)]


@pytest.mark.parametrize("language", ARTICLES)
def test_says_what_the_article_is_about(language: str):
    """The phrase that title and text repeat is among the keywords."""
    found = [phrase.lower() for phrase in of(*ARTICLES[language], language)]
    assert any(WANTED[language] in phrase or phrase in WANTED[language] for phrase in found)


@pytest.mark.parametrize("language", ARTICLES)
def test_each_is_a_slice_of_the_article(language: str):
    """Keywords stand in the title or the text, exactly so."""
    title, text = ARTICLES[language]
    found = of(title, text, language)
    assert found
    assert all(phrase in title or phrase in text for phrase in found)


@pytest.mark.parametrize("language", ARTICLES)
def test_leaves_out_what_tells_nothing(language: str):
    """No stop words, dates, numbers or reporting verbs."""
    found = {word for phrase in of(*ARTICLES[language], language) for word in (phrase, *phrase.split())}
    assert not found & UNWANTED[language]


@pytest.mark.parametrize("language", ARTICLES)
def test_inflected_forms_are_one_keyword(language: str):
    """No two keywords are the same words with other endings."""
    keys = [tuple(token.term for token in tokenize(phrase)) for phrase in of(*ARTICLES[language], language)]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("language", ARTICLES)
def test_best_come_first_and_few_suffice(language: str):
    """Scores fall, and a limit cuts the tail."""
    title, text = ARTICLES[language]
    found = keywords(title, tokenize(title), text * 9, tokenize(text * 9), language)
    assert [k.score for k in found] == sorted((k.score for k in found), reverse=True)
    assert len(found) <= 12
    assert of(title, text, language, limit=2) == of(title, text, language)[:2]
    assert of(title, text, language, limit=0) == []


@pytest.mark.parametrize("language", ARTICLES)
def test_avoids_what_it_is_told_to(language: str):
    """No keyword is taken from a span that holds boilerplate."""
    title, text = ARTICLES[language]
    assert of(title, text, language, avoid=[("title", 0, len(title)), ("text", 0, len(text))]) == []
    outside = of(title, text, language, avoid=[("title", 0, len(title))])
    assert all(phrase in text for phrase in outside)


NAMED = {
    "ar": ("قوات حفتر تقصف مصراتة", "حفتر", "قوات حفتر"),
    "en": ("Barrel bomb attacks on Aleppo province", "Aleppo province", "Aleppo"),
    "ru": ("Следственный комитет начал проверку завода «Урал»", "Следственный комитет", "Следственный"),
}


@pytest.mark.parametrize("language", NAMED)
def test_a_name_is_no_keyword_and_is_never_cut(language: str):
    """What was found as a name is left out, and so is a part of it."""
    title, name, _ = NAMED[language]
    found = of(title, f"{title}. {title}.", language, avoid=spans(title, f"{title}. {title}.", name))
    assert name not in found
    assert not [phrase for phrase in found if phrase in name]


@pytest.mark.parametrize(
    ("title", "name", "keyword", "language"),
    [
        ("واشنطن تبحث إزاحة الأسد", "الأسد", "إزاحة الأسد", "ar"),
        ("Air strikes break Aleppo siege", "Aleppo", "Aleppo siege", "en"),
        ("Похитители россиян сдались, сообщила полиция Сирии", "Сирии", "полиция Сирии", "ru"),
    ],
)
def test_a_name_may_stand_inside_a_longer_phrase(title: str, name: str, keyword: str, language: str):
    """A phrase that holds a whole name and more is a keyword."""
    text = f"{title}. {title}."
    assert keyword in of(title, text, language, avoid=spans(title, text, name))


def spans(title: str, text: str, name: str) -> list[tuple[str, int, int]]:
    """Give every place of a name as the pipeline would."""
    fields = (("title", title), ("text", text))
    return [(f, m.start(), m.end()) for f, source in fields for m in re.finditer(re.escape(name), source)]


@pytest.mark.parametrize(
    ("text", "title", "language"),
    [
        ("The Foreign Secretary said so. The Foreign Secretary left.", "Foreign Secretary", "en"),
        ("وصلت رئيسة المنظمة. وقالت رئيسة المنظمة.", "رئيسة المنظمة", "ar"),
        ("Генеральный директор приехал. Генеральный директор уехал.", "Генеральный директор", "ru"),
    ],
)
def test_a_bare_title_is_no_keyword(text: str, title: str, language: str):
    """An office without what it is of tells nothing."""
    assert title not in of("", text, language)


def test_russian_keywords_prefer_the_nominative():
    """Of the forms that the text has, the one in the nominative is shown."""
    title = "Власти сообщили о прекращении огня и о гуманитарной помощи"
    text = "Гуманитарная помощь прибыла. О гуманитарной помощи просили давно, гуманитарной помощи ждут."
    assert "Гуманитарная помощь" in of(title, text, "ru")
    assert "гуманитарной помощи" not in of(title, text, "ru")


@pytest.mark.parametrize(
    ("text", "halves", "language"),
    [
        (
            "Сирийской оппозицией временным правительством недовольны. Сирийской оппозицией временным правительством.",
            {"Сирийской оппозицией временным"},
            "ru",
        ),
        ("Shelling of rebel-held districts went on. Shelling of rebel-held districts.", {"Shelling of rebel"}, "en"),
        ("قال إن فرقة الموسيقى التابعة للجيش وصلت. فرقة الموسيقى التابعة للجيش.", {"فرقة الموسيقى التابعة"}, "ar"),
    ],
)
def test_phrases_are_not_cut_inside(text: str, halves: set[str], language: str):
    """A phrase ends where a noun phrase ends."""
    assert not halves & set(of("", text, language))


def test_a_title_in_capitals_gives_no_phrases_of_its_own():
    """A Headline Written Like This hides its verbs; what the text repeats of it is found there."""
    title = "Syrian Army Foils Deadly Rocket Attack Near Daraa"
    found = of(title, "The rocket attack failed on Sunday. It was the second rocket attack this week.", "en")
    assert "rocket attack" in found
    assert not [phrase for phrase in found if "Foils" in phrase]


def test_the_name_of_the_site_is_no_keyword():
    """What a site puts behind every title is left out."""
    title, text = ARTICLES["en"]
    assert "Jordan Times" not in of(f"{title} | Jordan Times", f"{text} The Jordan Times, the Jordan Times.", "en")


@pytest.mark.parametrize("language", ["fr", "und", "zh", ""])
def test_languages_without_counts_give_none(language: str):
    """Nothing is better than a guess."""
    assert of("Le ministre russe à Damas", "Le ministre russe est arrivé à Damas.", language) == []


@pytest.mark.parametrize(
    "text", ["", "😀" * 1000, "a" * 50_000, "سوريا " * 10_000, "Сирия Россия " * 5_000, "\x00\n" * 1000]
)
@pytest.mark.parametrize("language", ["ar", "en", "ru"])
def test_bad_input_gives_few_or_none(text: str, language: str):
    """Empty, endless and repeated texts raise nothing."""
    assert len(of("", text, language)) <= 12


@given(st.text(max_size=200), st.sampled_from(["ar", "en", "ru"]))
def test_any_text_gives_slices(text: str, language: str):
    """Whatever the text, a keyword is a part of it."""
    source = clean(text)
    assert all(phrase in source for phrase in of("", source, language))


ABOUT = {
    "ar": ("بوتين يلتقي بشار الأسد في موسكو", "التقى الرئيس فلاديمير بوتين بشار الأسد في موسكو. وقال بوتين إن موسكو تدعم دمشق."),
    "en": ("Putin meets Assad in Moscow", "Vladimir Putin met Bashar al-Assad in Moscow. Putin said that Moscow supports Damascus."),
    "ru": ("Путин встретился с Асадом в Москве", "Владимир Путин встретился с Башаром Асадом. Путин заявил, что Москва поддерживает Дамаск."),
}  # fmt: skip
MAIN = {"ar": "فلاديمير بوتين", "en": "Vladimir Putin", "ru": "Владимир Путин"}
SHORT = {"ar": "بوتين", "en": "Putin", "ru": "Путин"}


@pytest.mark.parametrize("language", ABOUT)
def test_whom_the_article_is_about_is_a_keyword_by_the_full_name(language: str):
    """A name of the title is a keyword in its fullest form, and not by its short form too."""
    title, text = ABOUT[language]
    found = [keyword.text for keyword in enrich_text(title, text).keywords]
    assert MAIN[language] in found
    assert SHORT[language] not in found


@pytest.mark.parametrize(
    ("text", "half", "language"),
    [
        ("The Freedom of Information Act helped. The Freedom of Information Act is old.", "Information Act", "en"),
        ("Об обстоятельствах действий сексуального характера говорили. Жертва действий сексуального характера.",
         "сексуального характера", "ru"),
        ("تربية السلالة ذات الإنتاجية الضعيفة. والسلالة ذات الإنتاجية الضعيفة.", "الإنتاجية الضعيفة", "ar"),
    ],
)  # fmt: skip
def test_a_piece_of_a_longer_phrase_is_no_keyword(text: str, half: str, language: str):
    """What stands right before a phrase tells that it is only a piece."""
    assert half not in of("", text, language)
