"""What the index already holds of the terms that a rule of type new_term looks for: at its start they are not new."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from rasid.alerts.announce import Announcer, History
from rasid.alerts.matching import rule_values, sure
from rasid.alerts.windows import keys_of
from rasid.domain import topics
from rasid.domain.errors import RasidError, StoreError
from rasid.domain.query import And, Between
from rasid.domain.rule import Rule
from rasid.ports import Bus, Clock, Index

log = structlog.get_logger("rasid.rules")


def history_of(index: Callable[[], Index], clock: Clock) -> History:
    """Give the look-up. It raises StoreError while the index is out: matching waits, for else all would be new to a
    rule. One that the index cannot answer begins knowing nothing, and that is logged.
    """

    def look_up(rule: Rule) -> dict[str, tuple[str, ...]]:
        try:
            return terms_held(index(), rule, clock.now() - rule.deciding.terms_window_size)
        except StoreError:
            raise
        except RasidError as error:
            log.warning("a rule begins without history", rule=rule.id, cause=str(error))
            return {}

    return look_up


def terms_held(index: Index, rule: Rule, since: datetime) -> dict[str, tuple[str, ...]]:
    """Give, by field, the terms of the documents seen from `since` on that match the rule. Raises StoreError."""
    policy = rule.deciding
    wanted = policy.fields or tuple((one,) for one in policy.query_key)
    found: dict[str, dict[str, None]] = {",".join(fields): {} for fields in wanted}
    for document in index.scan(And((rule.query, Between("first_seen_at", since, None)))):
        values = rule_values(sure(document, rule.min_confidence))
        for fields in wanted:
            if all(values.get(field) for field in fields):
                found[",".join(fields)].update(dict.fromkeys(keys_of(fields, values)))
    return {name: tuple(terms) for name, terms in found.items()}


def announcer(index: Callable[[], Index], bus: Bus, clock: Clock) -> Announcer:
    """Give what says which rules are in force, and tells new rules the terms that `index` holds, once for good."""

    def was_seeded(key: str) -> bool:
        return bool(bus.latest(topics.RULE_STATES.name, [key.encode()]))

    return Announcer(history_of(index, clock), was_seeded)
