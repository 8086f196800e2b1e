"""The rules in force: read again when a file changes; a broken file keeps its last good version and says so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import structlog

from rasid.adapters.yaml_rules import read_rules
from rasid.domain.alert import Rule
from rasid.ports import Analyzer

log = structlog.get_logger("rasid.rules")


class RuleSource:
    """Gives the rules of a directory as its files now stand. One thread."""

    def __init__(self, directory: Path, analyzer: Analyzer) -> None:
        self._directory = directory
        self._analyzer = analyzer
        self._stamp: tuple[tuple[str, int], ...] | None = None
        self._good: dict[Path, Rule] = {}

    def __call__(self) -> Sequence[Rule]:
        """Give the rules in force."""
        paths = sorted(self._directory.glob("*.yaml"))
        stamp = tuple((path.name, path.stat().st_mtime_ns) for path in paths)
        if stamp != self._stamp:
            self._stamp = stamp
            good, broken = read_rules(self._directory, self._analyzer)
            for path, error in broken.items():
                kept = "its last good version stays in force" if path in self._good else "it is not in force"
                log.error("broken rule file", cause=str(error), outcome=kept)
            self._good = {path: rule for path, rule in self._good.items() if path in broken} | good
        return list(self._good.values())
