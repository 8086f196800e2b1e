"""Templates that people write: Jinja 2 in its sandbox, less all that could run long, grow large, or look inside.

What is left cannot loop but over the few lists it is given, two deep, nor keep what it made, nor multiply: its cost is
bounded by its length and that of its data. So there is no clock to stop it, and none is needed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jinja2 import TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from rasid.domain.errors import NotifyError

LONGEST_TEMPLATE = 10_000
LONGEST_OUTPUT = 20_000
_DEEPEST_LOOP = 2
LISTS = ("alerts", "articles", "why", "words")  # what may be looped over
_FILTERS = {
    "abs", "capitalize", "count", "d", "default", "e", "escape", "first", "int", "join", "last", "length",
    "lower", "reverse", "round", "sort", "string", "title", "trim", "truncate", "unique", "upper", "wordcount",
}  # fmt: skip
_NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem, nodes.If,
    nodes.For, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Filter, nodes.Test,
    nodes.Concat, nodes.Slice, nodes.Tuple, nodes.List, nodes.Add, nodes.Sub, nodes.Neg,
)  # fmt: skip
_WORDS: dict[type[nodes.Node], str] = {
    nodes.Call: "calls", nodes.Mul: "multiplication", nodes.Pow: "powers", nodes.Mod: "the % operator",
    nodes.Macro: "macros", nodes.Assign: "set", nodes.Include: "include", nodes.Import: "import",
    nodes.FromImport: "import", nodes.Extends: "extends", nodes.Block: "blocks", nodes.FilterBlock: "filter blocks",
}  # fmt: skip
_PLACE = re.compile(r"\{(\w{0,40})\}")


class Template:
    """One template, checked when it is made. Raises NotifyError for one that is not allowed or is no Jinja."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST_TEMPLATE:
            raise NotifyError(f"a template may have {LONGEST_TEMPLATE} characters, this one has {len(text)}")
        try:
            tree = _ENVIRONMENT.parse(text)
            _check(tree, 0)
            self._compiled = _ENVIRONMENT.from_string(text)
        except TemplateError as error:
            line = getattr(error, "lineno", None)
            raise NotifyError(f"the template is no Jinja: {error}{f' (its line {line})' if line else ''}") from error
        except RecursionError as error:
            raise NotifyError("the template is nested too deep") from error

    def render(self, values: Mapping[str, Any]) -> str:
        """Give the text, cut at LONGEST_OUTPUT characters. `values` are plain data. Raises NotifyError."""
        made: list[str] = []
        size = 0
        try:
            for piece in self._compiled.generate(values):
                made.append(piece[: LONGEST_OUTPUT - size])
                size += len(piece)
                if size > LONGEST_OUTPUT:
                    return "".join(made) + "…"
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise NotifyError(f"the template cannot be filled in: {error}") from error
        return "".join(made)


def fill(text: str, args: tuple[str, ...], values: Mapping[str, Any]) -> str:
    """Fill ElastAlert's `{0}`, `{1}` with the fields that `args` names, and `{name}` with fields.

    Not str.format: that reaches attributes, and makes a gigabyte of `{:1000000000}`.
    """

    def one(found: re.Match[str]) -> str:
        name = found[1]
        if name.isdigit():
            name = args[int(name)] if int(name) < len(args) else ""
        return str(values.get(name, "<missing value>"))[:LONGEST_OUTPUT]

    return _PLACE.sub(one, text[:LONGEST_TEMPLATE])[:LONGEST_OUTPUT]


def _check(node: nodes.Node, loops: int) -> None:
    """Raise NotifyError at the first thing that is not allowed."""
    kind = type(node)
    if not isinstance(node, _NODES):
        raise _refusal(node, f"{_WORDS.get(kind, kind.__name__.lower())} may not be used")
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        raise _refusal(node, f"`.{node.attr}` may not be reached: a template sees the alert's fields only")
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and str(node.arg.value).startswith("_"):
        raise _refusal(node, f"[{node.arg.value!r}] may not be reached: a template sees the alert's fields only")
    if isinstance(node, nodes.Name) and node.name.startswith("_"):
        raise _refusal(node, f"`{node.name}` may not be reached")
    if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
        raise _refusal(node, f"the filter {node.name!r} may not be used; there are {', '.join(sorted(_FILTERS))}")
    if isinstance(node, nodes.For):
        loops += 1
        if loops > _DEEPEST_LOOP or node.recursive:
            raise _refusal(node, f"loops may be {_DEEPEST_LOOP} deep and not recursive")
        _check_loop(node)
    if isinstance(node, nodes.Filter) and node.name == "join" and not _are_constant(node):
        raise _refusal(node, "join takes its separator in quotes")
    for child in node.iter_child_nodes():
        _check(child, loops)


def _check_loop(node: nodes.For) -> None:
    """Let loops run over the known lists only: a long text has as many letters as it likes."""
    source = node.iter.attr if isinstance(node.iter, nodes.Getattr) else getattr(node.iter, "name", "")
    if isinstance(node.iter, nodes.Filter) or source not in LISTS:
        raise _refusal(node, f"a loop may go over {', '.join(LISTS)}")
    if not isinstance(node.target, nodes.Name) or node.target.name in LISTS:
        raise _refusal(node, f"a loop needs one name that is none of {', '.join(LISTS)}")


def _are_constant(node: nodes.Filter) -> bool:
    return all(isinstance(one, nodes.Const) for one in node.args) and not node.kwargs and not node.dyn_args


def _refusal(node: nodes.Node, words: str) -> NotifyError:
    return NotifyError(f"in the template's line {node.lineno}: {words}")


def _environment() -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(autoescape=False, trim_blocks=True, lstrip_blocks=True)
    made.globals.clear()
    return made


_ENVIRONMENT = _environment()
