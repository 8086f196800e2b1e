"""Make deploy/kibana/rasid.ndjson, which Kibana imports, of deploy/kibana/dashboards.yaml, which people read.

    python tools/build_kibana.py [--check]

The objects have the form that Kibana 8.11 exported (Kibana 9 takes it up and migrates it): a data view, saved searches,
Lens and map panels kept by themselves, dashboards that refer to them. Ids are made of names, so that importing again
replaces. Kibana itself cannot be had where this is built: tests hold the outcome to the mapping and to a schema.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "deploy" / "kibana" / "dashboards.yaml"
TARGET = ROOT / "deploy" / "kibana" / "rasid.ndjson"
# The version of Kibana in which each kind of object had this form.
_FORMS = {"index-pattern": "8.0.0", "search": "8.0.0", "lens": "8.9.0", "map": "8.4.0", "dashboard": "8.9.0"}
_SERIES = {"bars": "bar_stacked", "percent": "bar_percentage_stacked", "line": "line"}
_LAYER = "layer"
_INDEX = "kibanaSavedObjectMeta.searchSourceJSON.index"

Json = dict[str, Any]


def build(source: Json) -> str:
    """Give the NDJSON: one object a line, then what Kibana's own exports end with."""
    made = list(_objects(source))
    count = {"excludedObjects": [], "excludedObjectsCount": 0, "exportedCount": len(made), "missingReferences": [],
             "missingRefCount": 0}  # fmt: skip
    lines = [json.dumps(one, ensure_ascii=False, sort_keys=True) for one in [*made, count]]
    return "\n".join(lines) + "\n"


def _objects(source: Json) -> Iterator[Json]:
    for name, view in source["views"].items():
        attributes = {
            "title": view["index"], "timeFieldName": view["time"], "name": view["name"], "fields": "[]",
            "fieldAttrs": "{}", "fieldFormatMap": "{}", "runtimeFieldMap": "{}", "sourceFilters": "[]",
        }  # fmt: skip
        yield _object("index-pattern", _id("view", name), attributes)
    for name, search in source["searches"].items():
        yield _search(name, search)
    for name, dashboard in source["dashboards"].items():
        for panel in dashboard["panels"]:
            if panel["kind"] == "map":
                yield _map(name, panel)
            elif panel["kind"] != "search":
                yield _lens(name, panel)
        yield _dashboard(name, dashboard, source["searches"])


def _object(kind: str, identity: str, attributes: Json, references: list[Json] | None = None) -> Json:
    return {
        "type": kind, "id": identity, "attributes": attributes, "references": references or [], "managed": False,
        "coreMigrationVersion": "8.8.0", "typeMigrationVersion": _FORMS[kind],
    }  # fmt: skip


def _id(*parts: str) -> str:
    return "-".join(("rasid", *parts))


def _view(name: str, reference: str) -> Json:
    return {"type": "index-pattern", "id": _id("view", name), "name": reference}


def _search_source(query: str = "", **more: Any) -> Json:
    return {"query": {"language": "kuery", "query": query}, "filter": [], **more}


def _search(name: str, search: Json) -> Json:
    source = _search_source(search.get("query", ""), indexRefName=_INDEX)
    attributes = {
        "title": search["title"], "description": search["claims"], "columns": search["columns"],
        "sort": [[search["sort"], "desc"]], "grid": {}, "hideChart": False,
        "isTextBasedQuery": False, "timeRestore": False,
        "kibanaSavedObjectMeta": {"searchSourceJSON": json.dumps(source)},
    }  # fmt: skip
    return _object("search", _id("search", name), attributes, [_view(search["view"], _INDEX)])


