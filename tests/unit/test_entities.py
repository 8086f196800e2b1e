from __future__ import annotations

import csv
import pathlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.entities import Found, Span, find
from processors.gazetteer import gazetteer
from processors.normalise import clean
from processors.tokens import tokenize
from processors.unknown import Naming
from rasid.domain.article import EntityType

DATA = pathlib.Path(__file__).parent.parent / "data" / "entities"
CASES = list(
    csv.DictReader(
        [line for line in (DATA / "context.tsv").read_text(encoding="utf8").splitlines() if not line.startswith("#")],
        delimiter="\t",
        quoting=csv.QUOTE_NONE,
    )
)
COUNTRIES = {e.country[0]: e.id for e in gazetteer().base.entries if e.kind == "country"}


def _no_spelling(name: str, *, person: bool) -> str:
    """Leave the English name to the key."""
    return ""


def found_in(
    text: str, title: str = "", recognised: tuple[Span, ...] = (), key: Callable[[str], str] | None = None
) -> Found:
    """Find what a text names."""
    title, text = clean(title), clean(text)
    naming = Naming(key, _no_spelling) if key else None
    return find(title, text, tokenize(title), tokenize(text), "", recognised, naming)


def expected(cell: str) -> set[str]:
    """Read the ids of a cell of the table."""
    ids = set()
    for word in cell.split():
        if word != "-":
            ids.add(
                COUNTRIES.get(word)
                or (word if ":" in word or word in {"PER", "ORG", "LOC", "MISC"} else f"rasid:{word}")
            )
    return ids


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['case']}-{c['language']}")
def test_context_decides(case: dict[str, str]):
    """A name links to whom its context means and to nobody else."""
    found = found_in(case["text"], case["title"])
    named = {e.id for e in found.entities} | {e.type for e in found.entities}
    assert expected(case["wanted"]) <= named, sorted(named)
    assert not expected(case["unwanted"]) & named, sorted(named)


@pytest.mark.parametrize("text", ["والتقى بوتين بالأسد وللأسد في سوريا، وبشار الأسد.", "Putin’s, «Путина» и Путиным"])
def test_mentions_are_their_slices_without_clitics(text: str):
    """Every mention is exactly the slice of its field, without the clitic before it."""
    surfaces = {m.surface for e in found_in(text).entities for m in e.mentions}
    assert all(s[0] not in "وب" or s.startswith(("بوتين", "بشار")) for s in surfaces)
    for entity in found_in(text).entities:
        for mention in entity.mentions:
            assert text[mention.start : mention.end] == mention.surface


def test_later_short_mentions_follow_the_full_name():
    """All mentions of one person in title and text are one entity, title first."""
    found = found_in("Sergey Lavrov spoke. Lavrov left. Лавров уехал. غادر لافروف.", "Lavrov speaks")
    lavrov = next(e for e in found.entities if e.id == "rasid:person/sergey-lavrov")
    assert [m.surface for m in lavrov.mentions] == ["Lavrov", "Sergey Lavrov", "Lavrov", "Лавров", "لافروف"]
    assert lavrov.mentions[0].field == "title"


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("Российские военные и сирийцы.", ("RU", "SY")),
        ("Russian troops and Syrians.", ("RU", "SY")),
        ("القوات الروسية والسوريون.", ("RU", "SY")),
        ("North Korean and South Korean envoys.", ("KP", "KR")),
        ("مالي واقتصادي.", ()),
        ("Представитель российской стороны говорил о сирийской войне.", ("RU", "SY")),
        ("Российско-сирийский договор.", ("RU", "SY")),
        ("The Russo-Syrian deal; Rene Russo acts.", ("RU", "SY")),
        ("العلاقات الروسية السورية", ("RU", "SY")),
        ("الاتفاق الروسي-السوري", ("RU", "SY")),
    ],
)
def test_adjectives_count_for_about_only(text: str, about: tuple[str, ...]):
    """Adjectives and words for peoples give countries and no entities."""
    found = found_in(text)
    assert found.about == about
    assert not [e for e in found.entities if e.type == "LOC"]


