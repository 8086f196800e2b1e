"""Changing a rule's YAML where a person would: the value alone, with every comment and line around it as it was."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from rasid.adapters.rule_yaml import load
from rasid.domain.errors import InputError, RuleError

Path = tuple[str | int, ...]
Scalar = str | bool
QUERY: Path = ("filter", 0, "query_string", "query")
# What the form has, and where it stands in the file.
FIELDS: dict[str, Path] = {
    "name": ("name",),
    "query": QUERY,
    "level": ("x-news", "level"),
    "per": ("x-news", "per"),
    "enabled": ("is_enabled",),
}
_DEFAULTS: dict[str, Any] = {"level": "normal", "per": "article", "enabled": True}
_LINE, _LONG = 100, 70
_LONGEST = 64_000  # characters read with places; larger files are edited as text
NEW = """\
# yaml-language-server: $schema=rule.schema.json
name: New rule
type: any
index: news-articles
filter:
  - query_string:
      query: ''
# Every article; ElastAlert's default would hold back all but one a minute.
realert:
  minutes: 0
alert:
  - debug
x-news:
  id: new-rule
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What the form shows of a rule; None where the file says it in a way that the form has no field for."""

    name: str
    query: str
    level: str
    per: str
    enabled: bool


def form_of(text: str) -> Form | None:
    """Give what the form shows, None where the file must be edited as text."""
    try:
        value: Any = load(text, "rule").value if len(text) <= _LONGEST else None
    except RuleError:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("filter"), list) or not value["filter"]:
        return None
    found = {field: _at(value, path, _DEFAULTS.get(field)) for field, path in FIELDS.items()}
    if not isinstance(found["query"], str) or not isinstance(found["enabled"], bool):
        return None
    return Form(
        name=str(found["name"] or ""),
        query=" ".join(found["query"].split()),
        level=str(found["level"]),
        per=str(found["per"]),
        enabled=found["enabled"],
    )


def changed(text: str, wanted: Form) -> str:
    """Give the text with what differs from it changed. Raises InputError where that cannot be done so."""
    had = form_of(text)
    if had is None:
        raise InputError("this file says more than the form has fields for: edit it as text")
    for field, path in FIELDS.items():
        value = getattr(wanted, field)
        if value != getattr(had, field):
            text = _with(text, path, value)
    if form_of(text) != wanted:
        raise InputError("the file is written in a way that the form cannot change: edit it as text")
    return text


def with_id(text: str, rule_id: str) -> str:
    """Give the text with another id."""
    return _with(text, ("x-news", "id"), rule_id)


def _at(value: Any, path: Path, default: Any) -> Any:
    for key in path:
        if isinstance(value, Mapping):
            value = value.get(str(key))
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return default
        if value is None:
            return default
    return value


def _with(text: str, path: Path, value: Scalar) -> str:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        raise InputError("a rule is a mapping")
    node: yaml.Node = root
    key_node: yaml.Node | None = None
    for depth, key in enumerate(path):
        found = _child(node, key)
        if found is None:
            return _added(text, node, path, depth, value)
        key_node, node = found[0] or key_node, found[1]
    if not isinstance(node, yaml.ScalarNode) or key_node is None:
        raise InputError(f"{path[-1]}: one value is expected")
    parent_is_flow = _line_holds_flow(text, key_node)
    start, end = node.start_mark.index, node.end_mark.index
    written = _scalar(value, indent=key_node.start_mark.column + 2, one_line=parent_is_flow)
    held = text[start:end]
    tail = held[len(held.rstrip("\n")) :] if node.style in {">", "|"} else ""
    return text[:start] + written + tail + text[end:]


def _child(node: yaml.Node, key: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((name, value) for name, value in node.value if name.value == key), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return None, node.value[key]
    return None


def _added(text: str, node: yaml.Node, path: Path, depth: int, value: Scalar) -> str:
    """Put a key that is not there into the mapping around it, as its first; into the file itself as its last."""
    key, missing = str(path[-1]), len(path) - depth
    if not isinstance(node, yaml.MappingNode) or node.flow_style or missing > (2 if depth == 0 else 1):
        raise InputError(f"{key} cannot be put there: edit the file as text")
    if depth == 0:
        line = f"{key}: {_scalar(value, indent=2, one_line=False)}\n"
        return (text if text.endswith("\n") else text + "\n") + (line if missing == 1 else f"{path[0]}:\n  {line}")
    column = node.value[0][0].start_mark.column if node.value else 2
    at = node.start_mark.index - node.start_mark.column
    return f"{text[:at]}{' ' * column}{key}: {_scalar(value, indent=column + 2, one_line=False)}\n{text[at:]}"


def _line_holds_flow(text: str, key: yaml.Node) -> bool:
    line = text[text.rfind("\n", 0, key.start_mark.index) + 1 : key.start_mark.index]
    return "{" in line or "[" in line


def _scalar(value: Scalar, *, indent: int, one_line: bool) -> str:
    """Write a value: folded over lines where it is long, in quotes only where YAML would misread it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    plain = " ".join(value.split())
    if len(plain) > _LONG and not one_line and not plain.startswith("#"):
        lines = textwrap.wrap(plain, _LINE, break_long_words=False, break_on_hyphens=False)
        return ">-\n" + "\n".join(" " * indent + line for line in lines)
    if one_line:
        return "'" + plain.replace("'", "''") + "'"
    written = yaml.safe_dump(plain, allow_unicode=True, width=10_000).strip().removesuffix("...").strip()
    return str(written)
