"""Names as vectors: the two-tower ("dual") encoder, one tower for all scripts, run in numpy.

Spellings of one name lie close together whatever their script. Letters are embedded with their distance from either
end, pass two residual convolutions of width 3 (layer norm before, ReLU after), and are pooled by four attention heads
and a maximum. Trained by tools/train_names.py with a symmetric contrastive loss (InfoNCE; van den Oord et al. 2018).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from processors.names.letters import CODE, LONGEST

Floats = NDArray[np.float32]
_BATCH = 512  # tokens a time: keeps the working set within the processor's cache


class Encoder:
    """Gives vectors of unit length; read-only after construction, so any thread may call it."""

    def __init__(self, weights: Mapping[str, NDArray[np.floating]]) -> None:
        self._weights = {name: array.astype(np.float32) for name, array in weights.items()}
        self.size = self._weights["out.bias"].shape[0]

    def vectors(self, tokens: Sequence[str]) -> Floats:
        """Give an array (len(tokens), size) of the vectors of normalised tokens; an empty token's is zero."""
        found = np.zeros((len(tokens), self.size), np.float32)
        for places in _same_length(tokens):
            for start in range(0, len(places), _BATCH):
                batch = places[start : start + _BATCH]
                codes = np.array([[CODE[letter] for letter in tokens[place][:LONGEST]] for place in batch])
                found[batch] = self._tower(codes)
        return found

    def _tower(self, codes: NDArray[np.int64]) -> Floats:
        """Encode tokens of one length, an array (batch, length): without padding there is nothing to mask."""
        weights, length = self._weights, codes.shape[1]
        placed = weights["start.weight"][:length] + weights["end.weight"][length - 1 :: -1][:length]
        hidden = (weights["emb.weight"][codes] + placed) @ weights["inp.weight"].T + weights["inp.bias"]
        for layer in ("0", "1"):
            hidden = hidden + self._convolved(self._normed(hidden, layer), layer)
        attention = hidden @ weights["att.weight"].T + weights["att.bias"]
        attention = np.exp(attention - attention.max(axis=1, keepdims=True))
        attention /= attention.sum(axis=1, keepdims=True)
        heads = (attention.transpose(0, 2, 1) @ hidden).reshape(len(codes), -1)
        pooled = np.concatenate([heads, hidden.max(axis=1)], axis=1)
        vectors = pooled @ weights["out.weight"].T + weights["out.bias"]
        unit: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def _normed(self, hidden: Floats, layer: str) -> Floats:
        """Normalise each letter's features to mean 0 and variance 1, scaled and shifted as learned."""
        centred = hidden - hidden.mean(axis=-1, keepdims=True)
        spread = np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + 1e-5)
        normed: Floats = centred / spread * self._weights[f"lns.{layer}.weight"] + self._weights[f"lns.{layer}.bias"]
        return normed

    def _convolved(self, hidden: Floats, layer: str) -> Floats:
        """Convolve each letter with its two neighbours, zeros beyond the ends, and cut below 0."""
        edge = np.zeros_like(hidden[:, :1])
        padded = np.concatenate([edge, hidden, edge], axis=1)
        window = np.concatenate([padded[:, :-2], padded[:, 1:-1], padded[:, 2:]], axis=2)
        kernel = self._weights[f"convs.{layer}.weight"]  # (out, in, 3)
        flat = kernel.transpose(2, 1, 0).reshape(-1, kernel.shape[0])
        convolved: Floats = np.maximum(window @ flat + self._weights[f"convs.{layer}.bias"], 0)
        return convolved


def _same_length(tokens: Sequence[str]) -> list[list[int]]:
    """Group the places of non-empty tokens by the length that is looked at."""
    groups: dict[int, list[int]] = defaultdict(list)
    for place, token in enumerate(tokens):
        if token:
            groups[min(len(token), LONGEST)].append(place)
    return list(groups.values())
