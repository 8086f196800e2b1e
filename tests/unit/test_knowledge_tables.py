"""The tables of people and bodies, held to what KNOWLEDGE.md promises."""

import re
from collections import defaultdict
from importlib import resources
from typing import NamedTuple

import pytest
from babel import Locale

from processors.normalise import fold

TONGUES = ("en", "ar", "ru")
NAME_COLUMNS = [f"{kind}_{tongue}" for kind in ("name", "aliases") for tongue in ("en", "ar", "ru")]
COLUMNS = ["id", "type", "kind", *NAME_COLUMNS, "country", "about", "roles", "gender"]
TYPES = {
    "person": "PER",
    "org": "ORG",
    "group": "ORG",
    "media": "ORG",
    "base": "LOC",
    "place": "LOC",
    "process": "MISC",
}
TABLES = {"people.tsv": {"person"}, "bodies.tsv": set(TYPES) - {"person"}}

_ID = re.compile(r"([a-z]+)/[a-z0-9]+(?:-[a-z0-9]+)*")
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_LATIN = re.compile(r"[A-Za-z]")
_DATE = r"\d{4}(?:-(?:0[1-9]|1[0-2]))?"
_SPAN = re.compile(rf"(?P<start>{_DATE})|(?P<since>{_DATE})?\.\.(?P<until>{_DATE})?")


def text_of(table: str) -> str:
    """Read a table as it is packaged."""
    return resources.files("processors.data").joinpath(table).read_text(encoding="utf8")


def rows_of(table: str) -> list[dict[str, str]]:
    """Read the rows of a table."""
    header, *rows = (line.split("\t") for line in text_of(table).splitlines() if not line.startswith("#"))
    return [dict(zip(header, row, strict=True)) for row in rows]


class Mark(NamedTuple):
    """What stands before an alias: `~` doubtful, `=` exact."""

    doubtful: bool = False
    exact: bool = False


def names_of(row: dict[str, str], tongue: str) -> dict[str, Mark]:
    """Give an entry's names in one language; an alias equal to the name gives the name its mark."""
    name, aliases = row[f"name_{tongue}"], row[f"aliases_{tongue}"]
    found = {name: Mark()} if name else {}
    for alias in aliases.split(" | ") if aliases else ():
        text = alias.lstrip("~=")
        marks = alias.removesuffix(text)
        found[text] = Mark("~" in marks, "=" in marks)
    return found


def name_words(text: str) -> list[str]:
    """Give the folded words of a name: spelling, case, hyphens and quotes make no other name."""
    return re.findall(r"[^\W_]+", fold(text))


ROWS = [row for table in TABLES for row in rows_of(table)]


def every_name() -> list[tuple[dict[str, str], str, str, Mark]]:
    """Give each name of each entry with its language and mark."""
    return [(row, tongue, *pair) for row in ROWS for tongue in TONGUES for pair in names_of(row, tongue).items()]


NAMES = every_name()


def bearers(name: str) -> set[str]:
    """Give the ids of the entries of which `name` is a name, written in any way that folds to the same."""
    wanted = name_words(name)
    return {row["id"] for row, _, text, _ in NAMES if name_words(text) == wanted}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_states_its_licence_and_has_the_agreed_columns(table: str):
    """Comments with the licence stand first, then one header line, then rows of as many cells."""
    lines = text_of(table).splitlines()
    comments = [line for line in lines if line.startswith("#")]
    assert lines[: len(comments)] == comments
    assert "CC0" in "".join(comments)
    assert lines[len(comments)].split("\t") == COLUMNS
    assert {line.count("\t") for line in lines[len(comments) :]} == {len(COLUMNS) - 1}


@pytest.mark.parametrize("table", TABLES)
def test_ids_are_sorted_unique_and_of_the_tables_kinds(table: str):
    """A person who edits finds the place; two entries never share an id."""
    ids = [row["id"] for row in rows_of(table)]
    assert ids == sorted(set(ids))
    assert {i.partition("/")[0] for i in ids} <= TABLES[table]


