"""Trains the models of processors/names from the CC0 name pairs: about 6 minutes on one free core.

    PYTHONPATH=. python tools/train_names.py --data DIR [--out processors/data/models] [--steps 1600]

DIR holds en_ar_train.tsv and the rest as the public set does. Needs tools/requirements-names.txt. Pairs whose English
form has crc32 % 10 == 0 are never read; every 20th of the others only calibrates. A second run gives rank figures
within .005 of the first (the same on the same processor: one thread, fixed seeds).
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import names_calibration
import names_em
import names_encoder
import names_pairs
import numpy as np
from names_pairs import Pair, Pairs

from processors.names import transducer
from processors.names.encoder import Encoder
from processors.names.letters import LONGEST, normalise
from processors.names.romanise import romanise
from processors.names.transducer import RADIX

ROOT = Path(__file__).resolve().parents[1]
SEED = 7
LEAST_COUNT = 2.0  # expected: rarer outputs of a context are dropped, which costs nothing
CLUSTERS, ROUNDS = 4096, 10
SURNAME_COUNT = 20  # what a Russian surname of mimesis counts as: this desk meets them more than Wikidata does
Arrays = dict[str, np.ndarray[Any, Any]]


def main() -> None:
    """Train everything and write names.npz and names-lexicon.npz."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=ROOT / "processors" / "data" / "models")
    parser.add_argument("--steps", type=int, default=1600)
    parser.add_argument("--encoder", type=Path, help="take the encoder of this names.npz instead of training one")
    options = parser.parse_args()
    tell = _teller()
    pairs = names_pairs.load(options.data)
    arrays = _transducers(pairs, tell)
    romanisers = _romanisers(pairs, tell)
    arrays |= _encoder(pairs, options, tell)
    encoder = Encoder({name.removeprefix("encoder."): array for name, array in arrays.items() if "encoder." in name})
    arrays |= names_calibration.fit(options.data, encoder, cache(lambda name: transducer.load(arrays, name)), tell)
    lexicon = _lexicon(options.data, encoder)
    options.out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(options.out / "names.npz", **arrays)
    np.savez_compressed(options.out / "names-lexicon.npz", **romanisers, **lexicon)
    tell(f"written to {options.out}")


def _teller() -> Callable[[str], None]:
    began = time.monotonic()
    return lambda text: print(f"[{time.monotonic() - began:6.1f} s] {text}", flush=True)


def _transducers(pairs: Pairs, tell: Callable[[str], None]) -> Arrays:
    """Learn P(target | source) of the three directions that ranking asks for."""
    directions: dict[str, list[Pair]] = {
        "arabic|latin": names_pairs.latin_copies(pairs.arabic, SEED),
        "cyrillic|latin": names_pairs.latin_copies(pairs.russian, SEED),
        "arabic|cyrillic": [(russian, arabic) for arabic, russian in pairs.arabic_russian],
    }
    arrays: Arrays = {}
    for direction, some in directions.items():
        arrays |= _packed(direction, names_em.learn(some))
        tell(f"transducer {direction}: {len(some)} pairs")
    return arrays


