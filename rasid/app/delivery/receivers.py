"""Who is told: the receivers of notify.yaml as plain values, and which of them an alert is for. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from rasid.adapters.smtp_notifier import SmtpTarget
from rasid.adapters.webhook_notifier import WebhookTarget
from rasid.domain.alert import Alert, AlertLevel
from rasid.domain.delivery import Language
from rasid.domain.outbox import Manner


@dataclass(frozen=True, slots=True)
class AppriseTarget:
    """Addresses of services that Apprise knows."""

    urls: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class JsonlTarget:
    """A file of JSON lines; None is standard output."""

    path: Path | None


Target: TypeAlias = AppriseTarget | JsonlTarget | SmtpTarget | WebhookTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """One receiver. Empty `levels` and `rules`: all. `tags` are further names by which rules may ask for it.

    `subject` and `body` are its own templates, "" for the shipped wording.
    """

    name: str
    target: Target
    language: Language = "en"
    levels: tuple[AlertLevel, ...] = ()
    rules: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    only_named: bool = False
    manner: Manner = field(default_factory=Manner)
    subject: str = ""
    body: str = ""

    def wants(self, alert: Alert) -> bool:
        """Tell whether an alert is for it: a rule that names receivers is heard by these, whatever they filter."""
        if alert.notify:
            return bool({self.name, *self.tags} & set(alert.notify))
        if alert.kind == "service":
            return not self.only_named and (not self.levels or alert.level in self.levels)
        fits = (not self.levels or alert.level in self.levels) and (not self.rules or alert.rule in self.rules)
        return fits and not self.only_named


@dataclass(frozen=True, slots=True, kw_only=True)
class Receivers:
    """The receivers in force. `page` is the address of the web page as its readers reach it, "" for none."""

    receivers: tuple[Receiver, ...] = ()
    page: str = ""
    source: str = "notify.yaml"

    def of(self, alert: Alert) -> list[Receiver]:
        """Give those that an alert is for."""
        return [receiver for receiver in self.receivers if receiver.wants(alert)]

    def missing(self, alert: Alert) -> list[str]:
        """Give the names a rule asks for that nobody has."""
        there = {name for receiver in self.receivers for name in (receiver.name, *receiver.tags)}
        return [name for name in alert.notify if name not in there]

    def unknown(self, name: str) -> str:
        """Say that there is no receiver of a name."""
        return f"{self.source}: there is no receiver {name!r}; add it there, then: rasid alerts replay"

    def get(self, name: str) -> Receiver | None:
        """Give a receiver by name."""
        return next((receiver for receiver in self.receivers if receiver.name == name), None)

    def __iter__(self) -> Iterator[Receiver]:
        """Give each."""
        return iter(self.receivers)
