"""`rasid alerts`: what rules have said, and what people make of it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from rasid import settings
from rasid.app.bootstrap import Stores, existing_stores
from rasid.app.cli.common import AsJson, Config, DataDirectory, print_json
from rasid.app.data_dir import DataDir
from rasid.app.delivery.replay import dead_handovers, replay_dead
from rasid.app.inbox import Inbox
from rasid.app.rules import RuleSource
from rasid.domain.alert import Alert
from rasid.domain.errors import InputError
from rasid.domain.judgement import Verdict

app = typer.Typer(invoke_without_command=True)
_UNITS = {"m": 60, "h": 3600, "d": 86_400}
Ids = Annotated[list[str], typer.Argument(help="Alert ids, or their beginnings.")]
RuleId = Annotated[str, typer.Argument(help="The rule's id.")]


class Judgement(StrEnum):
    """What a person may make of an alert."""

    RIGHT = "right"
    WRONG = "wrong"
    NONE = "none"


_VERDICTS: dict[Judgement, Verdict | None] = {
    Judgement.RIGHT: "right",
    Judgement.WRONG: "wrong",
    Judgement.NONE: None,
}


@app.callback()
def alerts(
    context: typer.Context,
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    as_json: AsJson = False,
    since: Annotated[str, typer.Option(help="How far back: 30m, 12h, 7d.")] = "7d",
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 1000,
) -> None:
    """List alerts, newest first; or do something about them."""
    if context.invoked_subcommand is not None:
        return
    start = datetime.now(UTC) - span(since)
    with existing_stores(settings.load(config, data_dir=data_dir)) as stores:
        found = stores.alerts.alerts(since=start, limit=limit)
    for alert in found:
        if as_json:
            print_json(msgspec.to_builtins(alert))
        else:
            typer.echo(_line(alert))


@app.command()
def ack(alert_ids: Ids, config: Config = None, data_dir: DataDirectory = None) -> None:
    """Mark alerts as seen to."""
    with _opened(config, data_dir) as (stores, inbox):
        count = inbox.acknowledge([_whole(stores, one) for one in alert_ids])
    typer.echo(f"{count} acknowledged")


@app.command()
def judge(
    alert_id: Annotated[str, typer.Argument(help="The alert's id, or its beginning.")],
    verdict: Annotated[Judgement, typer.Argument(help="right, wrong, or none to take it back.")],
    config: Config = None,
    data_dir: DataDirectory = None,
) -> None:
    """Say whether an alert was right; this measures its rule's precision."""
    with _opened(config, data_dir) as (stores, inbox):
        whole = _whole(stores, alert_id)
        inbox.judge(whole, _VERDICTS[verdict])
        item = stores.alerts.get(whole)
        found = stores.alerts.precision().get(item.alert.rule) if item else None
    if item and found and found.share is not None:
        low, high = found.interval
        typer.echo(
            f"{item.alert.rule}: {found.right} right, {found.wrong} wrong; precision {found.share:.2f}"
            f" (95 % interval {low:.2f} to {high:.2f})"
        )


@app.command()
def snooze(
    rule: RuleId,
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    lasting: Annotated[str, typer.Option("--for", help="How long: 30m, 12h, 7d.")] = "1h",
) -> None:
    """Silence a rule for a while; what it would have said is counted, and told afterwards."""
    rules = _rules_of(config, data_dir)
    with _opened(config, data_dir) as (stores, inbox):
        inbox.snooze(_known(stores, rules, rule), span(lasting, "--for"))
    typer.echo(f"{rule} is silent for {lasting}")


@app.command()
def mute(rule: RuleId, config: Config = None, data_dir: DataDirectory = None) -> None:
    """Silence a rule until it is unmuted; what it would have said is counted."""
    rules = _rules_of(config, data_dir)
    with _opened(config, data_dir) as (stores, inbox):
        inbox.mute(_known(stores, rules, rule))
    typer.echo(f"{rule} is muted")


@app.command()
def unmute(rule: RuleId, config: Config = None, data_dir: DataDirectory = None) -> None:
    """Let a rule speak again."""
    with _opened(config, data_dir) as (_, inbox):
        inbox.unmute(rule)
    typer.echo(f"{rule} speaks again")


@app.command()
def undelivered(config: Config = None, data_dir: DataDirectory = None, *, as_json: AsJson = False) -> None:
    """List what was given up: which alert for which receiver, and why."""
    with _opened(config, data_dir) as (stores, _):
        found = dead_handovers(stores.bus)
    for one in found:
        if as_json:
            row = {"alert": one.alert_id, "receiver": one.receiver, "attempts": one.attempts, "cause": one.cause}
            print_json({**row, "at": one.at})
        else:
            typer.echo(f"{one.at:%Y-%m-%d %H:%M}  {one.receiver}  {one.alert_id}  after {one.attempts}: {one.cause}")


@app.command()
def replay(
    receiver: Annotated[str | None, typer.Argument(help="Only what was for this receiver.")] = None,
    config: Config = None,
    data_dir: DataDirectory = None,
) -> None:
    """Send again what was given up; the running service does it, or the next one."""
    with _opened(config, data_dir) as (stores, _):
        count = replay_dead(stores.bus, receiver)
    typer.echo(f"{count} to be sent again")


def span(text: str, option: str = "--since") -> timedelta:
    """Read a length of time such as 30m, 12h or 7d."""
    found = re.fullmatch(r"(\d{1,6})([mhd])", text.strip())
    if found is None:
        raise typer.BadParameter(f"{text!r} is no length of time: write 30m, 12h or 7d", param_hint=option)
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


@contextmanager
def _opened(config: Config, data_dir: DataDirectory) -> Iterator[tuple[Stores, Inbox]]:
    with existing_stores(settings.load(config, data_dir=data_dir)) as stores:
        yield stores, Inbox(stores.alerts, stores.bus)


def _rules_of(config: Config, data_dir: DataDirectory) -> Path:
    found = settings.load(config, data_dir=data_dir)
    return found.rules_dir or DataDir(found.data_dir).rules


def _line(alert: Alert) -> str:
    article = f"  ({alert.article_ids[0]})" if alert.article_ids else ""
    return f"{alert.created_at:%Y-%m-%d %H:%M}  {alert.id[:8]}  {alert.rule}  {alert.title}{article}"


def _whole(stores: Stores, beginning: str) -> str:
    """Give the one id that begins so. Raises InputError."""
    found = stores.alerts.beginning(beginning)
    if len(found) == 1:
        return found[0]
    raise InputError(
        f"there is no alert {beginning!r}; rasid alerts lists them"
        if not found
        else f"{beginning!r} begins several ids"
    )


def _known(stores: Stores, directory: Path, rule: str) -> str:
    """Give a rule's id if there is such a rule, or was. Raises InputError: a slip would silence nothing."""
    rules = RuleSource(directory, stores.analysis)().rules
    known = {one.id for one in rules} | set(stores.alerts.rules())
    if rule in known:
        return rule
    near = difflib.get_close_matches(rule, sorted(known), n=1)
    raise InputError(f"there is no rule {rule!r}" + (f"; did you mean {near[0]}?" if near else ""))
