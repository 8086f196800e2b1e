"""Rules as the page works on them: which there are and how they do, how one would have done, and saving one."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from rasid.adapters.yaml_rules import read_rule
from rasid.alerts.backtest import Tried
from rasid.app.rules import RuleSource
from rasid.app.rules_files import file_name, path_of, write
from rasid.app.rules_lint import WEEK, Looked, look
from rasid.app.rules_trial import Report, over_index, over_store
from rasid.codec import encode
from rasid.domain import topics
from rasid.domain.control import RuleEdited
from rasid.domain.errors import InputError, RuleError
from rasid.domain.judgement import InboxFilter, Precision
from rasid.domain.query import Between
from rasid.domain.rule import Rule
from rasid.ports import AlertStore, Analyzer, Bus, Index

State = Literal["in_force", "off", "broken", "kept"]
_PATIENCE = 4.0  # seconds that a preview may take
_MOST_BYTES = 256_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A rule file and how its rule does; `kept`: it is broken, and its last good version stays in force."""

    file: str
    id: str
    name: str
    type: str
    state: State
    error: str
    alerts: int
    precision: Precision | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a rule would have done; `whole` is False where looking took too long: then up to `until`.

    Where the log takes too long, the index is asked, and the report counts its matches as approximate.
    """

    report: Report
    whole: bool = True
    until: datetime | None = None


class RuleDesk:
    """The rules of one directory. Any thread; one preview at a time."""

    def __init__(
        self,
        source: RuleSource,
        directory: Path,
        bus: Bus,
        index: Index,
        alerts: AlertStore,
        analyzer: Analyzer,
        *,
        locked: str = "",
    ) -> None:
        """Take what it works on; `locked` says why, and what to do, where nothing can be saved."""
        self._locked = locked
        self.directory = directory
        self.analyzer = analyzer
        self._source = source
        self._bus = bus
        self._index = index
        self._alerts = alerts
        self._trying = threading.Lock()

    def rows(self) -> list[Row]:
        """Give the rule files by name, broken ones first."""
        errors = {path.name: error for path, error in self._source.errors().items()}
        rules = {Path(rule.source).name: rule for rule in self._source().rules}
        precision, since = self._alerts.precision(), datetime.now(UTC) - WEEK
        made = [
            self._row(name, rules.get(name), errors.get(name), precision, since) for name in sorted({*rules, *errors})
        ]
        return sorted(made, key=lambda row: row.state not in {"broken", "kept"})

    def _row(
        self,
        file: str,
        rule: Rule | None,
        error: RuleError | None,
        precision: Mapping[str, Precision],
        since: datetime,
    ) -> Row:
        state: State = "broken" if rule is None else "kept" if error else "in_force" if rule.enabled else "off"
        return Row(
            file=file,
            id=rule.id if rule else "",
            name=rule.name if rule else file,
            type=rule.type if rule else "",
            state=state,
            error=f"{file}:{error.line}: {error.reason}" if error and error.line else str(error or ""),
            alerts=self._alerts.count(InboxFilter(rule=rule.id, since=since)) if rule else 0,
            precision=precision.get(rule.id) if rule else None,
        )

    def text(self, file: str) -> tuple[str, str]:
        """Give a file's text, and its version: who saves says which version was changed. Raises InputError."""
        path = path_of(self.directory, file)
        try:
            text = path.read_text("utf-8")
        except FileNotFoundError:
            raise InputError(f"there is no rule file {file!r}") from None
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot be read: {error}", source=file) from error
        return text, version_of(text)

    def look(self, text: str, file: str) -> Looked:
        """Look a text over as the rule of a file."""
        others = [rule for rule in self._source().rules if Path(rule.source).name != file]
        return look(text, self.directory / (file or "new-rule.yaml"), self.analyzer, others)

    def preview(self, rule: Rule, lasting: timedelta = WEEK) -> Preview:
        """Say what a rule would have done since `lasting` ago, as far as that is found within seconds."""
        if not self._trying.acquire(timeout=_PATIENCE):
            return Preview(report=Report(), whole=False)
        now = datetime.now(UTC)
        since = now - lasting
        try:
            exact = _taken(over_store(rule, self._bus, self._index, since))
            if exact.whole:
                return exact
            found = _taken(over_index(rule, self._index, since, now))
            found.report.articles = self._index.search(Between("first_seen_at", since, now), limit=1).total
            return found
        finally:
            self._trying.release()

    def save(self, text: str, file: str, version: str) -> str:
        """Write a rule's file, and say into the log that the rule is so from here on; give the file's name.

        Raises RuleError for a text that is no rule, InputError where the file is another by now, StoreError.
        """
        if self._locked:
            raise InputError(f"rules cannot be saved here: {self._locked}")
        if len(text.encode()) > _MOST_BYTES:
            raise InputError("a rule file has at most 256 kB")
        looked = self.look(text, file)
        if looked.rule is None:
            first = looked.findings[0]
            raise RuleError(first.text, source=file or None, line=first.line)
        rule = looked.rule
        path = path_of(self.directory, file or file_name(rule.id))
        self._check(rule, path, is_new=not file, version=version)
        write(path, text)
        written = read_rule(path, self.analyzer)
        event = RuleEdited(policy=written.deciding, at=datetime.now(UTC))
        self._bus.publish(topics.MATCHES.name, [encode(event, key=rule.id, time=event.at)])
        return path.name

    def _check(self, rule: Rule, path: Path, *, is_new: bool, version: str) -> None:
        if is_new and path.exists():
            raise InputError(f"there is a rule file {path.name} already: give this rule another `id`")
        other = next((one for one in self._source().rules if one.id == rule.id and Path(one.source) != path), None)
        if other:
            raise InputError(f"the id {rule.id!r} is {Path(other.source).name}'s already: give this rule another `id`")
        if not is_new and path.exists() and version_of(path.read_text("utf-8")) != version:
            raise InputError(f"{path.name} was changed by somebody else meanwhile: open it again, and change that")


def _taken(trial: Iterator[Tried]) -> Preview:
    """Take what a trial gives, for some seconds."""
    report, end = Report(), time.monotonic() + _PATIENCE
    for tried in trial:
        report.take(tried)
        if time.monotonic() > end:
            return Preview(report=report, whole=False, until=tried.at)
    return Preview(report=report)


def version_of(text: str) -> str:
    """Give what tells one text of a file from another."""
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
