"""What the models see of one word by itself; the context comes from adding up the neighbours' shares."""

from __future__ import annotations

import re
from collections.abc import Sequence

from processors.recogniser import lexicon as lx
from processors.recogniser.lexicon import Lexicon, fold, without_clitics

# A word with the part it has in a phrase of the lexicon ("" for none), e.g. ("Syria", "S-LOC").
Key = tuple[str, str]

_LONG = 4


def _classes() -> dict[int, str]:
    """Map letters and digits to their class."""
    alphabets = [("x", "abcdefghijklmnopqrstuvwxyzабвгдежзийклмнопрстуфхцчшщъыьэюяё"), ("d", "0123456789٠١٢٣٤٥٦٧٨٩")]
    table = {ord(letter): kind for kind, letters in alphabets for letter in letters}
    table |= dict.fromkeys(range(0x0620, 0x064B), "a")
    table |= {ord(letter.upper()): "X" for letter in alphabets[0][1]}
    return table


_CLASSES = _classes()
_RUN = re.compile(r"(.)\1+", re.DOTALL)


def outline(word: str) -> str:
    """Give a word's case and character classes with runs shortened: "Al-Assad" gives "Xx-Xx", "F-16" "X-d"."""
    shape = _RUN.sub(r"\1", word.translate(_CLASSES))[:6]
    return shape + "1" if len(word) == 1 else shape


def word_features(keys: Sequence[Key], lexicon: Lexicon) -> list[list[str]]:
    """Give the features of each word type, for the lexicon's language."""
    return _arabic(keys, lexicon) if lexicon.language == "ar" else _cased(keys, lexicon)


_FLAGS = (
    ("pl", lx.PLACE), ("or", lx.BODY), ("gi", lx.GIVEN), ("ti", lx.TITLE), ("bw", lx.BODY_WORD), ("pw", lx.PLACE_WORD),
    ("vb", lx.VERB),
)  # fmt: skip


def _lexical(prefix: str, code: int) -> list[str]:
    """Name what the lexicon says of a word."""
    features = [f"{prefix}n{code & lx.NAME_BITS}", f"{prefix}c{code >> lx.COMMON_SHIFT & 3}"]
    features += [prefix + name for name, bit in _FLAGS if code & bit]
    features.append(f"{prefix}={code & ~(lx.STARTS | lx.VERB)}")
    return features


def _cased(keys: Sequence[Key], lexicon: Lexicon) -> list[list[str]]:
    folded = [fold(word, lexicon.language) for word, _ in keys]
    result = []
    words = zip(keys, folded, lexicon.codes(folded), lexicon.clusters(folded), strict=True)
    for (word, part), low, code, clusters in words:
        shape = outline(word)
        features = [f"w={low}", f"s={shape}", f"l={min(len(word), 8)}", *_affixes(low), *_lexical("", code)]
        features.append(f"sc={shape[0]}{code & ~(lx.STARTS | lx.VERB)}")
        features += [f"k{level}={number}" for level, number in enumerate(clusters)]
        if part:
            features += [f"g={part}", f"gs={part}{shape[0]}"]
        result.append(features)
    return result


def _affixes(word: str) -> list[str]:
    features = []
    for n in range(1, min(len(word), _LONG + 1)):
        features += ["p=" + word[:n], "x=" + word[-n:]]
    return features


def _arabic(keys: Sequence[Key], lexicon: Lexicon) -> list[list[str]]:
    folded = [fold(word, "ar") for word, _ in keys]
    stems = [without_clitics(word) for word in folded]
    flat = [stem for group in stems for stem in group]
    codes = iter(lexicon.codes(flat))
    result = []
    for (word, part), low, group, code in zip(keys, folded, stems, lexicon.codes(folded), strict=True):
        features = [f"w={low}", f"s={outline(word)[:3]}", f"l={min(len(low), 9)}", *_affixes(low), *_lexical("", code)]
        best = 0
        for stem in group:
            found = next(codes)
            if found and not best:
                best = found
                features += [f"st={stem}", *_lexical("t", found)]
        features.append(f"cc={code & ~(lx.STARTS | lx.VERB)}:{best & ~(lx.STARTS | lx.VERB)}")
        if low.startswith("ال"):
            features.append("al")
        if group:
            features.append(f"cl={low[0]}")
            features.append(f"s1={group[0]}")
        if part:
            phrase, _, rule = part.partition("/")
            features += [f"{name}={value}" for name, value in (("g", phrase), ("r", rule), ("gr", part)) if value]
        result.append(features)
    return result
