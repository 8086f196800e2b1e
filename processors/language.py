"""Which language a text is written in: the script first, then letter n-grams among that script's languages.

One naive Bayes model a script over hashed character n-grams (n-grams after Cavnar and Trenkle 1994, hashing after
Weinberger and others 2009), made by tools/build_language_model.py and kept in `data/language_model.npz`. Each also
knows other languages of its script, so that Spanish is not called English: those give "und", and so do texts too short
to tell.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from processors.normalise import INVISIBLE, MARKS

UNKNOWN = "und"
LEAD = 300  # code points looked at
_SHORTEST = 7  # letters: with fewer nobody could say
_LEAST = 0.3  # a language less likely than that is a guess
_TIE = 0.2  # a hint decides when its language is at most so much less likely than the best
LONGEST_GRAM = 4
BUCKET_BITS = 16
STEPS = 20  # of a stored weight, a nat
_TEMPER = 0.1  # grams overlap, so they are worth so much less than as many independent signs (fitted on held-out text)
_LATIN_WEIGHT = 0.5  # names and addresses in Latin letters stand in texts of every script, seldom the other way round

# The letters of each script that has languages of ours, and all other letters, which are nobody's.
_SCRIPTS = {
    "arab": (
        "\u0620-\u063f\u0641-\u064a\u066e\u066f\u0671-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06ff\u0750-\u077f"
        "\ufb50-\ufdf9\ufe70-\ufefc"
    ),
    "cyrl": "\u0400-\u0481\u048a-\u052f",
    "hebr": "\u05d0-\u05ea\ufb1d-\ufb4e",
    "latn": (
        "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff\ufb00-\ufb06\uff21-\uff3a\uff41-\uff5a"
    ),
}
_LETTERS = {script: re.compile(f"[{letters}]+") for script, letters in _SCRIPTS.items()}
_OTHER_LETTERS = re.compile(rf"[^\W\d_{''.join(_SCRIPTS.values())}]+")
_UNSEEN = re.compile(f"[{MARKS}{INVISIBLE}\u0640]")
_LATIN_I = re.compile("(?<=[\u0400-\u045f])[iI]|[iI](?=[\u0400-\u045f])")  # typed for the Ukrainian and Belarusian і
_ADDRESS = re.compile(r"(?:https?://|www\.|[@#])\S*|\S+@\S+\.\S+")


class Sample(NamedTuple):
    """What is judged: the words of a text's main script, in lower case, each followed by a space; its letters."""

    script: str
    words: str
    letters: int


def sample(title: str, text: str) -> Sample | None:
    """Take title and lead down to their main script; None where that is none of ours, or too little is left."""
    lead = text[:LEAD]
    raw = unicodedata.normalize("NFC", _UNSEEN.sub("", f"{title[:LEAD]}\n{lead}" if title not in lead else lead))
    raw = _LATIN_I.sub("і", _ADDRESS.sub(" ", raw))
    found = {script: letters.findall(raw) for script, letters in _LETTERS.items()}
    sizes = {script: sum(map(len, words)) for script, words in found.items()}
    script = max(sizes, key=lambda name: sizes[name] * (_LATIN_WEIGHT if name == "latn" else 1))
    count = sizes[script]
    if count < _SHORTEST or count < sum(map(len, _OTHER_LETTERS.findall(raw))):
        return None
    return Sample(script, " " + " ".join(found[script]).lower() + " ", count)


def grams(words: str) -> npt.NDArray[np.uint32]:
    """Give the buckets of all character n-grams of 1 to LONGEST_GRAM code points, in no order that matters."""
    codes = np.frombuffer(words.encode("utf-32-le"), dtype="<u4").astype(np.uint32)
    hashed = codes * np.uint32(0x9E3779B1)
    found = [hashed]
    for length in range(2, LONGEST_GRAM + 1):
        if len(codes) < length:
            break
        hashed = (hashed[:-1] ^ (hashed[:-1] >> np.uint32(15))) * np.uint32(0x85EBCA6B) + codes[length - 1 :]
        found.append(hashed)
    every = np.concatenate(found)
    buckets: npt.NDArray[np.uint32] = ((every ^ (every >> np.uint32(13))) * np.uint32(0xC2B2AE35)) >> np.uint32(
        32 - BUCKET_BITS
    )
    return buckets


class Model(NamedTuple):
    """The languages of one script and what each n-gram says for them."""

    languages: tuple[str, ...]  # ours first
    ours: int
    weights: npt.NDArray[np.int8]  # bucket × language: log of the gram's share over its share in all, in STEPS a nat


@cache
def models() -> dict[str, Model]:
    """Give the model of each script; loads them at the first call."""
    with resources.files("processors.data").joinpath("language_model.npz").open("rb") as file, np.load(file) as stored:
        found = {}
        for script in _SCRIPTS:
            ours, others = str(stored[f"{script}_languages"]).split("|")
            languages = (*ours.split(), *others.split())
            found[script] = Model(languages, len(ours.split()), stored[f"{script}_weights"])
        return found


def identify(title: str, text: str, *, hint: str | None = None) -> tuple[str, float]:
    """Give (language, confidence 0..1) of title and lead; ("und", 0.0) where too short or not one of ours.

    A text in several languages gives its main one. `hint` (what the feed claims) only breaks a tie.
    """
    taken = sample(title, text)
    if taken is None:
        return UNKNOWN, 0.0
    model = models()[taken.script]
    chances = _chances(model, taken.words)
    best = int(chances.argmax())
    if hint in model.languages[: model.ours]:
        claimed = model.languages.index(hint)
        if chances[claimed] >= chances[best] - _TIE:
            best = claimed
    if best >= model.ours or chances[best] < _LEAST:
        return UNKNOWN, 0.0
    return model.languages[best], round(float(chances[best]), 4)


def _chances(model: Model, words: str) -> npt.NDArray[np.float64]:
    """Give the probability of each language of the model (naive Bayes, all languages alike beforehand, tempered)."""
    logs = model.weights[grams(words)].sum(axis=0, dtype=np.int32) * (_TEMPER / STEPS)
    likely = np.exp(logs - logs.max())
    chances: npt.NDArray[np.float64] = likely / likely.sum()
    return chances
