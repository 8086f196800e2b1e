"""The `rasid` command: data on stdout, all else on stderr; exit 0 done, 1 failed, 2 usage, 3 not ready, 130 ^C."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import rasid
from rasid.app.cli import alerts, dead_letters, enrich, feeds, ingest, names, parse, rules, run, search, store
from rasid.domain.errors import InputError, RasidError, StoreError

app = typer.Typer(
    name="rasid",
    help="Watch news feeds across languages: search them in Arabic, English and Russian, and be alerted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(run.run)
app.command()(search.search)
app.command()(parse.parse)
app.command()(enrich.enrich)
app.command()(ingest.ingest)
app.command()(alerts.alerts)
app.command()(search.export)
app.command()(store.doctor)
app.command()(store.backup)
app.command()(store.restore)
app.command()(store.config)
app.add_typer(feeds.app, name="feeds", help="The feed list and its health.")
app.add_typer(names.app, name="names", help="One name in three scripts.")
app.add_typer(rules.app, name="rules", help="Rules: check them, try them on articles.")
app.add_typer(dead_letters.app, name="dlq", help="What could not be processed, and why.")

_FAILED, _USAGE, _NOT_READY, _INTERRUPTED = 1, 2, 3, 130


@app.callback(invoke_without_command=True)
def _top(*, version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    if version:
        typer.echo(f"rasid {rasid.__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line; errors we know are one sentence on stderr."""
    try:
        app()
    except InputError as error:
        _end(error, _FAILED)
    except StoreError as error:
        _end(error, _NOT_READY)
    except RasidError as error:
        _end(error, _FAILED)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:  # the reader of a pipe has seen enough
        sys.stderr.close()
        sys.exit(0)


def _end(error: RasidError, code: int) -> None:
    typer.echo(f"rasid: {error}", err=True)
    sys.exit(code)
