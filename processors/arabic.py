"""Arabic words: the clitics before them and the endings behind them. All words here are folded (see `normalise`).

Arabic writes "and", "so", "by", "like", "to" and the future in one word with what follows. Which first letters are
such clitics only a lexicon can tell (وزير "minister" keeps its و), so one decides: `data/arabic_words.txt.gz`, made by
tools/build_arabic_words.py.
"""

from __future__ import annotations

import gzip
from functools import cache
from importlib import resources
from typing import NamedTuple

_CLITICS = frozenset("وفبكلس")
_CONJUNCTIONS = frozenset("وف")
_PREPOSITIONS = frozenset("بكل")
_FUTURE_FOLLOWS = frozenset("يتنا")
_SHORTEST = 3  # letters that a word must keep
_PRODUCTIVE_ARTICLE = frozenset(
    {"و", "ب", "وب", "فب"}
)  # before an unknown word with the article, a clitic all the same
_SHORTEST_UNKNOWN = 4
_INFLECTIONS = ("تهما", "تهم", "تها", "هما", "ها", "هم", "ات", "ان", "ون", "ين", "وا", "ته", "نا", "ت", "ا", "ه", "ي")
_PRONOUNS = ("ه", "ها", "هم", "ته", "تها", "تهم")
_PARTICIPLES = ("مت", "مس", "است", "يت", "تت")  # no word of root و goes on like that
_GOD = "الله"  # the article is part of the name


class _Lexicon(NamedTuple):
    words: frozenset[str]  # stand alone, so may follow a clitic
    whole: frozenset[str]  # begin with a letter that looks like a clitic
    names: frozenset[str]  # keep their endings
    al: frozenset[str]  # begin with letters that look like the article
    stems: frozenset[str]  # of the words


@cache
def _lexicon() -> _Lexicon:
    packed = resources.files("processors.data").joinpath("arabic_words.txt.gz").read_bytes()
    sets: dict[str, set[str]] = {"word": set(), "whole": set(), "name": set(), "al": set()}
    current = sets["word"]
    for line in gzip.decompress(packed).decode().splitlines():
        if line.startswith("["):
            current = sets[line.strip("[]")]
        elif not line.startswith("#"):
            current.add(line)
    word, whole, name, al = map(frozenset, sets.values())
    return _Lexicon(word, whole, name, al, frozenset(map(uninflected, word)))


def uninflected(word: str) -> str:
    """Take one ending of a verb or noun off, to ask whether another form of the word is known."""
    for ending in _INFLECTIONS:
        if word.endswith(ending) and len(word) - len(ending) > _SHORTEST:
            return word[: -len(ending)]
    return word


def split(word: str) -> tuple[int, str]:
    """Give how many letters of `word` are clitics, and the word without them (the article stays)."""
    if len(word) <= _SHORTEST or word[0] not in _CLITICS:
        return (0, _GOD) if word == "لله" else (0, word)
    lexicon = _lexicon()
    if _is_whole(word, lexicon):
        return 0, word
    for cut in _cuts(word):
        if found := _rest(word, cut, lexicon):
            return cut, found
    return 0, word


def _cuts(word: str) -> list[int]:
    """Give where clitics may end: و or ف, then ب, ك, ل or the future's س."""
    cuts = [1]
    if word[0] in _CONJUNCTIONS and (word[1] in _PREPOSITIONS or word[1] == "س"):
        cuts.append(2)
    return cuts


def _is_whole(word: str, lexicon: _Lexicon) -> bool:
    return word in lexicon.whole or any(
        word.endswith(ending) and word[: -len(ending)] in lexicon.whole
        for ending in ("ه", "ها", "هم", "ته", "تها", "تهم")
    )


def _rest(word: str, cut: int, lexicon: _Lexicon) -> str | None:
    """Give the word behind the clitics `word[:cut]`, None where they are no clitics."""
    clitics, rest = word[:cut], word[cut:]
    if clitics[-1] == "ل" and rest[0] == "ل":
        return _assimilated(rest, lexicon)
    if rest.startswith("ال") and clitics[-1] not in "لس":
        return rest if _article(clitics, rest[2:], lexicon) else None
    if len(rest) < _SHORTEST or (clitics[-1] == "س" and rest[0] not in _FUTURE_FOLLOWS):
        return None
    return rest if _is_word(clitics, rest, lexicon) else None


def _is_word(clitics: str, rest: str, lexicon: _Lexicon) -> bool:
    if rest in lexicon.words or (len(rest) > _SHORTEST and uninflected(rest) in lexicon.stems):
        return True
    return clitics == "و" and len(rest) > _SHORTEST_UNKNOWN and rest.startswith(_PARTICIPLES)


def _article(clitics: str, bare: str, lexicon: _Lexicon) -> bool:
    if bare in lexicon.words or "ال" + bare in lexicon.words:
        return len(bare) > 1
    return clitics in _PRODUCTIVE_ARTICLE and len(bare) >= _SHORTEST_UNKNOWN


def _assimilated(rest: str, lexicon: _Lexicon) -> str | None:
    """Give what follows ل where two ل meet: لل + أسد is ل + الأسد, but لل + بنان is ل + لبنان."""
    if rest in lexicon.whole:
        return rest
    return "ال" + rest[1:] if len(rest) > _SHORTEST else None


def stem(word: str) -> str:
    """Give the term of a word freed of clitics: without article, plural and pronoun endings and the ending of relation.

    A light stemmer after Larkey, Ballesteros and Connell (2002), with -يا so that سوريا, سوريه, السوري and السوريين
    meet, and with a list of names that keep their ending (لبنان is no dual of لبن).
    """
    if word == _GOD:
        return word
    lexicon = _lexicon()
    names = lexicon.names
    if word.startswith("ال") and len(word) > _SHORTEST and word not in lexicon.al:
        word = word[2:]
    if word in names:
        return word
    for endings in _ENDINGS:
        for ending in endings:
            if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
                word = word[: -len(ending)]
                if word in names:
                    return word
                break
    return word


# Pronouns, then plurals and duals, then relation and gender: at most one of each, the longest first.
_ENDINGS = (("هما", "ها", "هم"), ("ات", "ان", "ون", "ين"), ("يا", "يه", "ي", "ه"))
