"""The log and the index of whichever mode the settings name, for what is asked of rules."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rasid.app.bootstrap import existing_stores
from rasid.app.data_dir import DataDir
from rasid.app.log import open_log
from rasid.ports import Bus, Index
from rasid.settings import Settings


@dataclass(frozen=True, slots=True)
class RuleStores:
    """Where rules are tried: the log, the index, and the directory of the rules in force."""

    bus: Bus
    index: Index
    rules: Path


@contextmanager
def opened(settings: Settings) -> Iterator[RuleStores]:
    """Open the cluster's where `kafka` is set, else the data directory's. Raises StoreError where there is none."""
    if settings.kafka:
        from rasid.app.indices import open_index  # noqa: PLC0415 - the embedded mode does without Elasticsearch's client

        with open_log(settings) as bus, open_index(settings) as index:
            yield RuleStores(bus, index, rules_directory(settings))
    else:
        with existing_stores(settings) as stores:
            yield RuleStores(stores.bus, stores.index, rules_directory(settings))


def rules_directory(settings: Settings) -> Path:
    """Give the directory of the rules in force."""
    return settings.rules_dir or DataDir(settings.data_dir).rules
