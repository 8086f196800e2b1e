"""Which language a text is written in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.language import identify
from processors.normalise import clean

SENTENCES = {
    "ar": "قال وزير الخارجية إن المحادثات ستتواصل في جنيف خلال الأسبوع المقبل",
    "fa": "وزیر امور خارجه گفت که گفت‌وگوها هفته آینده در ژنو ادامه خواهد یافت",
    "ur": "وزیر خارجہ نے کہا کہ مذاکرات اگلے ہفتے جنیوا میں جاری رہیں گے",
    "ckb": "وەزیری دەرەوە ڕایگەیاند کە گفتوگۆکان هەفتەی داهاتوو لە ژنێڤ بەردەوام دەبن",
    "he": "שר החוץ אמר כי השיחות יימשכו בשבוע הבא בז'נבה",
    "ru": "Министр иностранных дел заявил, что переговоры продолжатся на следующей неделе в Женеве",
    "uk": "Міністр закордонних справ заявив, що переговори триватимуть наступного тижня в Женеві",
    "bg": "Министърът на външните работи заяви, че преговорите ще продължат следващата седмица в Женева",
    "be": "Міністр замежных спраў заявіў, што перамовы працягнуцца на наступным тыдні ў Жэневе",
    "sr": "Министар спољних послова изјавио је да ће се преговори наставити следеће недеље у Женеви",
    "mk": "Министерот за надворешни работи изјави дека преговорите ќе продолжат следната недела во Женева",
    "kk": "Сыртқы істер министрі келіссөздер келесі аптада Женевада жалғасатынын айтты",
    "en": "The foreign minister said that the talks would go on in Geneva next week",
    "fr": "Le ministre des affaires étrangères a déclaré que les pourparlers se poursuivraient à Genève",
    "de": "Der Außenminister sagte, die Gespräche würden in der kommenden Woche in Genf fortgesetzt",
    "tr": "Dışişleri bakanı görüşmelerin gelecek hafta Cenevre'de devam edeceğini söyledi",
}
FOREIGN = [
    "El ministro de Asuntos Exteriores dijo que las conversaciones continuarán en Ginebra",
    "Il ministro degli esteri ha detto che i colloqui continueranno a Ginevra la prossima settimana",
    "Minister spraw zagranicznych powiedział, że rozmowy będą kontynuowane w przyszłym tygodniu",
    "Гадаад хэргийн сайд хэлэлцээ ирэх долоо хоногт Женевт үргэлжилнэ гэж мэдэгдэв",
    "外交部长表示会谈将于下周在日内瓦继续进行",
    "Ο υπουργός Εξωτερικών δήλωσε ότι οι συνομιλίες θα συνεχιστούν την επόμενη εβδομάδα",
]


@pytest.mark.parametrize("language", SENTENCES)
def test_knows_the_desks_languages(language: str):
    """One sentence suffices, as a title or as a text, with a confidence."""
    for title, text in ((SENTENCES[language], ""), ("", SENTENCES[language])):
        found, confidence = identify(title, text)
        assert found == language
        assert 0.5 < confidence <= 1


@pytest.mark.parametrize("text", FOREIGN)
def test_does_not_guess_for_other_languages(text: str):
    """A language outside the list is unknown, not the nearest one of ours."""
    assert identify("", text) == ("und", 0.0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "ok",
        "سوريا",
        "Сирия",
        "Syria",
        "12345 2024",
        "😀😀😀",
        "…!؟",
        "\x00\x1b",
        "\u200f\u202e",
        "https://example.org/a/b",
    ],
)
def test_too_short_is_unknown(text: str):
    """A word, a number or a sign has no language."""
    assert identify(text, "") == identify("", text) == ("und", 0.0)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (SENTENCES["ar"] + " NATO, Reuters", "ar"),
        (SENTENCES["ru"] + " Foreign Minister, Geneva", "ru"),
        (SENTENCES["en"] + " (Лавров, لافروف)", "en"),
        ("High Alert in Mumbai " + SENTENCES["ur"] * 2, "ur"),
    ],
)
def test_a_mixed_text_gives_its_main_language(text: str, language: str):
    """Names and quotations in other scripts do not decide."""
    assert identify("", text)[0] == language


def test_a_hint_only_breaks_a_tie():
    """What the feed claims counts where the text leaves it open, and nowhere else."""
    assert identify(SENTENCES["ru"], "", hint="uk")[0] == "ru"
    assert identify(SENTENCES["en"], "", hint="ar")[0] == "en"
    assert identify("", "", hint="ru") == ("und", 0.0)
    open_question = "Президент Сербии прибыл"
    assert identify(open_question, "", hint="xx") == identify(open_question, "")


def test_vowel_signs_and_hidden_marks_change_nothing():
    """Vocalised Arabic and text with invisible marks keep their language."""
    assert identify("قَالَ وَزِيرُ الخَارِجِيَّةِ إِنَّ المُحَادَثَاتِ سَتَتَوَاصَلُ", "")[0] == "ar"
    assert identify("\u200b".join(SENTENCES["en"]), "")[0] == "en"
    assert identify("Мини́стр иностра́нных дел за\u00adявил, что переговоры продолжатся", "")[0] == "ru"


@pytest.mark.parametrize(
    "text", ["a" * 100_000, "я " * 100_000, "\ufffd" * 10_000, "ا" * 100_000, SENTENCES["ru"] * 1000]
)
def test_long_texts_are_judged_by_their_lead(text: str):
    """What is enormous costs no more than what is long, and raises nothing."""
    language, confidence = identify("", text)
    assert language == "und" or confidence > 0


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=200))
def test_any_text_gets_an_answer(text: str):
    """Whatever Unicode holds gives a language and a confidence that fit."""
    language, confidence = identify("", clean(text))
    assert (language == "und") == (confidence == 0.0)
    assert 0 <= confidence <= 1