@pytest.mark.parametrize(
    ("text", "within"),
    [
        ("Russia spoke with Syria.", 1),
        ("Russia spoke. Syria listened.", 2),
        ("Russia spoke. Nobody came. Syria listened.", 3),
        ("Russia spoke. Nobody came. It rained. Syria listened.", 4),
        ("تحدثت روسيا. استمعت سوريا.", 2),
        ("Россия выступила. Никто не пришёл. Сирия слушала.", 3),
    ],
)
def test_sides_stand_near_each_other(text: str, within: int):
    """Where each side stands is kept, so that their distance in sentences can be told."""
    stands = {one.id: one.sentences for one in found_in(text).presence}
    assert min(abs(a - b) for a in stands["RU"] for b in stands["SY"]) + 1 == within


@pytest.mark.parametrize(
    "text",
    [
        "The group, outlawed in Russia, left Aleppo.",
        "MOSCOW, Nov 23 (Sputnik) — A Syrian army source spoke.",
        "They fired Russian-made rockets at Aleppo.",
        "Syrian rebels left, RIA Novosti said.",
        "Russia, Iran, Turkey, Iraq and Syria took part.",
        "ИГ (запрещена в РФ) отступило в Сирии.",
        "МОСКВА, 23 ноября. /ТАСС/. Сирийская армия наступает.",
        "В Сирии нашли миномёт российского производства.",
        "Россия, Иран, Турция, Ирак и Сирия участвовали.",
        "موسكو (سبوتنيك) - قال مصدر سوري ذلك.",
        "انسحب تنظيم داعش المحظور في روسيا من حلب.",
        "بندقية روسية الصنع في سوريا",
        "شاركت روسيا وإيران وتركيا والعراق وسوريا.",
    ],
)
def test_incidental_mentions_are_no_presence(text: str):
    """A dateline, a medium, a ban, a maker and a list count for what a text is about, not for where a side stands."""
    found = found_in(text)
    assert "RU" in found.about or "RIA" in text
    assert "RU" not in {one.id for one in found.presence}


@pytest.mark.parametrize(
    "text",
    [
        "Russia banned the party in Syria.",
        "Moscow (pictured) backs Syria.",
        "В РФ сирийская делегация подписала договор.",
        "МОСКВА ПОДДЕРЖАЛА СИРИЮ",
        "حظرت روسيا السفر إلى سوريا.",
        "موسكو تدعم سوريا - وزير",
    ],
)
def test_what_only_looks_incidental_is_presence(text: str):
    """What a side does or says itself keeps its place."""
    assert {"RU", "SY"} <= {one.id for one in found_in(text).presence}


@pytest.mark.parametrize(
    ("text", "surfaces"),
    [
        ("Выступил Ушаков Юрий Викторович.", ["Ушаков Юрий Викторович"]),
        ("Rami Abdel Rahman spoke in Syria. Abdel Rahman left.", ["Rami Abdel Rahman", "Abdel Rahman"]),
        ("قال رامي عبد الرحمن في سوريا ذلك.", ["رامي عبد الرحمن"]),
    ],
)
def test_mentions_of_people_are_whole(text: str, surfaces: list[str]):
    """A patronymic behind a name and the particles before a family name belong to the mention."""
    assert [m.surface for e in found_in(text).entities if e.type == "PER" for m in e.mentions] == surfaces


def test_a_row_of_known_names_is_no_name():
    """A recognised span that holds known names and nothing else adds no entity."""
    text = "Tags Aleppo Syria United States"
    found = found_in(text, recognised=(Span("text", 5, 31, "ORG"),), key=upper)
    assert {e.type for e in found.entities} == {"LOC"}


