from __future__ import annotations

import gzip
import pathlib
import re

import pytest
from tool_module import tool

from processors.declension import decline_name, decline_person
from processors.knowledge import read_forms, read_table
from rasid.domain.errors import InputError

ROOT = pathlib.Path(__file__).parent.parent.parent
DATA = ROOT / "processors" / "data"
ROWS = list(read_table(gzip.decompress((DATA / "places.tsv.gz").read_bytes()).decode(), "places.tsv.gz"))


def test_rows_are_sound():
    """Ids are unique and of a known kind, positions lie on the globe, countries are codes."""
    ids = [row["id"] for row in ROWS]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"geonames:\d+|rasid:place/[a-z0-9-]+", i) for i in ids)
    for row in ROWS:
        assert re.fullmatch("(?:[A-Z]{2})?", row["country"])
        assert row["name_en"]
        if row["lat"]:
            assert -90 <= float(row["lat"]) <= 90
            assert -180 <= float(row["lon"]) <= 180


def test_names_are_in_their_script():
    """Names to show are written in the letters of their language."""
    for row in ROWS:
        assert re.fullmatch(r"[\u0620-\u065f\u0670-\u06d3 ()\"'-]*", row["name_ar"]), row["id"]
        assert re.fullmatch(r"[А-Яа-яЁё0-9 ()«»\"'’.—–-]*", row["name_ru"]), row["id"]


def test_syria_is_covered():
    """At least 300 Syrian places have names in the three languages, derived Cyrillic is marked."""
    syrian = [r for r in ROWS if r["country"] == "SY" and r["kind"] != "country"]
    by_hand = [r for r in syrian if r["name_ar"] and r["name_ru"] and not r["derived"]]
    derived = [r for r in syrian if r["name_ar"] and r["name_ru"] and r["derived"] == "ru"]
    assert len(by_hand) >= 150
    assert len(by_hand) + len(derived) >= 300


@pytest.mark.parametrize(
    ("place", "names"),
    [
        ("geonames:169389", ("Idlib", "إدلب", "Идлиб")),
        ("geonames:163843", ("Syria", "سوريا", "Сирия")),
        ("geonames:2017370", ("Russia", "روسيا", "Россия")),
        ("geonames:169577", ("Homs", "حمص", "Хомс")),
        ("geonames:173576", ("Latakia", "اللاذقية", "Латакия")),
        ("geonames:524901", ("Moscow", "موسكو", "Москва")),
        ("rasid:place/ru-ce", ("Chechnya", "الشيشان", "Чечня")),
        ("rasid:place/golan-heights", ("Golan Heights", "هضبة الجولان", "Голанские высоты")),
    ],
)
def test_names_the_desk_uses(place: str, names: tuple[str, str, str]):
    """Well-known places show the names that the desk's languages use."""
    row = next(r for r in ROWS if r["id"] == place)
    assert (row["name_en"], row["name_ar"], row["name_ru"]) == names


def test_every_governorate_and_region_is_there():
    """The 14 Syrian governorates and the 83 subjects of Russia of CLDR are held."""
    english = {r["name_en"] for r in ROWS if r["country"] == "SY"}
    seats = "Aleppo,Damascus,Homs,Hama,Latakia,Raqqa,Deir ez-Zor,Idlib,Daraa,As-Suwayda,Quneitra,Tartus,Al-Hasakah,Rif Dimashq"
    assert set(seats.split(",")) <= english
    assert sum(r["id"].startswith("rasid:place/ru-") for r in ROWS) >= 81


@pytest.mark.parametrize(
    ("place", "column", "alias"),
    [
        ("geonames:169577", "aliases_ar", "~حمص"),
        ("geonames:2639577", "aliases_en", "~Reading"),
        ("geonames:2990440", "aliases_en", "~Nice"),
        ("geonames:473247", "aliases_ru", "~Владимир"),
    ],
)
def test_ambiguous_names_are_marked(place: str, column: str, alias: str):
    """Names that are words or people's names too need context."""
    assert alias in next(r for r in ROWS if r["id"] == place)[column].split(" | ")


