"""Known entities for what somebody has begun to type, in any script."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache

from processors.gazetteer import gazetteer
from processors.knowledge import Entry, KnowledgeBase
from processors.normalise import clean, fold
from rasid.domain.search import Suggestion

_WORD = re.compile(r"[^\W_]+")
_ARTICLE = "ال"
_LONGEST = 60  # letters looked at
_MOST_LOOKED_AT = 3_000  # one letter begins many names
_OF_THE_DESK = {"RU", "SY"}
_WORTH = {"PER": 3_000_000, "ORG": 3_000_000}  # a place counts by its people


class Suggester:
    """The names of a knowledge base by what each of their words begins with. Frozen once made; any thread."""

    def __init__(self, base: KnowledgeBase) -> None:
        self._entries = base.entries
        found = sorted(
            (key, number, name)
            for number, entry in enumerate(base.entries)
            for name in (entry.names.ar, entry.names.en, entry.names.ru)
            if name
            for key in _keys(name)
        )
        self._keys = [key for key, _, _ in found]
        self._named = [(number, name) for _, number, name in found]

    def suggest(self, text: str, limit: int) -> tuple[Suggestion, ...]:
        """Give the entities of which a name, from one of its words on, begins with `text`; the most likely first."""
        asked = " ".join(_words(text[:_LONGEST]))
        if not asked:
            return ()
        best: dict[int, tuple[int, str]] = {}
        start = bisect_left(self._keys, asked)
        for at in range(start, min(start + _MOST_LOOKED_AT, len(self._keys))):
            if not self._keys[at].startswith(asked):
                break
            number, name = self._named[at]
            worth = _worth(self._entries[number], name, asked, self._keys[at])
            best[number] = max(best.get(number, (0, "")), (worth, name))
        ranked = sorted(best.items(), key=lambda one: (-one[1][0], one[0]))[:limit]
        return tuple(_suggestion(self._entries[number], name) for number, (_, name) in ranked)


@cache
def suggester() -> Suggester:
    """Give the one over the program's own knowledge base, made at the first call."""
    return Suggester(gazetteer().base)


def _suggestion(entry: Entry, name: str) -> Suggestion:
    names = entry.names
    return Suggestion(id=entry.id, type=entry.type, name=name, label=names.en or names.ar or names.ru or name)


def _worth(entry: Entry, name: str, asked: str, key: str) -> int:
    """Rank by fame, nearness to the desk, and how much of the name is typed."""
    known = entry.population * 10 if entry.kind == "country" else _WORTH.get(entry.type, entry.population)
    near = 10 if _OF_THE_DESK.intersection(entry.country) else 1
    words = _words(name)
    starts = 4 if " ".join(words).startswith(asked) else 1
    return (known * near * starts // len(words) + len(entry.roles)) * (1_000 if key == asked else 1)


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(clean(text)))


def _keys(name: str) -> Iterator[str]:
    words = _words(name)
    for at, word in enumerate(words):
        rest = " ".join(words[at + 1 :])
        yield f"{word} {rest}".rstrip()
        if word.startswith(_ARTICLE) and len(word) > len(_ARTICLE) + 1:
            yield f"{word.removeprefix(_ARTICLE)} {rest}".rstrip()
