"""Makes the arrays of a recogniser's lexicon from counts of words and lists of names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from processors.recogniser import lexicon as lx
from processors.recogniser.lexicon import fold
from processors.recogniser.store import hashes
from processors.recogniser.tokenise import tokenise


def build_lexicon(
    language: str,
    names: Counter[str],
    common: Counter[str],
    phrases: dict[str, set[str]],
    given: Iterable[str] = (),
    heads: dict[int, Iterable[str]] | None = None,
) -> dict[str, np.ndarray[Any, Any]]:
    """Make a lexicon's arrays: name tokens and common words with counts, phrases by type, given names."""
    codes: Counter[str] = Counter()
    frequency, weight = _folded(common, language), _folded(names, language)
    for word, count in weight.items():
        codes[word] |= strength(count, frequency.get(word, 0))
    for word, count in frequency.items():
        codes[word] |= (0 if count < 2 else 1 if count < 6 else 2 if count < 40 else 3) << lx.COMMON_SHIFT
    for bit, words in {lx.GIVEN: given, **(heads or {})}.items():
        for word in {fold(word, language) for word in words}:
            if bit != lx.GIVEN or frequency.get(word, 0) < 5 or weight.get(word, 0) > frequency[word]:
                codes[word] |= bit
    table: dict[str, int] = {}
    for kind in ("ORG", "LOC", "PER", "loc"):  # the first to claim a phrase has it
        for words in _split(phrases.get(kind, ()), language):
            table.setdefault(" ".join(words), lx.PHRASE_TYPES.index(kind))
            codes[words[0]] |= lx.STARTS
            for word in words:
                if kind != "PER" and (frequency.get(word, 0) < 40 or len(words) == 1):
                    codes[word] |= lx.BODY if kind == "ORG" else lx.PLACE
    return {**_sorted("lexicon_words", "lexicon_codes", codes), **_sorted("lexicon_phrases", "lexicon_types", table)}


def _split(phrases: Iterable[str], language: str) -> Iterator[list[str]]:
    """Give the folded words of each phrase that is not too long."""
    for phrase in sorted(phrases):
        words = [fold(word, language) for word in tokenise(phrase).words if word is not None]
        if 0 < len(words) <= lx.LONGEST_PHRASE:
            yield words


def _folded(counts: Counter[str], language: str) -> dict[str, int]:
    """Give counts by folded word, the largest of those that fall together."""
    result: dict[str, int] = {}
    for word, count in counts.items():
        folded = fold(word, language)
        result[folded] = max(result.get(folded, 0), count)
    return result


def strength(names: int, common: int) -> int:
    """Grade (0 to 3) how surely a word is a name, by its counts among names and in running text."""
    ratio = names / (1 + common)
    if ratio < 0.2:
        return 0
    return 3 if ratio >= 5 else 2 if ratio >= 1.5 else 1


def _sorted(keys: str, values: str, table: dict[str, int]) -> dict[str, np.ndarray[Any, Any]]:
    table = {**table, "\0": 0}  # never empty
    hashed = hashes(table)
    order = np.argsort(hashed, kind="stable")
    return {keys: hashed[order], values: np.fromiter(table.values(), np.uint16, len(table))[order]}
