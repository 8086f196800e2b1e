"""What the three train_recogniser_*.py scripts share: reading sets, lexicons, the wide-and-deep CRF in JAX, export.

The model: emissions = a linear part over the features of the words at -2..+2 ("wide") + a small convolutional network
over learned embeddings of the same features ("deep"); a linear-chain CRF on top; maximum likelihood with Adam.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from processors.recogniser import lexicon as lx
from processors.recogniser.features import word_features
from processors.recogniser.lexicon import Lexicon, fold
from processors.recogniser.phrases import PhraseMarker
from processors.recogniser.store import hashes
from processors.recogniser.tokenise import tokenise

LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "B-MISC", "I-MISC")
TYPES = {
    "PER": "PER", "PERS": "PER", "PERSON": "PER", "LOC": "LOC", "LOCATION": "LOC", "GPE": "LOC", "ORG": "ORG",
    "ORGANISATION": "ORG", "CORPORATION": "ORG", "GROUP": "ORG",
}  # fmt: skip
OFFSETS = (-2, -1, 0, 1, 2)
SENTENCES_A_DOCUMENT = 40


@dataclass
class Document:
    """Sentences joined as the scorer does; `spans` are code points of `text`.

    Sentences that begin at a code point in `withheld` are for testing only (share-alike text).
    """

    name: str
    text: str
    spans: list[tuple[int, int, str]]
    withheld: set[int] = field(default_factory=set)


def read_conll(path: Path, other: Sequence[str] = (), withheld: str = "") -> list[Document]:
    """Read a CoNLL file as documents of 40 sentences; labels in `other` become MISC.

    Sentences that occur in the text `withheld` are marked so; "*" marks all.
    """
    sentences = [
        [line.split("\t")[:2] for line in block.split("\n") if line]
        for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8"))
        if block.strip()
    ]
    groups = [sentences[i : i + SENTENCES_A_DOCUMENT] for i in range(0, len(sentences), SENTENCES_A_DOCUMENT)]
    closed = "".join(withheld.split())
    return [_document(f"{path.stem}-{i}", group, other, closed) for i, group in enumerate(groups)]


def _document(name: str, sentences: Sequence[Sequence[Sequence[str]]], other: Sequence[str], closed: str) -> Document:
    text, spans, withheld = "", [], set()
    for sentence in sentences:
        offsets = []
        if closed == "*" or (closed and "".join(word for word, _ in sentence) in closed):
            withheld.add(len(text))
        for word, _ in sentence:
            offsets.append((len(text), len(text) + len(word)))
            text += word + " "
        text = text[:-1] + "\n"
        for begin, end, label in spans_of([tag for _, tag in sentence]):
            kind = TYPES.get(label.upper()) or ("MISC" if any(label.upper().startswith(o) for o in other) else None)
            if kind:
                spans.append((offsets[begin][0], offsets[end - 1][1], kind))
    return Document(name, text, spans, withheld)


def spans_of(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """Give the spans of a BIO sequence as the scorer reads them."""
    spans, label, begin = [], "", 0
    for i, tag in enumerate([*tags, "O"]):
        if label and (tag == "O" or tag[0] == "B" or tag[2:] != label):
            spans.append((begin, i, label))
            label = ""
        if tag != "O" and not label:
            label, begin = tag[2:], i
    return spans


@dataclass
class Sentence:
    """Type numbers and labels of one sentence's words, and where the words stand."""

    document: str
    types: list[int]
    labels: list[int]
    starts: list[int]
    ends: list[int]


@dataclass
class Corpus:
    """Documents as the model sees them: sentences over a shared table of word types."""

    lexicon: Lexicon
    types: list[tuple[str, str]] = field(default_factory=list)
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, documents: Iterable[Document]) -> list[Sentence]:
        """Tokenise documents with the product's own tokeniser and mark the phrases of the lexicon."""
        marker = PhraseMarker(self.lexicon)
        result = []
        for document in documents:
            tokens = tokenise(document.text)
            parts = marker.mark(tokens.words)
            labels = _aligned(tokens.starts, tokens.ends, tokens.words, document.spans)
            current = Sentence(document.name, [], [], [], [])
            for word, part, label, start, end in zip(
                tokens.words, parts, labels, tokens.starts, tokens.ends, strict=True
            ):
                if word is None:
                    if current.types and not _withheld(document, current.starts[0]):
                        result.append(current)
                    current = Sentence(document.name, [], [], [], [])
                    continue
                current.types.append(self._number((word, part)))
                current.labels.append(LABELS.index(label))
                current.starts.append(start)
                current.ends.append(end)
        return result

    def _number(self, key: tuple[str, str]) -> int:
        if key not in self.numbers:
            self.numbers[key] = len(self.types)
            self.types.append(key)
        return self.numbers[key]

    def features(self) -> list[list[str]]:
        """Give the features of every type."""
        return word_features(self.types, self.lexicon)


def _withheld(document: Document, at: int) -> bool:
    """Tell whether the line that holds a code point must not be trained on."""
    return bool(document.withheld) and document.text.rfind("\n", 0, at) + 1 in document.withheld


