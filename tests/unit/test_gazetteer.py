from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from processors.gazetteer import Gazetteer, gazetteer, name_words
from processors.knowledge import build, parse_alias, read_table
from processors.tokens import tokenize

HEAD = "id\ttype\tkind\tname_en\tname_ar\tname_ru\taliases_en\taliases_ar\taliases_ru\tcountry\tabout\troles\tgender\n"
PLACES = "id\tkind\tname_en\tname_ar\tname_ru\taliases_en\taliases_ar\taliases_ru\tcountry\tadmin\tlat\tlon\tpopulation\tderived\n"
PEOPLE = HEAD + (
    "person/b\tPER\t\tBashar al-Assad\tبشار الأسد\tБашар Асад\t~Assad\t~الأسد\t~Асад | Башар аль-Асад\tSY\tSY\t\tm\n"
    "person/p\tPER\t\tVladimir Putin\tفلاديمير بوتين\tВладимир Путин\t~Putin\t~بوتين\t~Путин\tRU\tRU\t\tm\n"
)
BODIES = HEAD + (
    "org/un\tORG\t\tUnited Nations\tالأمم المتحدة\tООН\t=UN | =U.N.\t\t\t\t\t\t\n"
    "base/h\tLOC\tair base\tKhmeimim\tحميميم\tХмеймим\t\t\t\tSY\tSY\t\t\n"
)
TOWNS = PLACES + (
    "geonames:1\tcountry\tSyria\tسوريا\tСирия\t\t\t\tSY\t\t\t\t\t\n"
    "rasid:place/h\tregion\tKhmeimim\tحميميم\tХмеймим\t\t\t\tSY\t\t35.4\t35.9\t\t\n"
    "geonames:2\tcity\tSanaa\tصنعاء\tСана\tSana'a\t\t\tYE\t\t15\t44\t100\t\n"
)
FORMS = {"Асад": ("Асада", "Асаду"), "Башар Асад": ("Башара Асада",), "Путин": ("Путина",)}


def made() -> Gazetteer:
    """Make a small gazetteer."""
    return Gazetteer(*build(read_table(PEOPLE, "p"), read_table(BODIES, "b"), read_table(TOWNS, "t"), FORMS))


def hits(text: str) -> set[tuple[str, str]]:
    """Scan a text; give entry ids with the surfaces."""
    names, tokens = made(), tokenize(text)
    return {
        (names.base.entries[ref.entry].id.rpartition("/")[2], text[m.start : tokens[m.last].end])
        for m in names.scan(tokens, text)
        for ref in m.refs
    }


def test_names_match_in_three_scripts():
    """Full and short names are found, overlapping ones too."""
    assert hits("Bashar al-Assad") == {("b", "Bashar al-Assad"), ("b", "Assad")}
    assert hits("بشار الأسد") == {("b", "بشار الأسد"), ("b", "الأسد")}
    assert hits("Башар Асад") == {("b", "Башар Асад"), ("b", "Асад")}


def test_russian_case_forms_match():
    """Declined names match through the forms of the table."""
    assert hits("о Башара Асада и Путина") == {("b", "Башара Асада"), ("b", "Асада"), ("p", "Путина")}


def test_arabic_clitics_stand_before_names():
    """و, ف, ب, ك, ل and لل are taken off, and a name's own first letter is not."""
    assert hits("والأسد وبوتين") == {("b", "الأسد"), ("p", "بوتين")}
    assert hits("بالأسد فلبوتين") == {("b", "الأسد"), ("p", "بوتين")}
    assert hits("للأسد") == {("b", "لأسد")}
    assert hits("بوتين وبسوريا") == {("p", "بوتين"), ("geonames:1", "سوريا")}


def test_names_end_where_words_end():
    """A name inside a longer word of any script is none."""
    assert hits("Assadist Putinism Syriac سوريانا Путинский Сирията") == set()
    assert hits("السوريالية") == set()


def test_case_matters():
    """Names begin with a capital; abbreviations are spelt exactly."""
    assert hits("putin и асад, un") == set()
    assert hits("the UN and the U.N. met") == {("un", "UN"), ("un", "U.N")}
    assert hits("VLADIMIR PUTIN") == {("p", "VLADIMIR PUTIN"), ("p", "PUTIN")}


def test_punctuation_parts_names():
    """Words with a comma, a line break or a sentence's end between them are no name; a hyphen and quotes are."""
    assert hits("Bashar, al-Assad") == {("b", "Assad")}
    assert hits("Vladimir.\nPutin") == {("p", "Putin")}
    assert hits("Bashar al Assad") == {("b", "Bashar al Assad"), ("b", "Assad")}


def test_spelling_is_folded():
    """Harakat, tatweel, hamza, apostrophes and accents do not keep a name from matching."""
    assert hits("بشّار الاسـد") == {("b", "بشّار الاسـد"), ("b", "الاسـد")}
    assert hits("Sana’a and Sanaá") == {("geonames:2", "Sana’a"), ("geonames:2", "Sanaá")}


def test_a_base_of_the_bodies_wins_and_gets_the_position():
    """A place that the bodies have too lends them its position and goes."""
    base = made().base
    assert "rasid:place/h" not in base.by_id
    assert (base.by_id["rasid:base/h"].lat, base.by_id["rasid:base/h"].lon) == (35.4, 35.9)


def test_whole_names_are_looked_up():
    """A text that is a name, taken whole, gives its entries."""
    names = made()
    assert [names.base.entries[n].id for n in names.named("асада")] == ["rasid:person/b"]
    assert names.named("Assad in Syria") == ()


def test_marks_of_aliases():
    """The signs before an alias are taken off and kept as marks."""
    assert [tuple(parse_alias(a)) for a in ("Assad", "~Assad", "=UN", "~~Of", "~=IS")] == [
        ("Assad", 0), ("Assad", 1), ("UN", 2), ("Of", 5), ("IS", 3),
    ]  # fmt: skip


@given(st.text(max_size=30))
def test_words_of_any_name(text: str):
    """Any alias gives folded words without spaces."""
    assert all(word and " " not in word for word in name_words(text))


def test_the_packaged_names_are_many():
    """The packaged knowledge base holds about 100,000 names and finds each country by its three names."""
    names = gazetteer()
    assert names.size > 90_000
    for entry in names.base.entries:
        if entry.kind == "country":
            for name in (entry.names.en, entry.names.ar, entry.names.ru):
                assert name is None or entry in [names.base.entries[n] for n in names.named(name)]
