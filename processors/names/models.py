"""The shipped models, read and built when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from importlib import resources
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from processors.names import transducer
from processors.names.encoder import Encoder
from processors.names.keys import UNKNOWN, Channel, KeyMaker, Lexicon, Romaniser
from processors.names.rerank import Reranker
from processors.names.spelling import Speller

Arrays = Mapping[str, NDArray[np.generic]]


class Models:
    """The shipped arrays and what is built of them when first asked for; any thread may ask."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._built: dict[str, transducer.Transducer] = {}

    @cached_property
    def arrays(self) -> Arrays:
        """All arrays of names.npz, read once."""
        return _read("names.npz")

    @cached_property
    def encoder(self) -> Encoder:
        """The dual encoder."""
        return Encoder(self._starting("encoder."))

    @cached_property
    def reranker(self) -> Reranker:
        """The pair scores."""
        return Reranker(self.transducer, self._starting("calibration."))

    def _starting(self, prefix: str) -> dict[str, NDArray[np.float64]]:
        """Give the arrays whose names start so, without that start."""
        names = [name for name in self.arrays if name.startswith(prefix)]
        return {name.removeprefix(prefix): self.arrays[name].astype(np.float64) for name in names}

    @cached_property
    def keys(self) -> KeyMaker:
        """The keys of tokens."""
        lexicon = Lexicon(self._tables)
        channels = {
            script: Channel(lexicon, self.transducer(f"{script}|latin"), Romaniser(self._tables, script), unknown)
            for script, unknown in UNKNOWN.items()
        }
        return KeyMaker(self.encoder, lexicon, channels)

    @cached_property
    def speller(self) -> Speller:
        """The English spellings of names."""
        return Speller(_read("names-spellings.npz"), {script: Romaniser(self._tables, script) for script in UNKNOWN})

    @cached_property
    def _tables(self) -> Arrays:
        return _read("names-lexicon.npz")

    def transducer(self, direction: str) -> transducer.Transducer:
        """Give the transducer of a direction "target|source"."""
        with self._lock:
            if direction not in self._built:
                self._built[direction] = transducer.load(self.arrays, direction)
            return self._built[direction]


def _read(name: str) -> Arrays:
    """Read a shipped archive of arrays."""
    path = resources.files("processors") / "data" / "models" / name
    with path.open("rb") as file, np.load(file) as archive:
        return {key: archive[key] for key in archive.files}
