"""Words and sentence boundaries as the recogniser's models were trained on them."""

from __future__ import annotations

import re
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
    (
        "mr", "mrs", "ms", "dr", "prof", "gen", "col", "lt", "sgt", "capt", "gov", "sen", "rep", "st", "no", "vs", "jr",
        "sr", "jan", "feb", "aug", "sept", "oct", "nov", "dec", "им", "ул", "тел", "стр", "напр", "проф", "акад", "ген",
        "гг", "руб", "млн", "млрд", "тыс", "просп", "пер", "д", "г", "т", "см",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tokens:
    """Words of a text with their code points; two None (so that no window of +-2 looks over) are a sentence boundary.

    The first two and the last two are boundaries, too.
    """

    words: list[str | None]
    starts: list[int]
    ends: list[int]

    def end_sentence(self, at: int) -> None:
        """Put a boundary at a code point, unless there is one already."""
        if self.words[-1] is not None:
            self.words.extend((None, None))
            self.starts.extend((at, at))
            self.ends.extend((at, at))


def tokenise(text: str) -> Tokens:
    """Split a text into words and sentences; every word is exactly its slice."""
    tokens = Tokens([None, None], [0, 0], [0, 0])
    words, starts, ends = tokens.words, tokens.starts, tokens.ends
    length = 0
    ended = False  # the word before ends a sentence, or a line did
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if match.lastgroup:
            length = _LONGEST_SENTENCE
            continue
        word = match.group()
        if ended:
            if word in _CLOSERS or word in _SENTENCE_ENDS:
                pass
            elif text[start - 1].isspace() and not word[0].islower():
                length = _LONGEST_SENTENCE
            else:
                ended = False
        if length >= _LONGEST_SENTENCE:
            tokens.end_sentence(start)
            length, ended = 0, False
        if word in _SENTENCE_ENDS:
            ended = word != "." or not _abbreviates(words[-1] or "")
        words.append(word)
        starts.append(start)
        ends.append(end)
        length += 1
    tokens.end_sentence(len(text))
    return tokens


def _abbreviates(word: str) -> bool:
    """Tell whether a point after `word` more likely shortens it than ends a sentence."""
    return (len(word) == 1 and word.isupper()) or word.lower() in _ABBREVIATIONS
