"""Learn processors/data/story_weights.tsv: how much each likeness of two reports says that they are of one event.

    python tools/train_stories.py [--shared DIR] [--out FILE] [--validate]

A logistic regression with a ridge penalty, by Newton's method (Bishop, Pattern Recognition, 4.3.3), for pairs of one
language and of two. It learns from the pairs marked `tune` in tests/data/stories and from the given pairs of
../shared/data/clusters; pairs marked `held` are never read. The articles of each set fill a window as they would in a
stream. Printed with --validate: F1 in cross-validation over events, for each set.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parent))
from eval_stories import SETS, given, own_pairs, read_pairs

from processors.enrich import enrich_text
from processors.stories.scoring import LIKENESSES
from processors.stories.signature import sign
from processors.stories.window import Window

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "processors/data/story_weights.tsv"
RIDGE = 1.5
FOLDS = 8
STEPS = 3000
WHOLE = 0.99
SAMPLED, LOOKALIKES = 2, 10  # every second article, and its likest others
# Of two reports in two languages that share a name fewer are of one event in a stream than among labelled pairs: log
# odds taken off, chosen on the half `tune`, where 0.6 to 1.2 score the same.
RARER_ACROSS = 0.9
APART_SECONDS = 10 * 86_400.0
APART_WEIGHT = {True: 0.0, False: 0.08}  # of one language the labelled pairs suffice
# What each likeness is measured in, so that one penalty fits all, and the sign that its weight may have.
_MEASURE = {"bias": (1.0, 0), "mass": (2.0, 1), "sizes": (1.0, 0), "more than a day": (1.0, -1), "telling": (1.0, 1)}
_SIGNED = [_MEASURE.get(name, (0.4, -1) if name.startswith("other") else (0.3, 1)) for name in ("bias", *LIKENESSES)]
SCALE = np.array([1 / size for size, _ in _SIGNED]) ** -1
LOW = np.array([0.0 if sign > 0 else -np.inf for _, sign in _SIGNED])
HIGH = np.array([0.0 if sign < 0 else np.inf for _, sign in _SIGNED])
Floats = npt.NDArray[np.float64]


class Example(NamedTuple):
    """One labelled pair: its set and fold, how alike its articles are, how much it counts."""

    set: str
    fold: int
    same_language: bool
    like: Floats
    same: bool
    weight: float


def main() -> None:
    """Learn, measure, write."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    options.add_argument("--out", type=Path, default=OUT)
    options.add_argument("--validate", action="store_true")
    chosen = options.parse_args()
    examples = [*_own(), *_given(chosen.shared), *_clusters(chosen.shared), *_apart(chosen.shared)]
    for name in dict.fromkeys(one.set for one in examples if one.weight >= WHOLE) if chosen.validate else ():
        count = sum(one.set == name for one in examples)
        print(f"{name:10} pairs {count:5}  cross-validated F1 {_validated(examples, name):.3f}")
    columns = [learn(examples, same_language=kind) for kind in (True, False)]
    columns[1][0] -= RARER_ACROSS
    lines = [
        "# Made by tools/train_stories.py: weights of the log odds that two reports are of one event",
        "# (processors/stories/scoring.py). Likeness, weight in one language, weight across two.",
        *(f"{name}\t{a:.4f}\t{b:.4f}" for name, a, b in zip(("bias", *LIKENESSES), *columns, strict=True)),
    ]
    chosen.out.write_text("\n".join(lines) + "\n", "utf-8")


def learn(examples: Sequence[Example], *, same_language: bool) -> Floats:
    """Give bias and weights: those of all pairs first, then drawn to the pairs of one kind as far as these say so."""
    everything = _fit(examples, np.zeros(1 + len(LIKENESSES)))
    return _fit([e for e in examples if e.same_language is same_language], everything)


def _fit(examples: Sequence[Example], prior: Floats) -> Floats:
    """Fit weights near `prior` by projected gradients: likeness never speaks against an event."""
    x = np.array([[1.0, *one.like] for one in examples])
    y = np.array([float(one.same) for one in examples])
    weight = np.array([one.weight for one in examples])
    x = x / SCALE
    centre = prior * SCALE
    found = centre.copy()
    rate = 4.0 / (np.linalg.norm(np.sqrt(weight)[:, None] * x, 2) ** 2 + 4 * RIDGE)
    pull = np.array([0.0, *[RIDGE] * len(LIKENESSES)])
    before, ahead = found.copy(), 1.0
    looked = found
    for _ in range(STEPS):  # Nesterov's accelerated steps
        p = 1 / (1 + np.exp(-np.clip(x @ looked, -30, 30)))
        found = np.clip(looked - rate * (x.T @ (weight * (p - y)) + pull * (looked - centre)), LOW, HIGH)
        after = (1 + np.sqrt(1 + 4 * ahead * ahead)) / 2
        looked = found + (ahead - 1) / after * (found - before)
        before, ahead = found, after
    return found / SCALE