def _lens(dashboard: str, panel: Json) -> Json:
    values = panel.get("value", "count")
    values = values if isinstance(values, list) else [values]
    columns = {f"value{n}": _value(one, panel["view"].capitalize()) for n, one in enumerate(values)}
    groups = [one for one in (panel.get("x"), *panel.get("rows", ()), panel.get("split")) if one]
    columns = {**{f"group{n}": _group(one) for n, one in enumerate(groups)}, **columns}
    layer = {"columns": columns, "columnOrder": list(columns), "incompleteColumns": {}, "sampling": 1}
    kind, visualization = _visualization(panel, columns)
    attributes = {
        "title": panel["title"], "description": panel["claims"], "visualizationType": kind,
        "state": {
            "datasourceStates": {"formBased": {"layers": {_LAYER: layer}}},
            "visualization": visualization,
            "query": {"language": "kuery", "query": panel.get("query", "")},
            "filters": [], "internalReferences": [], "adHocDataViews": {},
        },
    }  # fmt: skip
    references = [_view(panel["view"], f"indexpattern-datasource-layer-{_LAYER}")]
    return _object("lens", _id(dashboard, panel["id"]), attributes, references)


def _group(group: Json) -> Json:
    if "time" in group:
        parameters = {"interval": "auto", "includeEmptyRows": True, "dropPartials": False}
        return _column("date_histogram", group["time"], "date", "interval", parameters, is_group=True)
    parameters = {
        "size": group["top"], "orderBy": {"type": "column", "columnId": "value0"}, "orderDirection": "desc",
        "otherBucket": False, "missingBucket": False, "parentFormat": {"id": "terms"},
    }  # fmt: skip
    kind = "number" if group["by"] == "analysis_version" else "string"
    return _column("terms", group["by"], kind, "ordinal", parameters, is_group=True)


def _value(value: str | Json, counted: str) -> Json:
    if isinstance(value, str):
        return _column("count", "___records___", "number", "ratio", {"emptyAsNull": False}, label=counted)
    ((kind, field),) = value.items()
    if kind == "last":
        return _column("last_value", field, "date", "interval", {"sortField": field, "showArrayValues": False})
    return _column(
        {"unique": "unique_count", "average": "average"}[kind], field, "number", "ratio", {"emptyAsNull": False}
    )


def _column(
    operation: str, field: str, kind: str, scale: str, parameters: Json, *, is_group: bool = False, label: str = ""
) -> Json:
    words = {"last_value": "last ", "unique_count": "different ", "average": "mean "}
    return {
        "operationType": operation, "sourceField": field, "dataType": kind, "scale": scale, "isBucketed": is_group,
        "label": label or words.get(operation, "") + field.replace("_ids", "").replace("_", " "), "customLabel": True,
        "params": parameters,
    }  # fmt: skip


def _visualization(panel: Json, columns: Json) -> tuple[str, Json]:
    groups = [name for name, column in columns.items() if column["isBucketed"]]
    values = [name for name, column in columns.items() if not column["isBucketed"]]
    base: Json = {"layerId": _LAYER, "layerType": "data"}
    match panel["kind"]:
        case "number":
            return "lnsMetric", {**base, "metricAccessor": values[0]}
        case "table":
            shown = [{"columnId": name, "isTransposed": False} for name in columns]
            return "lnsDatatable", {**base, "columns": shown, "paging": {"enabled": True, "size": 10}}
        case "donut":
            donut = {**base, "primaryGroups": groups, "metrics": values, "numberDisplay": "percent",
                     "categoryDisplay": "default", "legendDisplay": "default", "nestedLegend": False}  # fmt: skip
            return "lnsPie", {"shape": "donut", "layers": [donut]}
    series = _SERIES[panel["kind"]]
    layer = {**base, "seriesType": series, "accessors": values, "xAccessor": groups[0], "position": "top"}
    layer |= {"splitAccessor": groups[1]} if len(groups) > 1 else {}
    return "lnsXY", {
        "preferredSeriesType": series, "legend": {"isVisible": True, "position": "right"}, "valueLabels": "hide",
        "layers": [layer],
    }  # fmt: skip


