"""Rule files looked over, as `rasid rules lint` and the editor do: errors with their line, warnings with theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rasid.adapters.yaml_rules import parse_rule
from rasid.alerts import lint
from rasid.app.delivery.render import JINJA
from rasid.app.delivery.user_templates import Template
from rasid.app.rules_names import near_name
from rasid.app.rules_trial import Report, over_store
from rasid.domain.errors import NotifyError, RuleError
from rasid.domain.rule import Rule
from rasid.ports import Analyzer, Bus, Index

WEEK = timedelta(days=7)
MOST_A_DAY = 50.0
_FILTER = "filter:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found: `error` keeps the rule out of force, anything else is a warning of that kind."""

    line: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A rule file's findings, and the rule where it is one."""

    rule: Rule | None
    findings: tuple[Finding, ...]

    @property
    def is_good(self) -> bool:
        """Tell whether the rule can be in force."""
        return self.rule is not None


def look(text: str, source: Path, analyzer: Analyzer, others: Sequence[Rule] = ()) -> Looked:
    """Look a rule's text over. `others` are rules it may say the same as."""
    try:
        rule = parse_rule(text, analyzer, source=str(source), directory=source.parent)
    except RuleError as error:
        return Looked(rule=None, findings=(Finding(line=error.line or 1, kind="error", text=error.reason),))
    found = lint.warnings(rule, others, names=analyzer.named, near_name=near_name)
    return Looked(
        rule=rule,
        findings=(
            *(Finding(line=_line(text, one.clause), kind=one.kind, text=one.text) for one in found),
            *_templates(rule, text),
        ),
    )


def _templates(rule: Rule, text: str) -> Iterator[Finding]:
    """Name the templates that will not be used: the alert is told all the same, in our own words."""
    if rule.wording.alert_text_type != JINJA:
        return
    for key in ("alert_subject", "alert_text"):
        try:
            Template(getattr(rule.wording, key))
        except NotifyError as error:
            yield Finding(line=_line(text, f"{key}:"), kind="template", text=f"{key} is not used: {error}")


def too_often(rule: Rule, bus: Bus, index: Index, *, most: float = MOST_A_DAY) -> Finding | None:
    """Say that a rule would have spoken more than `most` times a day over the last week, if it would."""
    report = Report()
    for tried in over_store(rule, bus, index, datetime.now(UTC) - WEEK):
        report.take(tried)
    a_day = len(report.alerts) / WEEK.days
    if a_day <= most:
        return None
    text = f"it would have fired {a_day:.0f} times a day over the last week (more than {most:g})"
    return Finding(line=1, kind="often", text=text)


def _line(text: str, clause: str) -> int:
    """Give the line on which a clause stands as written, else that of the filter."""
    lines = text.splitlines()
    for wanted in (clause, _FILTER):
        for number, line in enumerate(lines, 1):
            if wanted and wanted in line and not line.lstrip().startswith("#"):
                return number
    return 1
