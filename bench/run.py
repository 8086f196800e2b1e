"""`make bench`: every bench, one after another. Ratios hold between machines, absolutes do not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHES = ("parse", "poll", "enrich", "end_to_end", "search", "rules", "stories")


def main() -> None:
    """Run the benches named, or all."""
    for name in sys.argv[1:] or BENCHES:
        print(f"== {name}", flush=True)
        subprocess.run([sys.executable, str(Path(__file__).with_name(f"{name}.py"))], check=True)


if __name__ == "__main__":
    main()
