"""Spelling taken out of text: one letter for every way to write it, with an exact way back to the source.

Every code point is folded for itself, so the fold of a text is the join of the folds of its code points and the map
back is exact. Only what is safe of NFKC (Unicode Annex 15) is taken: widths, fonts, ligatures and Arabic presentation
forms, not superscripts, fractions and squares, which would glue letters and digits together.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Sequence

# Marks that are written above and below Latin, Cyrillic, Greek, Hebrew and Arabic letters and may be left out.
# Indic and Thai signs are no such marks: they are the vowels.
MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
    "\u0897-\u089f\u08ca-\u08e1\u08e3-\u08ff\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f"
)
# Soft hyphen, zero-width marks, bidi controls, variation selectors, tags: nobody sees them, many hide text with them.
INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\U0001bca0-\U0001bca3\U000e0000-\U000e0fff"
)
# Letters that stand for a sign nobody types: the tatweel, and the half rings and primes of scholarly transliteration.
FILLERS = "\u0640\u02b9-\u02bf\u02c8\u02ca\u02cb\u2032\u2035"

_DROPPED = re.compile(f"[{MARKS}{INVISIBLE}{FILLERS}]")
_MARK = re.compile(f"[{MARKS}\u034f]")
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]")
_SAFE_FORMS = (
    "<wide>",
    "<narrow>",
    "<initial>",
    "<medial>",
    "<final>",
    "<isolated>",
    "<font>",
    "<compat>",
    "<noBreak>",
)
_LETTERS_OF_THEIR_OWN = frozenset("\ufdfa\ufdfb")  # whole sentences in one code point

_FOLDS = {
    "أإآٱٲٳٵ": "ا", "ؤٶۄۅۆۇۈۋۏ": "و", "ئىیےۍێېۑۓؠ": "ي", "ةہۀۂۃھەۿ": "ه", "کڪګڬڭڮگڰڱڲڳڴݢݣݤ": "ك",
    "پڀ": "ب", "ڤڡڢڣڥڦ": "ف", "چڃڄڿڇ": "ج", "ژڙ": "ز", "ٹٺټٽٿ": "ت", "ڈډڊڋڌڍڎڏڐ": "د", "ڑڒړڔڕږڗ": "ر",
    "ںڻڼڽ": "ن", "ڵڶڷڸ": "ل", "ښڛڜ": "س", "ځڂڅ": "ح",
    "ёѐ": "е", "ѝ": "и", "ѓ": "г", "ќ": "к",
    "øǿ": "o", "ł": "l", "đð": "d", "ħ": "h", "ıȷ": "i", "ŧ": "t", "æǽ": "ae", "œ": "oe", "þ": "th",
    "“”„‟«»‹›〝〞〟＂″": '"', "‘’‚‛`´ʼ＇": "'", "‐‑‒–—―−⁃﹘﹣－ـ֊־": "-",
    "،٬，、": ",", "؛；": ";", "؟？": "?", "٪": "%", "٫": ".", "۔。": ".",
}  # fmt: skip
_FOLD_OF = {letter: target for letters, target in _FOLDS.items() for letter in letters}
del _FOLD_OF["ـ"]  # the tatweel looks like a dash there, and is dropped instead

# A mark that makes another letter, not an accented one: the pair is one letter in any spelling.
_PAIRS = tuple((base + mark, unicodedata.normalize("NFC", base + mark))
               for base, mark in zip("иИіІуУ", "\u0306\u0306\u0308\u0308\u0306\u0306", strict=True))  # fmt: skip
_PAIR_MARKS = re.compile("[\u0306\u0308]")


def clean(text: str) -> str:
    """Make printable text of any str: each unpaired surrogate becomes U+FFFD, each pair its character."""
    return text if text.isascii() else _SURROGATES.sub(_printable, text)


def _printable(match: re.Match[str]) -> str:
    found = match.group()
    return found.encode("utf-16-le", "surrogatepass").decode("utf-16-le") if len(found) == 2 else "\ufffd"  # noqa: PLR2004  a pair is two


class _Folds(dict[int, str]):
    """The fold of each code point, worked out when first met."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold(chr(code))
        return folded