def test_forms_are_in_step_with_the_tables():
    """The file of case forms was made from the tables as they are (else run tools/build_forms.py)."""
    build_forms = tool("build_forms")
    head = gzip.decompress((DATA / "forms_ru.tsv.gz").read_bytes()).decode().splitlines()[:3]
    assert f"# inputs sha256 {build_forms.fingerprint(build_forms.wanted())}" in head


def test_forms_hold_the_cases():
    """The file gives the case forms of people, bodies and places."""
    forms = read_forms(gzip.decompress((DATA / "forms_ru.tsv.gz").read_bytes()).decode())
    assert "Сергеем Шойгу" in forms["Сергей Шойгу"]
    assert "Идлибе" in forms["Идлиб"]
    assert "Исламского государства" in forms["Исламское государство"]


@pytest.mark.parametrize(
    ("name", "gender", "forms"),
    [
        ("Лавров", "m", {"Лаврова", "Лаврову", "Лавровым", "Лаврове"}),
        ("Мария Захарова", "f", {"Марии Захаровой", "Марию Захарову", "Марией Захаровой"}),
        ("Сергей Шойгу", "m", {"Сергея Шойгу", "Сергею Шойгу", "Сергеем Шойгу", "Сергее Шойгу"}),
        ("Асма Асад", "f", {"Асмы Асад", "Асме Асад", "Асму Асад", "Асмой Асад"}),
        ("Ахмед аш-Шараа", "m", {"Ахмеда аш-Шараа", "Ахмеду аш-Шараа", "Ахмедом аш-Шараа", "Ахмеде аш-Шараа"}),
    ],
)
def test_people_are_declined(name: str, gender: str, forms: set[str]):
    """Known and foreign names of both genders are declined as Russian does."""
    assert set(decline_person(name, gender)) == forms  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("Дамаск", "Дамаском"),
        ("Дейр-эз-Зор", "Дейр-эз-Зора"),
        ("Ростов-на-Дону", "Ростове-на-Дону"),
        ("Ближний Восток", "Ближнем Востоке"),
        ("Московская область", "Московскую область"),
        ("Министерство обороны России", "Министерству обороны России"),
        ("Соединенные Штаты", "Соединённых Штатов"),
        ("Хезболла", "Хезболлой"),
    ],
)
def test_things_are_declined(name: str, form: str):
    """Of a longer name the adjectives and their noun change, the rest stays."""
    assert form in decline_name(name)


@pytest.mark.parametrize("name", ["Сочи", "НАТО", "Шойгу", "Алеппо", ""])
def test_fixed_names_have_no_forms(name: str):
    """What Russian does not decline stays as it is."""
    assert decline_name(name) == ()


def test_towns_that_look_like_adjectives_keep_to_themselves():
    """The instrumental of -ск towns is the adjective in nearly every text, so it is left out."""
    assert "Курском" not in decline_name("Курск")
    assert "Курска" in decline_name("Курск")


@pytest.mark.parametrize(
    ("latin", "cyrillic"),
    [
        ("Tall Rif`at", "Талл-Рифат"),
        ("Kafr Naha", "Кафр-Наха"),
        ("Ash Shaykh Badr", "Эш-Шайх-Бадр"),
        ("Khan al Asal", "Хан-эл-Асал"),
    ],
)
def test_derived_cyrillic(latin: str, cyrillic: str):
    """Syrian places without a Russian name get one by the stated rule."""
    assert tool("place_names").to_cyrillic(latin) == cyrillic


def test_a_broken_row_names_its_line():
    """A row with too many cells is refused with file and line."""
    with pytest.raises(InputError, match=r"people\.tsv:3: 3 columns"):
        list(read_table("# comment\na\tb\n1\t2\t3\n", "people.tsv"))
