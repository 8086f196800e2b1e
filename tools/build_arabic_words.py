"""Make processors/data/arabic_words.txt.gz: the words by which clitics are told from first letters.

Usage: build_arabic_words.py DATA [OUT] with DATA the folder that holds articles_ar, ner_ar, langid, names and gazetteer
(see processors/data/LANGUAGE.md for their origin and licences).

A word that begins with و ف ب ك ل س is whole when the corpus has it behind the article (الوزير), when it is a name and
what would remain is no commoner word, when what would remain is no word, or when the list below says so. Counting
needs no annotation.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from processors.arabic import uninflected
from processors.normalise import fold

WORD = re.compile("[ء-غف-ي]+")
CLITIC_LETTERS = "وفبكلس"
PREPOSITIONS = "بكل"
OFTEN = 5  # bearers from which a name is a common one
KNOWLEDGE = Path(__file__).parents[1] / "processors/data"
OWN = Path(__file__).with_name("arabic_own_words.txt")


def corpus(data: Path) -> Iterator[str]:
    """Give the running text whose licence lets its word list be shipped."""
    with (data / "articles_ar/articles.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            article = json.loads(line)
            yield article["title"] + "\n" + article["text"]
    for part in ("train", "val"):
        yield " ".join(
            line.partition("\t")[0]
            for line in (data / f"ner_ar/wojood_sample_{part}.conll").read_text(encoding="utf-8").splitlines()
        )
    yield (data / "langid/ar.txt").read_text(encoding="utf-8")


def names(data: Path) -> Counter[str]:
    """Count name tokens: people (Wikidata, Wikipedia) and places (GeoNames, CLDR, Who's On First, OpenSyria)."""
    counted: Counter[str] = Counter()
    with (data / "names/en_ar_train.tsv").open(encoding="utf-8") as rows:
        for _, arabic, count in csv.reader(rows, delimiter="\t", quoting=csv.QUOTE_NONE):
            counted[fold(arabic)] += int(count)
    with (data / "gazetteer/extra/google-ar2en/ar2en.tsv").open(encoding="utf-8") as rows:
        for row in csv.reader(rows, delimiter="\t", quoting=csv.QUOTE_NONE):
            counted[fold(row[0])] += 1
    return counted


def places(data: Path) -> set[str]:
    """Give the words of the names of places."""
    found: set[str] = set()
    for line in (data / "gazetteer/cities_geonames.jsonl").read_text(encoding="utf-8").splitlines():
        for name in json.loads(line)["ar"][:2]:
            found.update(WORD.findall(fold(name)))
    for line in (data / "gazetteer/territories_cldr_babel.jsonl").read_text(encoding="utf-8").splitlines():
        found.update(WORD.findall(fold(json.loads(line)["ar"] or "")))
    with (data / "gazetteer/extra/opensyria-geography/admin_names.tsv").open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows, delimiter="\t"):
            found.update(WORD.findall(fold(row["ar"])))
    return found


def knowledge(table: str) -> set[str]:
    """Give the words of the Arabic names of a table of the knowledge base."""
    lines = (KNOWLEDGE / table).read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE)
    found = {word for row in rows for word in WORD.findall(fold(row["name_ar"] + " " + row["aliases_ar"]))}
    return {word for word in found if len(word) >= 3}


def own() -> dict[str, set[str]]:
    """Read our own lists: sections [word], [whole], [clitic], [name] and [al], words apart by white space."""
    sections: dict[str, set[str]] = {}
    for line in OWN.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), set())
        elif not line.startswith("#"):
            section.update(fold(line).split())
    return sections


def behind_article(counts: Counter[str]) -> Counter[str]:
    """Count each word behind an article that cannot be read otherwise."""
    found: Counter[str] = Counter()
    for word, count in counts.items():
        for article in ("ال", "وال", "بال", "لل", "وبال", "ولل"):
            if word.startswith(article) and len(word) - len(article) >= 3:
                found[word[len(article) :]] += count
                break
    return found


def own_article(data: Path) -> set[str]:
    """Give the words whose first two letters look like the article: ألمانيا, إلغاء, آلاف; the hamza tells in print."""
    marked: Counter[str] = Counter()
    bare: Counter[str] = Counter()
    for text in corpus(data):
        for word in re.findall("(?<![ء-ي])[أإآ]ل[ء-غف-ي]{2,}", text):
            marked[fold(word)] += 1
        for word in re.findall("(?<![ء-ي])ال[ء-غف-ي]{2,}", text):
            bare[fold(word)] += 1
    return {word for word, count in marked.items() if count > bare[word] and len(word) >= 4}


class Evidence(NamedTuple):
    """What the sources say of the words."""

    total: Counter[str]  # in running text, with or without the article
    definite: Counter[str]  # behind the article
    people: Counter[str]  # as a name
    ground: set[str]  # in names of places
    known_people: set[str]
    known_bodies: set[str]
    lists: dict[str, set[str]]

    @property
    def named(self) -> set[str]:
        """Give the words that are names."""
        return {name for name in self.people if WORD.fullmatch(name) and len(name) >= 3}


