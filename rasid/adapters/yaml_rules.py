"""Rules from YAML files in ElastAlert 2's form, with our own keys under `x-news`. What is not understood is refused.

docs: ECOSYSTEM "Alert rules"; a rule that loads here has the outcome that ElastAlert 2's documents promise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rasid.adapters import rule_keys
from rasid.adapters.rule_filters import Filters
from rasid.adapters.rule_news import NewsKeys
from rasid.adapters.rule_policy import PolicyKeys
from rasid.adapters.rule_yaml import RuleYaml, load, truth
from rasid.domain.errors import RuleError
from rasid.domain.query import And, Everything, Query
from rasid.domain.rule import Rule, Wording
from rasid.ports import Analyzer

_TIMESTAMPS = {"@timestamp", "first_seen_at", "published_at", "datePublished", "seen", "published"}


def read_rule(path: Path, analyzer: Analyzer) -> Rule:
    """Read one rule file. Raises RuleError with the file, and the line where it is known."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RuleError(f"cannot be read: {error}", source=str(path)) from error
    return parse_rule(text, analyzer, source=str(path), directory=path.parent)


def parse_rule(text: str, analyzer: Analyzer, *, source: str, directory: Path | None = None) -> Rule:
    """Read the text of a rule file; lists in files are looked for in `directory`, and nowhere without one."""
    file = load(text, source)
    kind = _type(file)
    notes = _check_keys(file, kind)
    name = file.value.get("name", Path(source).stem)
    if not isinstance(name, str) or not name.strip():
        raise file.error("name: a text is expected", "name")
    filters = Filters(file, analyzer)
    news = NewsKeys(file, filters)
    rule_id = news.id(Path(source).stem)
    enabled = _truth(file, "is_enabled", default=True)
    version = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
    policy = PolicyKeys(file, kind, news, directory).policy(
        rule_id=rule_id, name=name, version=version, enabled=enabled
    )
    query = _query(file, filters, news)
    return Rule(
        id=rule_id,
        name=name,
        version=version,
        query=query,
        description=str(file.value.get("description") or ""),
        enabled=enabled,
        policy=policy,
        wording=_wording(file),
        owner=str(file.value.get("owner") or ""),
        priority=_priority(file),
        tags=news.words("tags"),
        references=news.words("references"),
        min_confidence=news.min_confidence(),
        languages=news.words("languages"),
        source=source,
        notes=(*notes, *dict.fromkeys(filters.notes)),
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
    good, doubles = without_doubles(rules)
    return good, errors | doubles


def without_doubles(rules: Mapping[Path, Rule]) -> tuple[dict[Path, Rule], dict[Path, RuleError]]:
    """Leave out rules whose id another file has: two rules with one id would count and fall silent together."""
    good: dict[Path, Rule] = {}
    errors: dict[Path, RuleError] = {}
    owners: dict[str, Path] = {}
    for path, rule in rules.items():
        owner = owners.setdefault(rule.id, path)
        if owner is path:
            good[path] = rule
        else:
            message = f"the id {rule.id!r} is {owner.name}'s already; give this rule another `x-news: id`"
            errors[path] = RuleError(message, source=str(path), line=1)
    return good, errors


def _type(file: RuleYaml) -> str:
    kind = file.value.get("type")
    if kind is None:
        raise file.error(f"a rule needs a type: one of {', '.join(rule_keys.TYPES)}")
    if kind not in rule_keys.TYPES:
        module = " (Python modules are not loaded)" if "." in str(kind) else ""
        known = ", ".join(rule_keys.TYPES)
        raise file.error(f"type {kind!r} is not supported{module}; there are {known}", "type")
    return str(kind)


def _check_keys(file: RuleYaml, kind: str) -> list[str]:
    """Refuse what is not understood; give notes on what is read past although it says something."""
    notes: list[str] = []
    allowed = rule_keys.allowed(kind)
    for key in file.value:
        if key in allowed or rule_keys.is_passed(key):
            continue
        if not rule_keys.is_receiver(key):
            raise file.error(rule_keys.refusal(key, kind), key)
        notes.append(f"{key} is not used: receivers stand in notify.yaml, and x-news: notify names them")
    for key in rule_keys.REQUIRED[kind]:
        if file.value.get(key) is None:
            raise file.error(f"type {kind} needs {key}", "type")
    stamp = file.value.get("timestamp_field", "@timestamp")
    if stamp not in _TIMESTAMPS:
        raise file.error(
            f"timestamp_field {stamp!r} is not known; articles are counted by @timestamp", "timestamp_field"
        )
    if stamp in {"published_at", "published", "datePublished"}:
        notes.append("timestamp_field: articles are counted when they are seen, so that late news is not missed")
    return notes


def _query(file: RuleYaml, filters: Filters, news: NewsKeys) -> Query:
    own = filters.all(file.value["filter"], "filter") if file.value.get("filter") else ()
    parts = (*own, *news.queries())
    if not parts and "filter" not in file.value:
        raise file.error("a rule needs a filter: a list of query_string, term, … ([] takes every article)")
    return And(parts) if parts else Everything()


def _wording(file: RuleYaml) -> Wording:
    found = file.value
    alert = found.get("alert") or ()
    names = alert if isinstance(alert, list) else [alert]
    keywords = found.get("alert_text_kw") or {}
    if not isinstance(keywords, dict):
        raise file.error("alert_text_kw: a mapping of field to name is expected", "alert_text_kw")
    return Wording(
        alert=tuple(str(next(iter(one)) if isinstance(one, dict) and one else one) for one in names),
        alert_subject=str(found.get("alert_subject") or ""),
        alert_subject_args=_texts(file, "alert_subject_args"),
        alert_text=str(found.get("alert_text") or ""),
        alert_text_args=_texts(file, "alert_text_args"),
        alert_text_kw={str(key): str(value) for key, value in keywords.items()},
        alert_text_type=str(found.get("alert_text_type") or ""),
    )


def _texts(file: RuleYaml, key: str) -> tuple[str, ...]:
    found = file.value.get(key) or []
    if not isinstance(found, list):
        raise file.error(f"{key}: a list is expected", key)
    return tuple(str(one) for one in found)


def _truth(file: RuleYaml, key: str, *, default: bool) -> bool:
    found = file.value.get(key, default)
    value = truth(found)
    if value is None:
        raise file.error(f"{key}: true or false is expected, not {found!r}", key)
    return value


def _priority(file: RuleYaml) -> int:
    found: Any = file.value.get("priority", 2)
    if isinstance(found, bool) or not isinstance(found, int):
        raise file.error(f"priority: a whole number is expected, not {found!r}", "priority")
    return found
