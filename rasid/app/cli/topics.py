"""`rasid topics`: the log's topics on Kafka, and what travels in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from rasid import settings as settings_module
from rasid.app.cli.common import AsJson, Config, print_json, tell
from rasid.app.cluster import cluster, shipped_topics
from rasid.app.schemas import breaking, documents
from rasid.domain.errors import InputError

app = typer.Typer(no_args_is_help=True)


@app.command()
def apply(
    config: Config = None,
    *,
    file: Annotated[Path | None, typer.Option("--file", help="The list of topics; else the shipped one.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make the topics that are missing and correct settings that differ; partitions are never changed."""
    from rasid.adapters.kafka_topics import apply as apply_plans  # noqa: PLC0415 - schema needs no Kafka client
    from rasid.adapters.kafka_topics import load_plans  # noqa: PLC0415 - as above

    where = cluster(settings_module.load(config))
    plans = load_plans(file or shipped_topics())
    changes = apply_plans(where.kafka, plans, dry_run=dry_run)
    if as_json:
        for change in changes:
            topic, _, what = change.partition(": ")
            print_json({"topic": topic, "change": what, "done": not dry_run})
        return
    for change in changes or [f"all {len(plans.plans)} topics are as they should be"]:
        typer.echo(change)


@app.command()
def schema(
    directory: Annotated[Path, typer.Argument(help="Where the files go.")] = Path("docs/schemas"),
    *,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail where a file differs.")] = False,
) -> None:
    """Write the JSON Schema of each message and the AsyncAPI 3 document; a change that is not additive is refused."""
    made = documents()
    broken = [line for name, text in made.items() for line in _broken(directory / name, text)]
    if broken:
        for line in broken:
            tell(line)
        raise InputError("not additive: raise the version of the message in rasid/codec.py", source=str(directory))
    stale = [name for name, text in made.items() if _held(directory / name) != text]
    if check and stale:
        raise InputError(f"{', '.join(stale)}: written by another version; rasid topics schema", source=str(directory))
    if not check:
        directory.mkdir(parents=True, exist_ok=True)
        for name in stale:
            (directory / name).write_text(made[name], "utf-8")
    typer.echo(f"{len(made)} files, {len(stale)} written")


def _held(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


def _broken(path: Path, text: str) -> list[str]:
    """Name what old messages or readers could not bear; asyncapi.json only repeats the messages."""
    held = _held(path)
    if held is None or path.name == "asyncapi.json":
        return []
    try:
        return [f"{path.name} {line}" for line in breaking(json.loads(held), json.loads(text))]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"is no schema of ours: {error}", source=str(path)) from error
