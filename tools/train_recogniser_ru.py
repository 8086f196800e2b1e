#!/usr/bin/env python3
"""Trains the Russian recogniser: slovnet's network with quantised word vectors, tuned together with a linear part.

    train_recogniser_ru.py --data ../shared/data [--out processors/data/models/ru.npz] [--cv 5]

Needs tools/requirements-models.txt (natasha carries the weights, MIT) and ner_ru/factrueval_devset.conll (MIT). About
15 minutes on one core. The same machine gives the same file; elsewhere F1 ± .005.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import natasha
import numpy as np
import recogniser_training as rt
from navec import Navec
from recogniser_documents import Corpus, Document, Sentence, read_conll
from recogniser_model import Config, Params, Space, train
from recogniser_tables import build_lexicon
from sklearn.cluster import KMeans
from slovnet import NER

from processors.recogniser.lexicon import Lexicon
from processors.recogniser.network import WordVectors
from processors.recogniser.store import hashes

Array = np.ndarray[Any, Any]
SUBSPACES, DIMS, CENTROIDS = 32, 128, 256
CONFIG = Config(
    epochs=8, widths=(256, 128, 64), deep_rate=5e-4, wide_l2=1.0, dropout=0.2, lexical_dropout=0.0
)  # fmt: skip


def slovnet_parts() -> tuple[Any, Any]:
    """Read the two MIT files that the natasha package carries."""
    data = Path(natasha.__file__).parent / "data"
    vectors = Navec.load(data / "emb" / "navec_news_v1_1B_250K_300d_100q.tar")
    network = NER.load(data / "model" / "slovnet_ner_news_v1.tar")
    network.navec(vectors)
    return vectors, network


def word_arrays(vectors: Any, network: Any) -> dict[str, Array]:
    """Quantise navec's vectors as the first convolution sees them (words x 300 -> words x 32 bytes).

    PCA in the metric of the convolution's weights, words weighted by the root of their frequency; dimensions are dealt
    to the subspaces so that each gets about the same variance; k-means in each.
    """
    model = network.infer.model
    kernel = model.encoder.layers[0].conv.weight.array
    taps = np.concatenate([kernel[:, :, k].T for k in range(3)], 1)
    of_word, of_shape = taps[:300], taps[300:]
    table, counts = vectors.pq.unpack().astype(np.float32), np.array(vectors.vocab.counts)
    arrays = {
        "unknown": table[vectors.vocab.unk_id] @ of_word,
        "shape_names": np.array(network.infer.encoder.shapes_vocab.items),
        "shape_parts": model.emb.shape.weight.array @ of_shape,
    }
    hashed = hashes(vectors.vocab.words[:-2])
    order = np.lexsort((-counts[:-2], hashed))
    order = order[np.r_[True, np.diff(hashed[order]) != 0]]
    weight = np.minimum(np.sqrt(counts[order] + 1.0), np.quantile(np.sqrt(counts[order] + 1.0), 0.99))
    values, axes = np.linalg.eigh(of_word @ of_word.T)
    values = np.maximum(values, 1e-9)
    seen = table[order] @ (axes * np.sqrt(values))
    variance, rotation = np.linalg.eigh((seen * weight[:, None]).T @ seen / weight.sum())
    rotation = rotation[:, ::-1][:, _dealt(variance[::-1])]
    codes, centroids = _quantised((seen @ rotation).astype(np.float32), weight)
    arrays |= {"word_hashes": hashed[order], "word_codes": codes, "centroids": centroids}
    arrays["projection"] = rotation.T @ (axes / np.sqrt(values)).T @ of_word
    return {key: rt._compact(value) for key, value in arrays.items()}  # noqa: SLF001 - the same house


def _dealt(variance: Array) -> list[int]:
    """Deal the first DIMS dimensions to SUBSPACES of equal size, the next always to the one with least variance."""
    room, size = DIMS // SUBSPACES, [0.0] * SUBSPACES
    hands: list[list[int]] = [[] for _ in range(SUBSPACES)]
    for dimension in range(DIMS):
        least = min((s for s in range(SUBSPACES) if len(hands[s]) < room), key=lambda s: size[s])
        hands[least].append(dimension)
        size[least] += float(np.log(variance[dimension] / variance[DIMS - 1] + 1))
    return [dimension for hand in hands for dimension in hand]


def _quantised(points: Array, weight: Array) -> tuple[Array, Array]:
    """Give codes (words x SUBSPACES) and centroids (SUBSPACES x CENTROIDS x dimensions)."""
    codes, centroids = np.zeros((len(points), SUBSPACES), np.uint8), []
    for s, part in enumerate(np.split(points, SUBSPACES, axis=1)):
        fitted = KMeans(CENTROIDS, n_init=1, max_iter=25, random_state=0).fit(part, sample_weight=weight)
        centroids.append(fitted.cluster_centers_)
        codes[:, s] = fitted.labels_
    return codes, np.array(centroids, np.float32)


def start_values(network: Any, features: int) -> Params:
    """Give slovnet's weights behind the first convolution as starting values."""
    model = network.infer.model
    head, kept = model.head, slice(1, None)  # without the padding label
    params: dict[str, Any] = {
        "transitions": head.crf.transitions.array[kept, kept], "head_weight": head.proj.weight.array[:, kept],
        "head_bias": head.proj.bias.array[kept], "wide": np.zeros((features + 1, 35)), "edge": np.zeros((2, 7)),
    }  # fmt: skip
    for i, layer in enumerate(model.encoder.layers):
        if i:
            params[f"weight{i}"] = np.concatenate([layer.conv.weight.array[:, :, k].T for k in range(3)], 1)
        scale = layer.norm.weight.array / layer.norm.std.array
        params |= {f"bias{i}": layer.conv.bias.array, f"scale{i}": scale}
        params[f"shift{i}"] = layer.norm.bias.array - layer.norm.mean.array * scale
    return {key: jnp.asarray(value, jnp.float32) for key, value in params.items()}


