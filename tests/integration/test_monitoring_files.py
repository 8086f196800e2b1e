"""Prometheus takes our rules, they fire when they should, and every metric they name is one that the daemons tell."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from prometheus_client import REGISTRY

from rasid.app import metrics

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "dashboards" / "rasid.json").read_text("utf-8"))
# What Grafana's own documentation of the dashboard JSON model asks for, as far as it is used.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["uid", "title", "schemaVersion", "panels", "time", "refresh"],
    "properties": {
        "panels": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "type", "title", "description", "datasource", "gridPos", "targets", "fieldConfig"],
                "properties": {
                    "type": {"enum": ["stat", "timeseries"]},
                    "datasource": {"const": {"type": "prometheus", "uid": "rasid-prometheus"}},
                    "gridPos": {
                        "type": "object",
                        "required": ["x", "y", "w", "h"],
                        "properties": {"x": {"minimum": 0}, "w": {"minimum": 1, "maximum": 24}},
                    },
                    "targets": {
                        "type": "array",
                        "minItems": 1,
                        "items": {"type": "object", "required": ["refId", "expr", "legendFormat"]},
                    },
                },
            },
        },
    },
}


@pytest.fixture(scope="session")
def promtool() -> str:
    """Give Prometheus' own checker, brought from Debian where it is not installed."""
    done = subprocess.run([ROOT / "tools" / "install_checkers.sh"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _run(promtool: str, *arguments: str | Path) -> str:
    done = subprocess.run(
        [promtool, *arguments], cwd=RULES.parent, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_takes_its_configuration(promtool: str) -> None:
    """With the rules it names."""
    assert "8 rules found" in _run(promtool, "check", "config", "prometheus.yml")


def test_the_alerts_fire_when_they_should(promtool: str) -> None:
    """By promtool's own tests, one or more for each alert, that it stays silent otherwise among them."""
    _run(promtool, "test", "rules", "alerts.test.yml")
    tested = set(re.findall(r"alertname: (\w+)", (RULES.parent / "alerts.test.yml").read_text("utf-8")))
    assert tested == {rule["alert"] for rule in _rules()}


def _rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"] for rule in group["rules"]]


def _expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in _rules())
    for panel in DASHBOARD["panels"]:
        yield from (target["expr"] for target in panel["targets"])


def test_every_query_of_the_dashboard_is_promql(promtool: str, tmp_path: Path) -> None:
    """Prometheus' own parser reads each as the expression of a rule."""
    rules = [{"record": f"panel:{n}", "expr": one} for n, one in enumerate(_expressions())]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), "utf-8")
    _run(promtool, "check", "rules", file)


def test_every_metric_and_label_is_told_by_the_daemons() -> None:
    """A name that no daemon tells would be a panel that stays empty, or an alert that never fires."""
    told = {
        family.name: family
        for family in (
            metrics.RECORDS,
            metrics.DEAD_LETTERS,
            metrics.LAG,
            metrics.HELD_UP,
            metrics.STEP_SECONDS,
            metrics.POLLS,
            metrics.FEEDS,
            metrics.ARTICLES,
            metrics.INDEXED_AFTER,
        )
        for family in family.describe()
    }
    names = {
        re.sub(r"_(total|bucket)$", "", name) for expr in _expressions() for name in re.findall(r"rasid_\w+", expr)
    }
    assert names <= set(told)
    assert set(told) - names == set()
    assert list(REGISTRY.collect())
    for expr in _expressions():
        by = {label for labels in re.findall(r"(?:by|on) \(([^)]*)\)", expr) for label in labels.split(", ")}
        within = set(re.findall(r"(\w+)(?:=~|!~|=)\"", expr))
        assert by | within <= {"stage", "topic", "outcome", "language", "le", "job"}, expr


def test_the_dashboard_has_the_form_that_is_used() -> None:
    """By a schema of ours: Grafana itself is not here. Panels have different ids and do not overlap."""
    jsonschema.Draft202012Validator(SCHEMA).validate(DASHBOARD)
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    for a, b in itertools.combinations((panel["gridPos"] for panel in DASHBOARD["panels"]), 2):
        apart = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        assert apart or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
    source = yaml.safe_load((ROOT / "deploy/grafana/provisioning/datasources/prometheus.yml").read_text("utf-8"))
    assert source["datasources"][0]["uid"] == "rasid-prometheus"