def _map(dashboard: str, panel: Json) -> Json:
    reference = "layer_1_source_index_pattern"
    size = {"minSize": 4, "maxSize": 28, "field": {"name": "doc_count", "origin": "source"}}
    colour = {"color": "Blues", "type": "ORDINAL", "field": {"name": "doc_count", "origin": "source"}}
    layers = [
        {"id": "ground", "type": "EMS_VECTOR_TILE", "visible": True, "alpha": 1, "style": {"type": "EMS_VECTOR_TILE"},
         "sourceDescriptor": {"type": "EMS_TMS", "isAutoSelect": True}},
        {"id": "places", "type": "GEOJSON_VECTOR", "visible": True, "alpha": 0.8, "label": panel["title"], "joins": [],
         "style": {"type": "VECTOR", "isTimeAware": True, "properties": {
             "iconSize": {"type": "DYNAMIC", "options": size}, "fillColor": {"type": "DYNAMIC", "options": colour}}},
         "sourceDescriptor": {
             "type": "ES_GEO_GRID", "id": "places-source", "geoField": panel["field"], "requestType": "point",
             "resolution": "COARSE", "metrics": [{"type": "count"}], "indexPatternRefName": reference,
             "applyGlobalQuery": True, "applyGlobalTime": True, "applyForceRefresh": True}},
    ]  # fmt: skip
    latitude, longitude = panel["centre"]
    state = {"zoom": panel["zoom"], "center": {"lat": latitude, "lon": longitude}, "filters": [],
             "query": {"language": "kuery", "query": ""}, "settings": {"autoFitToDataBounds": False}}  # fmt: skip
    attributes = {
        "title": panel["title"], "description": panel["claims"], "layerListJSON": json.dumps(layers),
        "mapStateJSON": json.dumps(state), "uiStateJSON": json.dumps({"isLayerTOCOpen": True, "openTOCDetails": []}),
    }  # fmt: skip
    return _object("map", _id(dashboard, panel["id"]), attributes, [_view(panel["view"], reference)])


def _dashboard(name: str, dashboard: Json, searches: Json) -> Json:
    panels, references = [], []
    for panel in dashboard["panels"]:
        kind = {"search": "search", "map": "map"}.get(panel["kind"], "lens")
        key, (x, y, w, h) = panel["id"], panel["at"]
        panels.append({
            "type": kind, "panelIndex": key, "gridData": {"x": x, "y": y, "w": w, "h": h, "i": key},
            "panelRefName": f"panel_{key}", "embeddableConfig": {"enhancements": {}},
        })  # fmt: skip
        target = _id("search", panel["search"]) if kind == "search" else _id(name, key)
        references.append({"type": kind, "id": target, "name": f"{key}:panel_{key}"})
        assert kind != "search" or panel["search"] in searches, f"{name}: there is no search {panel['search']}"
    attributes: Json = {
        "title": dashboard["title"], "description": dashboard["description"], "version": 1,
        "panelsJSON": json.dumps(panels),
        "optionsJSON": json.dumps({"useMargins": True, "syncColors": True, "syncCursor": True, "syncTooltips": False,
                                   "hidePanelTitles": False}),
        "timeRestore": True, "timeFrom": dashboard["since"], "timeTo": "now",
        "refreshInterval": {"pause": False, "value": 60_000},
        "kibanaSavedObjectMeta": {"searchSourceJSON": json.dumps(_search_source())},
    }  # fmt: skip
    controls = dashboard.get("controls", {})
    if controls:
        attributes["controlGroupInput"] = _controls(controls)
    references += [_view("articles", f"controlGroup_{field}:optionsListDataView") for field in controls]
    return _object("dashboard", _id(name), attributes, references)


def _controls(controls: dict[str, str]) -> Json:
    panels = {
        field: {
            "type": "optionsListControl", "order": number, "grow": True, "width": "medium",
            "explicitInput": {"id": field, "fieldName": field, "title": title, "enhancements": {}},
        }
        for number, (field, title) in enumerate(controls.items())
    }  # fmt: skip
    ignored = {"ignoreFilters": False, "ignoreQuery": False, "ignoreTimerange": False, "ignoreValidations": False}
    return {"chainingSystem": "HIERARCHICAL", "controlStyle": "oneLine", "panelsJSON": json.dumps(panels),
            "ignoreParentSettingsJSON": json.dumps(ignored)}  # fmt: skip


def main() -> int:
    """Write the file, or with --check say whether it is as it would be written."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail where the file differs")
    check = parser.parse_args().check
    made = build(yaml.safe_load(SOURCE.read_text("utf-8")))
    if check and TARGET.read_text("utf-8") != made:
        print(f"{TARGET.relative_to(ROOT)} differs: run tools/build_kibana.py", file=sys.stderr)
        return 1
    if not check:
        TARGET.write_text(made, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
