"""What Kibana imports: made of its source, fit to the mapping, whole in itself. Kibana itself is not here."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from kibana_objects import INDICES, Asked, Json, can_be_counted, field, panels, saved_objects

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "tests" / "data" / "kibana" / "saved_objects.schema.json").read_text("utf-8"))
OBJECTS = saved_objects()
PANELS = list(panels())
DASHBOARDS = [one for (kind, _), one in OBJECTS.items() if kind == "dashboard"]


def test_the_file_is_what_its_source_makes() -> None:
    """A change of the source without the file, or of the file by hand, fails."""
    done = subprocess.run([sys.executable, ROOT / "tools" / "build_kibana.py", "--check"], check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("one", OBJECTS.values(), ids=lambda one: one["id"])
def test_each_object_has_the_form_that_is_used(one: Json) -> None:
    """By the JSON Schema of what we use of Kibana's forms."""
    jsonschema.Draft202012Validator(SCHEMA).validate(one)


def test_all_five_dashboards_are_there() -> None:
    """Newsroom, framing, places, alerts, and feeds and pipeline."""
    assert [one["id"].removeprefix("rasid-") for one in DASHBOARDS] == [
        "newsroom", "framing", "places", "alerts", "pipeline",
    ]  # fmt: skip


@pytest.mark.parametrize("one", OBJECTS.values(), ids=lambda one: one["id"])
def test_references_resolve(one: Json) -> None:
    """Each leads to an object of the file; each panel and control has its own; none is there twice."""
    names = [reference["name"] for reference in one["references"]]
    assert len(set(names)) == len(names)
    assert all((reference["type"], reference["id"]) in OBJECTS for reference in one["references"])
    if one["type"] == "dashboard":
        attributes = one["attributes"]
        wanted = {f"{panel['panelIndex']}:{panel['panelRefName']}" for panel in attributes["panelsJSON"]}
        controls = attributes.get("controlGroupInput", {"panelsJSON": {}})["panelsJSON"]
        assert set(names) == wanted | {f"controlGroup_{name}:optionsListDataView" for name in controls}


def test_every_object_is_used() -> None:
    """No panel is made that no dashboard shows; saved searches and views also stand for themselves."""
    shown = {(ref["type"], ref["id"]) for one in OBJECTS.values() for ref in one["references"]}
    assert {key for key in OBJECTS if key[0] in {"lens", "map"}} <= shown


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda one: one["id"])
def test_panels_do_not_overlap(dashboard: Json) -> None:
    """On the grid, 48 wide, each cell belongs to one panel at most."""
    grids = [panel["gridData"] for panel in dashboard["attributes"]["panelsJSON"]]
    assert all(one["x"] + one["w"] <= 48 for one in grids)
    for a, b in itertools.combinations(grids, 2):
        apart = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        assert apart or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"], (a["i"], b["i"])


@pytest.mark.parametrize("asked", PANELS, ids=lambda asked: asked.id)
def test_every_field_is_mapped_and_can_be_counted(asked: Asked) -> None:
    """A panel groups, sorts and calculates only by fields that Elasticsearch can do that with."""
    wanted = asked.fields | ({asked.sort} if asked.sort else set())
    assert [path for path in sorted(wanted) if not can_be_counted(asked.index, path)] == []


def test_columns_controls_times_and_map_fields_are_mapped() -> None:
    """What is only shown needs to be there, what is filtered by needs to be countable."""
    for (kind, _), one in OBJECTS.items():
        attributes = one["attributes"]
        views = [
            OBJECTS["index-pattern", r["id"]]["attributes"]["title"]
            for r in one["references"]
            if r["type"] == "index-pattern"
        ]
        if kind == "search":
            assert all(field(views[0], column) for column in attributes["columns"])
        elif kind == "index-pattern":
            found = field(attributes["title"], attributes["timeFieldName"])
            assert found is not None
            assert found["type"] == "date"
        elif kind == "dashboard":
            controls = attributes.get("controlGroupInput", {"panelsJSON": {}})["panelsJSON"]
            assert all(can_be_counted("news-articles", name) for name in controls)
        elif kind == "map":
            found = field(views[0], attributes["layerListJSON"][1]["sourceDescriptor"]["geoField"])
            assert found is not None
            assert found["type"] == "geo_point"


def test_a_field_within_nested_objects_is_not_taken() -> None:
    """Kibana's panels cannot look into them: the check would say so."""
    assert not can_be_counted("news-articles", "entities.id")
    assert not can_be_counted("news-articles", "title")
    assert not can_be_counted("news-articles", "places.lat")
    assert can_be_counted("news-articles", "@timestamp")
    assert set(INDICES) == {one["attributes"]["title"] for (kind, _), one in OBJECTS.items() if kind == "index-pattern"}
