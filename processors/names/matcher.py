"""Names matched, ranked and keyed across Arabic, Cyrillic and Latin script."""

from __future__ import annotations

import math
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from importlib import resources
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from processors.names import transducer, whole
from processors.names.encoder import Encoder, Floats
from processors.names.keys import Channel, KeyMaker, Lexicon, Romaniser
from processors.names.letters import script_of
from processors.names.rerank import Reranker
from processors.names.russian import base_form
from processors.names.whole import Costs, Token

_SHORTLIST = 100
_BLOCK = 64  # queries compared with all candidates at once
_ODDS = Costs(initial=1.0, misfit=-6.0, spare=-1.5, alone=-4.0, merged=-0.5, form=-0.5)
_RANKS = Costs(initial=10.0, misfit=-20.0, spare=-6.0, alone=-3.0, merged=-1.0, form=-4.0)
_HELP = 0.25  # share of the other tokens' evidence that the weakest token is granted
_MOST_HELP = 4.0

Arrays = Mapping[str, NDArray[np.generic]]


class Models:
    """The shipped arrays and what is built of them when first asked for; any thread may ask."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._built: dict[str, transducer.Transducer] = {}

    @cached_property
    def arrays(self) -> Arrays:
        """All arrays of names.npz, read once."""
        return _read("names.npz")

    @cached_property
    def encoder(self) -> Encoder:
        """The dual encoder."""
        start = "encoder."
        return Encoder({name.removeprefix(start): array for name, array in self.arrays.items() if name.startswith(start)})

    @cached_property
    def reranker(self) -> Reranker:
        """The pair scores."""
        start = "calibration."
        weights = {
            name.removeprefix(start): array.astype(np.float64)
            for name, array in self.arrays.items()
            if name.startswith(start)
        }
        return Reranker(self.transducer, weights)

    @cached_property
    def keys(self) -> KeyMaker:
        """The keys of tokens."""
        arrays = _read("names-lexicon.npz")
        lexicon = Lexicon(arrays)
        channels = {
            script: Channel(lexicon, self.transducer(f"{script}|latin"), Romaniser(arrays, script))
            for script in ("arabic", "cyrillic")
        }
        return KeyMaker(self.encoder, lexicon, channels)

    def transducer(self, direction: str) -> transducer.Transducer:
        """Give the transducer of a direction "target|source"."""
        with self._lock:
            if direction not in self._built:
                self._built[direction] = transducer.load(self.arrays, direction)
            return self._built[direction]


def _read(name: str) -> Arrays:
    """Read a shipped archive of arrays."""
    path = resources.files("processors") / "data" / "models" / name
    with path.open("rb") as file, np.load(file) as archive:
        return {key: archive[key] for key in archive.files}


class Comparison:
    """One name's tokens against those of many names, each distinct form scored once."""

    def __init__(
        self,
        models: Models,
        name: Sequence[Token],
        others: Iterable[Sequence[Token]],
        vectors: Callable[[Sequence[str]], Floats],
        *,
        rank: bool,
    ) -> None:
        self._forms = {form: place for place, form in enumerate(_forms(others))}
        forms = list(self._forms)
        score = models.reranker.scores if rank else models.reranker.odds
        self._form_cost = (_RANKS if rank else _ODDS).form
        own = list(dict.fromkeys(_forms([name])))
        cosines = vectors(own) @ vectors(forms).T
        self._values = {form: score(form, forms, cosines[place]) for place, form in enumerate(own)}

    def value(self, mine: Token, other: Token) -> float:
        """Give the best score of any two forms of the tokens; forms that are not as written cost a little."""
        return max(
            float(self._values[form][self._forms[other_form]]) + self._form_cost * (bool(i) + bool(j))
            for i, form in enumerate(mine.forms)
            for j, other_form in enumerate(other.forms)
        )


def _forms(names: Iterable[Sequence[Token]]) -> Iterable[str]:
    """Give every form of every token, those of merged tokens included."""
    return dict.fromkeys(
        form for name in names for way in (name, *whole.merged(name)) for token in way for form in token.forms
    )


class NameMatcher:
    """Compares names. Loads its models when first asked; thread-safe, holds no state but them."""

    def __init__(self) -> None:
        self._models = Models()

    def same(self, a: str, b: str) -> tuple[bool, float]:
        """Tell whether two names in any scripts name the same, and how sure that is (0 to 1; same means ≥ .5)."""
        first, second = whole.parse(a), whole.parse(b)
        if not first or not second:
            return False, 0.0
        comparison = Comparison(self._models, first, [second], self._models.encoder.vectors, rank=False)
        odds = max(
            _odds(*whole.aligned(one, other, comparison.value, _ODDS)) + extra for one, other, extra in _ways(first, second)
        )
        score = 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))
        return score >= 0.5, round(score, 4)

    def rank(self, names: Sequence[str], candidates: Sequence[str], top: int = 5) -> list[list[str]]:
        """Give, for each name, up to `top` of the candidates, best first; none for a name without letters."""
        pool = _Pool(self._models, candidates)
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

    def keys(self, names: Sequence[str]) -> list[str]:
        """Give the keys of several names at once, which is faster than one by one."""
        parsed = [[_bare(token) for token in whole.given_first(whole.parse(name))] for name in names]
        tokens = list(dict.fromkeys(token for name in parsed for token in name))
        of_token = dict(zip(tokens, self._models.keys.keys(tokens), strict=True)) if tokens else {}
        slugs = ["-".join(key for token in name if (key := of_token[token])) for name in parsed]
        return [slug or _checksum(name) for slug, name in zip(slugs, names, strict=True)]


