"""ElastAlert's filters (Elasticsearch query DSL) -> the one syntax tree. Their list means AND.

query_string, term, terms, range (of times), match, match_phrase, prefix, wildcard (at the end), exists (of
published_at), bool, match_all, and the older query, and, or, not.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from rasid.adapters.luqum_query import parse_query
from rasid.adapters.rule_fields import TEXTS, TIMES, VALUES, our_name, suggestion, with_our_names
from rasid.adapters.rule_yaml import RuleYaml
from rasid.domain.errors import QueryError
from rasid.domain.query import And, Between, Everything, Not, Or, Query, TimeField
from rasid.ports import Analyzer

At = tuple[str | int, ...]
_MICROSECOND, _DAY = timedelta(microseconds=1), timedelta(days=1)
_DATE_LENGTH = len("2026-11-23")


class Filters:
    """Reads the filters of one rule file. Raises RuleError with the line of the filter at fault."""

    def __init__(self, file: RuleYaml, analyzer: Analyzer) -> None:
        self._file = file
        self._analyzer = analyzer
        self.notes: list[str] = []
        self._forms: dict[str, Callable[[Any, At], Query]] = {
            "query_string": self._query_string,
            "query": self.one,
            "term": self._term,
            "terms": self._terms,
            "range": self._range,
            "match": self._words,
            "match_phrase": self._phrase,
            "prefix": self._prefix,
            "wildcard": self._wildcard,
            "exists": self._exists,
            "bool": self._bool,
            "match_all": lambda _found, _at: Everything(),
            "and": self._all,
            "or": self._any,
            "not": lambda found, at: Not(self.one(found, at)),
        }

    def all(self, found: Any, *at: str | int) -> tuple[Query, ...]:
        """Read a list of filters."""
        many = found if isinstance(found, list) else [found]
        return tuple(self.one(one, (*at, number) if many is found else at) for number, one in enumerate(many))

    def one(self, found: Any, at: At) -> Query:
        """Read one filter: a mapping with one key, its form."""
        if isinstance(found, list) and found:
            return And(self.all(found, *at))
        if not isinstance(found, dict) or len(found) != 1:
            raise self._file.error("a filter is a mapping with one key, like query_string or term", *at)
        form, inner = next(iter(found.items()))
        read = self._forms.get(form)
        if read is None:
            known = ", ".join(sorted(self._forms))
            raise self._file.error(f"filter {form!r} is not supported; there are {known}", *at, form)
        return read(inner, (*at, form))

    def text(self, query: str, *at: str | int) -> Query:
        """Read a query in our language, as the search box takes it."""
        try:
            parsed = parse_query(query, self._analyzer)
        except QueryError as error:
            raise self._file.error(str(error), *at) from error
        self.notes += parsed.notes
        return parsed.query

    def near(self, first: str, second: str, within: int, *at: str | int) -> Query:
        """Read that two names or countries stand within so many sentences."""
        both = quoted(f"{first}; {second}")
        return self.text(f"near:{both}~{within}", *at)

    def value(self, field: str, value: Any, *at: str | int) -> Query:
        """Read `field` is `value`, as `field:"value"` would be read."""
        name = self._name(field, TEXTS | VALUES, at)
        if isinstance(value, dict | list) or value is None:
            raise self._file.error(f"{field}: a value is expected", *at)
        said = str(value).lower() if isinstance(value, bool) else str(value)
        return self.text(f"{name}:{quoted(said)}", *at)

    def _query_string(self, found: Any, at: At) -> Query:
        query = found.get("query") if isinstance(found, dict) else None
        if not isinstance(query, str):
            raise self._file.error("query_string needs a query: a text", *at)
        return self.text(with_our_names(query), *at, "query")

    def _term(self, found: Any, at: At) -> Query:
        field, value = self._pair(found, at)
        return self.value(field, value.get("value") if isinstance(value, dict) else value, *at, field)

    def _terms(self, found: Any, at: At) -> Query:
        field, values = self._pair(found, at)
        if not isinstance(values, list) or not values:
            raise self._file.error(f"terms: {field} needs a list of values", *at, field)
        return Or(tuple(self.value(field, value, *at, field, number) for number, value in enumerate(values)))

    def _words(self, found: Any, at: At) -> Query:
        field, value = self._pair(found, at)
        every = isinstance(value, dict) and str(value.get("operator", "or")).lower() == "and"
        text = value.get("query") if isinstance(value, dict) else value
        name = self._name(field, TEXTS | VALUES, at)
        if name not in TEXTS:
            return self.value(field, text, *at, field)
        parts = tuple(self.text(f"{name}:{quoted(word)}", *at, field) for word in str(text).split())
        if not parts:
            raise self._file.error(f"match: {field} needs words", *at, field)
        return And(parts) if every else Or(parts)

    def _phrase(self, found: Any, at: At) -> Query:
        field, value = self._pair(found, at)
        return self.value(field, value.get("query") if isinstance(value, dict) else value, *at, field)

    def _prefix(self, found: Any, at: At) -> Query:
        field, value = self._pair(found, at)
        return self._begins(field, value.get("value") if isinstance(value, dict) else value, at)

    def _wildcard(self, found: Any, at: At) -> Query:
        field, value = self._pair(found, at)
        pattern = str(value.get("value", value.get("wildcard")) if isinstance(value, dict) else value)
        begin = pattern.removesuffix("*")
        if begin == pattern or "*" in begin or "?" in begin:
            raise self._file.error(f"wildcard {pattern!r}: only a * at the end is supported", *at, field)
        return self._begins(field, begin, at)

    def _begins(self, field: str, value: Any, at: At) -> Query:
        name = self._name(field, TEXTS, at)
        word = str(value)
        if not word.isalnum():
            raise self._file.error(f"{field}: {word!r} is not the beginning of one word", *at, field)
        return self.text(f"{name}:{word}*", *at, field)

    def _exists(self, found: Any, at: At) -> Query:
        field = found.get("field") if isinstance(found, dict) else None
        if our_name(str(field)) == "published_at":
            return Between("published_at", None, None)
        raise self._file.error("exists is supported for published_at only: every article has the other fields", *at)

    def _range(self, found: Any, at: At) -> Query:
        field, limits = self._pair(found, at)
        name = self._name(field, TIMES, at)
        if not isinstance(limits, dict) or not limits:
            raise self._file.error(f"range: {field} needs gte, gt, lte or lt", *at, field)
        start = end = None
        for limit, value in limits.items():
            where = (*at, field, limit)
            if limit in {"gte", "gt", "from"}:
                start = self._time(value, where, after=limit == "gt")
            elif limit in {"lte", "lt", "to"}:
                end = self._time(value, where, after=limit != "lt")
            elif limit not in {"format", "time_zone", "boost"}:
                raise self._file.error(f"range: {limit} is not known; there are gte, gt, lte, lt", *where)
        chosen: TimeField = "published_at" if name == "published_at" else "first_seen_at"
        return Between(chosen, start, end)

    def _bool(self, found: Any, at: At) -> Query:
        if not isinstance(found, dict):
            raise self._file.error("bool needs must, should, must_not or filter", *at)
        parts: list[Query] = []
        for clause, inner in found.items():
            where = (*at, clause)
            if clause in {"must", "filter"}:
                parts += self.all(inner, *where)
            elif clause == "must_not":
                parts += [Not(one) for one in self.all(inner, *where)]
            elif clause == "should":
                parts.append(Or(self.all(inner, *where)))
            elif clause != "minimum_should_match" or inner not in {1, "1"}:
                raise self._file.error(f"bool: {clause}: {inner} is not supported", *where)
        return And(tuple(parts)) if parts else Everything()

    def _all(self, found: Any, at: At) -> Query:
        return And(self.all(found, *at))

    def _any(self, found: Any, at: At) -> Query:
        return Or(self.all(found, *at))

    def _pair(self, found: Any, at: At) -> tuple[str, Any]:
        if not isinstance(found, dict) or len(found) != 1:
            raise self._file.error("one field with its value is expected", *at)
        return next(iter(found.items()))

    def _name(self, field: str, known: frozenset[str], at: At) -> str:
        name = our_name(field)
        if name not in known:
            raise self._file.error(f"field {field!r} cannot be used here{suggestion(field)}", *at, field)
        return name

    def _time(self, value: Any, at: At, *, after: bool) -> datetime:
        """Read a day or a time; `after` gives the first moment that is later (a whole day later than a day)."""
        text = str(value)
        try:
            time = (
                datetime.combine(date.fromisoformat(text), datetime.min.time())
                if len(text) == _DATE_LENGTH
                else datetime.fromisoformat(text)
            )
        except ValueError:
            raise self._file.error(
                f"{text!r} is no time; write it like 2026-11-23 or 2026-11-23T12:00:00Z", *at
            ) from None
        aware = time if time.tzinfo else time.replace(tzinfo=UTC)
        return aware + (_DAY if len(text) == _DATE_LENGTH else _MICROSECOND) if after else aware


def quoted(value: str) -> str:
    """Give a value as a phrase of the query language."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
