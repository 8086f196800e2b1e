"""Make processors/data/arabic_words.txt.gz: the words by which clitics are told from first letters.

Usage: build_arabic_words.py DATA [OUT] with DATA the folder that holds articles_ar, ner_ar, langid, names and gazetteer
(see processors/data/SOURCE.md for their origin and licences).

A word that begins with و ف ب ك ل س is whole when the corpus has it behind the article (الوزير), when it is a name, when
what would remain is no word, or when the list below says so. Counting needs no annotation.
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

from processors.normalise import fold

WORD = re.compile("[ء-غف-ي]+")
CLITIC_LETTERS = "وفبكلس"
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


def main() -> None:
    """Count, decide, write."""
    data = Path(sys.argv[1])
    out = Path(sys.argv[2] if len(sys.argv) > 2 else "processors/data/arabic_words.txt.gz")
    counts = Counter(word for text in corpus(data) for word in WORD.findall(fold(text)))
    definite, people, ground, lists = behind_article(counts), names(data), places(data), own()
    total = Counter({word: counts[word] + definite[word] for word in counts.keys() | definite.keys()})
    named = {name for name, count in people.items() if WORD.fullmatch(name) and len(name) >= 3}

    words = {word for word, count in total.items() if count >= 2 and len(word) >= 3}
    words |= {name for name in named if people[name] >= 3 and len(name) >= 4} | {w for w in ground if len(w) >= 3}
    words |= lists["word"]

    whole = set(lists["whole"])
    for word in total.keys() | named | ground:
        if word[0] not in CLITIC_LETTERS or len(word) <= 3:
            continue
        rest = word[1:]
        if definite[word] >= 2 or word in ground or (people[word] >= 2 and total[rest] < 20):
            whole.add(word)
        elif (
            total[word] >= 4
            and total[rest] < max(2, total[word] * 0.04)
            and not rest.startswith("ال")
            and word[:2] != "لل"
        ):
            whole.add(word)
    whole |= {name for name in named if name[0] == "و" and total[name[1:]] < 20}
    whole -= lists["clitic"]

    endings = ("ان", "ون", "ين", "ات", "ها", "هم", "يا", "يه", "ي", "ه")
    kept = {n for n in named | ground if n.endswith(endings[:6]) and (people[n] >= 2 or n in ground)}
    # A name in -ي or -ه keeps it where the corpus knows neither what is left nor the word as an adjective.
    for name in named:
        base = name.removesuffix("يا").removesuffix("يه").removesuffix("ي").removesuffix("ه")
        if base != name and people[name] >= 2 and not definite[name] and total[base] < 2 and base + "يا" not in total:
            kept.add(name)
    bare = {n.removeprefix("ال") for n in kept}
    # No name where the word lives as the plural of another: مسلمين beside مسلم and المسلمون.
    plural = {n for n in bare if n[:-2] in words and (n[:-2] + "ون" in total) and (n[:-2] + "ين" in total)}
    kept = (bare - plural) | lists["name"]
    sections = {
        "word": words,
        "whole": whole,
        "name": {name for name in kept if len(name) >= 5 or name in lists["name"]},
        "al": own_article(data) | lists["al"],
    }

    lines = ["# Made by tools/build_arabic_words.py; sources and licences: SOURCE.md beside this file."]
    for section, members in sections.items():
        lines += [f"[{section}]", *sorted(members)]
        print(section, len(members))
    out.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), 9, mtime=0))
    print(out, out.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
