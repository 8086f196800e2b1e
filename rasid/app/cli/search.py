"""`rasid search` and `rasid export`: what the index holds."""

from __future__ import annotations

import csv
import io
import sys
from typing import Annotated, Literal

import msgspec
import typer

from rasid import settings
from rasid.adapters.luqum_query import parse_query
from rasid.app.bootstrap import existing_stores
from rasid.app.cli.common import AsJson, Config, DataDirectory, print_json, tell
from rasid.app.render import document_json, hit_json
from rasid.domain.search import FACETS, SearchPage, Sort

_COLUMNS = ("id", "first_seen_at", "published_at", "language", "source", "source_country", "ownership", "title", "url")


def search(
    query: Annotated[
        str, typer.Argument(help='Lucene syntax: words, "phrases", AND OR NOT, field:value, seen:[a TO b].')
    ],
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    as_json: AsJson = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Hits on this page.")] = 20,
    sort: Annotated[str, typer.Option(help="newest or relevance.")] = "newest",
    facets: Annotated[
        bool, typer.Option("--facets", help="Count languages, sources, people, places and days too.")
    ] = False,
    collapse: Annotated[
        bool, typer.Option("--collapse", help="Show each story once, by its newest or best article.")
    ] = False,
    cursor: Annotated[str | None, typer.Option(help="Go on where an earlier page ended.")] = None,
) -> None:
    """Search the articles. A name in any of the three scripts finds all its spellings."""
    order = _sort(sort)
    with existing_stores(settings.load(config, data_dir=data_dir)) as stores:
        parsed = parse_query(query, stores.analysis)
        for note in parsed.notes:
            tell(note)
        page = stores.index.search(
            parsed.query,
            limit=limit,
            sort=order,
            cursor=cursor,
            facets=FACETS if facets else (),
            collapse=collapse,
        )
    if as_json:
        _print_json(page, with_facets=facets)
    else:
        _print_text(page, "stories" if collapse else "articles", with_facets=facets)


def _sort(text: str) -> Sort:
    if text not in {"newest", "relevance"}:
        raise typer.BadParameter("sort is newest or relevance", param_hint="--sort")
    return "newest" if text == "newest" else "relevance"


def _print_json(page: SearchPage, *, with_facets: bool) -> None:
    for hit in page.hits:
        print_json(hit_json(hit))
    if with_facets:
        counts = {name: [msgspec.to_builtins(count) for count in found] for name, found in page.facets.items()}
        print_json({"facets": counts, "total": page.total, "cursor": page.cursor})


def _print_text(page: SearchPage, kind: str, *, with_facets: bool) -> None:
    for hit in page.hits:
        article = hit.document.enriched.article
        typer.echo(f"{article.first_seen_at:%Y-%m-%d %H:%M}  {hit.document.enriched.language}  {article.source}")
        more = (
            f"\n    {hit.story_size} articles tell this story: story:{hit.document.story_id}"
            if hit.story_size > 1
            else ""
        )
        typer.echo(f"    {article.title}\n    {article.url or article.id}{more}")
    tell(f"{len(page.hits)} of {page.total} {kind}" + (f"; next page: --cursor {page.cursor}" if page.cursor else ""))
    for name, found in page.facets.items() if with_facets else ():
        tell(f"{name}: " + ", ".join(f"{count.label} {count.count}" for count in found[:10]))


def export(
    query: Annotated[str, typer.Argument(help="Which articles; all without it.")] = "",
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    file_format: Annotated[str, typer.Option("--format", help="jsonl, csv or ninjs.")] = "jsonl",
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format jsonl.")] = False,
) -> None:
    """Write articles to stdout, oldest first, in bounded memory."""
    form = "jsonl" if as_json else _form(file_format)
    with existing_stores(settings.load(config, data_dir=data_dir)) as stores:
        if form == "csv":
            _write_row(_COLUMNS)
        for document in stores.index.scan(parse_query(query, stores.analysis).query):
            row = document_json(document)
            if form == "jsonl":
                print_json(row)
            elif form == "ninjs":
                print_json(ninjs(row))
            else:
                _write_row([row[name] for name in _COLUMNS])


def _form(text: str) -> Literal["jsonl", "csv", "ninjs"]:
    match text:
        case "jsonl" | "csv" | "ninjs":
            return text
        case _:
            raise typer.BadParameter("format is jsonl, csv or ninjs", param_hint="--format")


def _write_row(values: tuple[str, ...] | list[object]) -> None:
    line = io.StringIO()
    # A cell that a spreadsheet would take for a formula is made text.
    csv.writer(line).writerow([f"'{v}" if str(v)[:1] in "=+-@\t" and v is not None else v for v in values])
    sys.stdout.buffer.write(line.getvalue().encode())


def ninjs(row: dict[str, object]) -> dict[str, object]:
    """Give a document in IPTC's ninjs 3: https://iptc.org/std/ninjs/."""
    entities = row["entities"] if isinstance(row["entities"], list) else []

    def named(kind: str) -> list[dict[str, object]]:
        return [{"uri": e["id"], "name": _first(e["name"])} for e in entities if e["type"] == kind]

    return {
        "uri": row["id"],
        "type": "text",
        "language": row["language"],
        "firstCreated": row["first_seen_at"],
        "contentCreated": row["published_at"],
        "headlines": [{"role": "main", "value": row["title"]}],
        "bodies": [{"role": "main", "contentType": "text/plain", "value": row["text"]}],
        "people": named("PER"),
        "organisations": named("ORG"),
        "places": named("LOC"),
        "subjects": [{"name": keyword["text"]} for keyword in _list(row["keywords"])],
        "infoSources": [{"name": row["source"]}],
    }


def _list(value: object) -> list[dict[str, object]]:
    return value if isinstance(value, list) else []


def _first(name: dict[str, str | None]) -> str | None:
    return name.get("en") or name.get("ar") or name.get("ru")
