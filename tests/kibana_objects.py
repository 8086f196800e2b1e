"""The saved objects of deploy/kibana, read as Kibana reads them, and what its panels then ask of Elasticsearch."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rasid.adapters.elasticsearch_alert_documents import ALERTS, DELIVERIES, JUDGEMENTS
from rasid.adapters.elasticsearch_templates import MAPPINGS

FILE = Path(__file__).parent.parent / "deploy" / "kibana" / "rasid.ndjson"
INDICES = {
    "news-articles": MAPPINGS,
    "news-alerts": ALERTS["mappings"],
    "news-deliveries": DELIVERIES["mappings"],
    "news-judgements": JUDGEMENTS["mappings"],
}
_COUNTABLE = {"keyword", "date", "integer", "long", "float", "double", "boolean", "geo_point"}

Json = dict[str, Any]


def saved_objects() -> dict[tuple[str, str], Json]:
    """Give the objects by type and id, with the JSON that lies in strings parsed."""
    lines = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
    return {(one["type"], one["id"]): _parsed(one) for one in lines if "type" in one}


def _parsed(value: Any, name: str = "") -> Any:
    if isinstance(value, str) and name.endswith("JSON"):
        return _parsed(json.loads(value))
    if isinstance(value, dict):
        return {key: _parsed(inner, key) for key, inner in value.items()}
    return [_parsed(inner) for inner in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Asked:
    """What one panel asks: an index, a query, groups from the outside in, and values."""

    id: str
    index: str
    query: Json
    groups: tuple[Json, ...] = ()
    values: tuple[Json, ...] = ()
    sort: str = ""

    @property
    def fields(self) -> set[str]:
        """Give every field it names."""
        columns = {one["sourceField"] for one in (*self.groups, *self.values)} - {"___records___"}
        sorts = {one["params"]["sortField"] for one in self.values if "sortField" in one["params"]}
        query = self.query.get("query_string", {}).get("query", "").replace("_exists_:", "")
        return columns | sorts | set(re.findall(r"(\w+):", query))

    def request(self, interval: str = "1d") -> Json:
        """Give the search request that Kibana makes of it."""
        if self.sort:
            return {"index": self.index, "query": self.query, "sort": [{self.sort: "desc"}], "size": 100}
        values = {f"value{n}": found for n, one in enumerate(self.values) if (found := _value(one))}
        aggs = values
        for number, group in reversed(list(enumerate(self.groups))):
            aggs = {f"group{number}": {**_group(group, interval), "aggs": aggs}}
        return {"index": self.index, "query": self.query, "aggs": aggs, "size": 0, "track_total_hits": True}


def _group(column: Json, interval: str) -> Json:
    field = column["sourceField"]
    if column["operationType"] == "date_histogram":
        return {"date_histogram": {"field": field, "fixed_interval": interval}}
    return {"terms": {"field": field, "size": column["params"]["size"]}}


def _value(column: Json) -> Json:
    field = column["sourceField"]
    match column["operationType"]:
        case "unique_count":
            return {"cardinality": {"field": field}}
        case "average":
            return {"avg": {"field": field}}
        case "last_value":
            return {"top_hits": {"size": 1, "sort": [{column["params"]["sortField"]: "desc"}], "_source": [field]}}
    return {}  # a count is what each bucket has


def kql(query: str) -> Json:
    """Give the Elasticsearch query of the little KQL that is used."""
    if not query:
        return {"match_all": {}}
    lucene = re.sub(r"(\w+) : \*", r"_exists_:\1", query)
    words = re.sub(r"\b(and|or|not)\b", lambda found: found[1].upper(), lucene.replace(" : ", ":"))
    return {"query_string": {"query": words}}


def panels() -> Iterator[Asked]:
    """Give what each saved search, Lens panel and map asks."""
    objects = saved_objects()
    for (kind, identity), one in objects.items():
        attributes = one["attributes"]
        views = {ref["name"]: ref["id"] for ref in one["references"] if ref["type"] == "index-pattern"}
        index = next((objects["index-pattern", view]["attributes"]["title"] for view in views.values()), "")
        if kind == "search":
            query = attributes["kibanaSavedObjectMeta"]["searchSourceJSON"]["query"]["query"]
            yield Asked(identity, index, kql(query), sort=attributes["sort"][0][0])
        elif kind == "lens":
            (layer,) = attributes["state"]["datasourceStates"]["formBased"]["layers"].values()
            columns = [layer["columns"][name] for name in layer["columnOrder"]]
            groups = tuple(one for one in columns if one["isBucketed"])
            values = tuple(one for one in columns if not one["isBucketed"])
            yield Asked(identity, index, kql(attributes["state"]["query"]["query"]), groups, values)


def field(index: str, path: str) -> Json | None:
    """Give the mapping of a field, an alias resolved; None where there is none or it lies in a nested object."""
    at: Json = INDICES[index]
    for part in path.split("."):
        at = at.get("properties", {}).get(part) or at.get("fields", {}).get(part) or {}
        if at.get("type") == "nested":
            return None
    return field(index, at["path"]) if at.get("type") == "alias" else at or None


def can_be_counted(index: str, path: str) -> bool:
    """Tell whether Kibana can group by a field, sort by it or calculate with it."""
    found = field(index, path)
    return bool(found) and found.get("type") in _COUNTABLE and found.get("doc_values", True)
