"""YAML text as plain values that remember their lines, so that a mistake can be pointed at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from rasid.domain.errors import FeedsFileError

Path = tuple[str | int, ...]
_MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """A document's value, and the line (from 1) of everything in it: `lines[("feeds", 3, "url")]`."""

    value: Any
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """Give the line of `path`, or of the nearest thing around it."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)


def load(text: str, source: str) -> YamlDocument:
    """Read one YAML document. Raises FeedsFileError for what is no YAML, a repeated key, an alias, or deep nesting."""
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise FeedsFileError(
            f"not readable as YAML: {error.problem or error.context}",
            source=source,
            line=mark.line + 1 if mark else None,
        ) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise FeedsFileError(f"not readable as YAML: {str(error).splitlines()[0]}", source=source) from error
    return _Reader(source).document(root)


class _Reader:
    def __init__(self, source: str) -> None:
        self._source = source
        self._lines: dict[Path, int] = {}
        # An alias gives the same node object again; expanding them is how a small file becomes a huge one. The nodes
        # themselves are kept, so that no id is used twice.
        self._seen: dict[int, yaml.Node] = {}

    def document(self, root: yaml.Node | None) -> YamlDocument:
        if root is None:
            raise FeedsFileError("the file is empty; a list without feeds is `feeds: []`", source=self._source, line=1)
        return YamlDocument(self._value(root, ()), self._lines)

    def _value(self, node: yaml.Node, path: Path) -> Any:
        if id(node) in self._seen:
            raise self._error("a value with an anchor (&name) cannot be used twice here; write it out", node)
        if len(path) > _MAX_DEPTH:
            raise self._error("nested too deep", node)
        self._seen[id(node)] = node
        self._lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(child, (*path, number)) for number, child in enumerate(node.value)]
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._error("a key must be one word", key_node)
            key = str(key_node.value)
            if key in values:
                raise self._error(f"`{key}` stands here a second time", key_node)
            self._lines[*path, key] = key_node.start_mark.line + 1
            values[key] = self._value(value_node, (*path, key))
        return values

    def _error(self, message: str, node: yaml.Node) -> FeedsFileError:
        return FeedsFileError(message, source=self._source, line=node.start_mark.line + 1)


def _scalar(node: yaml.Node) -> str | float | bool | None:
    """Read a scalar as YAML 1.2 does: `NO` is Norway and `ja` Japanese, only true and false are truth values."""
    text = str(node.value)
    kind = node.tag.rpartition(":")[2]
    if kind == "bool" and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    if kind == "null":
        return None
    if kind in {"int", "float"}:
        return _number(text)
    return text


def _number(text: str) -> float | str:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text  # YAML 1.1 also takes 5:30 and 0o17 for numbers