def _aligned(
    starts: Sequence[int], ends: Sequence[int], words: Sequence[str | None], spans: Sequence[tuple[int, int, str]]
) -> list[str]:
    """Give BIO labels of words that lie in spans of code points."""
    labels = ["O"] * len(words)
    ordered = iter(sorted(spans))
    span = next(ordered, None)
    inside = ""
    for i, word in enumerate(words):
        while span and span[1] <= starts[i]:
            span, inside = next(ordered, None), ""
        if word is None or not span or ends[i] <= span[0]:
            continue
        labels[i] = ("I-" if inside else "B-") + span[2]
        inside = span[2]
    return labels


# --- lexicons -------------------------------------------------------------------------------------------------------


def build_lexicon(
    language: str,
    names: Counter[str],
    common: Counter[str],
    phrases: dict[str, set[str]],
    given: Iterable[str] = (),
    heads: dict[int, Iterable[str]] | None = None,
) -> dict[str, np.ndarray[Any, Any]]:
    """Make a lexicon's arrays: name tokens and common words with counts, phrases by type, given names."""
    codes: Counter[str] = Counter()
    frequency, weight = _folded(common, language), _folded(names, language)
    for word, count in weight.items():
        codes[word] |= strength(count, frequency.get(word, 0))
    for word, count in frequency.items():
        codes[word] |= (0 if count < 2 else 1 if count < 6 else 2 if count < 40 else 3) << lx.COMMON_SHIFT
    for bit, words in {lx.GIVEN: given, **(heads or {})}.items():
        for word in {fold(word, language) for word in words}:
            if bit != lx.GIVEN or frequency.get(word, 0) < 5 or weight.get(word, 0) > frequency[word]:
                codes[word] |= bit
    table: dict[str, int] = {}
    for kind in ("ORG", "LOC", "PER", "loc"):  # the first to claim a phrase has it
        for words in _split(phrases.get(kind, ()), language):
            table.setdefault(" ".join(words), lx.PHRASE_TYPES.index(kind))
            codes[words[0]] |= lx.STARTS
            for word in words:
                if kind != "PER" and (frequency.get(word, 0) < 40 or len(words) == 1):
                    codes[word] |= lx.BODY if kind == "ORG" else lx.PLACE
    return {**_sorted("lexicon_words", "lexicon_codes", codes), **_sorted("lexicon_phrases", "lexicon_types", table)}


def _split(phrases: Iterable[str], language: str) -> Iterator[list[str]]:
    """Give the folded words of each phrase that is not too long."""
    for phrase in sorted(phrases):
        words = [fold(word, language) for word in tokenise(phrase).words if word is not None]
        if 0 < len(words) <= lx.LONGEST_PHRASE:
            yield words


def _folded(counts: Counter[str], language: str) -> dict[str, int]:
    """Give counts by folded word, the largest of those that fall together."""
    result: dict[str, int] = {}
    for word, count in counts.items():
        folded = fold(word, language)
        result[folded] = max(result.get(folded, 0), count)
    return result


def strength(names: int, common: int) -> int:
    """Grade (0 to 3) how surely a word is a name, by its counts among names and in running text."""
    ratio = names / (1 + common)
    if ratio < 0.2:
        return 0
    return 3 if ratio >= 5 else 2 if ratio >= 1.5 else 1


def _sorted(keys: str, values: str, table: dict[str, int]) -> dict[str, np.ndarray[Any, Any]]:
    table = {**table, "\0": 0}  # never empty
    hashed = hashes(table)
    order = np.argsort(hashed, kind="stable")
    return {keys: hashed[order], values: np.fromiter(table.values(), np.uint16, len(table))[order]}


def varied(
    documents: Sequence[Document], pools: dict[str, Sequence[str]], copies: int, seed: int = 0
) -> list[Document]:
    """Give copies of documents with three in four names replaced by others of their type, drawn from `pools`.

    A person's name of n words gets n draws. What stands before a name inside its first word (a clitic) is lost.
    """
    rng, result = random.Random(seed), []
    for copy in range(copies):
        for document in documents:
            text, spans, last = "", [], 0
            for start, end, kind in sorted(document.spans):
                text += document.text[last:start]
                name = document.text[start:end]
                if kind in pools and rng.random() < 0.75:
                    draws = len(name.split()) if kind == "PER" else 1
                    name = " ".join(rng.choice(pools[kind]) for _ in range(draws))
                spans.append((len(text), len(text) + len(name), kind))
                text, last = text + name, end
            result.append(Document(f"{document.name}+{copy}", text + document.text[last:], spans))
    return result


def jsonl(path: Path) -> list[dict[str, Any]]:
    """Read JSON lines."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


# --- model ----------------------------------------------------------------------------------------------------------


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


def f1(gold: set[Any], found: set[Any]) -> dict[str, float]:
    """Give exact-span F1 by type and over all, PER, LOC and ORG only."""
    result = {}
    for kind in ("PER", "LOC", "ORG", ""):
        g = {x for x in gold if x[-1].startswith(kind) and x[-1] != "MISC"}
        f = {x for x in found if x[-1].startswith(kind) and x[-1] != "MISC"}
        result[kind or "micro"] = round(2 * len(g & f) / (len(g) + len(f)), 4) if g or f else 0.0
    return result


# --- evaluation and export ------------------------------------------------------------------------------------------


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
