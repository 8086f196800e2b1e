"""The wide-and-deep CRF in JAX: emissions, likelihood, training.

Emissions are a linear part over the features of the words at -2..+2 ("wide") and a small convolutional network over
learned embeddings of the same features ("deep"); a linear-chain CRF on top; maximum likelihood with Adam.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from recogniser_documents import Sentence

OFFSETS = (-2, -1, 0, 1, 2)


@dataclass
class Config:
    """Knobs of the training; defaults are what the shipped models use unless their script says otherwise."""

    epochs: int = 10
    batch: int = 16
    dims: int = 48
    widths: tuple[int, int, int] = (128, 96, 64)
    wide_rate: float = 0.02
    deep_rate: float = 2e-3
    wide_l2: float = 1.0
    deep_l2: float = 0.0
    dropout: float = 0.3
    lexical_dropout: float = 0.2
    min_count: int = 1
    labels: int = 7
    wide: bool = True
    deep: bool = True
    outside: float = 0.0  # added to the score of "outside" after training: training texts name less than news does
    seed: int = 0


Params = dict[str, Any]
LEXICAL = re.compile(r"(w|p|x|st|s1)=")


@dataclass
class Space:
    """The features that a training set has, by number (0 is none), and each type's features as a padded table."""

    numbers: dict[str, int]
    table: np.ndarray[Any, Any]
    general: np.ndarray[Any, Any]

    @classmethod
    def of(cls, features: Sequence[Sequence[str]], sentences: Sequence[Sentence], min_count: int) -> Space:
        """Give the features of the types in `sentences` numbers."""
        seen: Counter[str] = Counter()
        for sentence in sentences:
            for number in sentence.types:
                seen.update(features[number])
        numbers = {name: i + 1 for i, name in enumerate(sorted(n for n, c in seen.items() if c >= min_count))}
        width = max(len(names) for names in features)
        table = np.zeros((len(features), width), np.int32)
        general = np.zeros((len(features), width), np.int32)
        for i, names in enumerate(features):
            known = [numbers[name] for name in names if name in numbers]
            table[i, : len(known)] = known
            kept = [numbers[name] for name in names if name in numbers and not LEXICAL.match(name)]
            general[i, : len(kept)] = kept
        return cls(numbers, table, general)


Batch = tuple[list[int], np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]


