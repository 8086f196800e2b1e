"""Rule files in the directory of rules: their names, and writing them so that a kill leaves the old or the new one."""

from __future__ import annotations

import os
import re
from pathlib import Path

from rasid.domain.errors import InputError, StoreError

_NAME = re.compile(r"[\w][\w.-]{0,79}")
_SUFFIX = ".yaml"
# Names that some file systems keep for devices.
_RESERVED = {"con", "prn", "aux", "nul"}


def file_name(rule_id: str) -> str:
    """Give the file of a rule's id. Raises InputError for an id that cannot safely be a file's name."""
    if not _NAME.fullmatch(rule_id) or ".." in rule_id or rule_id.lower() in _RESERVED:
        raise InputError(f"{rule_id!r} cannot name a file: letters, digits, '.', '_' and '-', a letter or digit first")
    return f"{rule_id}{_SUFFIX}"


def path_of(directory: Path, name: str) -> Path:
    """Give the file of a directory that has this name; nothing else can be named. Raises InputError."""
    if not name.endswith(_SUFFIX):
        raise InputError(f"{name!r} is no rule file: its name ends in {_SUFFIX}")
    path = directory / file_name(name.removesuffix(_SUFFIX))
    if path.is_symlink():
        raise InputError("is a link to another place: edit the file it points to", source=str(path))
    return path


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all. Raises StoreError."""
    temporary = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written: {error.strerror}") from error
