"""Our own keys of a rule file, under `x-news`: what news has and logs have not."""

from __future__ import annotations

import re
from typing import Any, cast
from zoneinfo import ZoneInfo

from rasid.adapters import rule_keys
from rasid.adapters.rule_filters import Filters, quoted
from rasid.adapters.rule_yaml import RuleYaml
from rasid.domain.alert import AlertLevel
from rasid.domain.query import Or, Query
from rasid.domain.rule import ActiveHours, Per

_KEY = "x-news"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"(\d{1,2}):(\d\d)\s*[-–]\s*(\d{1,2}):(\d\d)")
_ID = re.compile(r"[\w.-]{1,80}")
_MIDNIGHT = 24 * 60


class NewsKeys:
    """Reads what stands under `x-news`. Raises RuleError with the line."""

    def __init__(self, file: RuleYaml, filters: Filters) -> None:
        found = file.value.get(_KEY) or {}
        if not isinstance(found, dict):
            raise file.error(f"{_KEY}: a mapping is expected", _KEY)
        for key in found:
            if key not in rule_keys.NEWS:
                known = ", ".join(sorted(rule_keys.NEWS - {"for"}))
                raise file.error(f"{_KEY}: {key} is not known; there are {known}", _KEY, key)
        if "for" in found:
            raise file.error(f"{_KEY}: for is not supported yet", _KEY, "for")
        self._file = file
        self._filters = filters
        self._found: dict[str, Any] = found

    def id(self, default: str) -> str:
        """Give the rule's id: what stands there, else the file's name."""
        found = str(self._found.get("id") or default)
        if not _ID.fullmatch(found):
            raise self._file.error(f"id {found!r}: letters, digits, '.', '_' and '-' are expected", _KEY, "id")
        return found

    def words(self, key: str) -> tuple[str, ...]:
        """Give a text or a list of texts."""
        found = self._found.get(key)
        many = found if isinstance(found, list) else [found] if found is not None else []
        if not all(isinstance(one, str) for one in many):
            raise self._file.error(f"{key}: texts are expected", _KEY, key)
        return tuple(many)

    def level(self) -> AlertLevel:
        """Give the level of the rule's alerts."""
        return cast(AlertLevel, self._one_of("level", ("normal", "low", "high")))

    def per(self) -> Per:
        """Tell whether every article is told of, or every story once."""
        return cast(Per, self._one_of("per", ("article", "story")))

    def min_confidence(self) -> float:
        """Give how sure a name must be, from 0 to 1."""
        found = self._found.get("min_confidence", 0.0)
        if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= 1:
            raise self._file.error("min_confidence: a number from 0 to 1 is expected", _KEY, "min_confidence")
        return float(found)

    def queries(self) -> tuple[Query, ...]:
        """Give what `languages`, `entities`, `about`, `keywords` and `near` ask for; all of them must hold.

        Any of the languages, any of the keywords; all of the entities and countries, where a list in the list stands
        for alternatives.
        """
        parts: list[Query] = []
        if self._found.get("languages") is not None:
            parts.append(self._any("language", self.words("languages"), "languages"))
        parts += self._every("entities", "entity_ids")
        parts += self._every("about", "about")
        if self._found.get("keywords") is not None:
            parts.append(self._keywords())
        if self._found.get("near") is not None:
            parts.append(self._near())
        return tuple(parts)

    def active_hours(self) -> ActiveHours | None:
        """Give when alerts may go out: `08:00-20:00`, or a mapping with hours, timezone and days."""
        found = self._found.get("active_hours")
        if found is None:
            return None
        parts = found if isinstance(found, dict) else {"hours": found}
        for key in parts:
            if key not in {"hours", "timezone", "days"}:
                raise self._hours_error(f"{key} is not known; there are hours, timezone, days")
        read = _HOURS.fullmatch(str(parts.get("hours", "00:00-24:00")).strip())
        minutes = [int(read[1]) * 60 + int(read[2]), int(read[3]) * 60 + int(read[4])] if read else []
        if not minutes or max(minutes) > _MIDNIGHT:
            raise self._hours_error("hours like 08:00-20:00 are expected")
        zone = str(parts.get("timezone", "UTC"))
        try:
            ZoneInfo(zone)
        except (ValueError, OSError, KeyError):
            raise self._hours_error(f"timezone {zone!r} is not known; write it like Asia/Damascus") from None
        return ActiveHours(start=minutes[0], end=minutes[1], timezone=zone, days=self._days(parts.get("days")))

    def _days(self, found: Any) -> tuple[int, ...]:
        if found is None:
            return tuple(range(7))
        names = [str(one)[:3].lower() for one in (found if isinstance(found, list) else str(found).split(","))]
        names = [name.strip() for name in names]
        if not names or not set(names) <= set(_DAYS):
            raise self._hours_error(f"days: some of {', '.join(_DAYS)} are expected")
        return tuple(sorted({_DAYS.index(name) for name in names}))

    def _hours_error(self, message: str) -> Exception:
        return self._file.error(f"active_hours: {message}", _KEY, "active_hours")

    def _one_of(self, key: str, known: tuple[str, ...]) -> str:
        found = self._found.get(key, known[0])
        if found not in known:
            raise self._file.error(f"{key}: one of {', '.join(known)} is expected, not {found!r}", _KEY, key)
        return str(found)

    def _every(self, key: str, field: str) -> list[Query]:
        found = self._found.get(key)
        many = found if isinstance(found, list) else [found] if found is not None else []
        return [
            self._any(field, tuple(str(value) for value in (one if isinstance(one, list) else [one])), key, number)
            for number, one in enumerate(many)
        ]

    def _any(self, field: str, values: tuple[str, ...], *at: str | int) -> Query:
        if not values:
            raise self._file.error(f"{at[0]}: at least one is expected", _KEY, *at)
        parts = tuple(self._filters.value(field, value, _KEY, *at) for value in values)
        return parts[0] if len(parts) == 1 else Or(parts)

    def _keywords(self) -> Query:
        found = self._found["keywords"]
        lists = list(found.values()) if isinstance(found, dict) else [found]
        words = [str(word) for one in lists for word in (one if isinstance(one, list) else [one])]
        if not words:
            raise self._file.error("keywords: at least one is expected", _KEY, "keywords")
        return Or(tuple(self._filters.text(quoted(word), _KEY, "keywords") for word in words))

    def _near(self) -> Query:
        found = self._found["near"]
        within: Any = 1
        if isinstance(found, dict):
            within, found = found.get("within", 1), found.get("of")
        names = found if isinstance(found, list) else str(found).split()
        if len(names) != 2 or isinstance(within, bool) or not isinstance(within, int):  # noqa: PLR2004 - two sides
            message = "near: [RU, SY], or {of: [RU, SY], within: 2} (sentences) is expected"
            raise self._file.error(message, _KEY, "near")
        return self._filters.near(str(names[0]), str(names[1]), within, _KEY, "near")
