"""Copies: the same text again, from another desk or the same, whatever stands around it.

Candidates share one of 32 bands of 4 of 128 MinHash values over three-word shingles of the project's own tokens (Broder
1997; Indyk and Motwani 1998); the exact share of shingles decides. What an outlet adds is not of the text, and cut off
first: the dateline, the agency's signature, boilerplate. A text is a copy when most of the shorter one stands in the
longer: containment, so that a copy cut short or with a paragraph of one's own is found, too.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rensa import RMinHash

from processors.boilerplate import is_boilerplate
from processors.tokens import terms

PERMUTATIONS, BANDS = 128, 32
ROWS = PERMUTATIONS // BANDS
_SEED = 7
_SHINGLE = 3
FEWEST_SHINGLES = 8  # shorter texts ("Photo of the day") are no copies of each other
COPY = 0.66  # share of the shorter text's shingles in the longer: with 5 % of the words changed, .86 are left
_MAYBE = 0.42  # what 128 values estimate at COPY, less four standard deviations
_LONGER = 4.0  # times that the longer text may be as long: more is a digest that quotes it
_LOOKED_AT = 4000  # tokens
_HEAD, _TAIL = 160, 240  # code points in which datelines and signatures stand

MinHash = npt.NDArray[np.uint16]


class Sketch(NamedTuple):
    """A text by its MinHash (128 values of 16 bits) and how many distinct shingles it has."""

    minhash: MinHash
    shingles: int


def sketch(title: str, text: str, text_terms: str) -> Sketch:
    """Sketch a text; `text_terms` are its terms in order, joined by spaces."""
    found = shingles(title, text, text_terms)
    made = RMinHash(num_perm=PERMUTATIONS, seed=_SEED)
    made.update(sorted(found))
    return Sketch((np.array(made.digest(), dtype=np.uint64) & 0xFFFF).astype("<u2"), len(found))


def shingles(title: str, text: str, text_terms: str) -> set[str]:
    """Give the three-word shingles of a text without what an outlet puts around it; of the title where no text is."""
    words = _own_words(text, text_terms) or [term.text for term in terms(title)]
    words = words[:_LOOKED_AT]
    return {" ".join(words[at : at + _SHINGLE]) for at in range(len(words) - _SHINGLE + 1)}


def bands(minhash: MinHash) -> npt.NDArray[np.uint64]:
    """Give the 32 keys under which a text is found; (n, 128) gives (n, 32)."""
    parts = minhash.reshape(*minhash.shape[:-1], BANDS, ROWS).astype(np.uint64)
    keys = (
        parts[..., 0] | parts[..., 1] << np.uint64(16) | parts[..., 2] << np.uint64(32) | parts[..., 3] << np.uint64(48)
    )
    keys = (keys + np.arange(BANDS, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)) * np.uint64(0xD6E8FEB86659FD93)
    return np.asarray(keys ^ keys >> np.uint64(32), dtype=np.uint64)


def may_be_copies(one: Sketch, minhashes: MinHash, sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Tell which of several texts are worth an exact look, by the containment that the MinHashes let expect."""
    smaller, larger = np.minimum(one.shingles, sizes), np.maximum(one.shingles, sizes)
    jaccard = (minhashes == one.minhash).mean(axis=1)
    contained = jaccard * (smaller + larger) / (1 + jaccard) / np.maximum(smaller, 1)
    return np.asarray((contained >= _MAYBE) & (smaller >= FEWEST_SHINGLES) & (larger <= _LONGER * smaller))


def is_copy(one: set[str], other: set[str]) -> bool:
    """Tell whether two texts, by their shingles, are copies."""
    smaller, larger = sorted((len(one), len(other)))
    if smaller < FEWEST_SHINGLES or larger > _LONGER * smaller:
        return False
    return len(one & other) >= COPY * smaller


def _own_words(text: str, text_terms: str) -> list[str]:
    """Give the terms of a text without datelines, signatures and boilerplate."""
    lines = text.split("\n")
    if any(line and is_boilerplate(line) for line in lines):
        text = "\n".join(line for line in lines if not is_boilerplate(line))
        text_terms = " ".join(term.text for term in terms(text))
    words = text_terms.split()
    patterns = _patterns()
    if head := patterns["dateline"].match(text[:_HEAD]):
        words = words[len(terms(text[: head.end()])) :]
    if tail := patterns["signature"].search(text[-_TAIL:]):
        words = words[: len(words) - len(terms(text[-_TAIL:][tail.start() :]))]
    return words


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    lines = resources.files("processors.data").joinpath("agencies.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    agencies = "|".join(re.escape(row[1]) for row in rows if row[0] == "agency")
    signers = "|".join(re.escape(row[1]) for row in rows if row[0] == "signature")
    # «MOSCOW, Nov 5 (Reuters) -», «Москва. 11 ноября. INTERFAX.RU -», «دمشق 5 نوفمبر (سانا) -», «(AFP) --»
    dateline = rf"\s*(?:[^\n]{{0,90}}?(?:{agencies})[^\n]{{0,24}}?[-–—:/./]+\s|[^\n.!?]{{2,60}}\s[–—-]{{1,2}}\s)"
    ends = (
        rf"[(\[/]\s*[^\n()\[\]]{{0,60}}(?:{signers})[^\n]{{0,200}}",
        rf"\n\s*(?:{signers})[^\n]{{0,200}}",
        rf"[(\[/]\s*(?:{agencies})[^\n()]{{0,20}}[)\]/]?",
    )
    signature = rf"(?:{'|'.join(ends)})\s*\Z"
    return {"dateline": re.compile(dateline, re.IGNORECASE), "signature": re.compile(signature, re.IGNORECASE)}
