"""The model of one language: a linear and a convolutional part over word types, and a CRF on top."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from processors.recogniser.crf import Chain
from processors.recogniser.features import Key, word_features
from processors.recogniser.lexicon import BODY_WORD, GIVEN, NAME_BITS, PLACE_WORD, TITLE, VERB, Lexicon, fold
from processors.recogniser.network import Convolutions, WordVectors
from processors.recogniser.phrases import PhraseMarker
from processors.recogniser.store import Arrays, find, hashes
from processors.recogniser.tokenise import tokenise
from processors.recogniser.typecache import TypeCache

Floats = NDArray[np.float32]

_REACH = 2  # the linear part sees this many words to each side
_CACHE = 12288  # word types; 3.2 KB each where there are convolutions over 256 channels
_BLOCK = 2048  # words decoded at once
_OTHERS = TITLE | BODY_WORD | PLACE_WORD | VERB  # of a word that is no given name here


class Tag(NamedTuple):
    """A labelled run of words: code points of the text and the mean probability of its labels."""

    start: int
    end: int
    type: str
    confidence: float


class FeatureTable:
    """Adds up what the features of each word type weigh: columns of the linear part, then of the embedding."""

    def __init__(self, arrays: Arrays, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._hashes = np.asarray(arrays["feature_hashes"], np.uint32)
        self._weights = np.asarray(arrays["feature_weights"], np.int8)
        self._scale = np.asarray(arrays["feature_scale"], np.float32)

    def rows(self, keys: Sequence[Key]) -> Floats:
        """Give types x columns."""
        features = word_features(keys, self._lexicon)
        place = find(self._hashes, hashes(name for names in features for name in names))
        owner = np.repeat(np.arange(len(keys)), [len(names) for names in features])
        known = place >= 0
        owner, weights = owner[known], self._weights[place[known]]
        summed = np.zeros((len(keys), weights.shape[1]), np.float32)
        if len(owner):
            firsts = np.flatnonzero(np.diff(owner, prepend=-1))
            summed[owner[firsts]] = np.add.reduceat(weights, firsts, axis=0, dtype=np.float32)
        return summed * self._scale


class Tagger:
    """Finds names in text. One thread at a time."""

    def __init__(self, arrays: Arrays, language: str) -> None:
        self._labels = [str(label) for label in arrays["labels"]]
        self._chain = Chain(np.asarray(arrays["transitions"], np.float32))
        self._bias = np.asarray(arrays["head_bias"], np.float32)
        self._lexicon = lexicon = Lexicon(arrays, language)
        self._marker = PhraseMarker(lexicon)
        self._table = FeatureTable(arrays, lexicon)
        self._vectors = WordVectors(arrays) if "word_codes" in arrays else None
        self._convolutions = Convolutions(arrays) if "weight1" in arrays else None
        self._first = np.asarray(arrays["weight0"], np.float32) if "weight0" in arrays else None
        self._wide = (2 * _REACH + 1) * len(self._labels)
        widths = [self._wide] + ([self._convolutions.width] * 3 if self._convolutions else [])
        self._cache = TypeCache(widths, self._columns, _CACHE)
        edge = self._cache.tables[0][0].reshape(2 * _REACH + 1, -1)
        edge[[_REACH - 1, _REACH + 1]] = np.asarray(arrays["edge"], np.float32)

    def tag(self, text: str) -> list[Tag]:
        """Give the names in a text in order, their types as the model has them (MISC may be among them)."""
        tokens = tokenise(text)
        result: list[Tag] = []
        for start, end in _blocks(tokens.words):
            words = tokens.words[start:end]
            labels, sureness = self._label(words)
            sure = sureness.tolist()  # a name has few words: numpy's mean costs more than it adds up
            for first, last, kind in _spans([self._labels[i] for i in labels.tolist()]):
                confidence = sum(sure[first:last]) / (last - first)
                result.append(Tag(tokens.starts[start + first], tokens.ends[start + last - 1], kind, confidence))
        return result

    def are_given(self, spoken: Sequence[str]) -> list[bool]:
        """Say of each word whether the lexicon has it as a person's name and as no office or verb."""
        codes = self._lexicon.codes([fold(word, self._lexicon.language) for word in spoken])
        return [bool(code & GIVEN or code & NAME_BITS > 1) and not code & _OTHERS for code in codes]

    def _label(self, words: Sequence[str | None]) -> tuple[NDArray[np.int8], Floats]:
        """Give each word's label and that label's probability."""
        parts = self._marker.mark(words)
        keys = [None if word is None else (word, part) for word, part in zip(words, parts, strict=True)]
        rows = self._cache.rows(keys)
        boundary = rows == 0
        emissions = self.emissions(rows, boundary)
        path = self._chain.best_path(emissions, boundary)
        named = np.flatnonzero(path)
        sureness = np.ones(len(path), np.float32)
        if len(named):
            near = np.convolve(path != 0, np.ones(2 * _REACH + 1), "same") > 0
            sureness[named] = self._chain.marginals(emissions, boundary, near)[named, path[named]]
        return path, sureness

    def emissions(self, rows: NDArray[np.intp], boundary: NDArray[np.bool_]) -> Floats:
        """Give the label scores at each position; rows are the cache's."""
        tables = self._cache.tables
        shares = tables[0][rows].reshape(len(rows), 2 * _REACH + 1, -1)
        total = shares[:, _REACH] + self._bias
        for distance in range(1, _REACH + 1):
            total[distance:] += shares[:-distance, _REACH - distance]
            total[:-distance] += shares[distance:, _REACH + distance]
        if self._convolutions:
            total += self._convolutions.emissions(tables[1:], rows, boundary)
        return np.asarray(total, np.float32)

    def _columns(self, keys: Sequence[Key]) -> list[Floats]:
        """Give what the cache keeps of new types: the linear part, and the three parts of the first convolution."""
        weighed = self._table.rows(keys)
        if self._vectors:
            return [weighed, *self._vectors.parts([word for word, _ in keys])]
        if self._first is None:
            return [weighed]
        spread = weighed[:, self._wide :] @ self._first
        return [weighed[:, : self._wide], *np.split(spread, 3, axis=1)]


def _blocks(words: Sequence[str | None]) -> Iterator[tuple[int, int]]:
    """Give ranges of about `_BLOCK` words that begin and end with a boundary."""
    start = 0
    while start < len(words) - 2:
        end = start + _BLOCK
        while end < len(words) and not (words[end - 1] is None and words[end - 2] is None):
            end += 1
        end = min(end, len(words))
        yield start, end
        start = end - 2


def _spans(labels: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Give the runs of one name in BIO labels; an I after another type begins a name of its own."""
    first, kind = 0, ""
    for i, label in enumerate([*labels, "O"]):
        if kind and label != f"I-{kind}":
            yield first, i, kind
            kind = ""
        if label != "O" and not kind:
            first, kind = i, label[2:]
