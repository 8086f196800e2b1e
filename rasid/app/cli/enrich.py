"""`rasid enrich`: texts in, what the analysis finds out; no settings, no store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain, islice
from multiprocessing import get_context
from typing import Annotated, Any

import typer

from processors.enrich import enrich_text, warm
from rasid.app.cli.common import AsJson, print_json, read_bytes, tell
from rasid.app.render import enriched_json
from rasid.domain.errors import InputError

_SHORT = 200  # a line of a text file that may be its source or title
_CHUNK = 16


@dataclass(frozen=True, slots=True)
class Text:
    """One text to enrich."""

    id: str
    title: str
    text: str
    url: str | None = None
    published_at: str | None = None
    source: str = ""


def enrich(
    files: Annotated[
        list[str], typer.Argument(help="Plain text (.txt) or JSON lines; - is JSON lines on standard input.")
    ],
    *,
    as_json: AsJson = False,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Processes to use.")] = 1,
) -> None:
    """Find language, people, bodies, places and keywords in texts; one result a line, in input order."""
    failures: list[InputError] = []
    for result in _results(texts(files, failures), jobs):
        if as_json:
            print_json(result)
        else:
            _print_text(result)
    for failure in failures:
        tell(f"rasid: {failure}")
    if failures:
        raise typer.Exit(1)


def texts(files: list[str], failures: list[InputError]) -> Iterator[Text]:
    """Read the texts in order; what cannot be read is added to `failures` and costs only itself."""
    for file in files:
        try:
            data = read_bytes(file)
        except InputError as error:
            failures.append(error)
            continue
        if file.endswith(".txt"):
            yield plain_text(file, data.decode("utf-8-sig", "replace"))
        else:
            yield from _lines(file, data, failures)


def plain_text(file: str, content: str) -> Text:
    """Take a text file apart: short first lines, each set apart by a blank line, are its source and title."""
    blocks = [block.strip() for block in content.replace("\r\n", "\n").split("\n\n") if block.strip()]
    heads: list[str] = []
    while len(blocks) > 1 and len(heads) < 2 and len(blocks[0]) <= _SHORT and "\n" not in blocks[0]:  # noqa: PLR2004 - source and title
        heads.append(blocks.pop(0))
    return Text(id=file, title=heads[-1] if heads else "", text="\n\n".join(blocks))


def _lines(file: str, data: bytes, failures: list[InputError]) -> Iterator[Text]:
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        if not line.strip():
            continue
        try:
            # The standard library's reader: it lets unpaired surrogates through, which enrich makes printable.
            yield _text(json.loads(line), f"{file}:{number}")
        except (ValueError, TypeError, RecursionError) as error:
            failures.append(InputError(f"is no article: {error}", source=file, line=number))


def _text(row: Any, default_id: str) -> Text:
    if not isinstance(row, dict):
        raise TypeError("not a JSON object")
    for name in ("title", "text", "url", "published_at", "source"):
        if not isinstance(row.get(name) or "", str):
            raise TypeError(f"{name} is not a text")
    published = row.get("published_at") or None
    if published:
        datetime.fromisoformat(published)
    return Text(
        id=str(row["id"]) if row.get("id") is not None else default_id,
        title=row.get("title") or "",
        text=row.get("text") or "",
        url=row.get("url") or None,
        published_at=published,
        source=row.get("source") or "",
    )


def _results(found: Iterator[Text], jobs: int) -> Iterator[dict[str, Any]]:
    if jobs == 1:
        yield from map(_result, found)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=warm) as pool:
        running = []
        for chunk in iter(partial(_chunk, found), []):
            running.append(pool.submit(_chunk_results, chunk))
            if len(running) > jobs * 4:  # bounded: a huge file is not held whole
                yield from running.pop(0).result()
        yield from chain.from_iterable(future.result() for future in running)


def _chunk(found: Iterator[Text]) -> list[Text]:
    return list(islice(found, _CHUNK))


def _chunk_results(chunk: list[Text]) -> list[dict[str, Any]]:
    return [_result(text) for text in chunk]


def _result(text: Text) -> dict[str, Any]:
    made = enriched_json(enrich_text(text.title, text.text, article_id=text.id, url=text.url))
    return made | {"published_at": text.published_at}


def _print_text(result: dict[str, Any]) -> None:
    typer.echo(f"{result['id']}  {result['language']} ({result['language_confidence']})  {result['title']}")
    for entity in result["entities"]:
        name = entity["name"]
        surfaces = ", ".join(dict.fromkeys(mention["surface"] for mention in entity["mentions"]))
        typer.echo(f"    {entity['type']:4} {name['en'] or name['ar'] or name['ru']}  [{surfaces}]  {entity['id']}")
    typer.echo("    keywords: " + ", ".join(keyword["text"] for keyword in result["keywords"]))
