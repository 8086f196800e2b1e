"""Make processors/data/russian_stems.txt: forms of nouns that Snowball stems otherwise than the noun's other forms.

Usage: build_russian_stems.py DATA [OUT] with DATA the folder that holds articles_ru. Snowball takes режим to реж and
режима to режим, Йемена to йем and Йемену to йемен: the word a person types then misses the text. pymorphy3 declines the
nouns of the articles and of the knowledge base; a form that stands apart gets the stem that most forms of its noun
have. Only such pairs are kept.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pymorphy3

from processors.normalise import fold
from processors.stems import stem_by_rule

WORD = re.compile("[а-яё]{4,}")
OWN = {  # names that the dictionary lacks
    name + ending: name for name in ("игил", "хмеймим", "даиш") for ending in ("", "а", "у", "ом", "е")
}
SHARED = 3  # letters that stem and form have in common
KNOWLEDGE = Path(__file__).parents[1] / "processors/data"


def vocabulary(data: Path) -> Iterator[str]:
    """Give the lower-case words of the articles and of the Russian names of people and bodies."""
    for line in (data / "articles_ru/articles.jsonl").read_text(encoding="utf-8").splitlines():
        article = json.loads(line)
        yield from WORD.findall((article["title"] + "\n" + article["text"]).lower())
    for table in ("people.tsv", "bodies.tsv", "places_by_hand.tsv"):
        lines = (KNOWLEDGE / table).read_text(encoding="utf-8").splitlines()
        for row in csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t"):
            for value in row.values():
                yield from WORD.findall(str(value).lower())


def apart(reading: pymorphy3.analyzer.Parse, morphology: pymorphy3.MorphAnalyzer) -> dict[str, str]:
    """Give the forms of a noun that have not the stem of most, with that stem."""
    forms = {fold(form.word) for form in reading.lexeme}
    counts = Counter(stem_by_rule(form) for form in sorted(forms))
    common = max(counts, key=lambda stem: (counts[stem], len(stem), stem))
    return {
        form: common
        for form in forms
        if stem_by_rule(form) != common and form[:SHARED] == common[:SHARED] and is_form_of(form, reading, morphology)
    }


def is_form_of(form: str, noun: pymorphy3.analyzer.Parse, morphology: pymorphy3.MorphAnalyzer) -> bool:
    """Tell whether the likeliest reading of a form is that noun."""
    first = morphology.parse(form)[0]
    return first.tag.POS == "NOUN" and fold(first.normal_form) == fold(noun.normal_form)


def main() -> None:
    """Decline, compare, write."""
    out = Path(sys.argv[2] if len(sys.argv) > 2 else "processors/data/russian_stems.txt")
    morphology = pymorphy3.MorphAnalyzer()
    nouns: dict[str, pymorphy3.analyzer.Parse] = {}
    for word in sorted(set(vocabulary(Path(sys.argv[1])))):
        reading = morphology.parse(word)[0]
        likely = reading.tag.POS == "NOUN" and reading.score >= 0.3 and morphology.word_is_known(word)
        if likely and "Patr" not in reading.tag and reading.normal_form.isalpha():
            nouns.setdefault(reading.normal_form, reading)
    found = dict(OWN)
    for name in sorted(nouns):
        found |= apart(nouns[name], morphology)
    lines = [
        "# Made by tools/build_russian_stems.py; see LANGUAGE.md beside this file. A form of a noun, and its stem."
    ]
    out.write_text(
        "\n".join(lines + [f"{form} {stem}" for form, stem in sorted(found.items())]) + "\n", encoding="utf-8"
    )
    print(len(nouns), "nouns", len(found), "forms", out.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
