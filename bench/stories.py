"""How fast one process groups, and in how much memory, as its window grows to 300,000 articles.

    python bench/stories.py [--most 300000] [--shared DIR]

The articles are made of real ones (../shared/data/articles_*, else the sample's): each takes the words of one in the
same language with four in ten put in from others, some of them new, and its names with some exchanged; one in eight
retells an earlier one, one in sixteen copies one. To come to a size quickly the window is filled with signatures made
in the same way, already decided; at each size 1,000 articles, signed as the enrich step gives them, go through the
whole step: decode, decide, encode.
Printed per size: mean cost of an article in CPU and in wall time, of it the decision alone, the most memory so far.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from processors.copies import PERMUTATIONS, Sketch
from processors.enrich import enrich_text
from processors.stories.features import KIND_SHIFT
from processors.stories.groups import Arrival, Decision, story_id
from processors.stories.signature import Signature, sign, signed
from processors.stories.step import GroupStep, StoryFold
from rasid.codec import encode
from rasid.domain import topics
from rasid.domain.article import EnrichedArticle, Terms
from rasid.ports import Record

ROOT = Path(__file__).resolve().parent.parent
CURVE = (10_000, 30_000, 100_000, 200_000, 300_000)
BATCH = 200
MEASURED = 1_000
JOINING = 0.4
NEW = 0.04
EXCHANGED = 0.4
START = datetime(2026, 11, 1, tzinfo=UTC)


def main() -> None:
    """Fill a window and print the curve."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--most", type=int, default=30_000)
    options.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    chosen = options.parse_args()
    maker = Maker(real(chosen.shared))
    base = memory()
    print(f"process before: {base:.0f} MB", flush=True)
    step = GroupStep(lambda _since: ())
    records = maker.records(1_000_000)
    step([next(records) for _ in range(1000)])  # warm
    fold = step._folds["live"]  # type: ignore[index]  # noqa: SLF001 - the bench fills what the log would
    filler = Filler(maker.signatures())
    for size in [one for one in CURVE if one <= chosen.most]:
        filler.fill(fold, size)
        batch = [next(records) for _ in range(MEASURED)]
        cpu, wall = time.process_time(), time.perf_counter()
        made = [m for at in range(0, MEASURED, BATCH) for m in step(batch[at : at + BATCH])[topics.GROUPED.name]]
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        deciding = filler.deciding(fold)
        stories = fold.groups.stories.values()
        print(
            f"window {len(fold.groups.members):7}  CPU ms {1000 * cpu / MEASURED:5.2f} ({MEASURED / cpu:5.0f}/s)"
            f"  wall ms {1000 * wall / MEASURED:5.2f}  decision CPU ms {deciding:5.2f}"
            f"  memory {memory() - base:5.0f} MB"
            f"  stories {len(stories)}  largest {max(map(len, stories))}"
            f"  message {sum(len(m.value) for m in made) / len(made) / 1000:.1f} kB",
            flush=True,
        )


class Filler:
    """Fills a window with decided articles: signatures of real ones with half of their features exchanged."""

    def __init__(self, signatures: Sequence[tuple[Signature, str]]) -> None:
        self._signatures = signatures
        self._pick = np.random.default_rng(5)
        self._pool = np.concatenate([one.features["hash"] for one, _ in signatures])

    def fill(self, fold: StoryFold, size: int) -> None:
        """Bring the window to `size` articles; four in ten join a recent story."""
        recent: list[str] = []
        document = fold.spool[next(iter(fold.groups.members))]
        seen = START.timestamp()
        while (count := len(fold.groups.members)) < size:
            article_id = f"202611-filled-{count}"
            signature, language = self._made()
            joins = bool(recent) and self._pick.random() < JOINING
            story = recent[int(self._pick.integers(len(recent)))] if joins else story_id(article_id)
            recent = [*recent[-200:], story]
            fold.groups.apply(
                Arrival(id=article_id, signature=signature, language=language, at=seen, seen=seen), Decision(story)
            )
            fold.spool[article_id] = document

    def deciding(self, fold: StoryFold, count: int = 300) -> float:
        """Give the CPU milliseconds of one decision."""
        made = [self._made() for _ in range(count)]
        seen = START.timestamp()
        began = time.process_time()
        for at, (signature, language) in enumerate(made):
            one = Arrival(id=f"202611-probe-{at}", signature=signature, language=language, at=seen, seen=seen)
            fold.groups.decide(one, lambda _other: False)
        return 1000 * (time.process_time() - began) / count

    def _made(self) -> tuple[Signature, str]:
        signature, language = self._signatures[int(self._pick.integers(len(self._signatures)))]
        rows = signature.features.copy()
        other = self._pick.random(len(rows)) < EXCHANGED
        rows["hash"][other] = self._pick.choice(self._pool, int(other.sum()))
        new = self._pick.random(len(rows)) < NEW
        rows["hash"][new] = rows["hash"][new] & 7 << KIND_SHIFT | self._pick.integers(
            1 << 21, size=int(new.sum()), dtype=np.uint32
        )
        rows.sort(order="hash")
        rows = rows[np.unique(rows["hash"], return_index=True)[1]]
        minhash = self._pick.integers(1 << 16, size=PERMUTATIONS, dtype=np.uint16)
        return Signature(rows, Sketch(minhash, signature.sketch.shingles)), language


