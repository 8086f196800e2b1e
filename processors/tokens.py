"""The project's one analysis: text -> tokens, the same for indexing, searching, rules, names and highlights.

It knows no language, only scripts, so a word alone is cut and stemmed as it is in an article. A run of word characters
is looked up in a cache of analysed runs; only a run not met lately is folded, split by script, freed of clitics and
stemmed. Offsets are code points of the text as given.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

import msgspec

from processors import arabic
from processors.normalise import FILLERS, INVISIBLE, MARKS, end_with_marks, fold
from processors.sentences import boundaries
from processors.stems import stem
from rasid.ports import Term

Script = Literal["arab", "cyrl", "latn", "hebr", "digit", "other"]


class Token(msgspec.Struct, frozen=True, gc=False):
    """A word as names are matched on it (`text`: folded, without clitic, unstemmed) and as the index holds it (`term`).

    `start`, `end`: code points of the source, without the clitic before the word; `sentence` counts those with words.
    For «للأسد» the text is «الاسد» though the source slice lacks the alef that ل swallows.
    """

    text: str
    term: str
    start: int
    end: int
    sentence: int
    script: Script


class _Part(NamedTuple):
    """One token of a run: offsets count from the run's start."""

    text: str
    term: str
    start: int
    end: int
    script: Script


_UNSEEN = MARKS + INVISIBLE + FILLERS
_APOSTROPHES = "'’‘`´ʼ＇"
_LONGEST_RUN = 256  # longer ones are cut: no word is so long, and one endless line must stay linear
_RUN = re.compile(
    rf"[\w{_UNSEEN}]{{1,{_LONGEST_RUN}}}(?:[{_APOSTROPHES}][^\W\d_][\w{_UNSEEN}]{{0,{_LONGEST_RUN}}}){{0,4}}"
)

_ARABIC = "\u0620-\u063f\u0641-\u064a\u066e-\u066f\u0671-\u06d3\u06d5\u06e5\u06e6\u06ee\u06ef\u06fa-\u06ff\u0750-\u077f\u0870-\u0887\u0889-\u088e\u08a0-\u08c9\ufb50-\ufdfb\ufe70-\ufefc"  # noqa: E501  one class
_CYRILLIC = "\u0400-\u0481\u048a-\u052f\u1c80-\u1c8a\ua640-\ua66e\ua680-\ua69d"
_LATIN = "A-Za-zªº\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02b8\u1d00-\u1d25\u1e00-\u1eff\u2c60-\u2c7f\ua722-\ua78b\ufb00-\ufb06\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d6a5"  # noqa: E501  one class
_HEBREW = "\u05d0-\u05ea\u05ef-\u05f2\ufb1d-\ufb4f"
# Written without spaces: every sign is a token, a phrase finds the word.
_SPACELESS = "\u3041-\u309f\u30a0-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e45\U00020000-\U0003ffff"  # noqa: E501  one class
_LETTERS = _ARABIC + _CYRILLIC + _LATIN + _HEBREW + _SPACELESS
_PART = re.compile(
    rf"(?P<digit>\d[\d{_UNSEEN}]*)"
    rf"|(?P<arab>[{_ARABIC}](?:(?<!ة)[{_ARABIC}]|[{_UNSEEN}])*)"
    rf"|(?P<cyrl>[{_CYRILLIC}](?:[{_CYRILLIC}{_UNSEEN}]|[{_APOSTROPHES}](?=[{_CYRILLIC}]))*)"
    rf"|(?P<latn>[{_LATIN}](?:[{_LATIN}{_UNSEEN}]|[{_APOSTROPHES}](?=[{_LATIN}]))*)"
    rf"|(?P<hebr>[{_HEBREW}][{_HEBREW}{_UNSEEN}]*)"
    rf"|(?P<other>[{_SPACELESS}]|(?:(?![{_LETTERS}\d_])\w)(?:(?![{_LETTERS}\d_])[\w{_UNSEEN}])*)"
)
_SCRIPTS: dict[str, Script] = {"digit": "digit", "arab": "arab", "cyrl": "cyrl", "latn": "latn", "hebr": "hebr"}
_TAIL = re.compile(f"[{INVISIBLE}{FILLERS}]+\\Z")
_APOSTROPHE = re.compile(f"[{_APOSTROPHES}]")
_POSSESSIVE = re.compile(f"[{_APOSTROPHES}][sSｓＳ]\\Z")
_ELISION = re.compile(f"(?:[ldjmtscnLDJMTSCN]|[Qq]u)[{_APOSTROPHES}]")

_CACHE_LIMIT = 1 << 16
_CACHED_LENGTH = 48
_cache: dict[str, tuple[_Part, ...]] = {}


def tokenize(text: str) -> list[Token]:
    """Cut a cleaned text (see `normalise.clean`) into tokens in order.

    Deterministic, linear in the length of the text, never raises. Any thread.
    """
    tokens: list[Token] = []
    add = tokens.append
    edges = iter(boundaries(text))
    edge, sentence = next(edges, len(text)), 0
    known = _cache.get
    for match in _RUN.finditer(text):
        run = match.group()
        at = match.start()
        if edge <= at:
            sentence += bool(tokens) and tokens[-1].sentence == sentence  # one without words does not count
            while edge <= at:
                edge = next(edges, len(text))
        parts = known(run)
        for word, term, start, end, script in _analyse(run) if parts is None else parts:
            add(Token(word, term, at + start, at + end, sentence, script))
    return tokens


def terms(text: str) -> list[Term]:
    """Give the terms of a text in order, as the index holds them."""
    return [Term(token.term, token.start, token.end) for token in tokenize(text)]


def _analyse(run: str) -> tuple[_Part, ...]:
    parts = tuple(part for match in _PART.finditer(run) for part in _parts(match))
    if len(run) <= _CACHED_LENGTH:
        if len(_cache) >= _CACHE_LIMIT:
            _cache.clear()
        _cache[run] = parts
    return parts


def _parts(match: re.Match[str]) -> list[_Part]:
    found, start = match.group(), match.start()
    script = _SCRIPTS.get(match.lastgroup or "", "other")
    if script == "arab":
        return _arabic(found, start)
    if script == "latn":
        return _latin(found, start)
    return _plain(found, start, script)


def _plain(found: str, start: int, script: Script) -> list[_Part]:
    found = _TAIL.sub("", found)
    word = _APOSTROPHE.sub("", fold(found))
    return [_Part(word, stem(word, script), start, start + len(found), script)] if word else []


def _latin(found: str, start: int) -> list[_Part]:
    """Cut l’ and d’ off, drop ’s, and join what any other apostrophe parts: O'Brien, Sana'a, don't."""
    parts = []
    if elided := _ELISION.match(found):
        parts = _plain(found[: elided.end() - 1], start, "latn")
        found, start = found[elided.end() :], start + elided.end()
    return parts + _plain(_POSSESSIVE.sub("", found), start, "latn")


def _arabic(found: str, start: int) -> list[_Part]:
    found = _TAIL.sub("", found)
    whole = fold(found)
    if not whole:
        return []
    cut, word = arabic.split(whole)
    return [_Part(word, stem(word, "arab"), start + _letters(found, cut), start + len(found), "arab")]


def _letters(found: str, count: int) -> int:
    """Give how many code points of `found` make its first `count` folded letters, marks on them included."""
    at = 0
    while count > 0:
        count -= len(fold(found[at]))
        at += 1
    return end_with_marks(found, at) if at else 0
