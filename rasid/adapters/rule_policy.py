"""The keys of a rule file that say when and how often an alert comes of its matches -> Policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from croniter import croniter

from rasid.adapters.rule_fields import OWN, VALUES, our_name, suggestion
from rasid.adapters.rule_news import NewsKeys
from rasid.adapters.rule_yaml import RuleYaml, truth
from rasid.domain.rule import DEFAULT_REALERT, DEFAULT_TERMS_WINDOW, Aggregation, Policy, RuleType, SpikeType

_UNITS = ("weeks", "days", "hours", "minutes", "seconds", "milliseconds")
LONGEST = timedelta(days=90)  # what the log of matches is sure to hold
_LIST_FILE = "!file"
_MOST_LISTED = 100_000
_CRON_FIELDS = 5
_MOST_UNITS = 1_000_000_000


class PolicyKeys:
    """Reads a rule file's keys. Raises RuleError with the line of the one at fault."""

    def __init__(self, file: RuleYaml, kind: str, news: NewsKeys, directory: Path | None) -> None:
        self._file = file
        self._kind = kind
        self._news = news
        self._directory = directory

    def policy(self, *, rule_id: str, name: str, version: str, enabled: bool) -> Policy:
        """Give what deciding needs of the rule."""
        aggregation = self._aggregation()
        made = Policy(
            rule_id=rule_id,
            name=name,
            version=version,
            type=cast(RuleType, self._kind),
            enabled=enabled,
            level=self._news.level(),
            notify=self._news.words("notify"),
            per=self._news.per(),
            query_key=self._fields("query_key"),
            # As ElastAlert has it: what is aggregated needs no silence besides, unless it is asked for.
            realert=self._span("realert", timedelta(0) if aggregation else DEFAULT_REALERT),
            exponential_realert=self._span("exponential_realert", None),
            aggregation=aggregation,
            active_hours=self._news.active_hours(),
        )
        made = self._counting(made)
        self._check(made)
        return made

    def _counting(self, made: Policy) -> Policy:
        """Give the policy with what its type counts and compares."""
        return replace(
            made,
            timeframe=self._span("timeframe", None),
            num_events=self._number("num_events", 1, least=1),
            attach_related=self._truth("attach_related"),
            spike_height=self._ratio("spike_height"),
            spike_type=self._spike_type(),
            threshold_ref=self._number("threshold_ref", None),
            threshold_cur=self._number("threshold_cur", None),
            alert_on_new_data=self._truth("alert_on_new_data"),
            threshold=self._number("threshold", 1),
            forget_keys=self._truth("forget_keys"),
            fields=self._new_fields(),
            terms_window_size=self._span("terms_window_size", DEFAULT_TERMS_WINDOW),
            alert_on_missing_field=self._truth("alert_on_missing_field"),
            cardinality_field=next(iter(self._fields("cardinality_field")), ""),
            max_cardinality=self._number("max_cardinality", None),
            min_cardinality=self._number("min_cardinality", None),
            compare_key=self._fields("compare_key"),
            listed=self._listed(),
            ignore_null=self._truth("ignore_null"),
        )

    def _check(self, made: Policy) -> None:
        """Refuse what cannot be meant."""
        if made.type == "cardinality" and made.max_cardinality is None and made.min_cardinality is None:
            raise self._file.error("type cardinality needs max_cardinality or min_cardinality", "type")
        if made.type == "new_term" and not made.fields and not made.query_key:
            raise self._file.error("type new_term needs fields, or query_key", "type")
        if made.timeframe == timedelta(0):
            raise self._file.error("timeframe: more than no time is expected", "timeframe")
        if made.type in {"blacklist", "whitelist"} and len(made.compare_key) != 1:
            raise self._file.error(f"type {made.type} compares one field", "compare_key")
        if made.exponential_realert is not None and not made.realert:
            raise self._file.error("exponential_realert needs a realert above 0", "exponential_realert")
        if made.forget_keys and not made.query_key:
            raise self._file.error("forget_keys needs a query_key", "forget_keys")
        if "aggregation_key" in self._file.value and made.aggregation is None:
            raise self._file.error("aggregation_key needs an aggregation", "aggregation_key")

    def _aggregation(self) -> Aggregation | None:
        found = self._file.value.get("aggregation")
        if found is None:
            return None
        key = self._fields("aggregation_key")
        if isinstance(found, dict) and "schedule" in found:
            schedule = str(found["schedule"])
            if len(found) > 1:
                raise self._file.error("aggregation: a schedule or a time, not both", "aggregation")
            if len(schedule.split()) != _CRON_FIELDS or not croniter.is_valid(schedule):
                raise self._file.error(
                    f"{schedule!r} is no schedule; cron has five fields: 2 4 * * mon,fri", "aggregation", "schedule"
                )
            return Aggregation(schedule=schedule, key=key)
        window = self._span("aggregation", None)
        return Aggregation(window=window, key=key) if window else None

    def _span(self, key: str, default: Any) -> Any:
        found = self._file.value.get(key)
        if found is None:
            return default
        if not isinstance(found, dict) or not found:
            raise self._file.error(f"{key}: a time like `minutes: 15` is expected", key)
        span = timedelta(0)
        for unit, amount in found.items():
            if unit not in _UNITS:
                raise self._file.error(f"{key}: {unit} is no unit; there are {', '.join(_UNITS)}", key, unit)
            if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 <= amount <= _MOST_UNITS:
                raise self._file.error(f"{key}: {unit}: a number from 0 is expected, not {amount!r}", key, unit)
            span += timedelta(**{unit: amount})
        if span > LONGEST:
            raise self._file.error(f"{key}: at most {LONGEST.days} days", key)
        return span

    def _number(self, key: str, default: Any, *, least: int = 0) -> Any:
        found = self._file.value.get(key)
        if found is None:
            return default
        if isinstance(found, bool) or not isinstance(found, int) or found < least:
            raise self._file.error(f"{key}: a whole number from {least} is expected, not {found!r}", key)
        return found

    def _ratio(self, key: str) -> float:
        found = self._file.value.get(key, 1.0)
        if isinstance(found, bool) or not isinstance(found, int | float) or not 0 < found < float("inf"):
            raise self._file.error(f"{key}: a number above 0 is expected, not {found!r}", key)
        return float(found)

    def _spike_type(self) -> SpikeType:
        found = self._file.value.get("spike_type", "up")
        if found not in {"up", "down", "both"}:
            raise self._file.error(f"spike_type: up, down or both is expected, not {found!r}", "spike_type")
        return cast(SpikeType, found)

    def _truth(self, key: str) -> bool:
        found = self._file.value.get(key, False)
        value = truth(found)
        if value is None:
            raise self._file.error(f"{key}: true or false is expected, not {found!r}", key)
        return value

    def _fields(self, key: str) -> tuple[str, ...]:
        found = self._file.value.get(key)
        if found is None:
            return ()
        many = found if isinstance(found, list) else [found]
        if not many:
            raise self._file.error(f"{key}: a field is expected", key)
        return tuple(self._field(one, key, number) for number, one in enumerate(many))

    def _field(self, found: Any, *at: str | int) -> str:
        name = our_name(found) if isinstance(found, str) else ""
        if name not in VALUES | OWN:
            raise self._file.error(f"{at[0]}: field {found!r} cannot be counted by{suggestion(str(found))}", *at)
        return name

    def _new_fields(self) -> tuple[tuple[str, ...], ...]:
        found = self._file.value.get("fields")
        if found is None or self._kind != "new_term":
            return ()
        many: Sequence[Any] = found if isinstance(found, list) else [found]
        if not many:
            raise self._file.error("fields: at least one field is expected", "fields")
        return tuple(
            tuple(self._field(part, "fields", number) for part in (one if isinstance(one, list) else [one]))
            for number, one in enumerate(many)
        )

    def _listed(self) -> tuple[str, ...]:
        if self._kind not in {"blacklist", "whitelist"}:
            return ()
        found = self._file.value[self._kind]
        if not isinstance(found, list):
            raise self._file.error(f"{self._kind}: a list of values is expected", self._kind)
        values: dict[str, None] = {}
        for number, one in enumerate(found):
            text = str(one).lower() if isinstance(one, bool) else str(one)
            own = self._from_file(text, number) if text.startswith(_LIST_FILE) else [text]
            values.update(dict.fromkeys(own))
        if len(values) > _MOST_LISTED:
            raise self._file.error(f"{self._kind}: at most {_MOST_LISTED} values", self._kind)
        return tuple(values)

    def _from_file(self, text: str, number: int) -> list[str]:
        """Read a list's file, which must lie with the rules: a rule is no way to read other files."""
        name = Path(text.removeprefix(_LIST_FILE).strip()).name
        if self._directory is None:
            raise self._file.error(f"{text}: there is no directory to look in", self._kind, number)
        path = self._directory / name
        try:
            lines = path.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise self._file.error(
                f"{path} cannot be read (lists lie beside the rules): {error}", self._kind, number
            ) from error
        return [line.rstrip() for line in lines if line.strip()]
