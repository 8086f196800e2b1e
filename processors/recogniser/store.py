"""Where trained models lie, and the sorted tables of hashes in which they keep words and features."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from importlib import resources

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[np.generic]]


def load(language: str) -> Arrays:
    """Read the arrays of a language's model in processors/data/models; FileNotFoundError where the wheel lacks it.

    A model in share-alike/ comes first: it was trained on texts under CC BY-SA, too, and carries that licence. Whoever
    does not want it deletes that folder, and has the other model of the language.
    """
    folder = resources.files("processors") / "data" / "models"
    file_ = folder / "share-alike" / f"{language}.npz"
    if not file_.is_file():
        file_ = folder / f"{language}.npz"
    with file_.open("rb") as file:
        archive = np.load(file, allow_pickle=False)
        return {key: archive[key] for key in archive.files}


def hashes(keys: Iterable[str]) -> NDArray[np.uint32]:
    """Give the CRC-32 of each string's UTF-8: at 250,000 keys one foreign string in 17,000 is taken for a known one."""
    return np.fromiter((zlib.crc32(key.encode("utf-8", "replace")) for key in keys), np.uint32)


def find(table: NDArray[np.uint32], wanted: NDArray[np.uint32]) -> NDArray[np.intp]:
    """Give the place of each wanted hash in a sorted table (not empty), -1 where it is not there."""
    place = np.searchsorted(table, wanted)
    place[place == len(table)] = 0
    return np.where(table[place] == wanted, place, -1)
