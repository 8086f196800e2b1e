"""`rasid rules`: check rule files, try a rule on articles, say why it matches, bring rules in and out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from rasid import settings
from rasid.adapters.yaml_rules import read_rule, read_rules
from rasid.alerts.backtest import Tried
from rasid.alerts.explain import explain as explained
from rasid.app.analysis import Analysis
from rasid.app.cli.alerts import span
from rasid.app.cli.common import AsJson, Config, DataDirectory, print_json, tell
from rasid.app.rules_exchange import bring_in, give_out
from rasid.app.rules_explained import explained_json, explained_text, marks_of
from rasid.app.rules_files import write
from rasid.app.rules_lint import MOST_A_DAY, Finding, Looked, look, too_often
from rasid.app.rules_schema import schema_text
from rasid.app.rules_stores import opened, rules_directory
from rasid.app.rules_texts import from_file
from rasid.app.rules_trial import Report, over_documents, over_store, said
from rasid.domain.alert import Match
from rasid.domain.article import GroupedArticle
from rasid.domain.errors import InputError, RuleError, StoreError
from rasid.domain.rule import Rule
from rasid.settings import Settings

app = typer.Typer(no_args_is_help=True)


@app.command()
def lint(
    files: Annotated[list[Path], typer.Argument(help="Rule files.")],
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    most: Annotated[
        float, typer.Option(min=0, help="Alerts a day over the last week above which to warn.")
    ] = MOST_A_DAY,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong with rule files, and what to look at. Exit 1 where one cannot be in force."""
    analysis, chosen, broken = Analysis(), settings.load(config, data_dir=data_dir), 0
    others = _in_force(chosen, analysis, files)
    for path in files:
        looked = _looked(path, analysis, others)
        found = list(looked.findings)
        if looked.rule:
            found += _often(looked.rule, chosen, most)
        broken += not looked.is_good
        if as_json:
            _print_looked(path, looked.rule, found)
            continue
        for one in found:
            tell(f"{path}:{one.line}: " + (one.text if one.kind == "error" else f"{one.kind}: {one.text}"))
        if looked.rule:
            typer.echo(f"{path}: {looked.rule.name}: ok" + (f", {len(found)} to look at" if found else ""))
    if broken:
        raise typer.Exit(1)


def _looked(path: Path, analysis: Analysis, others: Mapping[Path, Rule]) -> Looked:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return Looked(rule=None, findings=(Finding(line=1, kind="error", text=f"cannot be read: {error}"),))
    return look(text, path, analysis, [rule for place, rule in others.items() if place.resolve() != path.resolve()])


def _in_force(chosen: Settings, analysis: Analysis, files: Sequence[Path]) -> dict[Path, Rule]:
    """Give the rules that a rule may say the same as: those in force, and the other files looked at."""
    good, _ = read_rules(rules_directory(chosen), analysis)
    for path in files:
        with suppress(RuleError):
            good[path] = read_rule(path, analysis)
    return good


def _often(rule: Rule, chosen: Settings, most: float) -> list[Finding]:
    """Look at the last week, where there is a store."""
    try:
        with opened(chosen) as stores:
            found = too_often(rule, stores.bus, stores.index, most=most)
    except StoreError:
        return []
    return [found] if found else []


def _print_looked(path: Path, rule: Rule | None, found: Sequence[Finding]) -> None:
    warnings = [{"line": one.line, "kind": one.kind, "text": one.text} for one in found if one.kind != "error"]
    if rule:
        print_json({"file": str(path), "ok": True, "rule": rule.id, "warnings": warnings})
    else:
        print_json({"file": str(path), "ok": False, "line": found[0].line, "reason": found[0].text})


