"""`rasid dlq`: what could not be processed, why, and another try after a fix."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from rasid import settings
from rasid.app.bootstrap import existing_stores
from rasid.app.cli.common import AsJson, Config, DataDirectory, print_json
from rasid.dead_letter import PREFIX, cause
from rasid.domain import topics
from rasid.domain.errors import InputError
from rasid.ports import Record

app = typer.Typer(no_args_is_help=True)
_REPLAYED = "replay"


@app.command(name="list")
def list_letters(config: Config = None, data_dir: DataDirectory = None, *, as_json: AsJson = False) -> None:
    """List dead letters that were not replayed yet."""
    with existing_stores(settings.load(config, data_dir=data_dir)) as stores:
        for record in stores.bus.records(topics.DEAD.name, stores.bus.committed(_REPLAYED, topics.DEAD.name), 2**31):
            why = cause(record.message)
            if as_json:
                print_json({"offset": record.offset, "key": record.message.key.decode("utf-8", "replace"), **why})
            else:
                typer.echo(f"{record.offset}  {why.get('stage')}  {why.get('topic')}  {why.get('exception.message')}")


@app.command()
def show(
    offset: Annotated[int, typer.Argument(help="The letter's offset, as `dlq list` prints it.")],
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Print one dead letter: its causes, then its body as it came."""
    with existing_stores(settings.load(config, data_dir=data_dir)) as stores:
        found = stores.bus.records(topics.DEAD.name, offset - 1, 1)
        if not found or found[0].offset != offset:
            raise InputError(f"there is no dead letter {offset}; `rasid dlq list` names those there are")
        causes, body = cause(found[0].message), found[0].message.value.decode("utf-8", "replace")
    if as_json:
        print_json({"offset": offset, **causes, "body": body})
        return
    for name, text in causes.items():
        typer.echo(f"{name}: {text}")
    typer.echo(body)


@app.command()
def replay(config: Config = None, data_dir: DataDirectory = None, *, as_json: AsJson = False) -> None:
    """Put all dead letters back where they came from; the service takes them up at once or when it next runs."""
    with existing_stores(settings.load(config, data_dir=data_dir)) as stores:
        consumer = stores.bus.consumer(_REPLAYED, [topics.DEAD.name])
        replayed = 0
        while letters := consumer.poll(200):
            for record in letters:
                stores.bus.publish(cause(record.message)["topic"], [_alive(record).message])
            consumer.commit()
            replayed += len(letters)
    if as_json:
        print_json({"replayed": replayed})
    else:
        typer.echo(f"{replayed} put back")


def _alive(record: Record) -> Record:
    headers = {name: value for name, value in record.message.headers.items() if not name.startswith(PREFIX)}
    return replace(record, message=replace(record.message, headers=headers))
