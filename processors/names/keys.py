"""One key for all spellings of a name that no knowledge base holds.

A Latin token's key is its canonical spelling. For a token in another script the candidates are English tokens of a
shipped lexicon, found by vector, and the token's own romanisations; P(token | spelling) times what the spelling's
frequency promises decides (a noisy channel; Kernighan, Church and Gale 1990), spellings with one canonical form adding
up. So the key depends on the token alone: the same in every process and on every day, for one version of the models.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from processors.names.encoder import Encoder, Floats
from processors.names.letters import CODE, LONGEST, plain, script_of
from processors.names.romanise import canonical, romanise
from processors.names.transducer import LEVELS, RADIX, Ints, Transducer

_CLUSTERS = 4  # of the lexicon that are looked into
_MOST = 48  # candidates
_FREQUENCY = 0.5  # weight of the logarithm of a spelling's count
# What a token's own romanisation is worth beside a spelling seen once, in nats.
UNKNOWN = {"arabic": -4.5, "cyrillic": -1.0}
# Nats that a spelling must be ahead where a token is all there is; in a whole name the other tokens prevent mix-ups.
MARGIN = 3.0
_CACHED = 20_000  # tokens
Asked = tuple[str, bool]  # a token, and whether it is the whole name
_LETTER_OF = {code: letter for letter, code in CODE.items()}


class Romaniser:
    """Writes each letter as pairs most often write it in its context: the learned romanisation of one script."""

    def __init__(self, arrays: Mapping[str, NDArray[np.generic]], script: str) -> None:
        outputs = arrays[f"romaniser.{script}.outputs"].astype(np.int64).tolist()
        contexts = np.cumsum(arrays[f"romaniser.{script}.contexts"].astype(np.int64)).tolist()
        self._written = {context: _spelled(output) for context, output in zip(contexts, outputs, strict=True)}

    def __call__(self, token: str) -> str:
        """Give a normalised token in Latin letters, diacritics stripped."""
        codes = [0, *(CODE[letter] for letter in token[:LONGEST]), 0, 0]
        return plain("".join(self._letter(*codes[place - 1 : place + 3]) for place in range(1, len(codes) - 2)))

    def _letter(self, before: int, here: int, after: int, then: int) -> str:
        """Give what a letter is written as in the widest context that says so."""
        wide = ((here * RADIX + after) * RADIX + before) * RADIX + then
        for narrower in range(LEVELS):
            context = (LEVELS - 1 - narrower) << 32 | wide >> 8 * narrower  # marked with its width
            if context in self._written:
                return self._written[context]
        return ""


def _spelled(output: int) -> str:
    """Give the letters of an output: none, one or two."""
    return "".join(_LETTER_OF[code] for code in divmod(output, RADIX) if code)


class Lexicon:
    """English name tokens in the order of their clusters, ready to be looked up by vector."""

    def __init__(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        self.words = arrays["lexicon.words"].tobytes().decode().split("\n")
        self.canonical = [canonical(word) for word in self.words]
        self.frequency = _FREQUENCY * arrays["lexicon.frequency"].astype(np.float64) / 10
        sizes = arrays["lexicon.sizes"].astype(np.int64)
        self._ends = np.cumsum(sizes)
        self._starts = self._ends - sizes
        self._centres = arrays["lexicon.centres"].astype(np.float32) / 127

    def near(self, vectors: Floats) -> list[Ints]:
        """Give the places of the words in the clusters nearest to each vector, nearest cluster first."""
        cosines = vectors @ self._centres.T
        nearest = np.argpartition(-cosines, _CLUSTERS, axis=1)[:, :_CLUSTERS]
        found = []
        for row, clusters in zip(cosines, nearest, strict=True):
            ordered = clusters[np.argsort(-row[clusters])]
            places = [np.arange(self._starts[cluster], self._ends[cluster]) for cluster in ordered]
            found.append(np.concatenate(places)[:_MOST])
        return found


class Channel:
    """The noisy channel of one script: its transducer, romaniser, and the lexicon prepared for them."""

    def __init__(self, lexicon: Lexicon, model: Transducer, romaniser: Romaniser, unknown: float) -> None:
        self._lexicon = lexicon
        self._model = model
        self._romaniser = romaniser
        self._unknown = unknown
        self._prepared = model.prepare(lexicon.words)

    def key(self, token: str, near: Ints, margin: float) -> str:
        """Give the canonical spelling that explains `token` best, of the lexicon's words at `near` and its own.

        A spelling of the lexicon must be `margin` nats ahead of the next, less what its frequency is worth.
        """
        own = [spelling for spelling in (self._romaniser(token), romanise(token)) if spelling]
        sources = self._prepared.take(near).followed_by(self._model.prepare(own))
        likely = self._model.log_likelihoods([token], sources)
        worth: dict[str, float] = {}
        known = (likely[: len(near)] + self._lexicon.frequency[near]).tolist()
        for place, chance in zip(near.tolist(), known, strict=True):
            _add(worth, self._lexicon.canonical[place], chance)
        best, second = [*sorted(worth, key=lambda spelling: (-worth[spelling], spelling)), "", ""][:2]
        if not own:
            return best
        likeliest = int(np.argmax(likely[len(near) :]))
        mine = canonical(own[likeliest])
        _add(worth, mine, float(likely[len(near) + likeliest]) + self._unknown)
        frequent = max(
            (self._lexicon.frequency[place] for place in near if self._lexicon.canonical[place] == best), default=0
        )
        clear = bool(best) and worth[best] - worth.get(second, -math.inf) >= margin - frequent
        return best if clear and worth[best] > worth[mine] else mine


def _add(worth: dict[str, float], spelling: str, chance: float) -> None:
    """Add a logarithmic chance to a spelling's."""
    before = worth.get(spelling)
    if before is not None:
        chance = max(before, chance) + math.log1p(math.exp(-abs(before - chance)))
    worth[spelling] = chance


class KeyMaker:
    """Keys tokens, remembering the last ones; any thread may call it."""

    def __init__(self, encoder: Encoder, lexicon: Lexicon, channels: Mapping[str, Channel]) -> None:
        self._encoder = encoder
        self._lexicon = lexicon
        self._channels = channels
        self._cache: OrderedDict[Asked, str] = OrderedDict()
        self._lock = Lock()

    def keys(self, tokens: Sequence[Asked]) -> list[str]:
        """Give the keys of normalised tokens, each with whether it is a whole name by itself."""
        with self._lock:
            known = {asked: self._cache[asked] for asked in tokens if asked in self._cache}
        missing = [asked for asked in dict.fromkeys(tokens) if asked not in known]
        if missing:
            fresh = self._fresh(missing)
            known.update(fresh)
            self._remember(fresh)
        return [known[asked] for asked in tokens]

    def _fresh(self, tokens: Sequence[Asked]) -> dict[Asked, str]:
        """Work out the keys of tokens."""
        found = {asked: canonical(romanise(asked[0])) for asked in tokens if script_of(asked[0]) == "latin"}
        others = [asked for asked in tokens if asked not in found]
        if others:
            near = self._lexicon.near(self._encoder.vectors([token for token, _ in others]))
            for (token, alone), places in zip(others, near, strict=True):
                margin = MARGIN if alone else 0.0
                found[token, alone] = self._channels[script_of(token)].key(token, places, margin)
        return found

    def _remember(self, keys: Mapping[Asked, str]) -> None:
        """Keep new keys, forgetting the oldest."""
        with self._lock:
            self._cache.update(keys)
            while len(self._cache) > _CACHED:
                self._cache.popitem(last=False)