@app.command()
def explain(
    rule_file: Annotated[Path, typer.Argument(metavar="RULE", help="The rule's file.")],
    article: Annotated[str, typer.Argument(help="An article's id in the store, or a file (.txt, .jsonl).")],
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Say why a rule matches an article, with the words marked, or which clause is the first that does not."""
    analysis = Analysis()
    rule = read_rule(rule_file, analysis)
    for document in _articles(article, config, data_dir):
        found = explained(rule, document)
        marks = marks_of(document, found, analysis)
        if as_json:
            print_json(explained_json(rule, document, found, marks))
        else:
            typer.echo(explained_text(rule, document, found, marks))


def _articles(article: str, config: Path | None, data_dir: Path | None) -> list[GroupedArticle]:
    if article == "-" or Path(article).is_file():
        failures: list[InputError] = []
        found = [document for document, _ in from_file(article, failures)]
        if failures:
            raise failures[0]
        return found
    with opened(settings.load(config, data_dir=data_dir)) as stores:
        document = stores.index.get(article)
    if document is None:
        raise InputError(f"there is no article {article!r} in the index, and no file of that name")
    return [document]


@app.command(name="import")
def bring(
    files: Annotated[list[Path], typer.Argument(help="ElastAlert 2 rule files.")],
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Put ElastAlert 2 rules among the rules in force, saying what is read otherwise and what is refused."""
    analysis, directory = Analysis(), rules_directory(settings.load(config, data_dir=data_dir))
    refused = 0
    for path in files:
        others = tuple(read_rules(directory, analysis)[0].values())
        try:
            made = bring_in(path, directory, analysis, others)
        except RuleError as error:
            refused += 1
            if as_json:
                print_json({"file": str(path), "ok": False, "line": error.line, "reason": error.reason})
            else:
                tell(f"refused: {error}")
            continue
        if as_json:
            row = {"file": str(path), "ok": True, "rule": made.rule.id, "path": str(made.path)}
            print_json({**row, "mapped": list(made.mapped), "unused": list(made.unused)})
            continue
        typer.echo(f"{path}: {made.rule.name} ({made.rule.type}) is {made.path}")
        for one in (*made.mapped, *made.unused):
            typer.echo(f"    {one}")
    if refused:
        raise typer.Exit(1)


@app.command()
def export(
    files: Annotated[list[Path], typer.Argument(help="Rule files.")],
    *,
    into: Annotated[Path | None, typer.Option(help="A directory to write them to, instead of stdout.")] = None,
) -> None:
    """Write rules as ElastAlert 2 takes them, over the index in Elasticsearch."""
    for number, path in enumerate(files):
        text = give_out(path, Analysis())
        if into:
            write(into / path.name, text)
        else:
            typer.echo(("---\n" if number else "") + text, nl=False)


@app.command()
def schema() -> None:
    """Print the JSON Schema of rule files, for editors."""
    typer.echo(schema_text(), nl=False)


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
    """Run a rule over the log, or over a file: what matches and why, and what alerts would have come of it."""
    rule = read_rule(rule_file, Analysis())
    failures: list[InputError] = []
    report = Report()
    for tried in _trial(rule, articles, failures, config, data_dir, since):
        _show_matches(rule, report.take(tried), approximate=tried.approximate, as_json=as_json)
    for failure in failures:
        tell(f"rasid: {failure}")
    if as_json:
        print_json(report.json(rule))
    else:
        _show(report, rule)


def _trial(
    rule: Rule, articles: str | None, failures: list[InputError], config: Path | None, data_dir: Path | None, since: str
) -> Iterator[Tried]:
    if articles:
        yield from over_documents(rule, from_file(articles, failures))
        return
    start = datetime.now(UTC) - span(since)
    with opened(settings.load(config, data_dir=data_dir)) as stores:
        yield from over_store(rule, stores.bus, stores.index, start)


def _show_matches(rule: Rule, matches: Sequence[Match], *, approximate: bool, as_json: bool) -> None:
    for found in matches:
        if not as_json:
            typer.echo(f"{found.article_id}  {found.title}  because of " + "; ".join(w.clause for w in found.why))
            continue
        row = {"rule": rule.id, "article_id": found.article_id, "why": msgspec.to_builtins(found.why)}
        told = found.article
        more = {"title": found.title, "language": told.language, "source": told.source} if told else {}
        print_json({**row, "at": found.at, **more, **({"approximate": True} if approximate else {})})


def _show(report: Report, rule: Rule) -> None:
    for name, counts in (("day", report.days), ("language", report.languages), ("source", report.sources)):
        if counts:
            typer.echo(f"by {name}: " + ", ".join(f"{value or '?'} {count}" for value, count in counts.most_common(20)))
    for alert in report.shown_alerts():
        typer.echo(
            f"\n{alert.created_at:%Y-%m-%d %H:%M}  would have said:\n    " + said(alert, rule).replace("\n", "\n    ")
        )
    for note in rule.notes:
        tell(f"note: {note}")
    if report.approximate:
        tell(f"{report.approximate} of the matches are from the index, of which the order is approximate")
    typer.echo(f"matches: {report.matches}, alerts: {len(report.alerts)}, articles: {report.articles}")
