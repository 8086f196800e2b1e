"""One wire report, told by twelve outlets in three languages, from the shell."""

from __future__ import annotations

from pathlib import Path

from e2e.service import json_lines, rasid
from wire import RULE, WIRE


def test_twelve_copies_are_one_story_and_one_alert_with_eleven_updates(tmp_path: Path) -> None:
    """Arabic, English and Russian copies join one story; a rule per story alerts once and follows up on the rest."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "tartus.yaml").write_text(RULE, "utf-8")
    done = rasid("ingest", "--jsonl", str(WIRE), data_dir=tmp_path)
    assert done.returncode == 0, done.stderr
    stories = json_lines(rasid("stories", "--json", "--since", "36500d", data_dir=tmp_path).stdout)
    assert [len(story["article_ids"]) for story in stories] == [12]
    assert set(stories[0]["languages"]) == {"ar", "en", "ru"}
    alerts = json_lines(rasid("alerts", "--json", "--since", "36500d", data_dir=tmp_path).stdout)
    kinds = [alert["kind"] for alert in alerts if alert["rule"] == "tartus"]
    assert sorted(kinds) == ["follow_up"] * 11 + ["match"]
    assert {alert["story_id"] for alert in alerts if alert["rule"] == "tartus"} == {stories[0]["story_id"]}
