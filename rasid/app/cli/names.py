"""`rasid names match` and `rasid names rank`: one name in several spellings and scripts; offline, with no store."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Final, TextIO

import msgspec
import typer

from processors.names import NameMatcher
from rasid.domain.errors import InputError

_BATCH: Final = 256  # lines answered before their results are printed
_STDIN: Final = "-"
_TOP: Final = 5

app = typer.Typer(help="Compare names across Arabic, Cyrillic and Latin script.", no_args_is_help=True)


@app.command()
def match(
    file: Annotated[str, typer.Argument(help="Lines of NAME<TAB>NAME; - is standard input.")] = _STDIN,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One result a line, as JSON.")] = False,
) -> None:
    """Tell for each pair of names whether both name the same, with a score from 0 to 1 (same means 0.5 or more).

    A line that is not two names is told on standard error, counts as not the same, and ends the run with exit 1.
    """
    matcher = NameMatcher()
    failed = False
    for batch in _batches(_lines(file)):
        pairs = [_pair(line) for _, line in batch]
        answers = matcher.same_all([(first, second) for first, second, _ in pairs])
        for (number, _), (first, second, good), (same, score) in zip(batch, pairs, answers, strict=True):
            if not good:
                failed = True
                same, score = False, 0.0  # noqa: PLW2901 -- a line that is not two names is never the same
                _tell(InputError("expected NAME<TAB>NAME", source=_called(file), line=number))
            if as_json:
                _print({"a": first, "b": second, "same": same, "score": score})
            else:
                typer.echo(f"{'same' if same else 'other'}\t{score:.2f}\t{first}\t{second}")
    if failed:
        raise typer.Exit(1)


@app.command()
def rank(
    candidates: Annotated[str, typer.Option(help="A file with one candidate a line.", metavar="FILE")],
    file: Annotated[str, typer.Argument(help="One name a line; - is standard input.")] = _STDIN,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One result a line, as JSON.")] = False,
) -> None:
    """Give for each name up to 5 of the candidates that it may mean, best first.

    An empty line is told on standard error, ranks nothing, and ends the run with exit 1.
    """
    pool = [line.strip() for _, line in _lines(candidates) if line.strip()]
    if not pool:
        _tell(InputError("holds no candidate; write one name a line", source=_called(candidates)))
        raise typer.Exit(1)
    matcher = NameMatcher()
    failed = False
    for batch in _batches(_lines(file)):
        names = [line.strip() for _, line in batch]
        for (number, _), name, ranked in zip(batch, names, matcher.rank(names, pool, _TOP), strict=True):
            if not name:
                failed = True
                _tell(InputError("is empty; expected one name a line", source=_called(file), line=number))
            if as_json:
                _print({"name": name, "ranked": ranked})
            else:
                typer.echo("\t".join([name, *ranked]))
    if failed:
        raise typer.Exit(1)


def _pair(line: str) -> tuple[str, str, bool]:
    """Split a line into two names, and tell whether it was two names."""
    first, _, second = line.partition("\t")
    first, second = first.strip(), second.strip()
    return first, second, bool(first and second and "\t" not in second)


def _lines(file: str) -> Iterator[tuple[int, str]]:
    """Give the numbered lines of a UTF-8 file or standard input; bytes that are no UTF-8 become U+FFFD."""
    try:
        with _opened(file) as stream:
            for number, line in enumerate(stream, start=1):
                yield number, line.rstrip("\r\n").removeprefix("\ufeff")
    except OSError as error:
        _tell(InputError(f"cannot be read: {error.strerror}", source=_called(file)))
        raise typer.Exit(1) from error


def _opened(file: str) -> nullcontext[TextIO] | TextIO:
    """Open a file, or give standard input, which stays open."""
    if file != _STDIN:
        return Path(file).open(encoding="utf-8", errors="replace", newline="\n")
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace", newline="\n")
    return nullcontext(sys.stdin)


def _batches(lines: Iterable[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """Group lines so that a long input is answered as it goes."""
    batch: list[tuple[int, str]] = []
    for line in lines:
        batch.append(line)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _called(file: str) -> str:
    """Name a file as a person would."""
    return "standard input" if file == _STDIN else file


def _print(result: dict[str, object]) -> None:
    """Print one JSON line."""
    sys.stdout.write(msgspec.json.encode(result).decode() + "\n")


def _tell(error: InputError) -> None:
    """Say on standard error what is wrong."""
    typer.echo(str(error), err=True)
