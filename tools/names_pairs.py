"""The name pairs that the name models learn from, and which of them are kept apart."""

from __future__ import annotations

import random
import zlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from processors.names.letters import normalise, plain

_MOST_SPELLINGS = 12  # of one Russian form: more are a mix-up of the source
_ALIKE = 0.66
_STRIPPED = 0.35  # share of Latin spellings whose diacritics are stripped: news drops them
_FRENCH = "a b v g d e io j z i i k l m n o p r s t ou f kh ts tch ch chtch _ y _ e iou ia"
_GERMAN = "a b w g d e jo sch s i j k l m n o p r s t u f ch z tsch sch schtsch _ y _ e ju ja"
_SLAVIC_ENDINGS = ("ов", "ев", "ин", "ий", "ко", "ва", "на", "ая", "ук", "юк", "ич", "ун", "гу", "ян", "зе")


def kept_apart(english: str) -> bool:
    """Tell whether a pair belongs to the test: its English form has crc32 % 10 == 0."""
    return zlib.crc32(english.encode()) % 10 == 0


def development(english: str) -> bool:
    """Tell whether a pair is for calibration only: every 20th, none of the test."""
    return zlib.crc32(english.encode()) % 20 == 1


def rows(path: Path) -> list[list[str]]:
    """Read a table of tab-separated columns."""
    with path.open(encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file]


Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Training pairs of normalised tokens; counted ones are (English, other, count)."""

    arabic: list[tuple[str, str, int]]
    russian: list[tuple[str, str, int]]
    arabic_russian: list[Pair]
    spellings: list[Pair]  # two Latin spellings of one Russian name
    transcribed: list[Pair]  # an English spelling and the French or German one, made by table


def load(data: Path) -> Pairs:
    """Read the training pairs of a directory laid out as the public set is; test and development pairs are left out."""
    arabic, russian = _counted(data, "ar"), _counted(data, "ru")
    return Pairs(arabic, russian, _arabic_russian(data, arabic, russian), _spellings(russian), _transcribed(russian))


def _counted(data: Path, language: str) -> list[tuple[str, str, int]]:
    found = []
    for part in ("train", "dev"):
        for english, other, count in rows(data / f"en_{language}_{part}.tsv"):
            first, second = normalise(english), normalise(other)
            if first and second and not kept_apart(english) and not development(english):
                found.append((first, second, int(count)))
    return found


def _arabic_russian(data: Path, arabic: list[tuple[str, str, int]], russian: list[tuple[str, str, int]]) -> list[Pair]:
    """Join on the English form; the ready-made triples come first."""
    found = {
        (normalise(second), normalise(third)): None
        for english, second, third in rows(data / "en_ar_ru_train.tsv")
        if not kept_apart(english) and not development(english)
    }
    by_english: dict[str, list[str]] = defaultdict(list)
    for english, other, _ in arabic:
        by_english[english].append(other)
    found |= {(other, russian_form): None for english, russian_form, _ in russian for other in by_english[english]}
    return [pair for pair in found if all(pair)]


def _spellings(russian: list[tuple[str, str, int]]) -> list[Pair]:
    groups: dict[str, dict[str, None]] = defaultdict(dict)
    for english, other, _ in russian:
        groups[other][plain(english)] = None
    return [
        (second, first)
        for group in groups.values()
        if 1 < len(group) <= _MOST_SPELLINGS
        for place, second in enumerate(group)
        for first in list(group)[:place]
        if (first[0] == second[0] or len(second) > 4)
        and SequenceMatcher(None, second, first, autojunk=False).ratio() >= _ALIKE
    ]


def _transcribed(russian: list[tuple[str, str, int]]) -> list[Pair]:
    """Write Slavic names as French and German newspapers do."""
    found = []
    letters = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
    french, german = (dict(zip(letters, row.split(), strict=True)) for row in (_FRENCH, _GERMAN))
    for english, other, _ in russian:
        if other.endswith(_SLAVIC_ENDINGS) and len(other) > 4:
            for table in (french, german):
                written = "".join(table.get(letter, "") for letter in other).replace("_", "")
                mute = "e" if table is french and written.endswith("in") else ""
                found.append((english, written + mute))
    return found


def latin_copies(pairs: list[tuple[str, str, int]], seed: int) -> list[Pair]:
    """Drop the counts, and the diacritics of a share of the Latin forms."""
    choice = random.Random(seed)
    return [(plain(first) if choice.random() < _STRIPPED else first, second) for first, second, _ in pairs]


def triples(data: Path, *, test: bool) -> list[tuple[str, str, str]]:
    """Give the English, Arabic and Russian forms of the test or the development names, as they are in the file."""
    wanted = kept_apart if test else development
    return [(row[0], row[1], row[2]) for row in rows(data / "en_ar_ru_train.tsv") if wanted(row[0])]


def english_counts(data: Path) -> Counter[str]:
    """Count the English forms without diacritics, test names left out."""
    counts: Counter[str] = Counter()
    for language in ("ar", "ru"):
        for part in ("train", "dev"):
            for english, _, count in rows(data / f"en_{language}_{part}.tsv"):
                if not kept_apart(english):
                    counts[plain(normalise(english))] += int(count)
    return counts
