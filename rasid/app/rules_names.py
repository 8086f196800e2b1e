"""Words one letter from a known name: a slip in a rule that nobody would notice, for it simply never fires."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from processors.gazetteer import gazetteer
from processors.normalise import clean, fold
from processors.tokens import terms
from processors.word_classes import words_of

_SHORTEST = 5  # letters; shorter words are one letter from anything
_A_CITY, _A_TOWN = 500_000, 30_000  # people; a smaller place is rarely meant
_OF_THE_DESK = {"RU", "SY"}
_ARABIC = "\u0600"
_TONGUES = ("ar", "en", "ru")


def near_name(word: str) -> str | None:
    """Give the known name that a word is one letter from (one more, one less, another, or two swapped).

    Words without a capital, where the script has any, are no names. By deletions, after Garbe's SymSpell.
    """
    if not word[:1].isupper() and not word[:1] >= _ARABIC:
        return None
    folded = fold(clean(word))
    known = _known()
    if len(folded) < _SHORTEST or folded in known.names or _is_everyday(word):
        return None
    found = (name for key in (folded, *_shorter(folded)) for name in known.by_key.get(key, ()))
    return next((known.names[name] for name in found if _is_near(folded, name)), None)


def _is_everyday(word: str) -> bool:
    """Tell whether articles use the word: it is meant as it stands."""
    stems = {term.text for term in terms(clean(word))}
    return any(words and all(words.share(stem) for stem in stems) for words in map(words_of, _TONGUES))


class _Known:
    def __init__(self, names: dict[str, str]) -> None:
        self.names = names
        self.by_key: dict[str, list[str]] = defaultdict(list)
        for name in names:
            for key in {name, *_shorter(name)}:
                self.by_key[key].append(name)


@cache
def _known() -> _Known:
    names: dict[str, str] = {}
    for entry in gazetteer().base.entries:
        if entry.place and entry.population < (_A_TOWN if _OF_THE_DESK.intersection(entry.country) else _A_CITY):
            continue
        for name in (entry.names.ar, entry.names.en, entry.names.ru):
            for word in (name or "").replace("-", " ").split():
                folded = fold(clean(word))
                if len(folded) >= _SHORTEST:
                    names.setdefault(folded, word)
    return _Known(names)


def _shorter(word: str) -> Iterator[str]:
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]


def _is_near(word: str, name: str) -> bool:
    if len(word) != len(name):
        longer, shorter = (word, name) if len(word) > len(name) else (name, word)
        return shorter in set(_shorter(longer))
    different = [at for at in range(len(word)) if word[at] != name[at]]
    if len(different) == 1:
        return True
    swapped = len(different) == 2 and different[1] == different[0] + 1  # noqa: PLR2004 - a pair
    return swapped and word[different[0]] == name[different[1]] and word[different[1]] == name[different[0]]
