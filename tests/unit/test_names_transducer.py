from __future__ import annotations

import math

import numpy as np
import pytest

from processors.names.letters import CODE
from processors.names.transducer import RADIX, Level, Transducer


def _context(*letters: str) -> int:
    value = 0
    for letter in letters:
        value = value * RADIX + (CODE[letter] if letter else 0)
    return value


@pytest.fixture
def model() -> Transducer:
    """Give a model in which s writes س or nothing, and h writes nothing or ه."""
    outputs = np.array([0, CODE["س"], CODE["ه"]])
    levels = []
    for width in range(4):
        wide = [_context("s", "h", "", ""), _context("h", "", "s", "")]
        keys = [key // RADIX ** (3 - width) for key in wide]
        rows = sorted([(keys[0], 0, 10.0), (keys[0], 1, 30.0), (keys[1], 0, 30.0), (keys[1], 2, 10.0)])
        levels.append(Level(*(np.array(column) for column in zip(*rows, strict=True))))
    return Transducer(outputs, levels)


def test_likelihood_sums_over_all_ways(model: Transducer):
    """P(target | source) is near what the counts say: both letters one way each, or what is unlike."""
    sh = model.prepare(["sh"])
    chances = {target: math.exp(model.log_likelihoods([target], sh)[0]) for target in ("سه", "س", "ه")}
    assert chances["س"] == pytest.approx(0.75 * 0.75, rel=0.15)
    assert chances["سه"] == pytest.approx(0.75 * 0.25, rel=0.15)
    assert chances["ه"] == pytest.approx(0.25 * 0.25, rel=0.2)


def test_batches_equal_single_pairs(model: Transducer):
    """Scoring many sources or many targets at once changes nothing."""
    sources = ["sh", "s", "shhs", "h"]
    together = model.log_likelihoods(["سه"], model.prepare(sources))
    alone = [model.log_likelihoods(["سه"], model.prepare([source]))[0] for source in sources]
    assert together == pytest.approx(alone)
    targets = ["س", "سه", "ه", "سسسه"]
    paired = model.log_likelihoods(targets, model.prepare(["sh"] * 4))
    assert paired == pytest.approx([model.log_likelihoods([target], model.prepare(["sh"]))[0] for target in targets])


def test_unseen_letters_are_possible(model: Transducer):
    """Cyrillic, Arabic or Latin letters that the model never saw give a finite, low score."""
    scores = model.log_likelihoods(["ظ"], model.prepare(["шойгу", "zz", "شويغو"]))
    assert np.isfinite(scores).all()
    assert (scores < -3).all()
