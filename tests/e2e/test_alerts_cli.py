"""`rasid alerts` as a person types it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from alert_makers import alert
from e2e.service import json_lines, rasid

from rasid.adapters.sqlite_alerts import SqliteAlerts
from rasid.adapters.sqlite_bus import SqliteBus
from rasid.app.delivery.step import message_of
from rasid.codec import decode
from rasid.domain import topics
from rasid.domain.control import Control
from rasid.domain.delivery import dead, intent

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Give a way to run commands on a data directory with three alerts, one of them not delivered."""
    now = datetime.now(UTC)
    made = [alert(n, language=one, created_at=now) for n, one in enumerate(("ar", "en", "ru"), 1)]
    with SqliteBus(tmp_path / "log.db") as bus, SqliteAlerts(tmp_path / "alerts.db") as alerts:
        alerts.record(made)
        given_up = dead(intent(made[0], "дежурный", now), now, "503 لا جواب")
        bus.publish(topics.DELIVERIES.name, [message_of(given_up)])

    def one(*arguments: str) -> CompletedProcess[str]:
        return rasid("alerts", *arguments, data_dir=tmp_path)

    return one


def test_listing(run: Run) -> None:
    """Alerts come newest first, as lines for people and as JSON for programs."""
    listed = run("--since", "1h").stdout.splitlines()
    assert len(listed) == 3
    assert alert(3, language="ru").title in listed[0]
    rows = json_lines(run("--json").stdout)
    assert [row["id"] for row in rows] == [alert(n).id for n in (3, 2, 1)]
    assert set(rows[0]) >= {"id", "rule", "article_ids", "story_id", "created_at", "why", "deliveries"}
    assert run("--since", "soon").returncode == 2


def test_acknowledging_and_judging(run: Run, tmp_path: Path) -> None:
    """Ids may be shortened; a judgement prints the rule's precision with its interval."""
    assert run("ack", alert(1).id, alert(2).id).stdout == "2 acknowledged\n"
    assert run("judge", alert(1).id, "right").stdout == (
        "russia-syria: 1 right, 0 wrong; precision 1.00 (95 % interval 0.21 to 1.00)\n"
    )
    with SqliteAlerts(tmp_path / "alerts.db") as alerts:
        found = alerts.get(alert(1).id)
    assert found
    assert (found.verdict, found.acknowledged_at is not None) == ("right", True)
    wrong = run("ack", "fff")
    assert (wrong.returncode, wrong.stderr) == (1, "rasid: there is no alert 'fff'; rasid alerts lists them\n")
    assert "begins several ids" in run("ack", "0000").stderr
    assert run("judge", alert(1).id, "perhaps").returncode == 2


def test_silencing_rules(run: Run, tmp_path: Path) -> None:
    """Snooze, mute and unmute go into the log; a slip in the rule's name silences nothing."""
    assert run("snooze", "russia-syria", "--for", "2h").returncode == 0
    assert run("mute", "russia-syria").returncode == 0
    assert run("unmute", "russia-syria").returncode == 0
    assert "did you mean russia-syria?" in run("mute", "rusia-syria").stderr
    with SqliteBus(tmp_path / "log.db") as bus:
        asked = [decode(record.message, Control) for record in bus.read(topics.MATCHES.name)]
    assert [one.action for one in asked] == ["snooze", "mute", "unmute"]
    assert asked[0].until
    assert (asked[0].until - asked[0].at).total_seconds() == 7200


def test_what_was_given_up(run: Run) -> None:
    """What a receiver never took is listed with its cause, and asked for again."""
    assert "дежурный" in run("undelivered").stdout
    (row,) = json_lines(run("undelivered", "--json").stdout)
    assert (row["receiver"], row["cause"]) == ("дежурный", "503 لا جواب")
    assert run("replay", "other").stdout == "0 to be sent again\n"
    assert run("replay").stdout == "1 to be sent again\n"
    assert run("undelivered").stdout == ""


def test_the_doctor_looks_at_receivers(run: Run, tmp_path: Path) -> None:
    """What was given up, and a broken notify.yaml, are said with how to mend them."""
    assert "1 alerts were given up, such as for дежурный" in rasid("doctor", data_dir=tmp_path).stdout
    (tmp_path / "notify.yaml").write_text("receivers:\n  desk: {}\n", "utf-8")
    assert "notify.yaml:2: a receiver has exactly one of" in rasid("doctor", data_dir=tmp_path).stdout
