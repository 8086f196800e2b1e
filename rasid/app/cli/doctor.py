"""`rasid doctor`: what is not well, and how to mend it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import typer

from ingest.feedlist import read_feeds
from rasid import settings as settings_module
from rasid.adapters.yaml_rules import read_rules
from rasid.app import doctor_cluster
from rasid.app.analysis import Analysis
from rasid.app.bootstrap import existing_stores, feeds_file
from rasid.app.checks import Check, attempt, libraries
from rasid.app.cli.common import AsJson, Config, DataDirectory, print_json
from rasid.app.data_dir import DataDir
from rasid.app.delivery.notify_source import NotifySource
from rasid.app.delivery.replay import dead_handovers
from rasid.app.stages import READS
from rasid.domain import topics
from rasid.domain.errors import StoreError
from rasid.settings import Settings

_LOW_DISK = 2 * 2**30


def doctor(config: Config = None, data_dir: DataDirectory = None, *, as_json: AsJson = False) -> None:
    """Look at settings, data, feeds, rules and disk, or with `kafka` set at the cluster; say for each what is wrong
    and how to mend it.
    """
    settings = settings_module.load(config, data_dir=data_dir)
    checks = list(doctor_cluster.checks(settings) if settings.kafka else _checks(settings))
    for check in checks:
        if as_json:
            print_json({"check": check.name, "ok": check.ok, "found": check.found, "fix": check.fix})
        else:
            typer.echo(f"{'ok  ' if check.ok else 'FAIL'}  {check.name}: {check.found}")
            if check.fix:
                typer.echo(f"      {check.fix}")
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


def _checks(settings: Settings) -> Iterator[Check]:
    yield attempt("data directory", lambda: _data(settings), "start the service once: rasid run")
    yield attempt("feed list", lambda: f"{len(read_feeds(feeds_file(settings)))} feeds", "mend the line that is named")
    yield attempt("rules", lambda: _rules(settings), "mend the file that is named; rasid rules lint FILE")
    yield attempt("receivers", lambda: _receivers(settings), "mend notify.yaml; then: rasid alerts replay")
    yield attempt(
        "feeds' health", lambda: _feeds(settings), "rasid feeds list names them; rasid feeds check tries them"
    )
    yield attempt(
        "dead letters", lambda: _dead(settings), "rasid dlq list shows why; rasid dlq replay tries them again"
    )
    yield _disk(settings)
    yield Check(
        "contact",
        bool(settings.contact),
        settings.contact or "none set",
        "" if settings.contact else "set `contact` to your web or mail address: sites want to know who polls them",
    )
    yield libraries(("feedparser", "trafilatura", "nh3", "Stemmer", "daachorse"), "make install")


def _data(settings: Settings) -> str:
    with existing_stores(settings) as stores:
        lag = sum(stores.bus.lag(stage, topic) for stage, reads in READS.items() for topic in reads)
        return f"{settings.data_dir}: {stores.index.count()} articles, {lag} messages waiting"


def _rules(settings: Settings) -> str:
    good, broken = read_rules(settings.rules_dir or DataDir(settings.data_dir).rules, Analysis())
    if broken:
        raise next(iter(broken.values()))
    return f"{len(good)} in force"


def _receivers(settings: Settings) -> str:
    source = NotifySource(DataDir(settings.data_dir).notify)
    if source.error:
        raise source.error
    count = len(list(source()))
    with existing_stores(settings) as stores:
        dead = dead_handovers(stores.bus)
    if dead:
        raise StoreError(
            f"{len(dead)} alerts were given up, such as for {dead[-1].receiver}: {dead[-1].cause};"
            " rasid alerts undelivered lists them"
        )
    return f"{count} in notify.yaml, nothing given up"


def _feeds(settings: Settings) -> str:
    listed = {feed.id for feed in read_feeds(feeds_file(settings))} if settings.feeds != "sample" else set()
    with existing_stores(settings) as stores:
        remembered = stores.feeds.states()
    states = {one: state for one, state in remembered.items() if one in listed or one.startswith("sample-")}
    failing = [state for state in states.values() if state.failures or state.gone]
    if failing:
        raise StoreError(
            f"{len(failing)} of {len(states)} polled feeds fail, such as {failing[0].url}: {failing[0].last_error}"
        )
    return f"{len(states)} polled, none fails"


def _dead(settings: Settings) -> str:
    with existing_stores(settings) as stores:
        waiting = stores.bus.lag("replay", topics.DEAD.name)
    if waiting:
        raise StoreError(f"{waiting} messages could not be processed")
    return "none"


def _disk(settings: Settings) -> Check:
    place = settings.data_dir if settings.data_dir.exists() else Path.home()
    free = shutil.disk_usage(place).free
    return Check(
        "disk", free > _LOW_DISK, f"{free / 2**30:.1f} GiB free", "" if free > _LOW_DISK else "free some space"
    )
