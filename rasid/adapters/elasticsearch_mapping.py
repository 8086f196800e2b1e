"""Whether a mapping on the server holds what the program writes: field by field, by what matters to a document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

# What a field must have as wanted, with the value that the server leaves unsaid. Another analyzer or type changes what
# is found; the rest (norms, ignore_above) only how well.
_MATTERS = {"type": "object", "analyzer": None, "index": True, "doc_values": True, "enabled": True, "path": None}


@dataclass(frozen=True, slots=True)
class Differences:
    """How a held mapping differs: `missing` fields can be added in place, `changed` ones ask for a new index."""

    missing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


def differences(wanted: Json, held: Json) -> Differences:
    """Compare two mappings (`properties` and below). What is held beyond the wanted does no harm and is not told."""
    have = dict(_fields(held))
    want = list(_fields(wanted))
    missing = [path for path, _ in want if path not in have]
    changed = [path for path, field in want if path in have and _what_matters(field) != _what_matters(have[path])]
    return Differences(tuple(_outermost(missing)), tuple(changed))


def _fields(mapping: Json, above: str = "") -> Iterator[tuple[str, Json]]:
    """Give each field with its dotted path, sub-fields (`fields`) too."""
    for part in ("properties", "fields"):
        for name, field in mapping.get(part, {}).items():
            path = f"{above}{name}"
            yield path, field
            yield from _fields(field, f"{path}.")


def _what_matters(field: Json) -> Json:
    return {name: field.get(name, unsaid) for name, unsaid in _MATTERS.items()}


def _outermost(paths: list[str]) -> Iterator[str]:
    """Leave out what lies within another that is missing itself."""
    found = set(paths)
    for path in paths:
        parts = path.split(".")
        if not any(".".join(parts[:end]) in found for end in range(1, len(parts))):
            yield path
