"""Adds feeds to and removes them from the text of a feed list: comments, order and everybody's own style stay."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml

from ingest.feedlist import feed_id, parse_feeds
from rasid.domain.errors import FeedsFileError
from rasid.domain.feed import Feed

_DEFAULT = Feed(id="", url="", title="", source="")


def with_feeds(text: str, new: Sequence[Feed], source: str) -> str:
    """Append feeds to a list; those whose address is there already are passed over. Raises FeedsFileError."""
    there = {feed.id for feed in parse_feeds(text, source)}
    missing = list({feed.id: feed for feed in new if feed.id not in there}.values())
    if not missing:
        return text
    lines, key, sequence = _open(text, source)
    if sequence.value:
        at, indent = _last_line(sequence) + 1, sequence.start_mark.column
    else:
        lines[key.line] = re.sub(r"(feeds['\"]?\s*:)\s*\[\s*\]", r"\1", lines[key.line])
        at, indent = key.line + 1, 2
    lines[at:at] = [line for feed in missing for line in ("", *_entry(feed, " " * indent))]
    return _checked(lines, source, len(there) + len(missing))


def without_feed(text: str, which: str, source: str) -> str:
    """Take the feed with this address or id out of a list. Raises FeedsFileError, also when there is none."""
    feeds = parse_feeds(text, source)
    number = next((n for n, feed in enumerate(feeds) if which in {feed.id, feed.url}), None)
    if number is None:
        number = next((n for n, feed in enumerate(feeds) if feed.id == feed_id(which)), None)
    if number is None:
        raise FeedsFileError(f"{which} is not in the list; `rasid feeds list` shows what is", source=source)
    lines, key, sequence = _open(text, source)
    item = sequence.value[number]
    first, last = item.start_mark.line, _last_line(item)
    while not lines[first].lstrip().startswith("-"):  # a dash on a line of its own
        first -= 1
    if last + 1 < len(lines) and not lines[last + 1].strip() and first and not lines[first - 1].strip():
        last += 1  # of the blank lines around it one is enough
    del lines[first : last + 1]
    if len(feeds) == 1:
        lines[key.line] = re.sub(r"(feeds['\"]?\s*:)", r"\1 []", lines[key.line], count=1)
    return _checked(lines, source, len(feeds) - 1)


def replace_file(path: Path, text: str) -> None:
    """Write a file whole or not at all, so that a watcher never reads half of it. Raises FeedsFileError."""
    temporary = ""
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            temporary = file.name
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(path.stat().st_mode if path.exists() else 0o644)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise FeedsFileError(f"cannot be written: {error.strerror}", source=str(path)) from error


def _open(text: str, source: str) -> tuple[list[str], yaml.error.Mark, yaml.SequenceNode]:
    """Give the lines, where the key `feeds` stands, and the list behind it."""
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    if not isinstance(root, yaml.MappingNode):
        raise FeedsFileError("no list of feeds", source=source)
    key, sequence = next(pair for pair in root.value if pair[0].value == "feeds")
    if sequence.flow_style and sequence.value:
        message = "the list is written in [brackets]; write one feed a line, each behind a dash, and try again"
        raise FeedsFileError(message, source=source, line=sequence.start_mark.line + 1)
    return text.split("\n"), key.start_mark, sequence


def _last_line(node: yaml.Node) -> int:
    """Give the last line with content; the end mark of a block lies behind the comments that follow it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    end = node.end_mark
    return int(end.line) - (1 if end.column == 0 and end.line > node.start_mark.line else 0)


def _checked(lines: list[str], source: str, count: int) -> str:
    """Join the lines; what an edit made must read back as meant, else nothing is changed."""
    text = "\n".join(lines)
    text = text if text.endswith("\n") else text + "\n"
    if len(parse_feeds(text, source)) != count:
        raise FeedsFileError("this list is written in a way that cannot be edited from here", source=source)
    return text


def _entry(feed: Feed, indent: str) -> list[str]:
    """Write a feed as an entry; what is as the defaults have it is left out."""
    fields = [("url", _word(feed.url)), ("title", _word(feed.title)), ("source", _word(feed.source))]
    fields += [
        (name, _word(value))
        for name in ("language", "country", "ownership")
        if (value := getattr(feed, name)) is not None
    ]
    if feed.tags:
        fields.append(("tags", json.dumps(feed.tags, ensure_ascii=False)))
    if feed.full_text != _DEFAULT.full_text:
        fields.append(("full_text", feed.full_text))
    bounds = (feed.min_interval, feed.max_interval)
    if bounds != (_DEFAULT.min_interval, _DEFAULT.max_interval):
        fields.append(("interval", f"{{min: {bounds[0]:g}, max: {bounds[1]:g}}}"))
    if not feed.enabled:
        fields.append(("enabled", "false"))
    return [f"{indent}{'- ' if not number else '  '}{name}: {value}" for number, (name, value) in enumerate(fields)]


def _word(value: str) -> str:
    """Write a text bare where YAML reads it back as the same text, else in quotes."""
    try:
        bare = yaml.safe_load(f"k: {value}") == {"k": value} and "\n" not in value and not value.startswith(("[", "{"))
    except yaml.YAMLError:
        bare = False
    return value if bare else json.dumps(value, ensure_ascii=False)
