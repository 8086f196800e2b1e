"""The JSON Schema of rule files, made of the tables by which they are read: for editors, not for the reader itself."""

from __future__ import annotations

import json
from typing import Any, get_args

from rasid.adapters import rule_keys
from rasid.adapters.rule_fields import OWN, TEXTS, TIMES, VALUES
from rasid.domain.alert import AlertLevel
from rasid.domain.rule import Per, SpikeType

Schema = dict[str, Any]
FILE = "rule.schema.json"
_UNITS = ("weeks", "days", "hours", "minutes", "seconds", "milliseconds")
_TEXT: Schema = {"type": "string"}
_TRUTH: Schema = {"type": "boolean"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_TEXTS: Schema = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_ALTERNATIVES: Schema = {"type": "array", "items": {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}}
_FIELD: Schema = {"anyOf": [{"enum": sorted(VALUES | OWN)}, _TEXT]}
_FIELDS: Schema = {"anyOf": [_FIELD, {"type": "array", "items": _FIELD, "minItems": 1}]}
_SPAN: Schema = {
    "type": "object",
    "properties": {unit: {"type": "number", "minimum": 0} for unit in _UNITS},
    "additionalProperties": False,
    "minProperties": 1,
}
_LIST: Schema = {"type": "array", "items": {"type": ["string", "number", "boolean"]}}
_FORMS = (
    "query_string", "query", "term", "terms", "range", "match", "match_phrase", "prefix", "wildcard", "exists", "bool",
    "match_all", "and", "or", "not",
)  # fmt: skip
_AGGREGATION: Schema = {
    "anyOf": [
        _SPAN,
        {"type": "object", "properties": {"schedule": _TEXT}, "required": ["schedule"], "additionalProperties": False},
    ]
}
# What each key holds; one that is not here may hold anything.
_KEYS: dict[str, Schema] = {
    "name": {**_TEXT, "description": "What people call the rule."},
    "type": {"enum": list(rule_keys.TYPES)},
    "index": _TEXT,
    "filter": {"description": "All of them must hold; [] takes every article.", "$ref": "#/$defs/filters"},
    "is_enabled": _TRUTH, "description": _TEXT, "owner": _TEXT, "priority": {"type": "integer"}, "category": _TEXT,
    "timestamp_field": _TEXT, "query_key": _FIELDS, "aggregation_key": _FIELDS, "compare_key": _FIELDS,
    "cardinality_field": _FIELD, "fields": {"anyOf": [_FIELD, {"type": "array", "items": _FIELDS, "minItems": 1}]},
    "realert": _SPAN, "exponential_realert": _SPAN, "timeframe": _SPAN, "terms_window_size": _SPAN,
    "aggregation": _AGGREGATION,
    "num_events": {"type": "integer", "minimum": 1}, "threshold": _COUNT, "threshold_ref": _COUNT,
    "threshold_cur": _COUNT, "max_cardinality": _COUNT, "min_cardinality": _COUNT,
    "spike_height": {"type": "number", "exclusiveMinimum": 0}, "spike_type": {"enum": list(get_args(SpikeType))},
    "attach_related": _TRUTH, "alert_on_new_data": _TRUTH, "forget_keys": _TRUTH, "alert_on_missing_field": _TRUTH,
    "ignore_null": _TRUTH, "blacklist": _LIST, "whitelist": _LIST,
    "alert_subject": _TEXT, "alert_text": _TEXT, "alert_text_type": _TEXT,
    "alert_subject_args": {"type": "array"}, "alert_text_args": {"type": "array"}, "alert_text_kw": {"type": "object"},
}  # fmt: skip
_NEWS: dict[str, Schema] = {
    "id": {"type": "string", "pattern": r"^[\w.-]{1,80}$", "description": "Names the rule for good."},
    "level": {"enum": list(get_args(AlertLevel))},
    "per": {"enum": list(get_args(Per)), "description": "Tell of every article, or of each story once."},
    "languages": _TEXTS, "notify": _TEXTS, "tags": _TEXTS, "references": _TEXTS,
    "entities": {"anyOf": [_TEXT, _ALTERNATIVES], "description": "Names in any script; a list in the list: any of it."},
    "about": {"anyOf": [_TEXT, _ALTERNATIVES], "description": "Countries, by code or name."},
    "keywords": {"anyOf": [_TEXT, {"type": "array"}, {"type": "object"}]},
    "near": {"description": "Two names or countries within 1 to 3 sentences: [RU, SY], or {of: …, within: 2}."},
    "min_confidence": {"type": "number", "minimum": 0, "maximum": 1},
    "active_hours": {"description": "08:00-20:00, or {hours, timezone, days}."},
}  # fmt: skip


def schema() -> Schema:
    """Give the schema (JSON Schema 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A rule of rasid",
        "description": "ElastAlert 2's rule files, with keys of our own under x-news.",
        "type": "object",
        "required": ["type"],
        "properties": {key: _KEYS.get(key, {}) for key in sorted(_known())}
        | {"x-news": {"type": "object", "additionalProperties": False, "properties": _news()}},
        "allOf": [_of_type(kind) for kind in rule_keys.TYPES],
        "$defs": {
            "filters": {"anyOf": [{"$ref": "#/$defs/filter"}, {"type": "array", "items": {"$ref": "#/$defs/filter"}}]},
            "filter": {
                "type": "object",
                "minProperties": 1,
                "maxProperties": 1,
                "properties": {form: {} for form in _FORMS} | {"query_string": _query_string()},
                "additionalProperties": False,
            },
        },
    }


def schema_text() -> str:
    """Give the schema as its file holds it."""
    return json.dumps(schema(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _known() -> set[str]:
    own = {key for keys in (*rule_keys.REQUIRED.values(), *rule_keys.OPTIONAL.values()) for key in keys}
    return (set(rule_keys.COMMON) | own | set(rule_keys.PASSED)) - {"x-news"}


def _news() -> Schema:
    return {key: _NEWS.get(key, {}) for key in sorted(rule_keys.NEWS - {"for"})}


def _query_string() -> Schema:
    fields = ", ".join(sorted(TEXTS | VALUES | TIMES))
    query = {**_TEXT, "description": f"Lucene syntax; a name in any script finds all three. Fields: {fields}."}
    return {"type": "object", "required": ["query"], "properties": {"query": query}}


def _of_type(kind: str) -> Schema:
    """Say what a rule of one type needs, and which keys belong to other types."""
    foreign = sorted(_known() - rule_keys.allowed(kind) - set(rule_keys.PASSED))
    then: Schema = {"required": list(rule_keys.REQUIRED[kind])} if rule_keys.REQUIRED[kind] else {}
    then |= {"properties": dict.fromkeys(foreign, False)} if foreign else {}
    return {"if": {"properties": {"type": {"const": kind}}, "required": ["type"]}, "then": then}
