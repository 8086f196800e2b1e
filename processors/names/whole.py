"""Whole names: their tokens, what of them may be missing, and which token of one name stands for which of the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from processors.names.letters import script_of, tokens
from processors.names.romanise import romanise
from processors.names.russian import variants as russian_variants

# Articles and particles that spellings of one name write, join or leave out.
_ARTICLES = frozenset(
{
    "al", "el", "ul", "an", "ar", "as", "ash", "at", "ad", "az", "l", "la", "le", "de", "da", "di", "du", "del",
    "della", "der", "den", "van", "von", "zu", "bin", "ibn", "ben", "bint", "аль", "эль", "ал", "ель", "ан",
    "ар", "ас", "аш", "ат", "ад", "аз", "уль", "ибн", "бин", "бен", "ван", "фон", "де", "ла", "бинт", "ال",
    "بن", "ابن", "إبن", "بنت",
}
)  # fmt: skip
# "Servant of …": written apart or joined with the next token.
_SERVANT = frozenset(
    ["abd", "abdu", "abdul", "abdel", "abdal", "abdol", "عبد", "абд", "абду", "абдул", "абдель", "абдуль", "абдаль"]
)
_PATRONYMIC = re.compile(
    r"(?:ович|евич|ёвич|ьич|ична|овна|евна|ёвна|[ое]вич[ауе]м?|[ое]вн[уые]|[ое]вной"
    r"|[oe]vich|[oe]vitch|[oe]vič|[oe]vic|[oe]wicz|[oe]witsch|[oe]vna|[oe]wna|وفيتش|يفيتش|وفنا|يفنا)$"
)
_LONGEST_NAME, _MOST_TOKENS = 300, 12  # letters and tokens that are looked at: no name is longer
_LEAST_NAME = 2  # letters: a shorter token is an initial
_ARABIC_ARTICLE_AND_STEM = 5
# Latin and Cyrillic first letters that one name's spellings begin with.
_INITIAL_CLASSES = ("aei yj", "bp", "ckqxgh", "cszt", "dt", "fpvw", "gjdz", "ouwv", "s", "yeji", "yu")


@dataclass(frozen=True, slots=True)
class Token:
    """One token with the forms it may be compared in (as written first) and what it is within the name."""

    forms: tuple[str, ...]
    plain: str = ""  # without its article
    initial: bool = False
    optional: bool = False
    servant: bool = False  # "servant of" stands before it

    @property
    def surface(self) -> str:
        """The token as written, article included."""
        return self.forms[0]


def parse(name: str) -> tuple[Token, ...]:
    """Give the tokens of a name in any script; articles go with the token behind them. Empty without letters."""
    parts = tokens(name[:_LONGEST_NAME])[:_MOST_TOKENS]
    found: list[Token] = []
    prefix = ""
    for place, part in enumerate(parts):
        last = place == len(parts) - 1
        if not last and (part in _ARTICLES or part in _SERVANT):
            prefix += part
            continue
        servant = next((word for word in _SERVANT if prefix.startswith(word)), "")
        found.append(_token(part, prefix, servant=bool(servant)))
        prefix = ""
    middle = range(1, len(found) - 1)
    return tuple(
        replace(token, optional=place in middle and _PATRONYMIC.search(token.plain) is not None)
        for place, token in enumerate(found)
    )


def _token(part: str, prefix: str, *, servant: bool) -> Token:
    """Make a token of what was written and the articles before it."""
    script, bare = script_of(part), part
    forms: tuple[str, ...]
    if script == "arabic":
        bare = _without_article(part)
        forms = (prefix + part, prefix + bare) if servant else (part, bare)
    elif servant:
        forms = (prefix + part,)
    else:
        forms = (*((prefix + part,) if prefix else ()), part)
    if script == "cyrillic":
        forms = tuple(form for written in forms for form in russian_variants(written))
    return Token(tuple(dict.fromkeys(forms)), plain=bare, initial=len(part) < _LEAST_NAME, servant=servant)


def _without_article(part: str) -> str:
    """Take the Arabic article off where enough of a name is left."""
    return part[2:] if part.startswith("ال") and len(part) >= _ARABIC_ARTICLE_AND_STEM else part


def given_first(name: Sequence[Token]) -> list[Token]:
    """Drop a patronymic; a surname written before the given name (Шойгу Сергей Кужугетович) goes behind it."""
    if len(name) == _SURNAME_FIRST and _PATRONYMIC.search(name[2].plain) and not name[1].optional:
        return [name[1], name[0]]
    return [token for token in name if not token.optional]


_SURNAME_FIRST = 3


_JOINED_SERVANT = re.compile(r"^(?:abd[aeou]l?|абд(?:уль?|ель|аль|[уеа]))(?=\w{4})")


def key_parts(token: Token) -> tuple[str, ...]:
    """Give what of a token makes up a key: without article, "servant of" as a part of its own."""
    rest = token.plain
    if token.servant or (rest := _JOINED_SERVANT.sub("", token.plain)) != token.plain:
        return ("abd", rest)
    return (rest,)


def merged(name: Sequence[Token]) -> list[tuple[Token, ...]]:
    """Give the ways to write two neighbouring tokens as one (Nour al-Din, Nureddin)."""
    ways = []
    for place, (first, second) in enumerate(pairwise(name)):
        joined = Token(
            tuple(dict.fromkeys((first.surface + second.surface, first.surface + second.plain))),
            plain=first.surface + second.plain,
        )
        ways.append((*name[:place], joined, *name[place + 2 :]))
    return ways


def initials_fit(first: Token, second: Token) -> bool:
    """Tell whether an initial and a token (or two initials) can begin the same name."""
    one, other = romanise(first.plain)[:1], romanise(second.plain)[:1]
    return one == other or any(one in letters and other in letters for letters in _INITIAL_CLASSES)


@dataclass(frozen=True, slots=True)
class Costs:
    """What one scale (log-odds, rank scores) gives and takes for what tokens alone do not say."""

    initial: float  # an initial that fits
    misfit: float  # an initial that does not
    spare: float  # a token of the longer name that nothing answers
    alone: float  # a single token beside a whole name
    initials: float  # nothing but initials beside a name
    merged: float  # two tokens written as one
    form: float  # a token taken in another form than the one written: no article, safe base form
    loose: float  # a token taken in a form that is one of several guesses


def aligned(
    first: Sequence[Token], second: Sequence[Token], value: Callable[[Token, Token], float], costs: Costs
) -> tuple[list[float], float]:
    """Pair the tokens greedily, best first; give the pairs' values and what the tokens left over cost.

    Every token of the shorter name is paired. Order does not count.
    """
    cells = sorted(
        ((_cell(one, other, value, costs), i, j) for i, one in enumerate(first) for j, other in enumerate(second)),
        key=lambda cell: (-cell[0], cell[1] != cell[2], cell[1:]),
    )
    used_first: set[int] = set()
    used_second: set[int] = set()
    values = []
    for worth, i, j in cells:
        if i not in used_first and j not in used_second:
            used_first.add(i)
            used_second.add(j)
            values.append(worth)
    left = [token for i, token in enumerate(first) if i not in used_first]
    left += [token for j, token in enumerate(second) if j not in used_second]
    return values, costs.spare * sum(not (token.optional or token.initial) for token in left) + _thin(
        first, second, costs
    )


def _thin(first: Sequence[Token], second: Sequence[Token], costs: Costs) -> float:
    """Give what it costs that one name is only a token, or only initials, and the other says more."""
    fewest, most = sorted(sum(not token.initial for token in name) for name in (first, second))
    if fewest == 0 < most:
        return costs.initials
    bare = not any(token.initial for token in (*first, *second))
    return costs.alone if bare and fewest == 1 < most else 0.0


def _cell(one: Token, other: Token, value: Callable[[Token, Token], float], costs: Costs) -> float:
    """Give the worth of pairing two tokens."""
    if one.initial or other.initial:
        return costs.initial if initials_fit(one, other) else costs.misfit
    return value(one, other)
