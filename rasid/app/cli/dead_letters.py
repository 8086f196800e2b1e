"""`rasid dlq`: what could not be processed, why, and another try after a fix; embedded or in the cluster."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Annotated

import typer

from rasid import settings as settings_module
from rasid.app.cli.common import AsJson, Config, DataDirectory, print_json, tell
from rasid.app.log import open_log
from rasid.dead_letter import PREFIX, cause
from rasid.domain import topics
from rasid.domain.errors import InputError
from rasid.ports import Bus, Record

app = typer.Typer(no_args_is_help=True)
GROUP = "replay"
_BATCH = 200
_POLL_SECONDS = 1.0


@app.command(name="list")
def list_letters(config: Config = None, data_dir: DataDirectory = None, *, as_json: AsJson = False) -> None:
    """List dead letters that were not replayed yet."""
    with open_log(settings_module.load(config, data_dir=data_dir)) as bus:
        for record in waiting(bus):
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
    with open_log(settings_module.load(config, data_dir=data_dir)) as bus:
        found = next((record for record in bus.read(topics.DEAD.name) if record.offset == offset), None)
    if found is None:
        raise InputError(f"there is no dead letter {offset}; `rasid dlq list` names those there are")
    causes, body = cause(found.message), found.message.value.decode("utf-8", "replace")
    if as_json:
        print_json({"offset": offset, **causes, "body": body})
        return
    for name, text in causes.items():
        typer.echo(f"{name}: {text}")
    typer.echo(body)


@app.command()
def replay(config: Config = None, data_dir: DataDirectory = None, *, as_json: AsJson = False) -> None:
    """Put all dead letters back where they came from; the stages take them up at once or when they next run."""
    with open_log(settings_module.load(config, data_dir=data_dir)) as bus:
        replayed = _replay(bus)
    if as_json:
        print_json({"replayed": replayed})
    else:
        typer.echo(f"{replayed} put back")


def waiting(bus: Bus) -> list[Record]:
    """Give the dead letters that were not replayed yet: the last ones of the topic, which is never compacted."""
    return list(deque(bus.read(topics.DEAD.name), maxlen=bus.lag(GROUP, topics.DEAD.name)))


def _replay(bus: Bus) -> int:
    replayed = 0
    consumer = bus.consumer(GROUP, [topics.DEAD.name])
    try:
        while bus.lag(GROUP, topics.DEAD.name):  # what dies again meanwhile is a letter of the next replay
            letters = consumer.poll(_BATCH, _POLL_SECONDS)
            for record in letters:
                replayed += _put_back(bus, record)
            consumer.commit()
    finally:
        consumer.close()
    return replayed


def _put_back(bus: Bus, record: Record) -> bool:
    topic = cause(record.message).get("topic")
    if topic not in {one.name for one in topics.ALL}:
        tell(f"dead letter {record.offset} came from {topic or 'nowhere'}, which is no topic of this version: left out")
        return False
    bus.publish(topic, [_alive(record).message])
    return True


def _alive(record: Record) -> Record:
    headers = {name: value for name, value in record.message.headers.items() if not name.startswith(PREFIX)}
    return replace(record, message=replace(record.message, headers=headers))