def gather(data: Path) -> Evidence:
    """Count all sources."""
    counts = Counter(word for text in corpus(data) for word in WORD.findall(fold(text)))
    definite = behind_article(counts)
    total = Counter({word: counts[word] + definite[word] for word in counts.keys() | definite.keys()})
    known_people, known_bodies = knowledge("people.tsv"), knowledge("bodies.tsv")
    return Evidence(total, definite, names(data), places(data), known_people, known_bodies, own())


def words(seen: Evidence) -> set[str]:
    """Give the words that may follow a clitic."""
    found = {word for word, count in seen.total.items() if count >= 2 and len(word) >= 3}
    found |= {name for name in seen.named if seen.people[name] >= 3 and len(name) >= 4}
    found |= {word for word in seen.ground if len(word) >= 3}
    found |= {word.removeprefix("ال") for word in seen.known_people | seen.known_bodies}
    return found | seen.lists["word"] | seen.lists["whole"] | seen.known_people


def whole(seen: Evidence) -> set[str]:
    """Give the words that begin with a clitic's letter which is their own."""
    found = seen.lists["whole"] | {word for word in seen.known_people if word[0] in CLITIC_LETTERS and len(word) > 3}
    for word in seen.total.keys() | seen.named | seen.ground:
        if word[0] in CLITIC_LETTERS and len(word) > 3 and owns_first_letter(word, seen):
            found.add(word)
    found |= {name for name in seen.named if name[0] == "و" and name[1:3] != "ال" and seen.total[name[1:]] < 20}
    given = {n for n in seen.named if n[0] in CLITIC_LETTERS and len(n) > 3 and is_given(n, seen)}
    return (found | without_need(given, words(seen))) - seen.lists["clitic"]


def owns_first_letter(word: str, seen: Evidence) -> bool:
    """Tell whether the article stands before the word, or it is a name, or what would be left is no word."""
    rest = word[1:]
    if seen.definite[word] >= 2 or word in seen.ground or (seen.people[word] >= 2 and seen.total[rest] < 20):
        return True
    if rest.startswith("ال") or word.startswith("لل"):
        return False
    return seen.total[word] >= 4 and seen.total[rest] < max(2, seen.total[word] * 0.04)


def is_given(word: str, seen: Evidence) -> bool:
    """Tell whether people bear a word as a name, and what would be left is no commoner word.

    A preposition (ليلى is no ل + يلي) stands before nouns, so before what the corpus knows behind the article.
    """
    rest = word[1:]
    if rest.startswith("ال") or word.startswith("لل"):
        return False
    if word[0] in PREPOSITIONS and seen.people[word] >= OFTEN and seen.definite[rest] < 2:
        return True
    return seen.people[word] > 0 and seen.total[rest] < 2 and seen.people[rest] <= seen.people[word]


def without_need(found: set[str], standing: set[str]) -> set[str]:
    """Leave out those words whose first letter nobody would take for a clitic: what is left is no form of a word."""
    forms = standing | set(map(uninflected, standing))
    return {word for word in found if any(uninflected(word[cut:]) in forms for cut in (1, 2))}


def kept_names(seen: Evidence) -> set[str]:
    """Give the names that keep an ending which looks like a plural, a pronoun or a relation."""
    endings = ("ان", "ون", "ين", "ات", "ها", "هم")
    kept = {n for n in seen.named if n.endswith(endings) and seen.people[n] >= 2} | {
        n for n in seen.ground if n.endswith(endings)
    }
    # A name in -ي or -ه keeps it where the corpus knows neither what is left nor the word as an adjective.
    for name in seen.named:
        base = name.removesuffix("يا").removesuffix("يه").removesuffix("ي").removesuffix("ه")
        unknown = not seen.definite[name] and seen.total[base] < 2 and base + "يا" not in seen.total
        if base != name and seen.people[name] >= 2 and unknown:
            kept.add(name)
    kept |= {word for word in seen.known_people if not seen.definite[word.removeprefix("ال")]}
    bare = {name.removeprefix("ال") for name in kept}
    standing = words(seen)
    # No name where the word lives as the plural of another: مسلمين beside مسلم and المسلمون.
    plural = {n for n in bare if n[:-2] in standing and n[:-2] + "ون" in seen.total and n[:-2] + "ين" in seen.total}
    return {name for name in bare - plural if len(name) >= 5} | seen.lists["name"]


def main() -> None:
    """Count, decide, write."""
    data = Path(sys.argv[1])
    out = Path(sys.argv[2] if len(sys.argv) > 2 else "processors/data/arabic_words.txt.gz")
    seen = gather(data)
    sections = {
        "word": words(seen),
        "whole": whole(seen),
        "name": kept_names(seen),
        "al": own_article(data) | seen.lists["al"],
    }
    lines = ["# Made by tools/build_arabic_words.py; sources and licences: LANGUAGE.md beside this file."]
    for section, members in sections.items():
        lines += [f"[{section}]", *sorted(members)]
        print(section, len(members))
    out.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), 9, mtime=0))
    print(out, out.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
