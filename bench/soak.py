"""`make soak`: kills and outages of everything among many articles, on a Kafka and an Elasticsearch of its own.

    python bench/soak.py [--articles 5000] [--kills 2] [--frozen 60]

Prints what was seen; fails where an article was lost, came twice or has a wrong revision, or an outage made a dead
letter. docs/reliability.md has the figures.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from integration.cluster_run import cluster_run
from integration.soak_run import own_servers, soak


def main() -> None:
    """Run once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=5_000)
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--frozen", type=float, default=60.0)
    parser.add_argument("--patience", type=float, default=3_600.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, own_servers("soak") as servers:
        addresses = [server.start() for server in servers]
        with cluster_run(*addresses, Path(place)) as run:
            found = soak(
                run,
                servers,
                articles=given.articles,
                kills=given.kills,
                frozen=given.frozen,
                patience=given.patience,
                say=print,
            )
    print(found.words())
    if found.dead:
        sys.exit("dead letters: an outage must make none")


if __name__ == "__main__":
    main()