def fit(documents: list[Document], words: dict[str, Array], network: Any, config: Config) -> dict[str, Array]:
    """Train on documents; give the model's arrays."""
    empty = build_lexicon("ru", Counter(), Counter(), {})
    corpus = Corpus(Lexicon(empty, "ru"))
    sentences = corpus.add(documents)
    space = Space.of(corpus.features(), sentences, config.min_count)
    vectors = WordVectors(words)

    def first_layer(sentence: Sentence) -> Array:
        after, here, before = vectors.parts([corpus.types[i][0] for i in sentence.types])
        here[1:] += after[:-1]
        here[:-1] += before[1:]
        return np.asarray(here)

    params = train(sentences, space, config, start_values(network, len(space.numbers)), first_layer)
    return {**rt.export([(params, config)], space, empty), **words}


def main() -> None:
    """Read the options, then cross-validate or train and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("processors/data/models/ru.npz"))
    parser.add_argument("--words", type=Path, help="keep the quantised vectors here between runs")
    parser.add_argument("--cv", type=int, default=0, help="only cross-validate, with this many folds")
    parser.add_argument("--set", action="append", default=[], help="override a knob, e.g. epochs=6")
    options = parser.parse_args()
    config = rt.override(CONFIG, options.set)
    vectors, network = slovnet_parts()
    if options.words and options.words.exists():
        words = dict(np.load(options.words))
    else:
        words = word_arrays(vectors, network)
        if options.words:
            np.savez(options.words, **words)
    documents = read_conll(options.data / "ner_ru" / "factrueval_devset.conll")
    if options.cv:
        gold, found = set(), set()
        for training, test in rt.folds(documents, options.cv):
            fold = rt.evaluate(fit(training, words, network, config), "ru", test)
            gold |= fold[0]
            found |= fold[1]
        print(options.set, rt.f1(gold, found), flush=True)
        return
    rt.save(options.out, fit(documents, words, network, config))


if __name__ == "__main__":
    main()
