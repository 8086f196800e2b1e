"""Measures processors/names on the pairs kept apart: ranks, same or not, keys, speed.

    PYTHONPATH=. python tools/evaluate_names.py --data DIR

DIR is laid out as for tools/train_names.py. Prints one line a figure.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import names_pairs

from processors.names import NameMatcher
from processors.names.letters import normalise, plain
from processors.names.romanise import canonical

Triple = tuple[str, str, str]
_COLUMNS = {"en": 0, "ar": 1, "ru": 2}
_LARGE = 20_000


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    triples = names_pairs.triples(options.data, test=True)
    matcher = NameMatcher()
    _ranks(matcher, triples[:1805], options.data)
    variants = _variants(options.data)
    for first, second in (("ar", "en"), ("ru", "en"), ("ar", "ru")):
        _joining(matcher, triples, (first, second), variants)
    _keys(matcher, triples, "kept apart (not in the lexicon)", variants)
    _keys(matcher, names_pairs.triples(options.data, test=False), "development (in the lexicon)", variants)


def _ranks(matcher: NameMatcher, triples: Sequence[Triple], data: Path) -> None:
    """Print top 1 and top 5 in the pool of the test's own spellings, and among 20,000."""
    own = sorted({triple[0] for triple in triples})
    others = sorted(set(names_pairs.english_counts(data)) - set(own))
    random.Random(5).shuffle(others)
    for pool in (own, own + others[: _LARGE - len(own)]):
        for language in ("ar", "ru"):
            began = time.monotonic()
            ranked = matcher.rank([triple[_COLUMNS[language]] for triple in triples], pool)
            seconds = time.monotonic() - began
            top1 = sum(row[:1] == [triple[0]] for row, triple in zip(ranked, triples, strict=True)) / len(triples)
            top5 = sum(triple[0] in row for row, triple in zip(ranked, triples, strict=True)) / len(triples)
            rate = len(triples) / seconds
            print(f"rank {language} to en, {len(pool)}: top1 {top1:.4f} top5 {top5:.4f}, {rate:.0f} names/s")


def _variants(data: Path) -> Callable[[str, str], bool]:
    """Give a test whether two English forms are spellings of one name: one foreign form, or one canonical form."""
    foreign: dict[str, set[str]] = defaultdict(set)
    for language in ("ar", "ru"):
        for part in ("train", "dev"):
            for english, other, _ in names_pairs.rows(data / f"en_{language}_{part}.tsv"):
                foreign[english].add(other)

    def variants(first: str, second: str) -> bool:
        one, other = (canonical(plain(normalise(name))) for name in (first, second))
        return one == other or bool(foreign[first] & foreign[second])

    return variants


def _joining(
    matcher: NameMatcher, triples: Sequence[Triple], languages: tuple[str, str], variants: Callable[[str, str], bool]
) -> None:
    """Print precision and coverage of `same` against three kinds of wrong partner, as many as right ones."""
    first, second = (_COLUMNS[language] for language in languages)
    usable = [triple for triple in triples if normalise(triple[first]) and normalise(triple[second])]
    pool = sorted({triple[second] for triple in usable})
    english = {triple[second]: triple[0] for triple in usable}
    near = matcher.rank([triple[first] for triple in usable], pool)
    choice = random.Random(5)
    nearest = [next(n for n in row if n != triple[second]) for row, triple in zip(near, usable, strict=True)]
    wrong = {
        "nearest": nearest,
        "nearest that is no spelling variant": [
            next((n for n in row if n != triple[second] and not variants(english[n], triple[0])), "")
            for row, triple in zip(near, usable, strict=True)
        ],
        "any": [choice.choice([name for name in choice.sample(pool, 2) if name != t[second]]) for t in usable],
    }
    right = sum(matcher.same(triple[first], triple[second])[0] for triple in usable)
    for kind, names in wrong.items():
        false = sum(matcher.same(triple[first], name)[0] for triple, name in zip(usable, names, strict=True) if name)
        precision, coverage = right / (right + false), right / len(usable)
        f1 = 2 * right / (right + false + len(usable))
        label = "-".join(languages)
        print(f"same {label}, wrong = {kind}: precision {precision:.4f} coverage {coverage:.3f} F1 {f1:.4f}")


def _keys(matcher: NameMatcher, triples: Sequence[Triple], label: str, variants: Callable[[str, str], bool]) -> None:
    """Print how often two languages' forms of a name have one key, and how often those of different names."""
    began = time.process_time()
    keys = [[matcher.key(form) for form in triple] for triple in triples]
    each = (time.process_time() - began) / len(triples) / 2 * 1e3
    for one, other in (("en", "ar"), ("en", "ru"), ("ar", "ru")):
        first, second = _COLUMNS[one], _COLUMNS[other]
        holders: dict[str, list[int]] = defaultdict(list)
        for place, key in enumerate(keys):
            holders[key[first]].append(place)
        true = sum(key[first] == key[second] for key in keys)
        false = [
            (triples[holder][0], triples[place][0])
            for place, key in enumerate(keys)
            for holder in holders[key[second]]
            if triples[holder][first] != triples[place][first] and triples[holder][second] != triples[place][second]
        ]
        worse = sum(not variants(*pair) for pair in false)
        print(
            f"key {one}-{other}, {label}: coverage {true / len(keys):.3f} precision {true / (true + len(false)):.4f},"
            f" spelling variants counted as one name {true / math.fsum([true, worse]):.4f}"
        )
    print(f"key, {label}: {each:.2f} ms CPU a name in Arabic or Russian")


if __name__ == "__main__":
    main()
