"""Alerts by mail: plain text and HTML, over STARTTLS or TLS. The Message-ID is the same on every try."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Literal

import aiosmtplib
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from rasid.domain.delivery import Outgoing
from rasid.domain.errors import DeliveryError

Security = Literal["starttls", "tls", "none"]
_SECONDS = 20.0  # for each answer of the server
_PERMANENT = 500  # RFC 5321 4.2.1: 5yz, do not send this again


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpTarget:
    """The server, who writes, and to whom. `ca_file` (PEM) for a server with a certificate of one's own."""

    host: str
    sender: str
    to: tuple[str, ...]
    port: int = 587
    security: Security = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None


class SmtpNotifier:
    """A Notifier (rasid.ports). One connection a message."""

    def __init__(self, target: SmtpTarget) -> None:
        self._target = target

    async def send(self, message: Outgoing) -> None:
        """Send one mail to all recipients (see Notifier)."""
        target = self._target
        try:
            context = ssl.create_default_context(cafile=target.ca_file) if target.security != "none" else None
            client = aiosmtplib.SMTP(
                hostname=target.host,
                port=target.port,
                timeout=_SECONDS,
                use_tls=target.security == "tls",
                start_tls=target.security == "starttls",
                tls_context=context,
            )
            async with client:
                if target.username is not None:
                    await client.login(target.username, target.password or "")
                refused, _ = await client.send_message(mail(message, target), recipients=list(target.to))
        except (SMTPException, OSError, ValueError) as error:
            raise _failure(error, target) from error
        if refused:
            # The others have it: sending it to all again would double it for them.
            names = ", ".join(refused)
            raise DeliveryError(
                f"{target.host}: refused for {names}; the others have it", is_outage=False, is_final=True
            )

    async def close(self) -> None:
        """Hold nothing."""


def mail(message: Outgoing, target: SmtpTarget) -> EmailMessage:
    """Make the mail. Its domain in the Message-ID is the sender's, so that it never changes."""
    made = EmailMessage(policy=SMTP)
    name, address = parseaddr(target.sender)
    local, _, domain = address.rpartition("@")
    made["From"] = Address(name or "Rasid", local, domain)
    made["To"] = ", ".join(target.to)
    made["Subject"] = " ".join(message.subject.split())[:250]
    made["Date"] = format_datetime(message.at)
    made["Message-ID"] = f"<{message.id}@{domain}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices, please
    made["Content-Language"] = message.language
    made.set_content(message.text, cte="base64")
    made.add_alternative(message.html, subtype="html", cte="base64")
    return made


def _failure(error: Exception, target: SmtpTarget) -> DeliveryError:
    where = f"{target.host}:{target.port}"
    if isinstance(error, SMTPAuthenticationError):  # the same for every mail, until a person mends it
        return DeliveryError(f"{where}: the user name or password is refused ({error.code} {error.message})")
    if isinstance(error, SMTPRecipientsRefused):
        codes = [one.code for one in error.recipients]
        words = "; ".join(f"{one.recipient}: {one.code} {one.message}" for one in error.recipients)
        return DeliveryError(f"{where}: {words}", is_outage=any(code < _PERMANENT for code in codes))
    if isinstance(error, SMTPResponseException):
        is_outage = error.code < _PERMANENT or isinstance(error, SMTPSenderRefused)
        return DeliveryError(f"{where}: {error.code} {error.message}", is_outage=is_outage)
    return DeliveryError(f"{where}: {error or type(error).__name__}")
