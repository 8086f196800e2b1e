"""Rules as ElastAlert 2 reads them have the outcome that its documents say, case by case."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from rule_streams import START, Case, documents, read_cases

from rasid.adapters.rule_keys import COMMON, OPTIONAL, REQUIRED, TYPES
from rasid.adapters.yaml_rules import read_rule
from rasid.alerts.backtest import backtest
from rasid.app.analysis import Analysis
from rasid.domain.alert import Alert
from rasid.domain.article import GroupedArticle
from rasid.domain.control import TermsSeen

DATA = Path(__file__).parent.parent / "data/rules/elastalert"
FILES = sorted(DATA.glob("*.yaml"))
CASES = [(path, case) for path in FILES for case in read_cases(path.with_suffix(".stream").read_text("utf-8"))]
ANALYSIS = Analysis()


@pytest.mark.parametrize(("path", "case"), CASES, ids=[f"{path.stem}: {case.title[:60]}" for path, case in CASES])
def test_rules_have_the_documented_outcome(path: Path, case: Case) -> None:
    """A rule over a stream gives the alerts that the documents promise, at their time and with their count."""
    rule = read_rule(path, ANALYSIS)
    names: dict[str, str] = {}
    stream: list[tuple[GroupedArticle, datetime]] = []
    for name, document, at in documents(case, ANALYSIS):
        names[document.id] = name
        stream.append((document, at))
    known = [TermsSeen(rule=rule.id, terms=case.known, at=START)] if case.known else []
    found = [alert for tried in backtest([rule], stream, until=case.until, before=known) for alert in tried.alerts]
    assert [_told(alert, names) for alert in found] == [
        _expected(alert, told, names) for alert, told in zip(found, case.expected, strict=False)
    ]
    assert len(found) == len(case.expected), [_told(alert, names) for alert in found]


def _told(alert: Alert, names: dict[str, str]) -> dict[str, object]:
    text = alert.text
    for article_id, name in names.items():
        text = text.replace(article_id, f"%{name}")
    ids = [names[one] for one in alert.article_ids]
    return {"at": alert.created_at, "ids": ids, "count": str(alert.count), "text": text, "kind": alert.kind}


def _expected(
    alert: Alert, told: tuple[datetime, list[str], dict[str, str]], names: dict[str, str]
) -> dict[str, object]:
    """Give what is expected; what the case does not say is taken as it is."""
    at, ids, fields = told
    found = _told(alert, names)
    return {**found, "at": at, **({"ids": ids} if ids else {}), **fields}


def test_every_documented_type_and_key_is_tried() -> None:
    """The rule files use every type and every key that a rule here may have."""
    rules = [read_rule(path, ANALYSIS) for path in FILES]
    text = "\n".join(path.read_text("utf-8") for path in FILES)
    assert len(FILES) >= 20
    assert {rule.type for rule in rules} == set(TYPES)
    keys = {*COMMON, *(key for keys in (*REQUIRED.values(), *OPTIONAL.values()) for key in keys)}
    assert [key for key in sorted(keys) if f"{key}:" not in text] == []