def _bare(token: Token) -> str:
    """Give the form that keys look at: without article, a Russian one in its base form."""
    form = token.plain
    return base_form(form) if script_of(form) == "cyrillic" else form


def _checksum(name: str) -> str:
    """Give a slug for a name in other scripts."""
    return f"x-{zlib.crc32(unicodedata.normalize('NFKC', name).casefold().strip().encode('utf-8', 'replace')):08x}"


def _odds(values: list[float], cost: float) -> float:
    """Combine token log-odds: the weakest decides, the others help it a little."""
    weakest = min(values)
    rest = sum(min(value, _MOST_HELP) for value in values) - min(weakest, _MOST_HELP)
    return weakest + _HELP * max(0.0, rest) + cost


def _ways(
    first: tuple[Token, ...], second: tuple[Token, ...]
) -> Iterable[tuple[tuple[Token, ...], tuple[Token, ...], float]]:
    """Give the pairs of readings to compare: as written, and with two tokens of the longer name joined."""
    yield first, second, 0.0
    if len(first) > len(second):
        yield from ((way, second, _ODDS.merged) for way in whole.merged(first))
    if len(second) > len(first):
        yield from ((first, way, _ODDS.merged) for way in whole.merged(second))


class _Pool:
    """Candidates made ready for many names: a vector for each form of each token, in candidate order."""

    def __init__(self, models: Models, candidates: Sequence[str]) -> None:
        self._models = models
        named = [(candidate, parsed) for candidate in dict.fromkeys(candidates) if (parsed := whole.parse(candidate))]
        self._candidates = [candidate for candidate, _ in named]
        self._parsed = [parsed for _, parsed in named]
        forms = [form for parsed in self._parsed for token in parsed for form in token.forms]
        self._row = {form: place for place, form in enumerate(dict.fromkeys(forms))}
        self._vectors = models.encoder.vectors(list(self._row))
        self._form = np.array([self._row[form] for form in forms], np.int64)
        per_token = [len(token.forms) for parsed in self._parsed for token in parsed]
        self._token_starts = np.concatenate([[0], np.cumsum(per_token)])[:-1].astype(np.int64)
        self._tokens = np.array([len(parsed) for parsed in self._parsed], np.int64)
        self._name_starts = np.concatenate([[0], np.cumsum(self._tokens)])[:-1].astype(np.int64)

    def rank(self, names: Sequence[tuple[Token, ...]], top: int) -> list[list[str]]:
        """Rank the candidates for a block of parsed names."""
        if not self._candidates:
            return [[] for _ in names]
        forms = list(_forms(names))
        cosines = self._models.encoder.vectors(forms) @ self._vectors.T
        of_form = dict(zip(forms, cosines, strict=True))
        return [self._ranked(name, of_form, top) if name else [] for name in names]

    def _ranked(self, name: tuple[Token, ...], cosines: Mapping[str, Floats], top: int) -> list[str]:
        """Rank the candidates for one name: shortlist by cosine, then by the pair scores."""
        near = self._nearness(name, cosines)
        count = min(_SHORTLIST, len(near))
        shortlist = np.sort(np.argpartition(-near, count - 1)[:count])
        others = [self._parsed[place] for place in shortlist]
        comparison = Comparison(self._models, name, others, self._vectors_of, rank=True)
        scores = [self._score(name, other, comparison) for other in others]
        order = sorted(range(count), key=lambda place: (-scores[place], -near[shortlist[place]]))
        return [self._candidates[shortlist[place]] for place in order[:top]]

    def _nearness(self, name: tuple[Token, ...], cosines: Mapping[str, Floats]) -> Floats:
        """Give each candidate's mean cosine: of the name's tokens with their best partners, and the other way round."""
        rows = []
        for token in name:
            best = np.maximum.reduce([cosines[form] for form in token.forms])
            rows.append(np.maximum.reduceat(best[self._form], self._token_starts))
        mine = sum(np.maximum.reduceat(row, self._name_starts) for row in rows) / len(rows)
        theirs = np.add.reduceat(np.maximum.reduce(rows), self._name_starts) / self._tokens
        near: Floats = (mine + theirs) / 2
        return near

    def _vectors_of(self, forms: Sequence[str]) -> Floats:
        """Give the vectors of forms, those of the candidates as they were made before."""
        unknown = {form: place for place, form in enumerate(form for form in forms if form not in self._row)}
        fresh = self._models.encoder.vectors(list(unknown))
        rows = [self._vectors[self._row[form]] if form in self._row else fresh[unknown[form]] for form in forms]
        return np.stack(rows)

    @staticmethod
    def _score(name: tuple[Token, ...], other: tuple[Token, ...], comparison: Comparison) -> float:
        """Give a candidate's rank score: the sum over its token pairs, less what is left over."""
        best = -math.inf
        for one, two, extra in _ways(name, other):
            values, cost = whole.aligned(one, two, comparison.value, _RANKS)
            best = max(best, sum(values) + cost + extra)
        return best


@lru_cache(maxsize=1)
def shared() -> NameMatcher:
    """Give the process's one matcher."""
    return NameMatcher()
