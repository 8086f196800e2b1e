"""Convolutional taggers in plain numpy: three convolutions over three words each, as in slovnet (natasha, MIT).

The first convolution is two thirds of the work and sees each word by itself, so its three parts (what a word adds to
the word after it, to itself and to the word before it) are computed once per word type and summed over neighbours.

For Russian the first layer is slovnet's own: word vectors (navec, 250,000 words, MIT), kept as product-quantised
coordinates (Jégou et al. 2011) in the subspace that the convolution looks at, and an embedding of the word's shape.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from processors.recogniser.store import Arrays, find, hashes

Floats = NDArray[np.float32]

_PUNCTUATION = "!#$%&()[]\\/*+,.:;<=>?@^_{|}~-‐−‒⁃–—―`\"'«»„“ʼʻ”№…"
_KIND = re.compile(
    rf"(?P<RU>[а-яё]+)|(?P<EN>[a-z]+)|(?P<NUM>[+-]?\d+)|(?P<PUNCT>[{re.escape(_PUNCTUATION)}]+)", re.IGNORECASE
)


def shape(word: str) -> str:
    """Give the network's name for a word's outer form: script and case, or the punctuation mark itself."""
    match = _KIND.match(word)
    kind = match.lastgroup if match else None
    if kind in ("RU", "EN"):
        return f"{kind}_{_case(word)}"
    if kind == "PUNCT":
        return f"PUNCT_{word if word in _PUNCTUATION else 'OTHER'}"
    return kind or "OTHER"


def _case(word: str) -> str:
    if len(word) == 1:
        return "X" if word.isupper() else "x"
    if word.isupper():
        return "XX"
    if word.islower():
        return "xx"
    if _is_title(word):
        return "Xx"
    left, dash, right = word.partition("-")
    return "Xx-Xx" if dash and _is_title(left) and _is_title(right) else "OTHER"


def _is_title(word: str) -> bool:
    return len(word) > 1 and word[0].isupper() and word[1:].islower()


class WordVectors:
    """Slovnet's first convolution over navec's words and slovnet's shapes; arrays by train_recogniser_ru.py."""

    def __init__(self, arrays: Arrays) -> None:
        self._words = np.asarray(arrays["word_hashes"], np.uint32)
        self._codes = np.asarray(arrays["word_codes"], np.uint8)
        self._centroids = np.asarray(arrays["centroids"], np.float32)
        self._projection = np.asarray(arrays["projection"], np.float32)
        self._unknown = np.asarray(arrays["unknown"], np.float32)
        self._shapes = {str(name): i for i, name in enumerate(arrays["shape_names"])}
        self._shape_parts = np.asarray(arrays["shape_parts"], np.float32)

    def parts(self, words: Sequence[str]) -> list[Floats]:
        """Give, for each word, what it adds to the word after it, to itself and to the word before it."""
        place = find(self._words, hashes(word.lower() for word in words))
        known = place >= 0
        codes = self._codes[np.where(known, place, 0)]
        coordinates = self._centroids[np.arange(codes.shape[1]), codes].reshape(len(words), -1)
        parts = coordinates @ self._projection
        parts[~known] = self._unknown
        parts += self._shape_parts[[self._shapes.get(shape(word), self._shapes["OTHER"]) for word in words]]
        return np.split(parts, 3, axis=1)

    def known(self, words: Sequence[str]) -> NDArray[np.bool_]:
        """Tell which words have a vector."""
        return find(self._words, hashes(word.lower() for word in words)) >= 0


class Convolutions:
    """What follows the first convolution: rectifier, normalisation, two more layers, label scores."""

    def __init__(self, arrays: Arrays) -> None:
        self._layers = [
            {
                key: np.asarray(arrays[f"{key}{i}"], np.float32)
                for key in ("weight", "bias", "scale", "shift")
                if i or key != "weight"
            }
            for i in range(3)
        ]
        self._head = np.asarray(arrays["head_weight"], np.float32)
        self.width = len(self._layers[0]["bias"])

    def emissions(self, parts: Sequence[Floats], rows: NDArray[np.intp], boundary: NDArray[np.bool_]) -> Floats:
        """Give the label scores of each position; `rows` are rows of `parts`, row 0 (zeros) the boundaries."""
        after, here, before = (part[rows] for part in parts)
        here[1:] += after[:-1]
        here[:-1] += before[1:]
        hidden = self._activate(here, 0, boundary)
        for layer in (1, 2):
            spread = hidden @ self._layers[layer]["weight"]
            width = spread.shape[1] // 3
            summed = spread[:, width : 2 * width].copy()
            summed[1:] += spread[:-1, :width]
            summed[:-1] += spread[1:, 2 * width :]
            hidden = self._activate(summed, layer, boundary)
        return np.asarray(hidden @ self._head, np.float32)

    def _activate(self, summed: Floats, layer: int, boundary: NDArray[np.bool_]) -> Floats:
        """Add the bias, rectify, normalise, and make the boundaries zero again."""
        weights = self._layers[layer]
        summed += weights["bias"]
        np.maximum(summed, 0, out=summed)
        summed *= weights["scale"]
        summed += weights["shift"]
        summed[boundary] = 0
        return summed
