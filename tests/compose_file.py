"""docker-compose.yml as compose reads it: interpolated from an environment, each service with its command line."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
FILE = ROOT / "docker-compose.yml"
_VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?::([-?])([^}]*))?\})")

Json = dict[str, Any]


def generated(file: Path) -> dict[str, str]:
    """Read an .env as deploy/docker/make-env writes it."""
    lines = [line.partition("=") for line in file.read_text("utf-8").splitlines() if "=" in line and line[0] != "#"]
    return {name: value for name, _, value in lines}


def compose(environment: Mapping[str, str]) -> Json:
    """Give the file with variables put in. Raises KeyError for one that has to be there and is not."""
    found: Json = yaml.safe_load(FILE.read_text("utf-8"))
    return {key: _filled(value, environment) for key, value in found.items() if not key.startswith("x-")}


def _filled(value: Any, environment: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner, environment) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, environment) for inner in value]
    return _VARIABLE.sub(lambda found: _replaced(found, environment), value) if isinstance(value, str) else value


def _replaced(found: re.Match[str], environment: Mapping[str, str]) -> str:
    dollar, name, kind, word = found.groups()
    if dollar:
        return "$"
    if environment.get(name):
        return environment[name]
    if kind == "-":
        return str(word)
    if kind == "?":
        raise KeyError(f"{name}: {word}")
    return environment.get(name, "")


def dockerfile() -> Iterator[tuple[str, str]]:
    """Give the instructions of the Dockerfile with their arguments, continued lines joined, comments left out."""
    lines = [
        line for line in (ROOT / "Dockerfile").read_text("utf-8").splitlines() if not line.lstrip().startswith("#")
    ]
    for line in re.sub(r"\\\n\s*", " ", "\n".join(lines)).splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            yield word, rest.strip()


def image_environment() -> dict[str, str]:
    """Give the variables that the image sets."""
    words = [word for kind, rest in dockerfile() if kind == "ENV" for word in shlex.split(rest)]
    return dict(word.split("=", 1) for word in words)
