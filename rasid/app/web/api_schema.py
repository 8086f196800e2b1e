"""The shapes of the API's answers, as JSON Schema 2020-12, for /api/openapi.json."""

from __future__ import annotations

from typing import Any, Final

from rasid.app.web.searching import FILTERS

_TEXT: Final = {"type": "string"}
_TEXT_OR_NONE: Final = {"type": ["string", "null"]}
_COUNT: Final = {"type": "integer", "minimum": 0}
_TIME: Final = {"type": "string", "format": "date-time"}
_TIME_OR_NONE: Final = {"type": ["string", "null"], "format": "date-time"}
_TRUTH: Final = {"type": "boolean"}

Schema = dict[str, Any]
_OK = 200


def _object(**properties: Any) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(of: Any) -> Schema:
    return {"type": "array", "items": of}


_NAMES = {"type": "object", "additionalProperties": _TEXT_OR_NONE, "description": "by language: ar, en, ru"}
_MENTION = _object(field={"enum": ["title", "text"]}, start=_COUNT, end=_COUNT, surface=_TEXT)
_ENTITY = _object(id=_TEXT, type={"enum": ["PER", "ORG", "LOC", "MISC"]}, name=_NAMES)
_HIT = _object(
    id=_TEXT,
    score={"type": "number"},
    title=_TEXT,
    url=_TEXT_OR_NONE,
    source=_TEXT,
    language=_TEXT,
    published_at=_TIME_OR_NONE,
    first_seen_at=_TIME,
    story_id=_TEXT,
    story_size={"type": "integer", "minimum": 1, "description": "hits of the story; 1 where articles are shown"},
    entities=_list(_ENTITY),
    highlights=_list(_MENTION),
    sample=_TRUTH,
)
_FACET = _list(_object(value=_TEXT, count=_COUNT, label=_TEXT))
SEARCH = _object(
    total=_COUNT,
    cursor=_TEXT_OR_NONE,
    notes=_list(_TEXT),
    hits=_list(_HIT),
    facets={"type": "object", "additionalProperties": _FACET},
)
ARTICLE = _object(
    id=_TEXT,
    title=_TEXT,
    text=_TEXT,
    url=_TEXT_OR_NONE,
    language=_TEXT,
    language_confidence={"type": "number"},
    entities=_list(_object(**_ENTITY["properties"], mentions=_list(_MENTION), known=_TRUTH)),
    keywords=_list(_object(text=_TEXT, score={"type": "number"})),
    source=_TEXT,
    published_at=_TIME_OR_NONE,
    first_seen_at=_TIME,
    revision={"type": "integer", "minimum": 1},
    sample=_TRUTH,
)
_HEALTH = {"enum": ["gone", "failing", "waiting", "quiet", "off", "well"]}
FEEDS = _object(
    feeds=_list(_object(id=_TEXT, title=_TEXT, url=_TEXT, health=_HEALTH, words=_TEXT, next_poll_at=_TIME_OR_NONE)),
    error=_TEXT_OR_NONE,
)
_SUGGESTION = _object(id=_TEXT, type={"enum": ["PER", "ORG", "LOC", "MISC"]}, name=_TEXT, label=_TEXT)
SUGGESTIONS = _object(typed=_TEXT, suggestions=_list(_SUGGESTION))
SAVED = _object(
    id=_TEXT,
    name=_TEXT,
    q=_TEXT,
    sort={"enum": ["newest", "relevance"]},
    filters=_list({"type": "array", "prefixItems": [_TEXT, _TEXT], "minItems": 2, "maxItems": 2}),
    collapse=_TRUTH,
    saved_at=_TIME,
    page=_TEXT,
    atom=_TEXT,
    json_feed=_TEXT,
)
SEARCHES = _object(total=_COUNT, next=_TEXT_OR_NONE, searches=_list(SAVED))
STATUS = _object(status={"const": "ok"})
ERROR = _object(error=_TEXT)


def answers(good: Schema, *errors: int, good_status: int = 200) -> dict[int | str, Schema]:
    """Give FastAPI's `responses`: the good answer, and those of `errors`, each a sentence."""
    shapes = {good_status: ("Found" if good_status == _OK else "Made", good)} | dict.fromkeys(
        errors, ("A sentence that says what is wrong", ERROR)
    )
    return {
        status: {"description": words, "content": {"application/json": {"schema": schema}}}
        for status, (words, schema) in shapes.items()
    }


def filter_parameters() -> list[Schema]:
    """Describe the filters, which are read from the address and may stand there several times."""
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": "keep articles with one of these values, as the facets give them",
            "schema": _list(_TEXT),
        }
        for name in FILTERS
    ]
