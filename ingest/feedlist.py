"""The feed list: YAML text in, feeds out; every mistake is told with its file, line and reason.

The format is ingest/data/feeds.schema.json, which editors use too; what a schema cannot say (an address twice, bounds
that do not fit) is checked here.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from jsonschema import Draft202012Validator, ValidationError

from ingest import yaml_lines
from rasid.domain.errors import FeedsFileError
from rasid.domain.feed import Feed

MAX_BYTES = 10_000_000
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_DEFAULT_MIN, _DEFAULT_MAX = 300.0, 21_600.0
_SLUG_LENGTH = 40


def read_feeds(path: Path) -> tuple[Feed, ...]:
    """Read a feed list from a file. Raises FeedsFileError, also when the file cannot be read."""
    return parse_feeds(read_text(path), str(path))


def read_text(path: Path) -> str:
    """Read a feed list's text (UTF-8). Raises FeedsFileError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FeedsFileError(f"cannot be read: {error.strerror}", source=str(path)) from error
    if len(data) > MAX_BYTES:
        raise FeedsFileError(f"larger than {MAX_BYTES // 1_000_000} MB: not a feed list", source=str(path))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FeedsFileError("not UTF-8; save the file in that encoding", source=str(path), line=line) from error


def shipped_text() -> str:
    """Give the feed list that comes with the program."""
    return files("ingest").joinpath("data/feeds.yaml").read_text(encoding="utf-8")


def schema_text() -> str:
    """Give the JSON Schema of a feed list, for editors."""
    return files("ingest").joinpath("data/feeds.schema.json").read_text(encoding="utf-8")


def parse_feeds(text: str, source: str) -> tuple[Feed, ...]:
    """Read a feed list; `source` names it in errors. Raises FeedsFileError for the first mistake."""
    document = yaml_lines.load(text, source)
    _check_shape(document, source)
    feeds: dict[str, tuple[Feed, int]] = {}
    for number, entry in enumerate(document.value["feeds"]):
        line = document.line(("feeds", number, "url"))
        feed = _feed(entry, document, ("feeds", number), source)
        if feed.id in feeds:
            message = f"{feed.url} stands in line {feeds[feed.id][1]} already"
            raise FeedsFileError(message, source=source, line=line)
        feeds[feed.id] = feed, line
    return tuple(feed for feed, _ in feeds.values())


def feed_id(url: str) -> str:
    """Derive a feed's id from its address: its host for people, a short hash for difference. Stable."""
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").removeprefix("www.")
    slug = re.sub(r"[^a-z0-9]+", "-", host).strip("-")[:_SLUG_LENGTH] or "feed"
    plain = urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path or "/", parts.query, ""))
    return f"{slug}-{hashlib.blake2b(plain.encode('utf-8', 'surrogatepass'), digest_size=4).hexdigest()}"


def is_feed_address(url: str) -> bool:
    """Tell whether `url` is an http address with a host, as the fetcher can take it."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises for a port that is no number
    except ValueError:
        return False
    return parts.scheme.lower() in {"http", "https"} and bool(parts.hostname)


def seconds(duration: float | str) -> float:
    """Read a duration that fits the schema: 900, "15m", "6h". Gives seconds."""
    if isinstance(duration, str):
        return float(duration[:-1]) * _UNITS[duration[-1]]
    return float(duration)


def _feed(entry: Mapping[str, Any], document: yaml_lines.YamlDocument, at: yaml_lines.Path, source: str) -> Feed:
    url = entry["url"]
    if not is_feed_address(url):
        raise FeedsFileError(f"{url} is not an address", source=source, line=document.line((*at, "url")))
    bounds = entry.get("interval", {})
    least = seconds(bounds.get("min", min(_DEFAULT_MIN, seconds(bounds.get("max", _DEFAULT_MIN)))))
    most = seconds(bounds.get("max", max(_DEFAULT_MAX, least)))
    if least > most:
        message = f"interval: min ({least:.0f} s) is more than max ({most:.0f} s)"
        raise FeedsFileError(message, source=source, line=document.line((*at, "interval")))
    host = (urlsplit(url).hostname or url).removeprefix("www.")
    plain = {key: entry[key] for key in ("language", "country", "ownership", "full_text", "enabled") if key in entry}
    return Feed(
        id=feed_id(url),
        url=url,
        title=entry.get("title", host),
        source=entry.get("source") or entry.get("title") or host,
        tags=tuple(entry.get("tags", ())),
        min_interval=least,
        max_interval=most,
        **plain,
    )


@cache
def _validator() -> Draft202012Validator:
    schema = json.loads(schema_text())
    return Draft202012Validator(schema)


def _check_shape(document: yaml_lines.YamlDocument, source: str) -> None:
    mistakes = [(_path(error), error) for error in _validator().iter_errors(document.value)]
    if not mistakes:
        return
    line, message = min((document.line(path), _words(error)) for path, error in mistakes)
    more = f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
    raise FeedsFileError(message + more, source=source, line=line)


def _path(error: ValidationError) -> yaml_lines.Path:
    """Give the place of a mistake; an unknown key is its own place."""
    path = tuple(error.absolute_path)
    return (*path, _unknown_keys(error)[0]) if error.validator == "additionalProperties" else path


def _unknown_keys(error: ValidationError) -> list[str]:
    known = error.schema.get("properties", {}) if isinstance(error.schema, Mapping) else {}
    return [key for key in error.instance if key not in known] if isinstance(error.instance, Mapping) else []


def _words(error: ValidationError) -> str:
    """Say a mistake as a person would."""
    last = error.absolute_path[-1] if error.absolute_path else "the file"
    name = f"entry {last + 1}" if isinstance(last, int) else f"`{last}`"
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    match error.validator:
        case "additionalProperties":
            known = ", ".join(schema.get("properties", {}))
            return f"`{_unknown_keys(error)[0]}` is no field; there are {known}"
        case "required":
            return "`feeds:` is missing" if "feeds" in schema["required"] else "`url` is missing"
        case "enum" | "const":
            allowed = ", ".join(str(value) for value in schema.get("enum", [schema.get("const")]))
            return f"{name} is {error.instance!r}, but can be {allowed}"
        case "pattern" | "type" | "exclusiveMinimum" if "description" in schema:
            return f"{name} is {error.instance!r}, but must be {schema['description']}"
        case _:
            return f"{name}: {error.message}"
