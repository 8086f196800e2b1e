"""Alerts as lines of the service's log: what there is to see before a person sets up anything else."""

from __future__ import annotations

import structlog

from rasid.domain.alert import Alert

log = structlog.get_logger("rasid.alert")


class LogNotifier:
    """A Notifier (rasid.ports)."""

    name = "log"

    def deliver(self, alert: Alert) -> None:
        """Write one line."""
        log.info("alert", rule=alert.rule, title=alert.title, articles=list(alert.article_ids), id=alert.id)