def _fold(letter: str) -> str:
    """Fold until nothing changes, so that folding a folded text changes nothing."""
    before, after = letter, _fold_once(letter)
    while after != before:
        before, after = after, "".join(map(_fold_once, after))
    return after


def _fold_once(letter: str) -> str:
    if _DROPPED.match(letter):
        return ""
    if letter in _FOLD_OF:
        return _FOLD_OF[letter]
    if letter.isspace():
        return " "
    if letter.isdecimal():
        return str(unicodedata.decimal(letter))
    return _without_accents(_compatible(letter).casefold())


def _compatible(letter: str) -> str:
    form = unicodedata.decomposition(letter).partition(" ")[0]
    if form not in _SAFE_FORMS or letter in _LETTERS_OF_THEIR_OWN:
        return letter
    plain = unicodedata.normalize("NFKC", letter)
    if form == "<isolated>":  # a vowel sign on its own comes with a space to stand on
        plain = plain.replace(" ", "")
    return letter if plain.startswith(" ") or (plain.isalpha() and not letter.isalpha()) else plain


def _without_accents(letters: str) -> str:
    """Take the accents off Latin and Greek letters; Cyrillic й and ї are letters of their own."""
    plain = unicodedata.normalize("NFD", letters)
    if plain == letters or "\u0400" <= plain[0] <= "\u052f" or not _MARK.search(plain):
        return letters
    return _MARK.sub("", plain)


_folds = _Folds()


class Normalised:
    """A folded text; `starts[i]`, `ends[i]` bound the source code point that gave `text[i]`."""

    __slots__ = ("_source", "ends", "starts", "text")

    def __init__(self, text: str, starts: Sequence[int], ends: Sequence[int], source: str) -> None:
        self.text = text
        self.starts = starts
        self.ends = ends
        self._source = source

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """Give the source code points of `text[start:end]`, with the marks that belong to the last letter.

        An empty slice gives an empty span. Raises IndexError outside the text.
        """
        if start >= end:
            at = self.starts[start] if start < len(self.starts) else len(self._source)
            return at, at
        return self.starts[start], end_with_marks(self._source, self.ends[end - 1])

    def position(self, source: int) -> int:
        """Give the first place in the folded text that comes from source code point `source` or later."""
        return bisect_right(self.starts, source - 1)


def end_with_marks(text: str, end: int) -> int:
    """Move `end` behind the marks on the letter before it."""
    while end < len(text) and _MARK.match(text, end):
        end += 1
    return end


def fold(text: str) -> str:
    """Fold a text without the way back: the `text` of `normalise`."""
    return _join_pairs(text).translate(_folds)


def normalise(text: str) -> Normalised:
    """Fold `text` for matching: case, accents, widths, Arabic letter forms and digits, invisible marks, quotes, dashes.

    Idempotent. White space becomes a space, code point by code point. Linear in the length of the text.
    """
    prepared = _join_pairs(text)
    folded = prepared.translate(_folds)
    sizes = {letter: len(_folds[ord(letter)]) for letter in set(prepared)}
    if all(size == 1 for size in sizes.values()):
        return Normalised(folded, range(len(text)), range(1, len(text) + 1), text)
    starts = array("I")
    if all(size <= 1 for size in sizes.values()):
        starts.extend([at for at, letter in enumerate(prepared) if sizes[letter]])
    else:
        for at, letter in enumerate(prepared):
            starts.extend([at] * sizes[letter])
    return Normalised(folded, starts, array("I", [at + 1 for at in starts]), text)


def _join_pairs(text: str) -> str:
    """Put one code point for и + breve and the like; a joiner, dropped later, keeps the length."""
    if text.isascii() or not _PAIR_MARKS.search(text):
        return text
    for pair, letter in _PAIRS:
        text = text.replace(pair, letter + "\u034f")
    return text