def batches(
    sentences: Sequence[Sentence],
    space: Space,
    inputs: Callable[[Sentence], np.ndarray[Any, Any]] | None,
    config: Config,
    rng: random.Random | None,
) -> Iterator[Batch]:
    """Give batches of sentences of like length: numbers, features, labels, mask, outside inputs."""
    order = list(range(len(sentences)))
    if rng:
        order.sort(key=lambda i: len(sentences[i].types) + rng.random() * 6)
    else:
        order.sort(key=lambda i: len(sentences[i].types))
    groups = [order[i : i + config.batch] for i in range(0, len(order), config.batch)]
    if rng:
        rng.shuffle(groups)
    for group in groups:
        longest = -(-max(len(sentences[i].types) for i in group) // 16) * 16
        shape = (config.batch, longest)
        features = np.zeros((*shape, space.table.shape[1]), np.int32)
        labels, mask = np.zeros(shape, np.int32), np.zeros(shape, np.float32)
        extra = np.zeros((*shape, config.widths[0] if inputs else 1), np.float32)
        for row, i in enumerate(group):
            sentence = sentences[i]
            n = len(sentence.types)
            features[row, :n] = space.table[sentence.types]
            if rng and config.lexical_dropout:
                dropped = np.array([rng.random() < config.lexical_dropout for _ in range(n)])
                features[row, :n][dropped] = space.general[sentence.types][dropped]
            labels[row, :n] = sentence.labels
            mask[row, :n] = 1
            if inputs:
                extra[row, :n] = inputs(sentence)
        yield group, features, labels, mask, extra


def _shift(values: jax.Array, by: int) -> jax.Array:
    """Give values[i + by] at i, zeros beyond the ends."""
    if not by:
        return values
    pad = jnp.zeros_like(values[:, : abs(by)])
    return jnp.concatenate([values[:, by:], pad], 1) if by > 0 else jnp.concatenate([pad, values[:, :by]], 1)


def _spread(hidden: jax.Array, weight: jax.Array) -> jax.Array:
    """Give a convolution over three positions; `weight` holds the parts for the position before, here and after."""
    spread = hidden @ weight
    width = spread.shape[-1] // 3
    return _shift(spread[..., :width], -1) + spread[..., width : 2 * width] + _shift(spread[..., 2 * width :], 1)


def emissions(params: Params, batch: Any, config: Config, key: Any = None) -> jax.Array:
    """Give label scores, batch x positions x labels; dropout where a random key is given."""
    features, mask, extra = batch
    mask = mask[:, :, None]
    keys = jax.random.split(key, 4) if key is not None else [None] * 4

    def drop(values: jax.Array, k: Any) -> jax.Array:
        if k is None:
            return values
        return values * jax.random.bernoulli(k, 1 - config.dropout, values.shape) / (1 - config.dropout)

    total = jnp.zeros((*features.shape[:2], config.labels))
    if config.wide:
        rows = params["wide"].at[0].set(0.0)[features].sum(2) * mask
        rows = rows.reshape(*rows.shape[:2], len(OFFSETS), config.labels)
        for i, offset in enumerate(OFFSETS):
            total = total + _shift(rows[:, :, i], offset)
        total = total + params["edge"][0] * (_shift(mask, -1) == 0) + params["edge"][1] * (_shift(mask, 1) == 0)
    if config.deep:
        if "embedding" in params:
            embedded = drop(params["embedding"].at[0].set(0.0)[features].sum(2) * mask, keys[3])
            hidden = _spread(embedded, params["weight0"])
        else:
            hidden = extra
        for i in range(3):
            if i:
                hidden = _spread(hidden, params[f"weight{i}"])
            hidden = jax.nn.relu(hidden + params[f"bias{i}"]) * params[f"scale{i}"] + params[f"shift{i}"]
            hidden = drop(hidden * mask, keys[i])
        total = total + hidden @ params["head_weight"]
    return total + params["head_bias"]


def loss(params: Params, batch: Any, labels: jax.Array, config: Config, key: Any) -> jax.Array:
    """Give the negative log-likelihood of the labels, summed over the batch."""
    score, mask, moves = emissions(params, batch, config, key), batch[1], params["transitions"]
    gold = (jnp.take_along_axis(score, labels[:, :, None], 2)[:, :, 0] * mask).sum(1)
    gold = gold + (moves[labels[:, :-1], labels[:, 1:]] * mask[:, 1:]).sum(1)

    def step(alpha: jax.Array, at: Any) -> tuple[jax.Array, None]:
        emission, here = at
        arrived = jax.scipy.special.logsumexp(alpha[:, :, None] + moves[None], axis=1) + emission
        return jnp.where(here[:, None] > 0, arrived, alpha), None

    alpha, _ = jax.lax.scan(step, score[:, 0], (score[:, 1:].swapaxes(0, 1), mask[:, 1:].T))
    return ((jax.scipy.special.logsumexp(alpha, 1) - gold) * mask[:, 0]).sum()


def fresh(space: Space, config: Config) -> Params:
    """Give the starting values of a model without pre-trained parts."""
    rng = np.random.default_rng(config.seed)
    labels, (first, second, third) = config.labels, config.widths
    params: Params = {
        "transitions": np.zeros((labels, labels)), "head_bias": np.zeros(labels), "edge": np.zeros((2, labels)),
        "wide": np.zeros((len(space.numbers) + 1, len(OFFSETS) * labels)),
    }  # fmt: skip
    if config.deep:
        sizes = [config.dims, first, second, third]
        params["embedding"] = rng.normal(0, 0.15, (len(space.numbers) + 1, config.dims))
        for i in range(3):
            params[f"weight{i}"] = rng.normal(0, (2 / (3 * sizes[i])) ** 0.5, (sizes[i], 3 * sizes[i + 1]))
            params[f"bias{i}"], params[f"shift{i}"] = np.zeros(sizes[i + 1]), np.zeros(sizes[i + 1])
            params[f"scale{i}"] = np.ones(sizes[i + 1])
        params["head_weight"] = rng.normal(0, third**-0.5, (third, labels)) * 0.5
    return {name: jnp.asarray(value, jnp.float32) for name, value in params.items()}


def train(
    sentences: Sequence[Sentence],
    space: Space,
    config: Config,
    start: Params,
    inputs: Callable[[Sentence], np.ndarray[Any, Any]] | None = None,
) -> Params:
    """Fit a model to sentences. The same seed on the same machine gives the same model; elsewhere F1 ± .005."""
    params, count = start, len(sentences)
    anchor = {k: v for k, v in start.items() if k not in ("wide", "edge")}
    steps = config.epochs * (-(-count // config.batch))
    optimiser = optax.multi_transform(
        {
            "wide": optax.adam(optax.cosine_decay_schedule(config.wide_rate, steps)),
            "deep": optax.adam(optax.cosine_decay_schedule(config.deep_rate, steps)),
        },
        {k: "wide" if k in ("wide", "edge", "transitions") else "deep" for k in params},
    )
    state = optimiser.init(params)

    def objective(params: Params, batch: Any, labels: jax.Array, key: Any) -> jax.Array:
        penalty = config.wide_l2 * (params["wide"] ** 2).sum() / count
        if config.deep_l2:
            penalty += config.deep_l2 * sum(((params[k] - anchor[k]) ** 2).sum() for k in anchor) / count
        return loss(params, batch, labels, config, key) / config.batch + penalty

    @jax.jit
    def update(params: Params, state: Any, batch: Any, labels: jax.Array, key: Any) -> tuple[Params, Any]:
        gradient = jax.grad(objective)(params, batch, labels, key)
        change, state = optimiser.update(gradient, state, params)
        return optax.apply_updates(params, change), state

    key, rng = jax.random.PRNGKey(config.seed), random.Random(config.seed)
    for _ in range(config.epochs):
        for _, features, labels, mask, extra in batches(sentences, space, inputs, config, rng):
            key, now = jax.random.split(key)
            params, state = update(params, state, (features, mask, extra), labels, now)
    return params


def scores(
    models: Sequence[tuple[Params, Config]],
    sentences: Sequence[Sentence],
    space: Space,
    inputs: Callable[[Sentence], np.ndarray[Any, Any]] | None = None,
) -> list[np.ndarray[Any, Any]]:
    """Give each sentence's emissions, the mean over models."""
    result: list[Any] = [0.0] * len(sentences)
    for params, config in models:
        run = jax.jit(lambda params, batch, config=config: emissions(params, batch, config))
        for group, features, _, mask, extra in batches(sentences, space, inputs, config, None):
            found = np.asarray(run(params, (features, mask, extra)))
            for row, i in enumerate(group):
                result[i] = result[i] + found[row, : len(sentences[i].types)] / len(models)
    return result
