"""YAML text of a rule as plain values that remember their lines, within bounds: no bomb grows large in here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from rasid.domain.errors import RuleError

Path = tuple[str | int, ...]
MAX_BYTES, MAX_DEPTH, MAX_VALUES = 256_000, 20, 20_000
_TRUTH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


@dataclass(frozen=True, slots=True)
class RuleYaml:
    """A rule file's mapping, and the line (from 1) of everything in it."""

    value: dict[str, Any]
    source: str
    lines: dict[Path, int] = field(default_factory=dict)

    def error(self, message: str, *path: str | int) -> RuleError:
        """Make the error about what stands at `path`, or the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return RuleError(message, source=self.source, line=self.lines.get(path, 1))


def load(text: str, source: str) -> RuleYaml:
    """Read one YAML document. Raises RuleError for what is no YAML or no mapping, too large or deep, a key twice."""
    if len(text) > MAX_BYTES:
        raise RuleError(f"a rule file has at most {MAX_BYTES // 1000} kB", source=source)
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise RuleError(f"is no YAML: {error.problem or error.context}", source=source, line=line) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise RuleError(f"is no YAML: {str(error).splitlines()[0]}", source=source) from error
    if not isinstance(root, yaml.MappingNode):
        raise RuleError("a rule is a mapping with a name, a type and a filter", source=source, line=1)
    reader = _Reader(source)
    return RuleYaml(reader.mapping(root, ()), source, reader.lines)


def truth(value: Any) -> bool | None:
    """Read a truth value as ElastAlert's loader does (yes and on too); None for what is none."""
    return value if isinstance(value, bool) else _TRUTH.get(str(value).lower())


class _Reader:
    """Turns nodes into values. An anchor may be used again: every use counts, so that a bomb is stopped early."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._values = 0
        self.lines: dict[Path, int] = {}

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag.endswith(":merge"):
                raise self._error("a key must be one word", key_node)
            key = str(key_node.value)
            if key in values:
                raise self._error(f"`{key}` stands here a second time", key_node)
            self.lines[*path, key] = key_node.start_mark.line + 1
            values[key] = self._value(value_node, (*path, key))
        return values

    def _value(self, node: yaml.Node, path: Path) -> Any:
        self._values += 1
        if self._values > MAX_VALUES or len(path) > MAX_DEPTH:
            raise self._error("too much for one rule: nested too deep, or anchors that multiply", node)
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(child, (*path, number)) for number, child in enumerate(node.value)]
        return _scalar(node)

    def _error(self, message: str, node: yaml.Node) -> RuleError:
        return RuleError(message, source=self._source, line=node.start_mark.line + 1)


def _scalar(node: yaml.Node) -> str | float | bool | None:
    """Read a scalar; `NO` is Norway and `on` a word here, only true and false are truth values."""
    text, kind = str(node.value), node.tag.rpartition(":")[2]
    if kind == "bool" and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    if kind == "null":
        return None
    if kind in {"int", "float"}:
        try:
            return int(text) if kind == "int" else float(text)
        except ValueError:
            return text
    return text
