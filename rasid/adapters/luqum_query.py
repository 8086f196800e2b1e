"""Query text -> the one syntax tree. luqum reads Lucene syntax; fields, names and words are resolved here.

Words stand for AND where nothing is said between them. A bare word, or a run of them, that is exactly a known name
also finds the entity, in every script; a phrase in quotes is always literal.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from luqum import tree
from luqum.exceptions import IllegalCharacterError, ParseError
from luqum.thread import parse as luqum_parse

from rasid.adapters.query_text import QueryText, prepared
from rasid.adapters.query_times import between, moment
from rasid.domain.errors import QueryError
from rasid.domain.query import (
    And,
    Everything,
    Near,
    Not,
    Nothing,
    Or,
    Pattern,
    Query,
    TextField,
    TimeField,
    Value,
    ValueField,
    Within,
    Words,
)
from rasid.ports import Analyzer

MAX_SENTENCES, MAX_GAP, MAX_DEAR = 3, 100, 20
_MOST_EDITS, _LONG, _SHORT, _FEWEST_LETTERS = 2, 5, 4, 2
# Endings that stemming takes off, of which a wildcard may hold a part.
_ENDINGS = (
    "on", "ion", "n", "ing", "ng", "g", "ed", "d", "s", "es", "ly", "ment", "ally",
    "а", "е", "и", "й", "ие", "ия", "ов", "го", "ого", "ть", "ый", "ий", "ем", "ми",
    "ن", "ون", "ين", "ات", "ت", "ا", "ة", "ية", "ها", "هم",
)  # fmt: skip
_MOST_BOOST = 1_000
_LONGEST_NAME = 6  # words
_DEEPEST = 60  # luqum's nodes: what is not nested by brackets is bounded too
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
_BAD_NUMBER = re.compile(r"[~^][0-9]*\.")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_WILD = re.compile(r"(?<!\\)(?:\\\\)*[*?]")
_CLOSED = {"known": ("true", "false"), "origin": ("live", "backfill", "replay")}


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """The tree, and what a person should be told about how the text was read."""

    query: Query
    notes: tuple[str, ...] = ()


def parse_query(text: str, analyzer: Analyzer) -> ParsedQuery:
    """Read a query in Lucene syntax. Raises QueryError with the position where it cannot be understood."""
    asked = prepared(text)
    if not text.strip() or text.strip() in {"*", "*:*"}:
        return ParsedQuery(Everything())
    root = _tree(asked)
    reader = _Reader(analyzer, asked)
    query = reader.read(root, None)
    return ParsedQuery(query, tuple(dict.fromkeys(reader.notes)))


def _tree(asked: QueryText) -> tree.Item:
    try:
        return luqum_parse(asked.text)
    except IllegalCharacterError as error:
        raise QueryError("unexpected character; put quotes in pairs", position=_position(error, asked)) from error
    except ParseError as error:
        raise QueryError(
            "the query stops making sense; check brackets, quotes and AND/OR/NOT", position=_position(error, asked)
        ) from error
    except (ArithmeticError, ValueError) as error:  # the number behind a ~ or ^, which luqum reads as it parses
        found = _BAD_NUMBER.search(asked.text)
        position = asked.position(found.start()) if found else None
        raise QueryError(
            "what stands behind ~ or ^ is no number, as in Shoigu~1, Syria^2", position=position
        ) from error


def _position(error: Exception, asked: QueryText) -> int:
    found = re.search(r"position (\d+)", str(error))
    return asked.position(int(found[1]) if found else len(asked.text))


@dataclass(slots=True)
class _Reader:
    analyzer: Analyzer
    asked: QueryText
    notes: list[str] = field(default_factory=list)
    depth: int = 0
    dear: int = 0

    def read(self, node: tree.Item, name: str | None) -> Query:
        """Turn one luqum node into ours; `name` is the field it stands under."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self._error("the query is nested too deep", node)
        query = self._read(node, name)
        self.depth -= 1
        return query

    def _error(self, words: str, node: tree.Item) -> QueryError:
        return QueryError(words, position=self.asked.position(node.pos or 0))

    def _count_dear(self, node: tree.Item) -> None:
        """Count what an index answers in milliseconds each, where a plain word takes microseconds."""
        self.dear += 1
        if self.dear > MAX_DEAR:
            raise self._error(f"the query has more than {MAX_DEAR} wildcards, fuzzy words and near", node)

    def _read(self, node: tree.Item, name: str | None) -> Query:  # noqa: C901, PLR0912 - a case for each kind of node
        match node:
            case tree.SearchField():
                return self.read(node.expr, self._field(node))
            case tree.Group() | tree.FieldGroup() | tree.Plus():
                return self.read(node.children[0], name)
            case tree.Boost():
                return boosted(self.read(node.expr, name), self._factor(node))
            case tree.Not() | tree.Prohibit():
                return Not(self.read(node.children[0], name))
            case tree.AndOperation() | tree.UnknownOperation():
                return _all(tuple(self._parts(node.children, name)))
            case tree.OrOperation():
                return self._either(node, name)
            case tree.Phrase() | tree.Proximity() if name == _NEAR:
                return self._near(node)
            case tree.Proximity():
                return self._within(node, name)
            case tree.Fuzzy():
                return self._fuzzy(node, name)
            case tree.Phrase():
                return self._leaf(_unescape(node.value[1:-1]), name, node, is_literal=True)
            case tree.Word():
                return self._word(node, name)
            case tree.Range() | tree.From() | tree.To() if name in _TIMES:
                return between(node, _TIMES[name], self._error)
            case _:
                raise self._error(_unsupported(node, name), node)

    def _parts(self, children: Sequence[tree.Item], name: str | None) -> Iterator[Query]:
        """Read operands; bare words that stand together are first tried as names, the longest first."""
        for is_word, run in groupby(children, key=lambda child: isinstance(child, tree.Word) and not _wild(child)):
            nodes = list(run)
            while nodes:
                size = self._name_size(nodes) if is_word and name is None else 1
                if size > 1:
                    whole = " ".join(_unescape(node.value) for node in nodes[:size])
                    literal = _all(tuple(self._words(_unescape(node.value), None) for node in nodes[:size]))
                    yield self._or_entity(literal, whole, self.analyzer.named(whole))
                else:
                    yield self.read(nodes[0], name)
                nodes = nodes[size:]

    def _name_size(self, nodes: Sequence[tree.Word]) -> int:
        """Give how many of the first words are together one known name."""
        for size in range(min(_LONGEST_NAME, len(nodes)), 1, -1):
            if self.analyzer.terms(nodes[size - 1].value) and self.analyzer.named(
                " ".join(_unescape(node.value) for node in nodes[:size])
            ):
                return size
        return 1

    def _either(self, node: tree.Item, name: str | None) -> Query:
        """Read an OR: as in Lucene, what has a + must be there, what has a - must not, whatever else is."""
        needed = [self.read(child, name) for child in node.children if isinstance(child, tree.Plus)]
        barred = [self.read(child, name) for child in node.children if isinstance(child, tree.Prohibit)]
        others = [self.read(c, name) for c in node.children if not isinstance(c, tree.Plus | tree.Prohibit)]
        if not needed and others:
            needed = [Or(tuple(others)) if len(others) > 1 else others[0]]
        return _all((*needed, *barred)) if len(needed) + len(barred) > 1 else (*needed, *barred)[0]

    def _word(self, node: tree.Word, name: str | None) -> Query:
        if node.value == "*" or not _wild(node):
            return self._leaf(_unescape(node.value), name, node, is_literal=False)
        text = str(node.value)
        if (name is not None and name not in _TEXT) or _wild_text(text[:-1]) or text[-1] != "*":
            raise self._error(
                f"{text!r}: a wildcard is one * at the end of a word of title or text, as in {_stub(text)}*", node
            )
        self._count_dear(node)
        found = self.analyzer.words(_unescape(text[:-1]))
        if len(found) != 1 or len(found[0]) < _FEWEST_LETTERS:
            raise self._error(f"{text!r}: write at least {_FEWEST_LETTERS} letters of one word before the *", node)
        return Pattern(found[0], 0, self._stems(_unescape(text[:-1]), found[0]), _TEXT.get(name or "", "any"), text)

    def _stems(self, text: str, beginning: str) -> tuple[str, ...]:
        """Give the terms shorter than a beginning that words which begin so have: situati* is to find situation."""
        whole = [term.text for term in self.analyzer.terms(text)]
        longer = (self.analyzer.terms(text + ending) for ending in _ENDINGS)
        cut = (terms[0].text for terms in longer if len(terms) == 1)
        return tuple(
            dict.fromkeys([*whole, *(term for term in cut if beginning.startswith(term) and term != beginning)])
        )

    def _fuzzy(self, node: tree.Fuzzy, name: str | None) -> Query:
        self._count_dear(node)
        text = str(node).strip()
        if not isinstance(node.term, tree.Word) or _wild(node.term) or (name is not None and name not in _TEXT):
            raise self._error(f"{text!r}: only a single word of title or text can be fuzzy, as in Shoigu~1", node)
        terms = self.analyzer.terms(_unescape(node.term.value))
        if len(terms) != 1:
            raise self._error(f"{text!r}: only a single word can be fuzzy, as in Shoigu~1", node)
        term, degree = terms[0].text, float(node.degree)
        # 0 < degree < 1 is what Lucene's older versions took, and what a bare ~ means.
        edits = (_MOST_EDITS if len(term) > _LONG else 1) if 0 < degree < 1 else degree
        if edits not in {1, 2} or len(term) <= edits:
            raise self._error(f"{text!r}: a word of at least three letters may be 1 or 2 edits away: ~1, ~2", node)
        if edits == _MOST_EDITS and len(term) <= _SHORT:
            edits = 1  # two edits make anything of so few letters
        return Pattern(term, int(edits), (), _TEXT.get(name or "", "any"), text)

    def _within(self, node: tree.Proximity, name: str | None) -> Query:
        text, gap = _unescape(node.term.value[1:-1]), int(node.degree)
        operands = [part.strip() for part in (text.split(";") if ";" in text else text.split())]
        phrases = [tuple(term.text for term in self.analyzer.terms(operand)) for operand in operands]
        phrases = [phrase for phrase in phrases if phrase]
        is_text = name is None or name in _TEXT
        if not is_text or len(phrases) != 2 or not 0 <= gap <= MAX_GAP:  # noqa: PLR2004 - nearness is between two
            raise self._error(
                f"proximity takes two words or phrases and 0 to {MAX_GAP} words between them, in either order:"
                ' "Shoigu Damascus"~5, "Security Council; Syria"~10',
                node,
            )
        return Within(phrases[0], phrases[1], gap, _TEXT.get(name or "", "any"), str(node).strip())

    def _leaf(self, text: str, name: str | None, node: tree.Item, *, is_literal: bool) -> Query:
        if name in _TIMES:
            return moment(text, _TIMES[name], node, self._error)
        if name in _VALUES:
            return self._value(_VALUES[name], text, node)
        if name in _NAMES:
            return self._named(_NAMES[name], text)
        if name == _NEAR:
            return self._near(tree.Phrase(f'"{text}"', pos=node.pos))
        if text == "*" and not is_literal:
            return Everything()
        words = self._words(text, name)
        ids = () if is_literal or name else self.analyzer.named(text)
        return self._or_entity(words, text, ids) if ids else words

    def _words(self, text: str, name: str | None) -> Query:
        terms = tuple(term.text for term in self.analyzer.terms(text))
        return Words(terms, _TEXT.get(name or "", "any"), text) if terms else Nothing()

    def _value(self, where: ValueField, text: str, node: tree.Item) -> Query:
        if text == "*":
            return Everything()
        folded = text.upper() if where in _UPPER_FIELDS else text.casefold() if where in _LOWER_FIELDS else text
        known = _CLOSED.get(where, (folded,))
        if folded not in known:
            raise self._error(f"{where} is {' or '.join(known)}, not {text!r}", node)
        if where in _UPPER_FIELDS and not _COUNTRY.fullmatch(folded):
            return self._country(where, text)
        if where == "language" and not _LANGUAGE.fullmatch(folded):
            self.notes.append(f"{text!r} is no language code: write ar, en, ru, …")
        return Value(where, (folded,), text)

    def _country(self, where: ValueField, text: str) -> Query:
        """Find a country by its name in any script, as the knowledge base has it."""
        code = self.analyzer.country(text)
        if code is None:
            self.notes.append(f"no known country is {text!r}: write its code of two letters, as in SY")
            return Nothing()
        return Value(where, (code,), text)

    def _named(self, where: ValueField, text: str) -> Query:
        if text == "*":
            return Everything()
        ids = (text,) if ":" in text else self.analyzer.named(text)
        if not ids:
            self.notes.append(f"no known name is {text!r}: try it as plain words")
            return Nothing()
        return Value(where, ids, text)

    def _near(self, node: tree.Item) -> Query:
        self._count_dear(node)
        phrase, within = (node.term, int(node.degree)) if isinstance(node, tree.Proximity) else (node, 1)
        text = _unescape(phrase.value[1:-1])
        operands = [part.strip() for part in (text.split(";") if ";" in text else text.split())]
        if len(operands) != 2 or not 1 <= within <= MAX_SENTENCES:  # noqa: PLR2004 - nearness is between two
            raise self._error(
                f'near takes two countries or names and 1 to {MAX_SENTENCES} sentences: near:"RU SY"~2,'
                ' near:"Shoigu; Idlib"~1',
                node,
            )
        first, second = (self._standing(operand) for operand in operands)
        return Near(first, second, within, str(node).strip()) if first and second else Nothing()

    def _standing(self, text: str) -> tuple[str, ...]:
        """Give the ids that a country code, an id or a name stands for."""
        if _COUNTRY.fullmatch(text) or ":" in text:
            return (text,)
        code = self.analyzer.country(text)
        ids = (*self.analyzer.named(text), *([code] if code else []))
        if not ids:
            self.notes.append(f"no known name is {text!r}: near finds countries (by code) and known names")
        return ids

    def _or_entity(self, words: Query, text: str, ids: tuple[str, ...]) -> Query:
        self.notes.append(f'{text} also finds {", ".join(ids)} in every script; write "{text}" for the word alone')
        return Or((words, Value("entity_ids", ids, text)))

    def _field(self, node: tree.SearchField) -> str:
        name = node.name.lower()
        if name in FIELDS:
            return str(name)
        near = difflib.get_close_matches(name, FIELDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"fields are {', '.join(FIELDS)}"
        raise self._error(f"there is no field {node.name!r}; {hint}", node)

    def _factor(self, node: tree.Boost) -> float:
        factor = float(node.force)
        if not 0 <= factor <= _MOST_BOOST:
            raise self._error(f"a boost is a number from 0 to {_MOST_BOOST}, as in Syria^2", node)
        return factor


def boosted(query: Query, factor: float) -> Query:
    """Give the query with what is ranked by weighing `factor` times as much; it matches the same."""
    match query:
        case Words() | Pattern() | Within():
            return replace(query, boost=query.boost * factor)
        case And(parts):
            return And(tuple(boosted(part, factor) for part in parts))
        case Or(parts):
            return Or(tuple(boosted(part, factor) for part in parts))
        case _:
            return query


def _all(parts: tuple[Query, ...]) -> Query:
    """Join by AND; what has no letter (&, –) asks for nothing, unless nothing else is asked."""
    asked = tuple(part for part in parts if part != Nothing()) or parts[:1]
    return And(asked) if len(asked) > 1 else asked[0]


def _wild(node: tree.Item) -> bool:
    return _wild_text(str(node.value))


def _wild_text(text: str) -> bool:
    return _WILD.search(text) is not None


def _stub(text: str) -> str:
    return re.split(r"[*?]", text.lstrip("*?"))[0] or "Syri"


def _unsupported(node: tree.Item, name: str | None) -> str:
    if isinstance(node, tree.Range | tree.From | tree.To):
        return f"{name or 'a word'} has no range; published and seen have: seen:[2026-11-01 TO 2026-11-30]"
    return f'{str(node).strip()!r} is not supported: use words, "phrases", AND OR NOT, fields and time ranges'


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", str(text))
