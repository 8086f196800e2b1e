"""What sharding the group step by leading entities costs in quality, on the labelled pairs (docs/scale.md).

    python tools/simulate_shards.py [--shared DIR]

Each article goes to the shard of its leading entity (the weightiest name or place of its features), or of its two or
three leading ones; each shard groups what it gets, alone; stories that hold one article in two shards are one, as a
merging step behind the shards would see. Printed for 1, 4, 16 and 64 shards: F1 over all labelled pairs, both halves,
and how many copies of an article the shards hold.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from eval_stories import ROOT, SETS, Pair, _own, given, own_pairs, read_pairs, score

from processors.enrich import enrich_text
from processors.stories.features import KIND_SHIFT, NAME, PLACE
from processors.stories.offline import Grouping
from processors.stories.signature import sign
from rasid.domain.article import EnrichedArticle

Read = tuple[EnrichedArticle, float, list[int]]


def main() -> None:
    """Print a table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    chosen = options.parse_args()
    pairs: list[Pair] = own_pairs(own := _own("own_articles.jsonl"))
    sets = [own]
    if (chosen.shared / "data").is_dir():
        more = read_pairs(SETS / "pairs.tsv")
        articles = given(chosen.shared / "data", {name for pair in more for name in pair[2:4]}, background=False)
        known = {one["id"] for one in articles}
        pairs += [pair for pair in more if {pair.first, pair.second} <= known]
        sets.append(articles)
    reads = [[_read(row) for row in sorted(rows, key=lambda one: (one["published_at"], one["id"]))] for rows in sets]
    for leading in (1, 2, 3):
        for shards in (1, 4, 16, 64):
            told: dict[str, str] = {}
            copies = 0
            for rows in reads:
                copies += _grouped(rows, shards, leading, told)
            found = score(pairs, told)
            each = copies / sum(map(len, reads))
            print(
                f"leading entities {leading}  shards {shards:3}  F1 {found.f1:.3f}  copies of an article {each:.2f}",
                flush=True,
            )


def _read(row: dict[str, Any]) -> Read:
    enriched = enrich_text(row.get("title") or "", row["text"], article_id=row["id"])
    rows = sign(enriched).features
    named = rows[(rows["hash"] >> KIND_SHIFT == NAME) | (rows["hash"] >> KIND_SHIFT == PLACE)]
    weight = named["place"].astype(float) ** 0.5 * named["rarity"]
    leading = [int(named["hash"][at]) for at in (-weight).argsort(kind="stable")]
    return enriched, datetime.fromisoformat(row["published_at"]).timestamp(), leading


def _grouped(rows: Sequence[Read], shards: int, leading: int, told: dict[str, str]) -> int:
    """Group a set in shards and join what they share; give how many articles the shards took in all."""
    groupings = [Grouping() for _ in range(shards)]
    taken = 0
    for enriched, at, entities in rows:
        for shard in sorted({entity % shards for entity in entities[:leading]} or {0}):
            groupings[shard].add(enriched, at)
            taken += 1
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for grouping in groupings:
        for ids in grouping.stories().values():
            for article_id in ids:
                parent[root(article_id)] = root(ids[0])
    told.update({enriched.article.id: root(enriched.article.id) for enriched, _, _ in rows})
    return taken


if __name__ == "__main__":
    main()
