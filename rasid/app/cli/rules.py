"""`rasid rules`: check rule files, and try a rule on articles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from processors.enrich import enrich_text
from rasid import settings
from rasid.adapters.yaml_rules import read_rule
from rasid.alerts.steps import decide, match
from rasid.app.analysis import Analysis
from rasid.app.bootstrap import existing_stores
from rasid.app.cli.alerts import span
from rasid.app.cli.common import AsJson, Config, DataDirectory, print_json, tell
from rasid.app.cli.enrich import texts
from rasid.domain.article import GroupedArticle
from rasid.domain.errors import InputError, RuleError
from rasid.domain.query import Between

app = typer.Typer(no_args_is_help=True)


@app.command()
def lint(files: Annotated[list[Path], typer.Argument(help="Rule files.")], *, as_json: AsJson = False) -> None:
    """Say what is wrong with rule files."""
    broken = 0
    for path in files:
        try:
            rule = read_rule(path, Analysis())
        except RuleError as error:
            broken += 1
            if as_json:
                print_json({"file": str(path), "ok": False, "line": error.line, "reason": error.reason})
            else:
                tell(f"rasid: {error}")
        else:
            if as_json:
                print_json({"file": str(path), "ok": True, "rule": rule.id})
            else:
                typer.echo(f"{path}: {rule.name}: ok")
    if broken:
        raise typer.Exit(1)


@app.command(name="test")
def try_rule(
    rule_file: Annotated[Path, typer.Argument(metavar="RULE", help="The rule's file.")],
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    articles: Annotated[
        str | None, typer.Option(help="JSON lines of articles to run over instead of the store.")
    ] = None,
    since: Annotated[str, typer.Option(help="How far back in the store: 12h, 7d.")] = "7d",
    as_json: AsJson = False,
) -> None:
    """Run a rule over articles of a file, or of the store, and say which match and why."""
    rule = read_rule(rule_file, Analysis())
    failures: list[InputError] = []
    seen, matches, alerts = 0, 0, set()
    for document in _from_file(articles, failures) if articles else _from_store(config, data_dir, since):
        seen += 1
        found = match(rule, document, document.enriched.article.first_seen_at)
        if found is None:
            continue
        matches += 1
        alerts.add(decide(found).id)
        if as_json:
            print_json({"rule": rule.id, "article_id": document.id, "why": msgspec.to_builtins(found.why)})
        else:
            typer.echo(f"{document.id}  {found.title}  because of " + "; ".join(one.clause for one in found.why))
    for failure in failures:
        tell(f"rasid: {failure}")
    totals = {"matches": matches, "alerts": len(alerts), "articles": seen}
    if as_json:
        print_json(totals)
    else:
        typer.echo(", ".join(f"{name}: {count}" for name, count in totals.items()))


def _from_file(file: str, failures: list[InputError]) -> Iterator[GroupedArticle]:
    for text in texts([file], failures):
        enriched = enrich_text(text.title, text.text, article_id=text.id, url=text.url)
        yield GroupedArticle(enriched=enriched, story_id=f"story-{text.id}")


def _from_store(config: Path | None, data_dir: Path | None, since: str) -> Iterator[GroupedArticle]:
    start = datetime.now(UTC) - span(since)
    with existing_stores(settings.load(config, data_dir=data_dir)) as stores:
        yield from stores.index.scan(Between("first_seen_at", start, None))
