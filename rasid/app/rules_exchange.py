"""Rules brought in from ElastAlert 2, and given back in a form that it takes."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rasid.adapters import rule_keys
from rasid.adapters.elasticsearch_query import matching
from rasid.adapters.rule_fields import our_name
from rasid.adapters.rule_yaml import RuleYaml, load, truth
from rasid.adapters.yaml_rules import parse_rule
from rasid.app.rules_files import file_name, write
from rasid.domain.errors import RuleError
from rasid.domain.rule import Rule
from rasid.ports import Analyzer

_FIELD_KEYS = ("query_key", "compare_key", "cardinality_field", "fields", "aggregation_key", "timestamp_field")
_TRUTHS = {
    "is_enabled", "ignore_null", "attach_related", "alert_on_new_data", "forget_keys", "alert_on_missing_field",
}  # fmt: skip
_OURS = "x-news"
_LIST_FILE = "!file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A rule brought in: where it stands now, and how its file is read here."""

    rule: Rule
    path: Path
    mapped: tuple[str, ...]
    unused: tuple[str, ...]


def bring_in(path: Path, directory: Path, analyzer: Analyzer, others: Sequence[Rule] = ()) -> Imported:
    """Copy a rule file, and the lists it names, into a rules directory. Raises RuleError for what cannot be in force.

    Nothing that stands there is written over.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RuleError(f"cannot be read: {error}", source=str(path)) from error
    file = load(text, str(path))
    rule = parse_rule(text, analyzer, source=str(path), directory=path.parent)
    taken = next((other for other in others if other.id == rule.id), None)
    target = directory / file_name(rule.id)
    if taken or target.exists():
        where = taken.source if taken else target
        raise RuleError(
            f"there is a rule {rule.id!r} already ({where}); give this one another `x-news: id`", source=str(path)
        )
    _copy_lists(file, path.parent, directory)
    write(target, text)
    return Imported(
        rule=rule,
        path=target,
        mapped=tuple(_mapped(file)),
        unused=(*_unused(file), *(note for note in rule.notes if "also finds" not in note)),
    )


def _copy_lists(file: RuleYaml, source: Path, directory: Path) -> None:
    for key in ("blacklist", "whitelist"):
        for one in file.value.get(key) or ():
            text = str(one)
            if not text.startswith(_LIST_FILE):
                continue
            name = Path(text.removeprefix(_LIST_FILE).strip()).name
            if (directory / name).exists():
                same = (directory / name).read_bytes() == (source / name).read_bytes()
                if not same:
                    raise file.error(f"{directory / name} is there already and says something else", key)
                continue
            directory.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, directory / name)


def _mapped(file: RuleYaml) -> list[str]:
    """Say which names of fields are read as ours."""
    found: list[str] = []
    for key in _FIELD_KEYS:
        value = file.value.get(key)
        names = value if isinstance(value, list) else [value] if isinstance(value, str) else []
        other = [name for name in names if isinstance(name, str) and our_name(name) != name]
        found += [f"{key}: {name} is read as {our_name(name)}" for name in other]
    found += [
        f"{field} is read as {our_name(field)}" for field in dict.fromkeys(_filter_fields(file.value.get("filter")))
    ]
    return found


def _filter_fields(found: Any) -> list[str]:
    if isinstance(found, list):
        return [field for one in found for field in _filter_fields(one)]
    if not isinstance(found, dict):
        return []
    named: list[str] = []
    for key, inner in found.items():
        if key in {"term", "terms", "match", "match_phrase", "prefix", "wildcard", "range"} and isinstance(inner, dict):
            named += [field for field in inner if our_name(field) != field]
        else:
            named += _filter_fields(inner)
    return named


def _unused(file: RuleYaml) -> list[str]:
    return [f"{key} changes nothing here and is read past" for key in file.value if rule_keys.is_passed(key)]


def give_out(path: Path, analyzer: Analyzer) -> str:
    """Give a rule as ElastAlert 2 takes it: our own conditions as a filter in Elasticsearch's language.

    What it cannot say is named in comments at the top. Raises RuleError.
    """
    text = path.read_text("utf-8")
    rule = parse_rule(text, analyzer, source=str(path), directory=path.parent)
    file = load(text, str(path))
    kept = {key: value for key, value in file.value.items() if key not in {_OURS, "filter"}}
    made: dict[str, Any] = {"name": rule.name, "type": rule.type, "index": "news-articles"}
    made |= {key: _renamed(key, value) for key, value in kept.items()}
    made["filter"] = [_plain(matching(rule.query))]
    made.setdefault("alert", ["debug"])
    lost = [f"# Not told to ElastAlert: {one}" for one in _lost(file.value.get(_OURS) or {})]
    head = [f"# Exported by rasid from the rule {rule.id!r}; the filter is for the index that rasid writes.", *lost]
    return "\n".join(head) + "\n" + yaml.safe_dump(made, allow_unicode=True, sort_keys=False, width=120)


def _renamed(key: str, value: Any) -> Any:
    if key in _TRUTHS:
        return truth(value)
    if key not in _FIELD_KEYS or key == "timestamp_field":
        return value
    if isinstance(value, list):
        return [_renamed(key, one) for one in value]
    return our_name(value) if isinstance(value, str) else value


def _plain(value: Any) -> Any:
    """Give JSON-like values as plain ones, which YAML writes without tags or anchors."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def _lost(ours: dict[str, Any]) -> list[str]:
    """Name what of ours no filter can say."""
    return [
        f"{key}: {value}"
        for key, value in ours.items()
        if key in {"level", "notify", "min_confidence", "active_hours", "per"}
    ]
