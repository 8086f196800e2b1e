"""Fits the log-odds that two tokens name the same, on pairs that no model was trained on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import names_pairs
import numpy as np
from numpy.typing import NDArray

from processors.names.encoder import Encoder
from processors.names.letters import normalise, plain
from processors.names.rerank import Reranker, alike, pair_features
from processors.names.romanise import canonical
from processors.names.transducer import Transducer

Doubles = NDArray[np.float64]
_NEAREST = 3  # wrong spellings a name is contrasted with, the nearest by vector
_DISTRACTORS = 900  # training names that make the pool of wrong spellings larger
_COLUMNS = {"latin": 0, "arabic": 1, "cyrillic": 2}
# Log-odds that joining must exceed, found on the development pairs: where a stricter bound costs coverage and hardly
# gains precision, because what is left are homophones (Johansson, Johanson) and wrong pairs of the source.
_SAFE = {"arabic|latin": 1.0, "cyrillic|latin": 1.5, "arabic|cyrillic": 1.0, "latin|latin": 0.5}


def fit(
    data: Path, encoder: Encoder, model: Callable[[str], Transducer], tell: Callable[[str], None]
) -> dict[str, NDArray[np.float32]]:
    """Give the weights of each direction's log-odds, and of one script with itself."""
    apart = [tuple(normalise(form) for form in triple) for triple in names_pairs.triples(data, test=False)]
    more = [tuple(normalise(form) for form in row) for row in names_pairs.rows(data / "en_ar_ru_train.tsv")]
    more = [row for row in more if not names_pairs.kept_apart(row[0]) and not names_pairs.development(row[0])]
    reranker, found = Reranker(model, {}), {}
    for kind in ("arabic|latin", "cyrillic|latin", "arabic|cyrillic"):
        target, source = (_COLUMNS[script] for script in kind.split("|"))
        true = [(row[target], row[source]) for row in apart if row[target] and row[source]]
        pool = {row[source] for row in (*apart, *more[:_DISTRACTORS]) if row[source]}
        found[kind] = _fitted(kind, true, _wrong(true, pool, encoder, _NEAREST), reranker, encoder)
    true = _latin_spellings(data)
    pool = {plain(normalise(english)) for english in list(names_pairs.english_counts(data))[::6]} - {""}
    found["latin|latin"] = _fitted("latin|latin", true, _wrong(true, pool, encoder, 1), reranker, encoder)
    found["arabic|arabic"] = found["cyrillic|cyrillic"] = found["latin|latin"]
    tell(f"calibrated on {len(apart)} names and {len(true)} pairs of Latin spellings")
    return {f"calibration.{kind}": weights.astype(np.float32) for kind, weights in found.items()}


def _wrong(true: Sequence[tuple[str, str]], pool: set[str], encoder: Encoder, nearest: int) -> list[tuple[str, str]]:
    """Give each name its nearest wrong spellings and as many at random; spellings of the right one don't count."""
    choice = np.random.default_rng(1)
    names = sorted(pool)
    cosines = encoder.vectors([first for first, _ in true]) @ encoder.vectors(names).T
    found = []
    for (first, right), row in zip(true, cosines, strict=True):
        close = [names[place] for place in np.argsort(-row)[: nearest + 8]]
        close = [name for name in close if canonical(plain(name)) not in _spelled(first, right)][:nearest]
        close += [names[place] for place in choice.integers(0, len(names), nearest)]
        found += [(first, name) for name in close if plain(name) != plain(right)]
    return found


def _spelled(*names: str) -> set[str]:
    return {canonical(plain(name)) for name in names}


def _fitted(
    kind: str,
    true: Sequence[tuple[str, str]],
    wrong: Sequence[tuple[str, str]],
    reranker: Reranker,
    encoder: Encoder,
) -> Doubles:
    """Fit by logistic regression (Newton's method), then move the bound of joining to 0."""
    rows = [*true, *wrong]
    first, second = encoder.vectors([one for one, _ in rows]), encoder.vectors([other for _, other in rows])
    table = pair_features(reranker, kind, rows, (first * second).sum(axis=1))
    truth = np.array([1.0] * len(true) + [0.0] * len(wrong))
    weights = np.zeros(table.shape[1])
    for _ in range(40):
        chance = 1 / (1 + np.exp(-table @ weights))
        gradient = table.T @ (chance - truth) + 1e-3 * weights
        curvature = (table * (chance * (1 - chance))[:, None]).T @ table + 1e-3 * np.eye(len(weights))
        weights -= np.linalg.solve(curvature, gradient)
    weights[0] -= _SAFE[kind]
    return weights


def _latin_spellings(data: Path) -> list[tuple[str, str]]:
    """Give pairs of Latin spellings of one Arabic or Russian form, one of them a development name."""
    groups: dict[str, dict[str, bool]] = defaultdict(dict)
    for language in ("ar", "ru"):
        for part in ("train", "dev"):
            for english, other, _ in names_pairs.rows(data / f"en_{language}_{part}.tsv"):
                if not names_pairs.kept_apart(english):
                    groups[other].setdefault(plain(normalise(english)), names_pairs.development(english))
    found: dict[tuple[str, str], None] = {}
    for group in groups.values():
        for first in [name for name, apart in group.items() if apart and len(group) <= 12]:
            found |= {
                (first, other): None for other in group if other not in {first, ""} and alike(first, other) >= 0.7
            }
    return list(found)
