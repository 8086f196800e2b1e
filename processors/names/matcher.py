"""Names matched, ranked and keyed across Arabic, Cyrillic and Latin script."""

from __future__ import annotations

import math
import unicodedata
import zlib
from collections.abc import Callable, Sequence

from processors.names import whole
from processors.names.comparison import ODDS, Comparison, forms_of, ways
from processors.names.encoder import Floats
from processors.names.letters import script_of
from processors.names.models import Models
from processors.names.pool import Pool
from processors.names.romanise import romanise
from processors.names.russian import base_form
from processors.names.whole import Token

_BLOCK = 64  # names compared with all candidates at once
_HELP = 1.0  # share of the other tokens' evidence that the weakest token is granted
_MOST_HELP = 2.4  # log-odds: a token that clearly differs is not outvoted
_LEAST_ARABIC = 4  # letters: a shorter name alone says too little of its vowels to be joined


class NameMatcher:
    """Compares names. Loads its models when first asked; thread-safe, holds no state but them."""

    def __init__(self) -> None:
        self._models = Models()

    def same(self, a: str, b: str) -> tuple[bool, float]:
        """Tell whether two names in any scripts name the same, and how sure that is (0 to 1; same means ≥ .5)."""
        return self.same_all([(a, b)])[0]

    def same_all(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[bool, float]]:
        """Answer `same` for many pairs, which is several times faster than one by one."""
        parsed = [(whole.parse(a), whole.parse(b)) for a, b in pairs]
        rows = {form: place for place, form in enumerate(forms_of(name for pair in parsed for name in pair))}
        table = self._models.encoder.vectors(list(rows))
        return [self._same(a, b, lambda forms: table[[rows[form] for form in forms]]) for a, b in parsed]

    def _same(
        self, first: tuple[Token, ...], second: tuple[Token, ...], vectors: Callable[[Sequence[str]], Floats]
    ) -> tuple[bool, float]:
        """Answer for two parsed names."""
        if not first or not second:
            return False, 0.0
        comparison = Comparison(self._models, first, [second], vectors, rank=False)
        odds = max(
            _odds(*whole.aligned(one, two, comparison.value, ODDS)) + extra
            for one, two, extra in ways(first, second, ODDS)
        )
        score = 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))
        return odds >= 0, round(score, 4)

    def rank(self, names: Sequence[str], candidates: Sequence[str], top: int = 5) -> list[list[str]]:
        """Give, for each name, up to `top` of the candidates, best first; none for a name without letters."""
        pool = Pool(self._models, candidates)
        parsed = [whole.parse(name) for name in names]
        ranked: list[list[str]] = []
        for start in range(0, len(parsed), _BLOCK):
            ranked += pool.rank(parsed[start : start + _BLOCK], top)
        return ranked

    def key(self, name: str) -> str:
        """Give a name's key: an ASCII slug, the same for its spellings in all scripts where that is safe to say.

        It does not change from run to run. A name without letters of the three scripts gets "x-" and a checksum.
        """
        return self.keys([name])[0]

    def spell(self, name: str, *, person: bool = True) -> str:
        """Give the likeliest English spelling of a name in Arabic or Cyrillic script, for people to read."""
        return self._models.speller(name, person=person)

    def keys(self, names: Sequence[str]) -> list[str]:
        """Give the keys of several names at once, which is faster than one by one."""
        parsed = [_key_tokens(name) for name in names]
        tokens = list(dict.fromkeys((token, len(name) == 1) for name in parsed for token in name))
        of_token = dict(zip(tokens, self._models.keys.keys(tokens), strict=True)) if tokens else {}
        slugs = ["-".join(key for token in name if (key := of_token[token, len(name) == 1])) for name in parsed]
        return [slug or _checksum(name) for slug, name in zip(slugs, names, strict=True)]


def _key_tokens(name: str) -> list[str]:
    """Give the tokens that a name's key is made of, Russian ones in their base form."""
    parsed = whole.parse(name)
    if len(parsed) == 1 and script_of(parsed[0].surface) == "arabic" and len(parsed[0].surface) < _LEAST_ARABIC:
        return [romanise(parsed[0].surface)]
    parts = [part for token in whole.given_first(parsed) for part in whole.key_parts(token)]
    return [base_form(part) if script_of(part) == "cyrillic" else part for part in parts]


def _checksum(name: str) -> str:
    """Give a slug for a name in other scripts."""
    return f"x-{zlib.crc32(unicodedata.normalize('NFKC', name).casefold().strip().encode('utf-8', 'replace')):08x}"


def _odds(values: list[float], cost: float) -> float:
    """Combine token log-odds: the weakest decides, the others help it a little."""
    weakest, *rest = sorted(values)
    help_given = min(_MOST_HELP, _HELP * sum(max(0.0, value) for value in rest))
    return weakest + help_given + cost
