"""Candidates ranked for many names: a shortlist by vectors, then the pair scores."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from processors.names import whole
from processors.names.comparison import RANKS, Comparison, forms_of, ways
from processors.names.encoder import Floats
from processors.names.models import Models
from processors.names.whole import Token

_SHORTLIST = 100


class Pool:
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
        forms = list(forms_of(names))
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
        return ((mine + theirs) / 2).astype(np.float32)

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
        for one, two, extra in ways(name, other, RANKS):
            values, cost = whole.aligned(one, two, comparison.value, RANKS)
            best = max(best, sum(values) + cost + extra)
        return best