def test_places_have_position_and_country():
    """A place comes with coordinates and country, as an entity and as a place with one id."""
    found = found_in("Взрыв в Идлибе.")
    place = found.places[0]
    assert (place.id, place.country) == ("geonames:169389", "SY")
    assert place.lat == pytest.approx(35.93, abs=0.05)
    assert place.lon == pytest.approx(36.63, abs=0.05)
    assert place.id in {e.id for e in found.entities}


def upper(name: str) -> str:
    """Stand in for the keys of unknown names."""
    return name.lower()


def test_unknown_names_become_entities():
    """What only the recogniser found is an unknown entity; a family name alone joins the longer name."""
    text = "Laurence Mortier spoke. Mortier left with Lavrov for Moscow."
    spans = (Span("text", 0, 16, "PER"), Span("text", 24, 31, "PER"), Span("text", 42, 48, "PER"))
    found = found_in(text, recognised=spans, key=upper)
    unknown = [e for e in found.entities if not e.known]
    assert [(e.id, e.name.en, [m.surface for m in e.mentions]) for e in unknown] == [
        ("rasid:unknown/per/laurence-mortier", "Laurence Mortier", ["Laurence Mortier", "Mortier"])
    ]


def test_a_longer_unknown_name_takes_the_short_known_one():
    """A recognised person with another first name keeps a doubtful family name from linking."""
    text = "Yelena Shoigu lives in Russia."
    found = found_in(text, recognised=(Span("text", 0, 13, "PER"),), key=upper)
    assert [e.id for e in found.entities if e.type == "PER"] == ["rasid:unknown/per/yelena-shoigu"]


def test_a_known_full_name_wins_over_the_recogniser():
    """A recognised span of another extent does not displace a full known name."""
    text = "President Sergei Shoigu"
    found = found_in(text, recognised=(Span("text", 0, 23, "PER"),), key=upper)
    assert [e.id for e in found.entities] == ["rasid:person/sergei-shoigu"]


def test_a_place_inside_an_unknown_body_stays():
    """A country inside a recognised body is named beside it."""
    text = "Министерство туризма Литвы сообщило."
    found = found_in(text, recognised=(Span("text", 0, 26, "ORG"),), key=upper)
    assert {e.type for e in found.entities} == {"LOC", "ORG"}


@given(
    st.text(
        alphabet=st.one_of(st.characters(), st.sampled_from(" .\nабвсСирия وسوريا Syria\u200f\u0640")), max_size=200
    )
)
def test_any_text_is_taken(text: str):
    """No text raises, and every mention is its slice."""
    text = clean(text)
    for entity in found_in(text).entities:
        for mention in entity.mentions:
            assert text[mention.start : mention.end] == mention.surface


def test_descriptions_have_no_name():
    """What is recognised but only described is an entity without a name, and common abbreviations are none."""
    text = "The Kurdish fighters and СМИ met Zeynep Bilginsoy."
    spans = (Span("text", 0, 20, "ORG"), Span("text", 25, 28, "ORG"), Span("text", 33, 49, "PER"))
    unknown = [e for e in found_in(text, recognised=spans, key=upper).entities if not e.known]
    assert [(e.name.en, e.mentions[0].surface) for e in unknown] == [
        (None, "The Kurdish fighters"),
        ("Zeynep Bilginsoy", "Zeynep Bilginsoy"),
    ]


def test_unknown_arabic_names_begin_behind_their_clitics():
    """A recognised Arabic span loses the clitic that the tokeniser takes off."""
    text = "التقى الوفد بالهلال وانصرف"
    found = found_in(text, recognised=(Span("text", 12, 19, "ORG"),), key=lambda _: "hilal")
    assert [m.surface for e in found.entities for m in e.mentions] == ["الهلال"]


def test_a_place_named_with_its_kind():
    """«مدينة تدمر» of the recogniser is the mention of the known Palmyra."""
    text = "قصف الطيران مدينة تدمر في سوريا"
    found = found_in(text, recognised=(Span("text", 12, 22, "LOC"),), key=upper)
    assert ("Palmyra", "مدينة تدمر") in [(e.name.en, e.mentions[0].surface) for e in found.entities]