def test_an_entry_is_well_formed():
    """The id is a slug whose kind fits the type; no cell has stray white space; an English name is there."""
    for row in ROWS:
        found = _ID.fullmatch(row["id"])
        assert found, row["id"]
        assert row["type"] == TYPES[found[1]], row["id"]
        assert row["kind"], row["id"]
        assert row["name_en"], row["id"]
        assert row["gender"] in ({"m", "f"} if row["type"] == "PER" else {""}), row["id"]


def test_no_cell_has_stray_white_space_or_invisible_letters():
    """What nobody sees would keep a name from being found."""
    for row in ROWS:
        for cell in row.values():
            assert cell == " ".join(cell.split()), row["id"]
            assert cell.isprintable(), row["id"]


def test_every_entry_has_an_arabic_or_a_russian_name_and_every_person_both_but_few():
    """Names that media do not use are left out, which is the exception."""
    assert all(row["name_ar"] or row["name_ru"] for row in ROWS)
    people = [row for row in ROWS if row["type"] == "PER"]
    lacking = [row["id"] for row in people if not (row["name_ar"] and row["name_ru"])]
    assert len(lacking) <= len(people) // 50, lacking


def test_countries_are_iso_codes():
    """Country and about hold ISO 3166 two-letter codes with one space between."""
    known = {code for code in Locale("en").territories if len(code) == 2 and code.isalpha()}
    for row in ROWS:
        for column in ("country", "about"):
            codes = row[column].split(" ") if row[column] else []
            assert set(codes) <= known, (row["id"], column)
            assert len(codes) == len(set(codes)), (row["id"], column)


def test_dates_of_roles_are_well_formed_and_in_order():
    """A role's dates are years or year-months, from..to, either left open."""
    for row in ROWS:
        for word in re.findall(r"\S*\d{4}\S*|\S*\.\.\S*", row["roles"].replace(";", " ")):
            if re.fullmatch(r"\d{4}", word) and row["roles"].count("..") == 0:
                continue
            found = _SPAN.fullmatch(word)
            assert found, (row["id"], word)
            if found["since"] and found["until"]:
                assert found["since"] <= found["until"], (row["id"], word)


def test_names_are_in_the_script_of_their_column():
    """Arabic stands under ar, Cyrillic (or a Latin brand) under ru, Latin under en."""
    for row, tongue, text, _ in NAMES:
        place = (row["id"], text)
        if tongue == "ar":
            assert _ARABIC.search(text), place
            assert not _LATIN.search(text), place
            assert not _CYRILLIC.search(text), place
        else:
            assert not _ARABIC.search(text), place
        if tongue == "en":
            assert not _CYRILLIC.search(text), place


def test_no_word_mixes_latin_and_cyrillic_letters():
    """Look-alike letters of the other script would keep a name from ever being found."""
    for row, _, text, _ in NAMES:
        for word in re.split(r"[^\w]+", text):
            assert not (_LATIN.search(word) and _CYRILLIC.search(word)), (row["id"], text)


def test_a_name_of_two_entries_is_marked_doubtful_in_both():
    """No name links to whichever entry happens to come first."""
    seen: dict[str, list[tuple[str, Mark, str]]] = defaultdict(list)
    for row, _, text, mark in NAMES:
        seen[" ".join(name_words(text))].append((row["id"], mark, text))
    for name, uses in seen.items():
        if len({i for i, _, _ in uses}) > 1:
            assert all(mark.doubtful for _, mark, _ in uses), (name, uses)


def test_no_alias_is_repeated():
    """An alias that folds to another one of its entry says nothing new, unless it is an abbreviation or sets a mark."""
    for row in ROWS:
        for tongue in TONGUES:
            cell = row[f"aliases_{tongue}"]
            aliases = cell.split(" | ") if cell else []
            assert all(a.strip("~= ") for a in aliases), row["id"]
            assert len(aliases) == len({a.lstrip("~=") for a in aliases}), (row["id"], tongue)


