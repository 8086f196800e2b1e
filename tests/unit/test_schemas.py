"""What travels in the log is told to other programs, and changes of it only add."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from makers import NOON, article, raw_entry

from rasid.app.schemas import CARRIES, asyncapi, breaking, documents
from rasid.codec import encode_body, kinds
from rasid.domain import topics
from rasid.domain.feed import FeedMemory, FeedState, PollRecord

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "docs" / "schemas"


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(documents()[f"{name}.json"])
    return found


def test_what_is_generated_is_what_is_committed() -> None:
    """Whoever changes a message runs `rasid topics schema`, and sees in the diff what changed for readers."""
    held = {path.name: path.read_text("utf-8") for path in COMMITTED.iterdir() if path.name != "rule.schema.json"}
    assert documents() == held, "run: rasid topics schema"


def test_committed_changes_only_add() -> None:
    """Each schema bears what messages of its form before held, as far back as the history at hand goes."""
    for path in sorted(COMMITTED.glob("rasid.*.json")):
        now = json.loads(path.read_text("utf-8"))
        for text in versions(path):
            assert breaking(json.loads(text), now) == [], path.name


def versions(path: Path) -> list[str]:
    """Give a file's earlier forms; none outside of a repository."""
    listed = git("log", "--format=%H", "--", str(path.relative_to(ROOT)))
    return [text for one in listed.split() if (text := git("show", f"{one}:{path.relative_to(ROOT)}"))]


def git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def test_every_topic_and_every_message_is_described() -> None:
    """Each topic is a channel, each kind of message travels in one, and references lead somewhere."""
    document = asyncapi()
    assert set(document["channels"]) == {topic.name for topic in topics.ALL} == set(CARRIES)
    carried = {name for one in document["channels"].values() for name in one["messages"]}
    assert carried == set(kinds().values())
    assert {one["payload"]["$ref"] for one in document["components"]["messages"].values()} == {
        f"./{name}.json" for name in kinds().values()
    }


@pytest.mark.parametrize("language", ["ar", "en", "ru"])
def test_messages_fit_their_schemas(language: str) -> None:
    """What the codec writes is what the schema says, and something else is not."""
    memory = FeedMemory(
        state=FeedState(feed_id="f", url="https://sana.sy/الأخبار", skip_hours=frozenset({1})),
        polls=(PollRecord(feed_id="f", at=NOON, outcome="failed", error="нет ответа"),),
    )
    for name, value in (
        ("rasid.article.v1", article(language=language)),
        ("rasid.entry.v1", raw_entry(language_claimed=language)),
        ("rasid.feed.v1", memory),
    ):
        described = schema(name)
        jsonschema.Draft202012Validator.check_schema(described)
        jsonschema.validate(json.loads(encode_body(value)), described)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"id": 1}, schema("rasid.article.v1"))


def changed(**inner: Any) -> dict[str, Any]:
    """Make a schema like msgspec's with a nested value."""
    one = {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"$ref": "#/$defs/Inner"}},
        "required": ["a"],
    }
    nested = {"type": "object", "properties": {"c": {"type": "integer"}}, "required": []} | inner
    return {"$ref": "#/$defs/Outer", "$defs": {"Outer": one, "Inner": nested}}


@pytest.mark.parametrize(
    ("inner", "told"),
    [
        ({}, []),
        ({"properties": {"c": {"type": "integer"}, "d": {"type": "string"}}}, []),
        ({"properties": {}}, [".b.c: is gone"]),
        ({"required": ["c"]}, [".b.c: is required now: give it a default"]),
        ({"properties": {"c": {"type": "string"}}}, [".b.c: type was integer, is string"]),
        (
            {"properties": {"c": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}},
            [".b.c: type was integer, is None", ".b.c: had 0 forms, has 2"],
        ),
        ({"properties": {"c": {"type": "integer", "enum": [1]}}}, [".b.c: enum was None, is [1]"]),
    ],
)
def test_a_change_that_does_not_only_add_is_named(inner: dict[str, Any], told: list[str]) -> None:
    """A new field with a default passes; a lost, renamed, retyped or newly required one is named by its path."""
    assert breaking(changed(), changed(**inner)) == told
