"""How alerts and their deliveries lie in Elasticsearch: what dashboards count as fields, and the alert itself whole."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from rasid.adapters.elasticsearch_templates import MAPPINGS, keyword, people_read
from rasid.adapters.sqlite_query import micros
from rasid.domain.alert import Alert, Delivery
from rasid.domain.errors import StoreError
from rasid.domain.judgement import InboxItem, Verdict

Json = dict[str, Any]

_DATE: Json = {"type": "date"}
_SETTINGS: Json = {"number_of_shards": 1, "auto_expand_replicas": "0-1"}
_ALERT_KEYWORDS = (
    "id", "rule", "rule_name", "article_ids", "story_id", "level", "kind", "follows", "notify", "origin",
    "sources", "languages", "words",
)  # fmt: skip


def _body(properties: Json, time: str) -> Json:
    """Give the body of an index of these fields and no others, with `time` as what dashboards go by."""
    return {
        "settings": _SETTINGS,
        "mappings": {
            "dynamic": "strict",
            "_meta": MAPPINGS["_meta"],
            "properties": {**properties, "@timestamp": {"type": "alias", "path": time}},
        },
    }


ALERTS = _body(
    {
        **{name: keyword() for name in _ALERT_KEYWORDS},
        **{name: people_read() for name in ("title", "text", "difference")},
        "count": {"type": "integer"},
        "created_at": _DATE,
        "created_micros": {"type": "long"},
        "acknowledged_at": _DATE,
        # The alert whole: a field added to the domain needs no new mapping.
        "alert": {"type": "object", "enabled": False},
    },
    "created_at",
)
DELIVERIES = _body(
    {
        **{name: keyword() for name in ("alert_id", "receiver", "status")},
        "at": _DATE,
        "attempts": {"type": "integer"},
        "cause": {"type": "text"},
        "delivery": {"type": "object", "enabled": False},
    },
    "at",
)
JUDGEMENTS = _body({**{name: keyword() for name in ("alert_id", "rule", "verdict")}, "at": _DATE}, "at")


def alert_source(alert: Alert) -> bytes:
    """Give the JSON of an alert; its deliveries lie in an index of their own."""
    whole: Json = msgspec.to_builtins(alert)
    whole.pop("deliveries")
    fields = {name: whole.get(name) for name in _ALERT_KEYWORDS if name in whole}
    return msgspec.json.encode(
        {
            **fields,
            **{name: whole[name] for name in ("title", "text", "difference", "count", "created_at")},
            "created_micros": micros(alert.created_at),
            "sources": sorted({one.source for one in alert.articles}),
            "languages": sorted({one.language for one in alert.articles}),
            "words": sorted({word for why in alert.why for word in why.words}),
            "alert": whole,
        }
    )


def item_of(source: Json, deliveries: tuple[Delivery, ...], verdict: Verdict | None) -> InboxItem:
    """Give the alert as it was recorded, with what became of it. Raises StoreError for one that was changed by hand."""
    try:
        alert = replace(msgspec.convert(source["alert"], Alert), deliveries=deliveries)
        seen_to = msgspec.convert(source.get("acknowledged_at"), datetime | None)
        return InboxItem(alert=alert, acknowledged_at=seen_to, verdict=verdict)
    except (KeyError, msgspec.ValidationError) as error:
        raise StoreError(f"alert {source.get('id')} in Elasticsearch is not one of rasid's: {error!r}") from error


def delivery_source(alert_id: str, delivery: Delivery) -> bytes:
    """Give the JSON of a delivery."""
    whole: Json = msgspec.to_builtins(delivery)
    fields = {name: whole[name] for name in ("receiver", "status", "at", "attempts", "cause")}
    return msgspec.json.encode({"alert_id": alert_id, **fields, "delivery": whole})


def delivery_of(source: Json) -> Delivery:
    """Give the delivery as it was kept. Raises StoreError for one that was changed by hand."""
    try:
        return msgspec.convert(source["delivery"], Delivery)
    except (KeyError, msgspec.ValidationError) as error:
        raise StoreError(f"a delivery in Elasticsearch is not one of rasid's: {error!r}") from error


def delivery_key(alert_id: str, receiver: str) -> str:
    """Give the id under which the last outcome of an alert at a receiver lies: 512 bytes are all that is allowed."""
    return hashlib.blake2b(f"{alert_id}\n{receiver}".encode(), digest_size=16).hexdigest()
