"""What travels in the log, told to other programs: a JSON Schema a message, and an AsyncAPI 3 document of the topics.

A change is additive when old messages can be read by new programs and new ones by old: a field may be added with a
default, and nothing else (see rasid.codec). Anything else is a new version of the message.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

import rasid
from rasid.codec import kinds
from rasid.domain import topics
from rasid.domain.topics import Topic

Schema = Mapping[str, Any]
# The kinds of messages of each topic, by their names without version.
CARRIES: dict[str, tuple[str, ...]] = {
    topics.RAW.name: ("rasid.entry",),
    topics.BACKFILL.name: ("rasid.entry",),
    topics.KNOWN.name: ("rasid.known",),
    topics.ARTICLES.name: ("rasid.article",),
    topics.ENRICHED.name: ("rasid.enriched",),
    topics.GROUPED.name: ("rasid.grouped",),
    topics.BACKFILL_ARTICLES.name: ("rasid.article",),
    topics.BACKFILL_ENRICHED.name: ("rasid.enriched",),
    topics.BACKFILL_GROUPED.name: ("rasid.grouped",),
    topics.MATCHES.name: (
        "rasid.match",
        "rasid.changed",
        "rasid.tick",
        "rasid.control",
        "rasid.rule-edited",
        "rasid.rules-in-force",
        "rasid.terms-seen",
    ),
    topics.RULE_STATES.name: ("rasid.rule-state", "rasid.state-mark", "rasid.terms-seen"),
    topics.DELIVERIES.name: ("rasid.handover", "rasid.claim"),
    topics.ALERTS.name: ("rasid.alert",),
    topics.FEEDS.name: ("rasid.feed", "rasid.feed-items"),
    topics.DEAD.name: (),  # whatever died, untouched
}
_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def documents() -> dict[str, str]:
    """Give every file by its name: `KIND.vN.json` for each message, and `asyncapi.json`."""
    schemas = {f"{name}.json": {"$schema": _DRAFT, **msgspec.json.schema(kind)} for kind, name in kinds().items()}
    return {name: _text(value) for name, value in (schemas | {"asyncapi.json": asyncapi()}).items()}


def asyncapi() -> dict[str, Any]:
    """Describe the topics after AsyncAPI 3.0.0: channels, messages and what this program does with each."""
    names = {name.rpartition(".v")[0]: name for name in kinds().values()}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Rasid's log",
            "version": rasid.__version__,
            "description": "Values are JSON; headers are CloudEvents 1.0 in binary mode (Kafka protocol binding)."
            " Every message is delivered at least once; what has an id is the same message again.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic, names) for topic in topics.ALL},
        "operations": {f"send {topic.name}": _operation(topic) for topic in topics.ALL},
        "components": {"messages": {name: _message(name) for name in names.values()}},
    }


def breaking(old: Schema, new: Schema) -> list[str]:
    """Name each change of a message's schema that is not additive."""
    return list(_breaking(_Place(old, old), _Place(new, new), "", set()))


def _channel(topic: Topic, names: Mapping[str, str]) -> dict[str, Any]:
    carried = [names[kind] for kind in CARRIES[topic.name] if kind in names]
    return {
        "address": topic.name,
        "description": f"Key: {topic.key}." + (" Compacted." if topic.compacted else ""),
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in carried},
        "bindings": {"kafka": {"topic": topic.name, "bindingVersion": "0.5.0"}},
    }


def _operation(topic: Topic) -> dict[str, Any]:
    return {"action": "send", "channel": {"$ref": f"#/channels/{topic.name}"}}


def _message(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time"],
            "properties": {
                "ce_specversion": {"const": "1.0"},
                "ce_type": {"const": name},
                "ce_id": {"type": "string", "description": "derived from the body: the same value, the same id"},
                "ce_source": {"type": "string"},
                "ce_time": {"type": "string", "format": "date-time"},
                "rasid_time": {"type": "string", "description": "event time, microseconds since 1970"},
                "traceparent": {"type": "string", "description": "W3C Trace Context, made where the entry came in"},
            },
        },
        "payload": {"$ref": f"./{name}.json"},
    }


class _Place:
    """A schema inside its document, references followed."""

    def __init__(self, document: Schema, schema: Schema) -> None:
        while "$ref" in schema:
            schema = document["$defs"][schema["$ref"].rpartition("/")[2]]
        self.schema = schema
        self._document = document

    def inner(self, schema: Schema) -> _Place:
        return _Place(self._document, schema)


def _breaking(old: _Place, new: _Place, where: str, seen: set[tuple[int, int]]) -> Iterator[str]:
    pair = (id(old.schema), id(new.schema))
    if pair in seen:
        return
    seen.add(pair)
    here = where or "the message"
    for word in ("type", "enum", "const", "format"):
        if old.schema.get(word) != new.schema.get(word):
            yield f"{here}: {word} was {old.schema.get(word)}, is {new.schema.get(word)}"
    yield from _properties(old, new, where, seen)
    for word in ("items", "additionalProperties"):
        before, after = old.schema.get(word), new.schema.get(word)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _breaking(old.inner(before), new.inner(after), f"{where}[]", seen)
        elif before != after:
            yield f"{here}: {word} was {before}, is {after}"
    before, after = old.schema.get("anyOf", ()), new.schema.get("anyOf", ())
    if len(before) != len(after):
        yield f"{here}: had {len(before)} forms, has {len(after)}"
    for one, other in zip(before, after, strict=False):
        yield from _breaking(old.inner(one), new.inner(other), where, seen)


def _properties(old: _Place, new: _Place, where: str, seen: set[tuple[int, int]]) -> Iterator[str]:
    before, after = old.schema.get("properties", {}), new.schema.get("properties", {})
    required = set(new.schema.get("required", ())) - set(old.schema.get("required", ()))
    for name in sorted(required):
        yield f"{where}.{name}: is required now: give it a default"
    for name, schema in before.items():
        if name not in after:
            yield f"{where}.{name}: is gone"
        else:
            yield from _breaking(old.inner(schema), new.inner(after[name]), f"{where}.{name}", seen)


def _text(value: Schema) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
