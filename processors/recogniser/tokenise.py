"""Words and sentence boundaries as the recogniser's models were trained on them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Words join over inner hyphens and apostrophes and numbers over inner points and commas, as in the treebanks; marks of
# vowels (Mn) belong to the word they stand in. All else but space is a token by itself.
_TOKEN = re.compile(
    r"(?P<break>[\n\r\u2028\u2029]+)"
    r"|\d+(?:[.,:/]\d+)*[^\W\d_]*"
    r"|[^\W_][\w\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u0640\u200c\u200d]*"
    r"(?:[-\u2010\u2011'\u2019\u02bc][\w\u0300-\u036f\u064b-\u065f\u0640]+)*"
    r"|\.{2,}"
    r"|[^\s]"
)
_SENTENCE_ENDS = frozenset(".!?؟…۔") | {"..", "..."}
_CLOSERS = frozenset("\"'»”’)]")
_LONGEST_SENTENCE = 200
_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof gen col lt sgt capt gov sen rep st no vs jr sr jan feb aug sept oct nov dec "
    "им ул тел стр напр проф акад ген гг руб млн млрд тыс просп пер д г т см".split()
)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Words of a text with their code points; two None (so that no window of +-2 looks over) are a sentence boundary.

    The first two and the last two are boundaries, too.
    """

    words: list[str | None]
    starts: list[int]
    ends: list[int]


def tokenise(text: str) -> Tokens:
    """Split a text into words and sentences; every word is exactly its slice."""
    words: list[str | None] = [None, None]
    starts, ends = [0, 0], [0, 0]
    length = 0
    for word, start, end, ends_before in _marked(text):
        if words[-1] is not None and (ends_before or length >= _LONGEST_SENTENCE):
            words += [None, None]
            starts += [start, start]
            ends += [start, start]
            length = 0
        if word is not None:
            words.append(word)
            starts.append(start)
            ends.append(end)
            length += 1
    if words[-1] is not None:
        words += [None, None]
        starts += [len(text), len(text)]
        ends += [len(text), len(text)]
    return Tokens(words, starts, ends)


def _marked(text: str) -> Iterator[tuple[str | None, int, int, bool]]:
    """Give words (None for line breaks) with their offsets and whether a sentence ends before them."""
    previous = ""
    ended = False
    for match in _TOKEN.finditer(text):
        if match.lastgroup:
            yield None, match.start(), match.end(), True
            previous, ended = "", False
            continue
        word = match.group()
        if word in _SENTENCE_ENDS:
            ended = not (word == "." and _abbreviates(previous))
            yield word, match.start(), match.end(), False
        elif ended and word in _CLOSERS:
            yield word, match.start(), match.end(), False
        else:
            spaced = text[match.start() - 1 : match.start()].isspace()
            yield word, match.start(), match.end(), ended and spaced and not word[0].islower()
            ended = False
        previous = word


def _abbreviates(word: str) -> bool:
    """Tell whether a point after `word` more likely shortens it than ends a sentence."""
    return (len(word) == 1 and word.isupper()) or word.lower() in _ABBREVIATIONS
