# ruff: noqa: INP001, T201 - a script beside scripts, no package; it prints
"""Print what pyproject.toml asks for: `requirements.py pyproject.toml EXTRA...`, one requirement a line."""

import sys
import tomllib
from pathlib import Path


def main(file: str, *extras: str) -> None:
    """Print the requirements of the project and of the extras that are named."""
    project = tomllib.loads(Path(file).read_text(encoding="utf-8"))["project"]
    for requirement in [
        *project["dependencies"],
        *(one for extra in extras for one in project["optional-dependencies"][extra]),
    ]:
        print(requirement)


if __name__ == "__main__":
    main(*sys.argv[1:])