def _validated(examples: Sequence[Example], name: str) -> float:
    """Give the F1 of a set's pairs, each judged by weights that never saw its fold."""
    hits = found = wanted = 0
    for fold in range(FOLDS):
        for kind in (True, False):
            here = [
                e
                for e in examples
                if e.set == name and e.fold == fold and e.same_language is kind and e.weight >= WHOLE
            ]
            if not here:
                continue
            learned = learn([e for e in examples if not (e.set == name and e.fold == fold)], same_language=kind)
            joined = [learned[0] + e.like @ learned[1:] > 0 for e in here]
            hits += sum(j and e.same for j, e in zip(joined, here, strict=True))
            found += sum(joined)
            wanted += sum(e.same for e in here)
    return 2 * hits / max(1, found + wanted)


class _Filled:
    """A window with the articles of one set."""

    def __init__(self, articles: Sequence[dict[str, object]]) -> None:
        self.window, self.slots, self.languages = Window(), {}, {}
        for article in articles:
            enriched = enrich_text(str(article.get("title") or ""), str(article["text"]), article_id=str(article["id"]))
            at = _time(article.get("published_at"))
            slot = self.window.add(sign(enriched), crc32(enriched.language.encode()), at, original=True)
            self.slots[article["id"]] = slot
            self.languages[article["id"]] = enriched.language

    def example(self, name: str, fold: str, one: str, other: str, *, same: bool, weight: float = 1.0) -> Example:
        slot = self.slots[one]
        at = float(self.window.time(np.array([slot]))[0])
        like = self.window.likenesses(self.window.features(slot), at, np.array([self.slots[other]]))[0]
        together = self.languages[one] == self.languages[other]
        return Example(name, crc32(fold.encode()) % FOLDS, together, like, same, weight)


def _time(published: object) -> float:
    return datetime.fromisoformat(str(published)).timestamp() if published else float("nan")


def _own() -> list[Example]:
    rows = [json.loads(line) for line in (SETS / "own_articles.jsonl").read_text("utf-8").splitlines()]
    filled = _Filled(rows)
    events = {row["id"]: row["event"][1:3] for row in rows}
    return [
        filled.example(
            "own",
            events[p.first],
            p.first,
            p.second,
            same=p.label == "same",
            weight=1.0 if p.label != "unrelated" else 0.2,
        )
        for p in own_pairs(rows)
        if p.half == "tune" and _within_window(filled, p.first, p.second)
    ]


def _within_window(filled: _Filled, one: str, other: str) -> bool:
    times = filled.window.time(np.array([filled.slots[one], filled.slots[other]]))
    return not abs(times[0] - times[1]) > 72 * 3600


def _given(shared: Path) -> list[Example]:
    pairs = read_pairs(SETS / "pairs.tsv")
    filled = _Filled(given(shared / "data", {name for pair in pairs for name in pair[2:4]}, background=False))
    return [
        filled.example("given", p.first, p.first, p.second, same=p.label == "same")
        for p in pairs
        if p.half == "tune" and {p.first, p.second} <= set(filled.slots)
    ]


def _clusters(shared: Path) -> list[Example]:
    pairs = [json.loads(line) for line in (shared / "data/clusters/pairs.jsonl").read_text("utf-8").splitlines()]
    filled = _Filled([p[side] | {"id": f"{p['id']}-{side}"} for p in pairs for side in "ab"])
    return [filled.example("clusters", p["id"], f"{p['id']}-a", f"{p['id']}-b", same=p["same_event"]) for p in pairs]


def _apart(shared: Path) -> list[Example]:
    """Give pairs that cannot be one event, as days lie between, yet look most like it: their times are left out."""
    articles = [
        one | {"when": one["published_at"], "published_at": None}
        for one in given(shared / "data", set(), background=True)
    ]
    filled = _Filled(articles[::SAMPLED])
    when = {filled.slots[one["id"]]: _time(one["when"]) for one in articles[::SAMPLED]}
    names = {slot: name for name, slot in filled.slots.items()}
    return [
        filled.example("apart", names[slot], names[slot], names[other], same=False, weight=APART_WEIGHT[alike])
        for slot in when
        for other in filled.window.candidates(filled.window.features(slot))[:LOOKALIKES]
        if other != slot and abs(when[slot] - when[other]) > APART_SECONDS
        for alike in [filled.languages[names[slot]] == filled.languages[names[other]]]
    ]


if __name__ == "__main__":
    main()