def memory() -> float:
    """Give the most memory this process had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def real(shared: Path) -> list[EnrichedArticle]:
    """Enrich the real articles."""
    files = sorted((shared / "data").glob("articles_*/articles.jsonl"))
    if not files:
        files = sorted((ROOT / "ingest/data").glob("**/*.jsonl"))
    rows = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()[:400]]
    return [
        enrich_text(row.get("title") or "", (row.get("text") or "")[:4000], article_id=str(row["id"])) for row in rows
    ]


class Maker:
    """Makes articles of real ones; the same every time."""

    def __init__(self, originals: Sequence[EnrichedArticle]) -> None:
        self._pick = random.Random(11)
        self._originals = originals
        self._words = {
            language: [w for o in originals if o.language == language for w in o.terms.text.split()]
            for language in {o.language for o in originals}
        }
        self._recent: list[EnrichedArticle] = []

    def signatures(self) -> list[tuple[Signature, str]]:
        """Give the signatures of the real articles, with their languages."""
        return [(sign(one), one.language) for one in self._originals]

    def records(self, count: int) -> Iterator[Record]:
        """Give `count` records, spread over 71 hours."""
        for number in range(count):
            at = START + timedelta(seconds=number * 71 * 3600 / count)
            made = self._next(number)
            article = replace(made.article, id=f"202611-{number:08}", first_seen_at=at, source=f"source {number % 400}")
            made = replace(made, article=article)
            if number % 7 == 0:
                self._recent = [*self._recent[-500:], made]
            message = encode(signed(made), key=article.id, time=at)
            yield Record(topic=topics.ENRICHED.name, partition=0, offset=number, message=message)

    def _next(self, number: int) -> EnrichedArticle:
        if self._recent and number % 16 == 0:
            return self._pick.choice(self._recent)
        if self._recent and number % 8 == 4:
            return self._exchanged(self._pick.choice(self._recent), 0.25, names=0.1)
        return self._exchanged(self._pick.choice(self._originals), EXCHANGED, names=0.7)

    def _exchanged(self, one: EnrichedArticle, share: float, *, names: float) -> EnrichedArticle:
        pick, pool = self._pick, self._words[one.language]
        words = one.terms.text.split()
        for at in pick.sample(range(len(words)), int(share * len(words))):
            words[at] = (
                f"{pick.choice(pool)[:3]}{pick.randrange(2_000_000)}" if pick.random() < 0.08 else pick.choice(pool)
            )
        title = [pick.choice(pool) if pick.random() < share else word for word in one.terms.title.split()]
        entities = tuple(
            replace(entity, id=f"name:{pick.randrange(300_000)}", known=False) if pick.random() < names else entity
            for entity in one.entities
        )
        text = " ".join([*words[:20], str(pick.randrange(1000)), *words[20:]])
        article = replace(one.article, title=" ".join(title), text=text)
        return replace(
            one, article=article, entities=entities, terms=Terms(title=" ".join(title), text=" ".join(words))
        )


if __name__ == "__main__":
    main()
