"""What the commands share: the options every one of them has, and how data are printed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from rasid.domain.errors import InputError

Config = Annotated[Path | None, typer.Option("--config", help="A TOML file of settings.")]
DataDirectory = Annotated[Path | None, typer.Option("--data-dir", help="The directory that holds all state.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout, nothing else there.")]


def print_json(value: Any) -> None:
    """Print one value as a line of JSON, in UTF-8 whatever the terminal says."""
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")


def tell(text: str) -> None:
    """Say something to the person, not to the program that reads stdout."""
    typer.echo(text, err=True)


def read_bytes(file: str) -> bytes:
    """Read a file, or standard input for `-`. Raises InputError naming it."""
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", source=file) from error


def json_lines(file: str, data: bytes) -> Iterator[tuple[int, dict[str, Any] | InputError]]:
    """Give each non-empty line's number with its object, or with what is wrong with it."""
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            value = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            yield number, InputError(f"is no JSON: {error}", source=file, line=number)
            continue
        if isinstance(value, dict):
            yield number, value
        else:
            yield number, InputError("is no JSON object", source=file, line=number)
