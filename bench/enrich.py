"""Enrichment: articles of 4 KB a second and core, cold and warm, between a plain daachorse scan and natasha.

    python bench/enrich.py [--rounds N] [--articles N]

The texts are the sample's, joined and cut to 4,096 bytes. The ceiling is one Aho-Corasick scan of the folded text with
the same names; the floor is natasha's tagger (Russian only, `pip install natasha`). Medians of interleaved rounds in
one process, CPU seconds.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).parents[1] / "ingest" / "data" / "sample"
BYTES = 4096


def texts(language: str, count: int) -> list[str]:
    """Give texts of 4 KB: windows of the sample's texts, each beginning at another paragraph."""
    rows = [json.loads(line) for line in (SAMPLE / f"{language}.jsonl").open(encoding="utf8")]
    paragraphs = [p for row in rows for p in row["text"].split("\n") if p.strip()]
    made = []
    for start in range(count):
        turned = paragraphs[start % len(paragraphs) :] + paragraphs[: start % len(paragraphs)]
        made.append("\n".join(turned).encode()[:BYTES].decode("utf8", "ignore"))
    return made


def seconds(work: Callable[[str], object], made: list[str]) -> float:
    """Give the CPU seconds that all texts take."""
    began = time.process_time()
    for text in made:
        work(text)
    return time.process_time() - began


def natasha() -> Callable[[str], object] | None:
    """Give natasha's name tagging, if it is installed."""
    if not find_spec("natasha"):
        return None
    from natasha import Doc, NewsEmbedding, NewsNERTagger, Segmenter  # noqa: PLC0415 - optional peer

    segmenter, tagger = Segmenter(), NewsNERTagger(NewsEmbedding())

    def tag(text: str) -> object:
        doc = Doc(text)
        doc.segment(segmenter)
        doc.tag_ner(tagger)
        return doc.spans

    return tag


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--articles", type=int, default=60)
    options = arguments.parse_args()
    began = time.perf_counter()
    from processors import entities  # noqa: PLC0415 - its loading is measured
    from processors.enrich import enrich_text  # noqa: PLC0415 - as above
    from processors.gazetteer import gazetteer  # noqa: PLC0415 - as above
    from processors.normalise import fold  # noqa: PLC0415 - as above
    from processors.tokens import tokenize  # noqa: PLC0415 - as above

    enrich_text("", "Сирия и Россия")
    print(f"first article after {time.perf_counter() - began:.1f} s")
    automaton: Any = gazetteer()._automaton  # noqa: SLF001 - the ceiling is the bare scan

    def known_names(text: str) -> object:
        return entities.find("", text, [], tokenize(text), "ru")

    works: dict[str, Callable[[str], object]] = {
        "everything": lambda text: enrich_text("", text),
        "known names": known_names,
        "daachorse scan": lambda text: automaton.find_overlapping(fold(text)),
    }
    for language in ("ar", "en", "ru"):
        made = texts(language, options.articles)
        peers = works | ({"natasha": peer} if language == "ru" and (peer := natasha()) else {})
        cold = {name: len(made) / seconds(work, made) for name, work in peers.items()}
        rounds: dict[str, list[float]] = {name: [] for name in peers}
        for _ in range(options.rounds):
            for name, work in peers.items():
                rounds[name].append(len(made) / seconds(work, made))
        for name, rates in rounds.items():
            print(
                f"{language}  {name:15} {statistics.median(rates):8.0f} articles/s warm  {cold[name]:8.0f} first pass"
            )
    print(f"memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
