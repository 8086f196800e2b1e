"""Rules from a directory of YAML files in ElastAlert 2's form: what is understood so far is type `any` with queries."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import yaml

from rasid.adapters.luqum_query import parse_query
from rasid.domain.alert import Rule
from rasid.domain.errors import QueryError, RuleError
from rasid.domain.query import And, Query
from rasid.ports import Analyzer


def read_rule(path: Path, analyzer: Analyzer) -> Rule:
    """Read one rule file. Raises RuleError with the file, and the line where it is known."""
    source = str(path)
    try:
        text = path.read_text("utf-8")
        found = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise RuleError(f"cannot be read: {error}", source=source) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or "broken"
        raise RuleError(f"is no YAML: {reason}", source=source, line=mark.line + 1 if mark else None) from error
    if not isinstance(found, dict) or not isinstance(found.get("name"), str):
        raise RuleError("a rule is a mapping with a name", source=source)
    if found.get("type") != "any":
        raise RuleError(
            f"type {found.get('type')!r} is not supported; use any", source=source, line=_line_of(text, "type:")
        )
    ours = found.get("x-news") or {}
    return Rule(
        id=str(ours.get("id") or path.stem),
        name=found["name"],
        version=hashlib.blake2b(text.encode(), digest_size=8).hexdigest(),
        query=_query(found.get("filter"), analyzer, source, text),
        description=str(found.get("description") or ""),
        enabled=bool(found.get("is_enabled", True)),
    )


def read_rules(directory: Path, analyzer: Analyzer) -> tuple[dict[Path, Rule], dict[Path, RuleError]]:
    """Read every *.yaml of a directory, by path; a broken file costs only itself."""
    rules: dict[Path, Rule] = {}
    errors: dict[Path, RuleError] = {}
    for path in sorted(directory.glob("*.yaml")):
        try:
            rules[path] = read_rule(path, analyzer)
        except RuleError as error:
            errors[path] = error
    return rules, errors


def _query(filters: Any, analyzer: Analyzer, source: str, text: str) -> Query:
    if not isinstance(filters, list) or not filters:
        raise RuleError("a rule needs a filter: a list of query_string", source=source, line=_line_of(text, "filter:"))
    parts = []
    for one in filters:
        inner = one.get("query_string") if isinstance(one, dict) else None
        query = inner.get("query") if isinstance(inner, dict) else None
        if not isinstance(query, str):
            raise RuleError("only query_string filters are supported", source=source, line=_line_of(text, "filter:"))
        try:
            parts.append(parse_query(query, analyzer).query)
        except QueryError as error:
            raise RuleError(str(error), source=source, line=_line_of(text, "query:")) from error
    return And(tuple(parts))


def _line_of(text: str, start: str) -> int | None:
    numbered = enumerate(text.splitlines(), 1)
    return next((number for number, line in numbered if line.lstrip(" -").startswith(start)), None)
