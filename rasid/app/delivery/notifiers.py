"""A notifier for each receiver, with what it needs of the rest of the program."""

from __future__ import annotations

from rasid.adapters.apprise_notifier import AppriseNotifier
from rasid.adapters.jsonl_notifier import JsonlNotifier
from rasid.adapters.smtp_notifier import SmtpNotifier, SmtpTarget
from rasid.adapters.webhook_notifier import Poster, WebhookNotifier, WebhookTarget
from rasid.app.delivery.receivers import AppriseTarget, JsonlTarget, Receiver
from rasid.ports import Clock, Notifier


def make_notifier(receiver: Receiver, post: Poster, clock: Clock) -> Notifier:
    """Make the notifier of a receiver; webhooks go through `post`, the guarded one."""
    match receiver.target:
        case WebhookTarget() as target:
            return WebhookNotifier(target, post, clock)
        case SmtpTarget() as target:
            return SmtpNotifier(target)
        case JsonlTarget(path):
            return JsonlNotifier(path)
        case AppriseTarget(urls):
            return AppriseNotifier(urls)
