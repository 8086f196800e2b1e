"""What people do with alerts, on the page and in the terminal: see to them, judge them, silence their rules.

Judgements and acknowledgements are kept beside the alerts; what changes deciding goes into the log, for decide to fold.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rasid.codec import decode, encode, kind_of
from rasid.domain import topics
from rasid.domain.control import Control
from rasid.domain.errors import CodecError
from rasid.domain.judgement import Verdict
from rasid.ports import AlertStore, Bus, Consumer

_BATCH = 2_000
_GROUP = "inbox"


@dataclass(frozen=True, slots=True)
class Silence:
    """A rule is silent: until a time, or None: until a person ends it."""

    rule: str
    until: datetime | None


class Inbox:
    """The alerts there are, and what may be done with them. Any thread."""

    def __init__(
        self,
        alerts: AlertStore,
        bus: Bus,
        *,
        version: Callable[[], int] = lambda: 0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.alerts = alerts
        self.version = version
        self._bus = bus
        self._now = now
        self._lock = threading.Lock()
        self._consumer: Consumer | None = None
        self._silent: dict[str, Silence] = {}

    def acknowledge(self, alert_ids: Sequence[str]) -> int:
        """Mark alerts as seen to; give how many were open."""
        return self.alerts.acknowledge(alert_ids, self._now())

    def judge(self, alert_id: str, verdict: Verdict | None) -> bool:
        """Keep whether an alert was right; False: there is no such alert."""
        return self.alerts.judge(alert_id, verdict, self._now())

    def mute(self, rule: str, *, by: str = "") -> None:
        """Silence a rule until it is unmuted."""
        self._ask(Control(action="mute", rule=rule, at=self._now(), by=by))

    def unmute(self, rule: str, *, by: str = "") -> None:
        """End a rule's silence."""
        self._ask(Control(action="unmute", rule=rule, at=self._now(), by=by))

    def snooze(self, rule: str, lasting: timedelta, *, by: str = "") -> None:
        """Silence a rule for a while."""
        now = self._now()
        self._ask(Control(action="snooze", rule=rule, at=now, until=now + lasting, by=by))

    def silent(self) -> Mapping[str, Silence]:
        """Give the rules that are silent now, by id: a fold over the log, read as far as it goes."""
        with self._lock:
            # Never committed: each program folds it from the beginning.
            self._consumer = self._consumer or self._bus.consumer(_GROUP, [topics.MATCHES.name])
            while records := self._consumer.poll(_BATCH):
                for record in records:
                    try:
                        if kind_of(record.message) is Control:
                            self._fold(decode(record.message, Control))
                    except CodecError:  # decide's to say
                        continue
            now = self._now()
            return {rule: one for rule, one in self._silent.items() if one.until is None or one.until > now}

    def _fold(self, asked: Control) -> None:
        if asked.subject:
            return
        if asked.action == "unmute":
            self._silent.pop(asked.rule, None)
        else:
            self._silent[asked.rule] = Silence(asked.rule, asked.until)

    def _ask(self, control: Control) -> None:
        self._bus.publish(topics.MATCHES.name, [encode(control, key=control.rule, time=control.at)])