def _packed(direction: str, levels: Sequence[names_em.Counts]) -> Arrays:
    """Pack counts: context keys as steps, outputs as columns, counts as 20 log(count / 2) in a byte."""
    kept = [(level.keys[level.counts >= LEAST_COUNT], level.counts[level.counts >= LEAST_COUNT]) for level in levels]
    outputs = np.unique(np.concatenate([keys % RADIX**2 for keys, _ in kept]))
    arrays: Arrays = {f"{direction}.outputs": outputs.astype(np.uint16)}
    for number, (keys, counts) in enumerate(kept):
        name = f"{direction}.{number}"
        arrays[f"{name}.keys"] = np.diff(keys // RADIX**2, prepend=0).astype(np.uint32)
        arrays[f"{name}.outs"] = np.searchsorted(outputs, keys % RADIX**2).astype(np.uint16)
        arrays[f"{name}.counts"] = np.minimum(255, np.rint(20 * np.log(counts / LEAST_COUNT))).astype(np.uint8)
    return arrays


def _romanisers(pairs: Pairs, tell: Callable[[str], None]) -> Arrays:
    """Learn what each Arabic and Russian letter is mostly written as; keep contexts that differ from the narrower."""
    arrays: Arrays = {}
    for script, counted in (("arabic", pairs.arabic), ("cyrillic", pairs.russian)):
        learned = names_em.learn([(other, english) for english, other in names_pairs.latin_copies(counted, SEED)])
        best: dict[int, int] = {}
        for number, level in enumerate(learned):
            best |= _most_written(number, level, best)
        contexts = sorted(best)
        arrays[f"romaniser.{script}.contexts"] = np.diff(np.array(contexts, np.int64), prepend=0)
        arrays[f"romaniser.{script}.outputs"] = np.array([best[context] for context in contexts], np.uint16)
        tell(f"romaniser {script}: {len(contexts)} contexts")
    return arrays


def _most_written(number: int, level: names_em.Counts, narrower: dict[int, int]) -> dict[int, int]:
    """Give the most frequent output of one width's contexts where it is not the narrower context's anyway."""
    most: dict[int, tuple[float, int]] = {}
    for key, count in zip(level.keys.tolist(), level.counts.tolist(), strict=True):
        context, output = divmod(key, RADIX**2)
        if count >= LEAST_COUNT and count > most.get(context, (0.0, 0))[0]:
            most[context] = (count, output)
    fresh = {}
    for context, (_, output) in most.items():
        wider = next(
            (
                narrower[mark]
                for less in range(1, number + 1)
                if (mark := (number - less) << 32 | context >> 8 * less) in narrower
            ),
            None,
        )
        if output != wider:
            fresh[number << 32 | context] = output
    return fresh


def _encoder(pairs: Pairs, options: argparse.Namespace, tell: Callable[[str], None]) -> Arrays:
    """Train the encoder, or take one that was trained before."""
    if options.encoder:
        with np.load(options.encoder) as archive:
            return {name: archive[name] for name in archive.files if name.startswith("encoder.")}
    weights = names_encoder.train(pairs, options.steps, SEED, tell)
    return {f"encoder.{name}": array for name, array in weights.items()}


def _lexicon(data: Path, encoder: Encoder) -> Arrays:
    """Cluster the English tokens seen at least twice, and the Russian surnames, by vector."""
    counts = names_pairs.english_counts(data)
    for surname in _russian_surnames():
        counts[surname] += SURNAME_COUNT
    words = sorted(word for word, count in counts.items() if count > 1 and 1 < len(word) <= LONGEST and word.isalpha())
    vectors = encoder.vectors(words)
    cluster, centres = _clustered(vectors)
    order = np.lexsort((np.arange(len(words)), cluster))
    text = "\n".join(words[place] for place in order)
    frequency = [min(255, round(10 * math.log(counts[words[place]]))) for place in order]
    return {
        "lexicon.words": np.frombuffer(text.encode(), np.uint8),
        "lexicon.frequency": np.array(frequency, np.uint8),
        "lexicon.sizes": np.bincount(cluster, minlength=CLUSTERS).astype(np.uint16),
        "lexicon.centres": np.rint(centres * 127).astype(np.int8),
    }


def _russian_surnames() -> list[str]:
    """Give mimesis's Russian surnames (MIT) in Latin letters, test names left out."""
    text = (resources.files("mimesis") / "datasets" / "ru" / "person.json").read_text(encoding="utf-8")
    surnames = json.loads(text)["surnames"]
    spelled = {romanise(normalise(name)) for names in surnames.values() for name in names}
    return sorted(name for name in spelled if not names_pairs.kept_apart(name))


def _clustered(vectors: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Give each vector's cluster and the centres (spherical k-means)."""
    choice = np.random.default_rng(SEED)
    centres = vectors[choice.choice(len(vectors), CLUSTERS, replace=False)]
    nearest = np.zeros(len(vectors), np.int64)
    for _ in range(ROUNDS):
        for start in range(0, len(vectors), 4096):
            part = slice(start, start + 4096)
            nearest[part] = (vectors[part] @ centres.T).argmax(axis=1)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, vectors)
        filled = np.bincount(nearest, minlength=CLUSTERS) > 0
        centres[filled] = sums[filled] / np.linalg.norm(sums[filled], axis=1, keepdims=True)
    return nearest, centres


if __name__ == "__main__":
    main()
