"""What the group step must know of an article to group others with it, packed into about a kilobyte.

Layout, little-endian: version (1 byte), number of shingles (4), number of features (1), 128 values of the MinHash cut
to 16 bits (256), then of each feature its hash (4), place (1) and rarity (1): 262 + 6 n bytes, n at most 96; 680 in the
mean. In JSON a third more (base64).
"""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from processors.copies import PERMUTATIONS, Sketch, sketch
from processors.stories.features import ROW, Features, features
from rasid.domain.article import EnrichedArticle

VERSION = 1
_HEAD = struct.Struct("<BIB")
_MINHASH_BYTES = 2 * PERMUTATIONS


class Signature(NamedTuple):
    """The features of an article and the sketch of its text."""

    features: Features
    sketch: Sketch


def sign(enriched: EnrichedArticle) -> Signature:
    """Make the signature. Pure: the same article, the same signature."""
    return Signature(features(enriched), sketch(enriched.article.title, enriched.article.text, enriched.terms.text))


def signed(enriched: EnrichedArticle) -> EnrichedArticle:
    """Give the article with its signature: in the enrich step, which runs in as many processes as there are."""
    return replace(enriched, signature=pack(sign(enriched)))


def signature_of(enriched: EnrichedArticle) -> Signature:
    """Give the signature that the article carries; make it where it has none of this version."""
    return unpack(enriched.signature) or sign(enriched)


def pack(signature: Signature) -> bytes:
    """Give the bytes of a signature."""
    head = _HEAD.pack(VERSION, signature.sketch.shingles, len(signature.features))
    return head + signature.sketch.minhash.tobytes() + signature.features.tobytes()


def unpack(data: bytes) -> Signature | None:
    """Read a signature; None for one of another version or a broken one, which must be made again from the article."""
    if len(data) < _HEAD.size or data[0] != VERSION:
        return None
    _, shingles, count = _HEAD.unpack_from(data)
    if len(data) != _HEAD.size + _MINHASH_BYTES + count * ROW.itemsize:
        return None
    minhash: npt.NDArray[np.uint16] = np.frombuffer(data, "<u2", PERMUTATIONS, _HEAD.size)
    rows = np.frombuffer(data, ROW, count, _HEAD.size + minhash.nbytes)
    return Signature(rows, Sketch(minhash, shingles))
