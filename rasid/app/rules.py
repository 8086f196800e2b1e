"""The rules in force: read again when a file changes; a broken file keeps its last good version and says so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import structlog

from rasid.adapters.yaml_rules import read_rule, without_doubles
from rasid.alerts.announce import RulesRead
from rasid.domain.errors import RuleError
from rasid.domain.rule import Rule
from rasid.ports import Analyzer

log = structlog.get_logger("rasid.rules")
_Stamp = tuple[int, int]
# Looking at thousands of files takes as long as matching some articles: then not at every batch.
_MANY, _PAUSE_SECONDS = 200, 1.0


class RuleSource:
    """Gives the rules of a directory as its files now stand. Any thread."""

    def __init__(
        self, directory: Path, analyzer: Analyzer, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._directory = directory
        self._analyzer = analyzer
        self._now = now
        self._lock = threading.Lock()
        self._stamps: dict[Path, _Stamp] | None = None
        self._good: dict[Path, Rule] = {}
        self._errors: dict[Path, RuleError] = {}
        self._read = RulesRead((), now())
        self._look_again = 0.0

    def __call__(self) -> RulesRead:
        """Give the rules in force and since when: the same object until something changes."""
        with self._lock:
            if time.monotonic() >= self._look_again:
                stamps = _stamps(self._directory)
                if stamps != self._stamps:
                    self._look(stamps)
                if len(stamps) > _MANY:
                    self._look_again = time.monotonic() + _PAUSE_SECONDS
            return self._read

    def errors(self) -> Mapping[Path, RuleError]:
        """Give what is wrong with files as they now stand: for the doctor and the pages."""
        self()
        return dict(self._errors)

    def _look(self, stamps: dict[Path, _Stamp]) -> None:
        before = self._stamps or {}
        lists_changed = _lists(stamps) != _lists(before)
        read: dict[Path, Rule] = {}
        errors: dict[Path, RuleError] = {}
        for path in [path for path in stamps if path.suffix == ".yaml"]:
            if not lists_changed and stamps[path] == before.get(path):
                if path in self._errors:
                    errors[path] = self._errors[path]
                if path in self._good:
                    read[path] = self._good[path]
                continue
            try:
                read[path] = read_rule(path, self._analyzer)
            except RuleError as error:
                errors[path] = error
                if path in self._good:
                    read[path] = self._good[path]
        self._good, doubles = without_doubles(read)
        self._stamps, self._errors = stamps, errors | doubles
        for path, broken in self._errors.items():
            kept = "its last good version stays in force" if path in self._good else "it is not in force"
            log.error("broken rule file", cause=str(broken), outcome=kept)
        rules = tuple(self._good.values())
        if rules != self._read.rules or before == {}:
            self._read = RulesRead(rules, self._now())


def _stamps(directory: Path) -> dict[Path, _Stamp]:
    """Give what tells a change of a file: rules, and the lists they may name."""
    found = {}
    for path in sorted(directory.glob("*")):
        try:
            stat = path.stat()
        except FileNotFoundError:  # it went while we looked
            continue
        if path.is_file() and not path.name.startswith("."):
            found[path] = (stat.st_mtime_ns, stat.st_size)
    return found


def _lists(stamps: Mapping[Path, _Stamp]) -> dict[Path, _Stamp]:
    return {path: stamp for path, stamp in stamps.items() if path.suffix != ".yaml"}
