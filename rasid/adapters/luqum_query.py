"""Query text -> the one syntax tree. luqum reads Lucene syntax; fields, names and words are resolved here.

Words stand for AND where nothing is said between them. A bare word, or a run of them, that is exactly a known name
also finds the entity, in every script; a phrase in quotes is always literal.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby

from luqum import tree
from luqum.exceptions import IllegalCharacterError, ParseError
from luqum.thread import parse as luqum_parse

from rasid.domain.errors import QueryError
from rasid.domain.query import (
    And,
    Between,
    Everything,
    Near,
    Not,
    Nothing,
    Or,
    Query,
    TextField,
    TimeField,
    Value,
    ValueField,
    Words,
)
from rasid.ports import Analyzer

MAX_LENGTH, MAX_DEPTH, MAX_LEAVES, MAX_SENTENCES = 20_000, 20, 1_000, 3
_TEXT: dict[str, TextField] = {"title": "title", "text": "text", "body": "text"}
_TIMES: dict[str, TimeField] = {
    "published": "published_at", "published_at": "published_at",
    "seen": "first_seen_at", "first_seen_at": "first_seen_at",
}  # fmt: skip
_NAMES: dict[str, ValueField] = {
    "entity": "entity_ids", "entity_ids": "entity_ids", "person": "person_ids", "person_ids": "person_ids",
    "org": "org_ids", "org_ids": "org_ids", "place": "place_ids", "place_ids": "place_ids",
}  # fmt: skip
_VALUES: dict[str, ValueField] = {
    "language": "language", "lang": "language", "source": "source", "source_country": "source_country",
    "country": "source_country", "ownership": "ownership", "feed": "feed", "tags": "tags", "tag": "tags",
    "about": "about", "keywords": "keywords", "keyword": "keywords", "story_id": "story_id", "story": "story_id",
    "origin": "origin", "known": "known",
}  # fmt: skip
_UPPER_FIELDS = {"about", "source_country"}
_LOWER_FIELDS = {"language", "ownership", "keywords", "origin", "known"}
_NEAR = "near"
FIELDS = sorted({_NEAR, *_TEXT, *_TIMES, *_NAMES, *_VALUES})
_COUNTRY = re.compile(r"[A-Z]{2}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """The tree, and what a person should be told about how the text was read."""

    query: Query
    notes: tuple[str, ...] = ()


def parse_query(text: str, analyzer: Analyzer) -> ParsedQuery:
    """Read a query in Lucene syntax. Raises QueryError with the position where it cannot be understood."""
    _check_size(text)
    if not text.strip() or text.strip() in {"*", "*:*"}:
        return ParsedQuery(Everything())
    try:
        root = luqum_parse(text)
    except IllegalCharacterError as error:
        raise QueryError("unexpected character; put quotes in pairs", position=_position(error)) from error
    except ParseError as error:
        raise QueryError(
            "the query stops making sense; check brackets, quotes and AND/OR/NOT", position=_position(error)
        ) from error
    reader = _Reader(analyzer)
    query = reader.read(root, None)
    return ParsedQuery(query, tuple(dict.fromkeys(reader.notes)))


def _check_size(text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise QueryError(f"the query has {len(text):,} characters; {MAX_LENGTH:,} are the limit", position=MAX_LENGTH)
    depth = 0
    for position, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth > MAX_DEPTH:
            raise QueryError(f"brackets are nested more than {MAX_DEPTH} deep", position=position)
    if len(text.split()) > MAX_LEAVES:
        raise QueryError(f"the query has more than {MAX_LEAVES:,} words")


def _position(error: Exception) -> int | None:
    found = re.search(r"position (\d+)", str(error))
    return int(found[1]) if found else None


@dataclass(slots=True)
class _Reader:
    analyzer: Analyzer
    notes: list[str] = field(default_factory=list)

    def read(self, node: tree.Item, name: str | None) -> Query:  # noqa: C901 - a case for each kind of node
        """Turn one luqum node into ours; `name` is the field it stands under."""
        match node:
            case tree.SearchField():
                return self.read(node.expr, _field(node))
            case tree.Group() | tree.FieldGroup() | tree.Plus():
                return self.read(node.children[0], name)
            case tree.Boost():
                return self.read(node.expr, name)
            case tree.Not() | tree.Prohibit():
                return Not(self.read(node.children[0], name))
            case tree.AndOperation() | tree.UnknownOperation():
                parts = tuple(self._parts(node.children, name))
                return And(parts) if len(parts) > 1 else parts[0]
            case tree.OrOperation():
                return Or(tuple(self.read(child, name) for child in node.children))
            case tree.Phrase() | tree.Proximity() if name == _NEAR:
                return self._near(node)
            case tree.Phrase():
                return self._leaf(_unescape(node.value[1:-1]), name, node, is_literal=True)
            case tree.Word():
                return self._leaf(_unescape(_plain(node)), name, node, is_literal=False)
            case tree.Range() | tree.From() | tree.To() if name in _TIMES:
                return _between(node, _TIMES[name])
            case _:
                raise QueryError(
                    f'{str(node).strip()!r} is not supported: use words, "phrases", AND OR NOT, fields and time ranges',
                    position=node.pos,
                )

    def _parts(self, children: Sequence[tree.Item], name: str | None) -> Iterator[Query]:
        """Read operands; bare words that stand together are first tried as one name."""
        for is_word, run in groupby(children, key=lambda child: isinstance(child, tree.Word)):
            nodes = list(run)
            whole = " ".join(_plain(node) for node in nodes) if is_word and len(nodes) > 1 and name is None else ""
            ids = self.analyzer.named(whole) if whole else ()
            if ids:
                literal = And(tuple(self._words(_plain(node), None) for node in nodes))
                yield self._or_entity(literal, whole, ids)
            else:
                yield from (self.read(node, name) for node in nodes)

    def _leaf(self, text: str, name: str | None, node: tree.Item, *, is_literal: bool) -> Query:
        if name in _TIMES:
            return _day(text, _TIMES[name], node)
        if name in _VALUES:
            return _value(_VALUES[name], text)
        if name in _NAMES:
            return self._named(_NAMES[name], text)
        if text == "*" and not is_literal:
            return Everything()
        words = self._words(text, name)
        ids = () if is_literal or name else self.analyzer.named(text)
        return self._or_entity(words, text, ids) if ids else words

    def _words(self, text: str, name: str | None) -> Query:
        terms = tuple(term.text for term in self.analyzer.terms(text))
        return Words(terms, _TEXT.get(name or "", "any"), text) if terms else Nothing()

    def _named(self, where: ValueField, text: str) -> Query:
        ids = (text,) if ":" in text else self.analyzer.named(text)
        if not ids:
            self.notes.append(f"no known name is {text!r}: try it as plain words")
            return Nothing()
        return Value(where, ids, text)

    def _near(self, node: tree.Item) -> Query:
        phrase, within = (node.term, int(node.degree)) if isinstance(node, tree.Proximity) else (node, 1)
        text = _unescape(phrase.value[1:-1])
        operands = [part.strip() for part in (text.split(";") if ";" in text else text.split())]
        if len(operands) != 2 or not 1 <= within <= MAX_SENTENCES:  # noqa: PLR2004 - nearness is between two
            raise QueryError(
                f'near takes two countries or names and 1 to {MAX_SENTENCES} sentences: near:"RU SY"~2,'
                ' near:"Shoigu; Idlib"~1',
                position=node.pos,
            )
        first, second = (self._standing(operand) for operand in operands)
        return Near(first, second, within, str(node).strip()) if first and second else Nothing()

    def _standing(self, text: str) -> tuple[str, ...]:
        """Give the ids that a country code, an id or a name stands for."""
        if _COUNTRY.fullmatch(text) or ":" in text:
            return (text,)
        ids = self.analyzer.named(text)
        if not ids:
            self.notes.append(f"no known name is {text!r}: near finds countries (by code) and known names")
        return ids

    def _or_entity(self, words: Query, text: str, ids: tuple[str, ...]) -> Query:
        self.notes.append(f'{text} also finds {", ".join(ids)} in every script; write "{text}" for the word alone')
        return Or((words, Value("entity_ids", ids, text)))


def _field(node: tree.SearchField) -> str:
    name = node.name.lower()
    if name in FIELDS:
        return str(name)
    near = difflib.get_close_matches(name, FIELDS, n=1)
    hint = f"did you mean {near[0]}?" if near else f"fields are {', '.join(FIELDS)}"
    raise QueryError(f"there is no field {node.name!r}; {hint}", position=node.pos)


def _plain(node: tree.Word) -> str:
    value = str(node.value)
    if value != "*" and re.search(r"(?<!\\)[*?]", value):
        raise QueryError(f"wildcards are not supported yet: {value!r}", position=node.pos)
    return value


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _value(where: ValueField, text: str) -> Query:
    folded = text.upper() if where in _UPPER_FIELDS else text.lower() if where in _LOWER_FIELDS else text
    return Everything() if text == "*" else Value(where, (folded,), text)


def _day(text: str, where: TimeField, node: tree.Item) -> Query:
    if text == "*":
        return Between(where, None, None)
    start = _time(text, node)
    return Between(where, start, start + _step(text))


def _between(node: tree.Item, where: TimeField) -> Query:
    if isinstance(node, tree.Range):
        low, high = str(node.low).strip(), str(node.high).strip()
        start, end = _start(low, node, is_open=not node.include_low), _end(high, node, is_open=not node.include_high)
        return Between(where, start, end)
    bound = str(node.children[0]).strip()
    if isinstance(node, tree.From):
        return Between(where, _start(bound, node, is_open=not node.include), None)
    return Between(where, None, _end(bound, node, is_open=not node.include))


def _start(text: str, node: tree.Item, *, is_open: bool) -> datetime | None:
    return None if text == "*" else _time(text, node) + (_step(text) if is_open else timedelta())


def _end(text: str, node: tree.Item, *, is_open: bool) -> datetime | None:
    return None if text == "*" else _time(text, node) + (timedelta() if is_open else _step(text))


def _step(text: str) -> timedelta:
    """Give how long the named time lasts: a day for a date, an instant for a time."""
    return timedelta(days=1) if _DAY.fullmatch(text) else timedelta(microseconds=1)


def _time(text: str, node: tree.Item) -> datetime:
    try:
        time = datetime.fromisoformat(text.strip('"'))
    except ValueError as error:
        raise QueryError(f"{text!r} is no date: write 2026-11-23 or 2026-11-23T12:00", position=node.pos) from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)