def test_a_single_name_of_a_person_needs_context():
    """A surname alone is somebody else's too; initials (MBS) at least keep their case."""
    for row, _, text, mark in NAMES:
        if row["type"] == "PER" and len(name_words(text)) == 1:
            assert mark.doubtful or mark.exact, (row["id"], text)


def test_short_latin_and_cyrillic_abbreviations_keep_their_case():
    """ISIS and ИГ are not the river and not the letters inside a sentence."""
    for row, tongue, text, mark in NAMES:
        if tongue != "ar" and len(text) <= 3 and text.isupper():
            assert mark.exact, (row["id"], text)


def test_the_base_is_large_enough():
    """At least 600 entries, people and bodies both."""
    assert len(ROWS) >= 600
    assert sum(row["type"] == "PER" for row in ROWS) >= 330
    assert sum(row["type"] != "PER" for row in ROWS) >= 270


@pytest.mark.parametrize(
    ("entry", "names"),
    [
        ("person/sergei-shoigu", "Sergei Shoigu|Shoygu|Choïgou|Shoïgu|شويغو|سيرغي شويغو|Шойгу|Сергей Шойгу"),
        ("person/bashar-al-assad", "Al Asad|el-Assad|Assad|الأسد|بشار الاسد|Асад|Башар Асад"),
        ("person/ahmed-al-sharaa", "al-Jolani|Joulani|Golani|الجولاني|أبو محمد الجولاني|Джулани|Ахмед Шараа|الشرع"),
        ("person/sergei-vershinin", "Vershinin|سيرغي فيرشينن|Вершинин"),
        ("person/alexander-yefimov", "Alexander Yefimov|ألكسندر إيفيموف|Александр Ефимов"),
        ("group/islamic-state", "Daesh|ISIL|داعش|ИГИЛ|ДАИШ|ИГ|Islamic State"),
        ("group/syrian-democratic-forces", "SDF|قسد|СДС"),
        ("group/hayat-tahrir-al-sham", "HTS|هيئة تحرير الشام|Хайят Тахрир аш-Шам"),
        ("base/hmeimim", "Hmeimim|Khmeimim|حميميم|Хмеймим"),
        ("process/unsc-2254", "Resolution 2254|القرار 2254|резолюция 2254"),
        ("process/march-10-agreement", "10 March agreement|اتفاق 10 آذار|соглашение от 10 марта"),
    ],
)
def test_spellings_of_one_name_meet_in_one_entry(entry: str, names: str):
    """Competing transliterations, nicknames and abbreviations in all three scripts are of one id."""
    for name in names.split("|"):
        assert entry in bearers(name), name


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("Larisa Shoigu", "person/larisa-shoigu"),
        ("لاريسا شويغو", "person/larisa-shoigu"),
        ("Лариса Шойгу", "person/larisa-shoigu"),
        ("Maher al-Assad", "person/maher-al-assad"),
        ("حافظ الأسد", "person/hafez-al-assad"),
        ("Асма Асад", "person/asma-al-assad"),
        ("رفعت الأسد", "person/rifaat-al-assad"),
        ("بحيرة الأسد", "place/lake-assad"),
        ("جامعة تشرين", "org/tishreen-university"),
    ],
)
def test_a_namesake_is_an_entry_of_its_own(name: str, entry: str):
    """Another first name, or a thing named after someone, is not the best known bearer."""
    assert bearers(name) == {entry}


@pytest.mark.parametrize("word", ["أسد", "نصيب الأسد", "بوروسيا", "Borussia", "lion", "лавровый", "Сирил", "ليفربول"])
def test_everyday_words_and_lookalikes_are_no_names(word: str):
    """The lion, his share and a football club stand in no table."""
    assert not bearers(word)
