"""The one place that picks adapters: settings in, the parts of a running program out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import rasid
from ingest.feedlist import schema_text, shipped_text
from ingest.fetch import FetchLimits, FetchSettings
from rasid import settings as settings_module
from rasid.adapters.sqlite_alerts import SqliteAlerts
from rasid.adapters.sqlite_bus import SqliteBus
from rasid.adapters.sqlite_feedstore import SqliteFeedStore
from rasid.adapters.sqlite_index import SqliteIndex
from rasid.app.analysis import Analysis
from rasid.app.data_dir import DataDir, Lock
from rasid.app.delivery.notify_source import ship as ship_notify
from rasid.domain import topics
from rasid.domain.errors import StoreError
from rasid.ports import Closing, FeedStore
from rasid.settings import Settings


class SystemClock:
    """A Clock (rasid.ports) that tells the machine's time."""

    def now(self) -> datetime:
        """Give the time now."""
        return datetime.now(UTC)


@dataclass(slots=True)
class Stores(Closing):
    """The open databases of a data directory."""

    data: DataDir
    bus: SqliteBus
    index: SqliteIndex
    feeds: SqliteFeedStore
    alerts: SqliteAlerts
    analysis: Analysis

    def close(self) -> None:
        """Close them all."""
        for store in (self.bus, self.index, self.feeds, self.alerts):
            store.close()


def open_stores(settings: Settings, *, may_rebuild: bool = False) -> Stores:
    """Open the data directory's databases, made where they are missing. Raises StoreError."""
    data = DataDir(settings.data_dir)
    must_rebuild = data.prepare(may_rebuild=may_rebuild)
    data.ship(shipped_text(), schema_text(), shipped_rules())
    ship_notify(data.notify)
    analysis = Analysis()
    bus = SqliteBus(data.log)
    if must_rebuild:
        bus.commit("index", dict.fromkeys((topics.GROUPED.name, topics.BACKFILL_GROUPED.name), 0))
    return Stores(
        data=data,
        bus=bus,
        index=SqliteIndex(data.index, analysis),
        feeds=SqliteFeedStore(data.feeds),
        alerts=SqliteAlerts(data.alerts),
        analysis=analysis,
    )


@contextmanager
def locked_stores(settings: Settings) -> Iterator[Stores]:
    """Open the databases for the one process that works on them. Raises StoreBusyError if another does."""
    DataDir(settings.data_dir).make()
    lock = Lock(settings.data_dir / "lock")
    try:
        with open_stores(settings, may_rebuild=True) as stores:
            yield stores
    finally:
        lock.close()


def existing_stores(settings: Settings) -> Stores:
    """Open the databases for a look; raises StoreError where there are none yet."""
    if not (settings.data_dir / "log.db").exists():
        raise StoreError(f"{settings.data_dir}: nothing there yet; start with `rasid run` or `rasid ingest`")
    return open_stores(settings)


def shipped_rules() -> Path:
    """Give the directory of rules that come with the program: in the wheel, or in the checkout."""
    packaged = Path(str(resources.files("rasid"))) / "rules"
    return packaged if packaged.is_dir() else Path(rasid.__file__).parent.parent / "rules"


def user_agent(settings: Settings) -> str:
    """Say who polls, and how to reach them."""
    return f"rasid/{rasid.__version__} (news feed monitor; {settings.contact or 'no contact set'})"


def fetch_settings(settings: Settings, extra_hosts: frozenset[str] = frozenset()) -> FetchSettings:
    """Give what the fetcher needs; `extra_hosts` are loopback hosts of our own."""
    return FetchSettings(
        user_agent=user_agent(settings),
        allowed_hosts=frozenset(settings.fetch_allowed_hosts) | extra_hosts,
        limits=FetchLimits(pause_seconds=settings.host_pause),
    )


@dataclass(frozen=True, slots=True)
class FeedsContext:
    """What the `feeds` commands need."""

    feeds_file: Path
    store: FeedStore
    fetch_settings: FetchSettings


def feeds_file(settings: Settings) -> Path:
    """Give the feed list that is in force."""
    return settings.data_dir / "feeds.yaml" if settings.feeds in {"all", "sample"} else Path(settings.feeds)


def open_feeds_context(config: Path | None, data_dir: Path | None) -> FeedsContext:
    """Open what the `feeds` commands need, made where it is missing."""
    settings = settings_module.load(config, data_dir=data_dir)
    data = DataDir(settings.data_dir)
    data.prepare(may_rebuild=False)
    data.ship(shipped_text(), schema_text(), shipped_rules())
    return FeedsContext(feeds_file(settings), SqliteFeedStore(data.feeds), fetch_settings(settings))