@pytest.mark.parametrize("text", ["", " ", "\n\n", "😀😀😀", "\u200f\u202e", "١٢٣ 123", "ا" * 5000, "Syria " * 3000])
def test_bad_input(text: str):
    """Empty, odd and endless texts give what is known and raise nothing."""
    found = found_in(text)
    assert {e.id for e in found.entities} <= {COUNTRIES["SY"]}


def test_offices_have_names_in_three_languages():
    """An office of a country is an entity of type MISC with a name in each language."""
    office = next(e for e in found_in("Президент Сирии выступил.").entities if e.type == "MISC")
    assert (office.name.en, office.name.ar, office.name.ru) == ("President of Syria", "رئيس سوريا", "Президент (Сирия)")
    assert office.mentions[0].surface == "Президент Сирии"


def test_a_recognised_family_name_follows_the_full_name():
    """A family name that the tables lack follows the known person named in full."""
    text = "Радован Караджич осуждён. Адвокат Караджича подаст апелляцию."
    at = text.index("Караджича")
    found = found_in(text, recognised=(Span("text", at, at + 9, "PER"),), key=upper)
    assert [(e.id, len(e.mentions)) for e in found.entities if e.type == "PER"] == [
        ("rasid:person/radovan-karadzic", 2)
    ]


def test_case_forms_of_an_unknown_name_are_one():
    """Russian case forms of a name that nobody entered are one person, shown in the shortest form."""
    text = "О Карле Мрксове. Карл Мрксов молчит. С Мрксовым тихо."
    spans = (Span("text", 2, 15, "PER"), Span("text", 17, 28, "PER"), Span("text", 39, 47, "PER"))
    keys = {"Карле Мрксове": "karle-mrksove", "Карл Мрксов": "karl-mrksov", "Мрксовым": "mrksovym"}
    title, tokens = "", tokenize(text)
    people = find(title, text, [], tokens, "ru", spans, Naming(keys.__getitem__, _no_spelling)).entities
    assert [(e.name.ru, len(e.mentions)) for e in people if e.type == "PER"] == [("Карл Мрксов", 3)]


@pytest.mark.parametrize(
    "text",
    [
        "عاصفة ثلجية على منطقة مدينة نيويورك الكبرى في الولايات المتحدة",
        "قال رئيس بلدية المدينة في السعودية إن الوضع هادئ",
        "تتوزع الحجوزات بين جزيرة جربة و مدينة المنستير في تونس",
    ],
)
def test_the_word_for_a_city_is_no_city(text: str):
    """مدينة and المدينة are common nouns, whatever stands before them; Medina needs its full name or a list of cities."""
    assert "Medina" not in {entity.name.en for entity in found_in(text).entities}


def test_medina_in_a_list_of_cities():
    """Beside other cities المدينة is Medina."""
    text = "انتشرت في دمشق والقدس والمدينة وحلب في السعودية وسوريا"
    assert "Medina" in {entity.name.en for entity in found_in(text).entities}


@pytest.mark.parametrize(
    ("text", "span", "kind"),
    [
        ("In Homs 30 Terrorists Killed Today", "Terrorists Killed", "ORG"),
        ("Minister for the Middle East spoke", "Minister for the Middle East", "PER"),
        ("The FCO Minister spoke", "FCO Minister", "PER"),
    ],
)
def test_what_is_no_name_gets_none(text: str, span: str, kind: EntityType):
    """A headline's words and an office are mentions without a name."""
    start = text.index(span)
    found = found_in(text, recognised=(Span("text", start, start + len(span), kind),), key=upper)
    assert [e.name.en for e in found.entities if not e.known] in ([None], [])


def test_arabic_common_nouns_are_not_romanised():
    """«معهد الفنون» has its Arabic name only: an English one would be a translation."""
    found = found_in("زار معهد الفنون أمس", recognised=(Span("text", 4, 15, "ORG", 0.99),), key=upper)
    assert [e.name.en for e in found.entities if not e.known] == [None]
