"""The `rasid` command: data on stdout, all else on stderr; exit 0 done, 1 failed, 2 usage, 3 not ready, 130 ^C.

A command imports what it needs when it is asked for: `rasid parse` does not wait for the web server to load.
"""

from __future__ import annotations

import logging
import signal
import sys
from importlib import import_module
from typing import Annotated, Any

import typer

import rasid
from rasid.app.logs import configure
from rasid.domain.errors import InputError, RasidError, StoreError

# Command -> the module of rasid.app.cli that has it; groups are modules with an `app`.
COMMANDS = {
    "run": "run",
    "search": "search",
    "parse": "parse",
    "enrich": "enrich",
    "ingest": "ingest",
    "export": "search",
    "stories": "stories",
    "doctor": "doctor",
    "backup": "backup",
    "restore": "backup",
    "config": "config",
    "worker": "worker",
    "web": "web",
    "poll": "poll",
    "replay": "replay",
}
GROUPS = {
    "feeds": ("feeds", "The feed list and its health."),
    "names": ("names", "One name in three scripts."),
    "rules": ("rules", "Rules: check them, try them on articles."),
    "index": ("index", "The indices in Elasticsearch: make, look at, keep small, make anew."),
    "topics": ("topics", "The log's topics on Kafka, and what travels in them."),
    "alerts": ("alerts", "What rules have said, and what people make of it."),
    "dlq": ("dead_letters", "What could not be processed, and why."),
}
# These only print: a reader that leaves (`| head`) ends them quietly. The others talk to children and sites.
_PRINTERS = {"export", "search", "alerts", "stories"}
_FAILED, _NOT_READY, _INTERRUPTED = 1, 3, 130


def build(wanted: str | None = None) -> typer.Typer:
    """Make the application with all commands, or with the one that is wanted."""
    app = typer.Typer(
        name="rasid",
        help="Watch news feeds across languages: search them in Arabic, English and Russian, and be alerted.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback(invoke_without_command=True)(_top)
    for name, module in COMMANDS.items():
        if wanted in {None, name}:
            app.command(name=name)(getattr(_module(module), name))
    for name, (module, about) in GROUPS.items():
        if wanted in {None, name}:
            app.add_typer(_module(module).app, name=name, help=about)
    return app


def main() -> None:
    """Run the command line; errors we know are one sentence on stderr."""
    configure(level=logging.WARNING)  # before anything logs: never on stdout
    first = sys.argv[1] if len(sys.argv) > 1 else ""
    if first in _PRINTERS:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        build(first if first in {*COMMANDS, *GROUPS} else None)()
    except StoreError as error:
        _end(error, _NOT_READY)
    except (InputError, RasidError) as error:
        _end(error, _FAILED)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except OSError as error:
        _end(RasidError(f"{error.filename or 'output'}: {error.strerror or error}"), _FAILED)


def _top(*, version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    if version:
        typer.echo(f"rasid {rasid.__version__}")
        raise typer.Exit


def _module(name: str) -> Any:
    return import_module(f"rasid.app.cli.{name}")


def _end(error: RasidError, code: int) -> None:
    typer.echo(f"rasid: {error}", err=True)
    sys.exit(code)
