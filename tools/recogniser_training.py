"""What the train_recogniser_*.py scripts share: training on documents, measuring, writing what the program reads."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from recogniser_documents import LABELS, Corpus, Document
from recogniser_model import OFFSETS, Config, Params, Space, fresh, train

from processors.recogniser.lexicon import Lexicon
from processors.recogniser.store import hashes


def f1(gold: set[Any], found: set[Any]) -> dict[str, float]:
    """Give exact-span F1 by type and over all, PER, LOC and ORG only."""
    result = {}
    for kind in ("PER", "LOC", "ORG", ""):
        g = {x for x in gold if x[-1].startswith(kind) and x[-1] != "MISC"}
        f = {x for x in found if x[-1].startswith(kind) and x[-1] != "MISC"}
        result[kind or "micro"] = round(2 * len(g & f) / (len(g) + len(f)), 4) if g or f else 0.0
    return result


def folds(documents: Sequence[Document], count: int) -> list[tuple[list[Document], list[Document]]]:
    """Split whole documents into `count` pairs of training and test.

    Each set is cut into stretches that follow each other, so that the sentences of one source article stay together.
    """
    sets: dict[str, list[Document]] = {}
    for document in documents:
        sets.setdefault(document.name.rsplit("-", 1)[0], []).append(document)
    fold = {d.name: i * count // len(group) for group in sets.values() for i, d in enumerate(group)}
    return [
        ([d for d in documents if fold[d.name] != k], [d for d in documents if fold[d.name] == k]) for k in range(count)
    ]


def widened(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a span to whole words between spaces, as the scorer counts."""
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return start, end


def evaluate(
    arrays: dict[str, np.ndarray[Any, Any]], language: str, documents: Sequence[Document]
) -> tuple[set[Any], set[Any]]:
    """Run the product's own tagger on documents; give gold and found (document, start, end, type)."""
    from processors.recogniser.tagger import Tagger  # noqa: PLC0415 - only evaluation needs the run-time side
    from processors.recogniser.trim import trimmed  # noqa: PLC0415

    tagger = Tagger(arrays, language)
    gold, found = set(), set()
    for document in documents:
        gold.update((document.name, *span) for span in document.spans)
        for tag in tagger.tag(document.text):
            start, end = trimmed(document.text, tag.start, tag.end, language)
            if start < end:
                found.add((document.name, *widened(document.text, start, end), tag.type))
    return gold, found


def export(
    models: Sequence[tuple[Params, Config]],
    space: Space,
    lexicon: dict[str, np.ndarray[Any, Any]],
    smallest: float = 0.02,
) -> dict[str, np.ndarray[Any, Any]]:
    """Join models into one (the mean of their emissions) and give it as the arrays that the run-time tagger reads.

    At most one of the models may have a deep part. Features none of whose weights reaches `smallest` are left out;
    the rest are rounded to 127 steps a column.
    """
    share = 1 / len(models)
    labels = models[0][1].labels
    deep = [(p, c) for p, c in models if c.deep]
    wide = sum(np.asarray(p["wide"]) * share for p, c in models if c.wide)
    columns = [np.zeros((len(space.numbers) + 1, len(OFFSETS) * labels)) + wide]
    arrays: dict[str, Any] = {
        "labels": np.array(LABELS[:labels]),
        "transitions": sum(np.asarray(p["transitions"]) * share for p, _ in models),
        "head_bias": 0.0 + sum(np.asarray(p["head_bias"]) * share for p, _ in models),
        "edge": sum(np.asarray(p["edge"]) * share for p, _ in models),
    }
    arrays["head_bias"][0] += models[0][1].outside
    if deep:
        params = deep[0][0]
        arrays["head_weight"] = np.asarray(params["head_weight"]) * share
        for i in range(3):
            for key in ("weight", "bias", "scale", "shift"):
                if f"{key}{i}" in params:
                    arrays[f"{key}{i}"] = np.asarray(params[f"{key}{i}"])
        if "embedding" in params:
            columns.append(np.asarray(params["embedding"]))
    table = np.hstack(columns)[1:]
    names = sorted(space.numbers, key=lambda name: space.numbers[name])
    kept = np.flatnonzero(np.abs(table).max(axis=1) >= smallest)
    table = table[kept]
    scale = np.maximum(np.abs(table).max(axis=0), 1e-6) / 127
    hashed = hashes(names[i] for i in kept)
    order = np.argsort(hashed, kind="stable")
    arrays["feature_hashes"] = hashed[order]
    arrays["feature_weights"] = np.rint(table[order] / scale).astype(np.int8)
    arrays["feature_scale"] = scale.astype(np.float32)
    return {**{key: _compact(value) for key, value in arrays.items()}, **lexicon}


def _compact(value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Give large matrices in half precision and small ones in single."""
    if value.dtype.kind != "f":
        return value
    return value.astype(np.float16 if value.size > 4000 else np.float32)


def save(path: Path, arrays: dict[str, np.ndarray[Any, Any]]) -> None:
    """Write a model uncompressed (the wheel is a zip anyway), and say its size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **arrays)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")


def fit(
    documents: Sequence[Document], lexicon: dict[str, np.ndarray[Any, Any]], language: str, configs: Sequence[Config]
) -> dict[str, np.ndarray[Any, Any]]:
    """Train one model per config on the documents and join them; give the arrays to ship."""
    corpus = Corpus(Lexicon(lexicon, language))
    sentences = corpus.add(documents)
    space = Space.of(corpus.features(), sentences, configs[0].min_count)
    models = [(train(sentences, space, config, fresh(space, config)), config) for config in configs]
    return export(models, space, lexicon)


def cross_validate(
    documents: Sequence[Document], count: int, make: Callable[[list[Document]], dict[str, Any]], language: str
) -> dict[str, dict[str, float]]:
    """Train on all folds but one and test there; give F1 by set (the part of a document's name before "-")."""
    gold: dict[str, set[Any]] = {}
    found: dict[str, set[Any]] = {}
    for training, test in folds(documents, count):
        for whole, part in zip((gold, found), evaluate(make(training), language, test), strict=True):
            for span in part:
                whole.setdefault(span[0].rsplit("-", 1)[0], set()).add(span)
    return {name: f1(spans, found.get(name, set())) for name, spans in gold.items()}


def add_options(parser: argparse.ArgumentParser, language: str) -> None:
    """Add the options that all scripts have."""
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds ner_*, names, gazetteer")
    parser.add_argument("--out", type=Path, default=Path(f"processors/data/models/{language}.npz"))
    parser.add_argument("--cv", type=int, default=0, help="only cross-validate, with this many folds")
    parser.add_argument("--parts", default="wide", help="wide, deep, joint: the models to train, joined by commas")
    parser.add_argument("--set", action="append", default=[], help="override a knob, e.g. epochs=6")


def override(config: Config, settings: Sequence[str]) -> Config:
    """Give the config with `name=value` settings applied."""
    values = dict(setting.split("=", 1) for setting in settings)
    return replace(config, **{name: type(getattr(config, name))(float(value)) for name, value in values.items()})
