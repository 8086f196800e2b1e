"""Each kind of receiver against a real server: what it takes, what it refuses, and what it says of that."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from alert_makers import alert
from makers import NOON
from receivers_site import SECRET, Hook, HookServer, MailServer
from self_signed import server_context

from rasid.adapters.apprise_notifier import AppriseNotifier
from rasid.adapters.jsonl_notifier import JsonlNotifier
from rasid.adapters.smtp_notifier import SmtpNotifier, SmtpTarget
from rasid.adapters.webhook_notifier import WebhookNotifier, WebhookTarget
from rasid.app.bootstrap import SystemClock
from rasid.app.delivery.guarded_post import GuardedPost
from rasid.app.delivery.receivers import JsonlTarget, Receiver
from rasid.app.delivery.render import render
from rasid.domain.delivery import Outgoing
from rasid.domain.errors import DeliveryError


def message(number: int = 1, language: str = "ar") -> Outgoing:
    """Make a message."""
    receiver = Receiver(name="desk", target=JsonlTarget(None), language="ru")
    return render(receiver, [alert(number, language=language)], id_=f"{number:032x}", at=NOON)


def smtp(mails: MailServer, **changes: Any) -> SmtpNotifier:
    """Make a mail receiver."""
    given = {"host": "127.0.0.1", "port": mails.port, "sender": "Расид <rasid@example.org>", "security": "none"}
    return SmtpNotifier(SmtpTarget(**{"to": ("a@example.org", "b@example.org"), **given, **changes}))


async def failure(notifier: Any, sent: Outgoing | None = None) -> DeliveryError:
    """Give what a sending fails with."""
    with pytest.raises(DeliveryError) as found:
        await notifier.send(sent or message())
    return found.value


async def test_a_mail_in_three_scripts() -> None:
    """Sender, subject and text come through in any script; the date is the alert's, not the try's."""
    with MailServer() as mails:
        await smtp(mails).send(message())
    (mail,) = mails.mails
    assert str(mail["From"]) == "Расид <rasid@example.org>"
    assert alert(language="ar").title in str(mail["Subject"])
    assert mail["Date"].datetime == NOON
    assert mail["Auto-Submitted"] == "auto-generated"
    body = mail.get_body(("plain",))
    assert body
    assert alert(language="ar").title in body.get_content()


class PickyServer(MailServer):
    """Refuses recipients whose address begins with b, and everyone who does not log in as it wants."""

    refuses: tuple[str, ...] = ("b@",)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        if address.startswith(self.refuses):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"


async def test_one_refused_recipient_does_not_double_the_mail_for_the_others() -> None:
    """The others have it; the failure says who has not, and must not be tried again."""
    with PickyServer() as mails:
        error = await failure(smtp(mails))
        assert (error.is_final, error.is_outage) == (True, False)
        assert "refused for b@example.org; the others have it" in str(error)
        mails.refuses = ("a@", "b@")
        error = await failure(smtp(mails))
        assert (error.is_final, error.is_outage) == (False, False)
        assert "550" in str(error)
    assert len(mails.mails) == 1


@pytest.mark.parametrize(("said", "is_outage"), [("451 later", True), ("452 disk full", True), ("554 spam", False)])
async def test_what_a_mail_server_says(said: str, *, is_outage: bool) -> None:
    """4yz is an outage, 5yz a refusal of this mail (RFC 5321)."""
    with MailServer() as mails:
        mails.answer = lambda _: said
        error = await failure(smtp(mails))
    assert (error.is_outage, said in str(error)) == (is_outage, True)


async def test_a_mail_server_that_is_not_there() -> None:
    """No connection is an outage, which names the server; a server without STARTTLS is not used in the clear."""
    with MailServer() as mails:
        error = await failure(smtp(mails, security="starttls"))
        assert "STARTTLS" in str(error)
        assert mails.mails == []
    error = await failure(smtp(mails))
    assert error.is_outage
    assert f"127.0.0.1:{mails.port}" in str(error)


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_mail_over_tls_to_a_server_that_is_known(tmp_path: Path, security: str) -> None:
    """With STARTTLS or TLS a mail goes only to a server whose certificate is trusted; a password only over TLS."""
    context = server_context(tmp_path)
    given = (
        {"ssl_context": context, "auth_require_tls": False}
        if security == "tls"
        else {"tls_context": context, "require_starttls": True}
    )
    mails = MailServer(
        **given, authenticator=lambda *asked: AuthResult(success=asked[4].password == "пароль".encode(), handled=False)
    )
    with mails:
        known = {"security": security, "ca_file": str(tmp_path / "certificate.pem")}
        assert "certificate" in str(await failure(smtp(mails, security=security))).lower()
        await smtp(mails, **{**known, "username": "rasid", "password": "пароль"}).send(message())
        error = await failure(smtp(mails, **{**known, "username": "rasid", "password": "wrong"}))
        assert error.is_outage
        assert "the user name or password is refused" in str(error)
    assert len(mails.mails) == 1


def hook(hooks: HookServer, path: str = "/") -> tuple[WebhookNotifier, GuardedPost]:
    """Make a webhook receiver."""
    post = GuardedPost("rasid-test", [hooks.host])
    return WebhookNotifier(WebhookTarget(f"http://{hooks.host}{path}", SECRET), post, SystemClock()), post


@pytest.mark.parametrize(
    ("status", "headers", "is_outage", "retry_after"),
    [
        (500, {}, True, None),
        (503, {"Retry-After": "120"}, True, 120),
        (429, {"Retry-After": "7"}, True, 7),
        (408, {}, True, None),
        (400, {}, False, None),
        (410, {}, False, None),
        (302, {"Location": "/elsewhere"}, False, None),
        (307, {"Location": "ftp://example.org/"}, False, None),
    ],
)
async def test_what_a_webhook_answers(
    status: int, headers: dict[str, str], *, is_outage: bool, retry_after: float | None
) -> None:
    """5xx, 408 and 429 are outages, and their Retry-After is heard; all else refuses this message."""
    with HookServer(answer=lambda *_: web.Response(status=status, headers=headers, text="لماذا")) as hooks:
        notifier, post = hook(hooks)
        error = await failure(notifier)
        await post.close()
    assert (error.is_outage, error.retry_after) == (is_outage, retry_after)
    assert "SECRET" not in str(error)


async def test_a_redirect_that_keeps_the_method_is_followed() -> None:
    """307 and 308 lead on, with body and signature; a circle ends."""

    def answer(request: web.Request, _hook: Hook) -> web.Response | None:
        to = {"/": "/next", "/next": "/last", "/round": "/round"}.get(request.path)
        return web.Response(status=308, headers={"Location": to}) if to else None

    with HookServer(answer=answer) as hooks:
        notifier, post = hook(hooks)
        await notifier.send(message())
        circle, other = hook(hooks, "/round")
        assert "more than 3 redirects" in str(await failure(circle))
        await asyncio.gather(post.close(), other.close())
    assert [one.id for one in hooks.hooks] == [f"msg_{message().id}"]


@pytest.mark.parametrize(
    "url",
    ["http://10.0.0.1/", "http://169.254.169.254/latest", "http://[::1]/", "http://localhost:1/", "http://2130706433/"],
)
async def test_private_addresses_are_not_asked(url: str) -> None:
    """What is not public is refused before any connection, however it is written; it is no outage."""
    post = GuardedPost("rasid-test")
    error = await failure(WebhookNotifier(WebhookTarget(url, SECRET), post, SystemClock()))
    await post.close()
    assert not error.is_outage


async def test_a_name_that_leads_inside_is_not_asked() -> None:
    """DNS that points a public name at this network is found out at the connection."""

    async def lookup(_host: str, _port: int) -> list[str]:
        await asyncio.sleep(0)
        return ["10.1.2.3"]

    post = GuardedPost("rasid-test", lookup=lookup)
    error = await failure(WebhookNotifier(WebhookTarget("http://rebind.example/", SECRET), post, SystemClock()))
    await post.close()
    assert "rebind.example resolves to 10.1.2.3" in str(error)
    assert not error.is_outage


async def test_the_path_of_a_webhook_is_not_told() -> None:
    """A failure names the host alone: paths are often passwords."""
    post = GuardedPost("rasid-test")
    error = await failure(WebhookNotifier(WebhookTarget("http://10.0.0.1/T000/s3cr3t", SECRET), post, SystemClock()))
    await post.close()
    assert "s3cr3t" not in str(error)


async def test_apprise_sends_and_says_why_not() -> None:
    """A service that Apprise knows gets title and text; a failure carries what it said of it."""
    broken = [False]

    def answer(_request: web.Request, _hook: Hook) -> web.Response | None:
        return web.Response(status=403, text="нельзя") if broken[0] else None

    with HookServer(answer=answer) as hooks:
        notifier = AppriseNotifier([f"ntfy://{hooks.host}/rasid"])
        await notifier.send(message())
        broken[0] = True
        error = await failure(notifier, message(2))
    assert "error=403" in str(error)
    assert len(hooks.hooks) == 1
    assert alert(language="ar").title in json.loads(hooks.hooks[0].body)["message"]


async def test_one_address_that_fails_does_not_double_the_other() -> None:
    """Of two addresses the one that took a message is not asked again when the other is tried anew."""
    broken = [True]

    def answer(_request: web.Request, hook_: Hook) -> web.Response | None:
        return web.Response(status=500) if broken[0] and b'"bad"' in hook_.body else None

    with HookServer(answer=answer) as hooks:
        notifier = AppriseNotifier([f"ntfy://{hooks.host}/good", f"ntfy://{hooks.host}/bad"])
        await failure(notifier)
        broken[0] = False
        await notifier.send(message())
    assert len(hooks.hooks) == 2


async def test_apprise_that_hangs_is_left_behind() -> None:
    """A call that does not end in time is not doubled: the next try finds it under way, and then its outcome."""

    async def answer(_request: web.Request, _hook: Hook) -> None:
        await asyncio.sleep(1.5)

    with HookServer(answer=answer) as hooks:
        notifier = AppriseNotifier([f"ntfy://{hooks.host}/slow"])
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await notifier.send(message())
        assert "still hangs" in str(await failure(notifier, message(2)))
        await notifier.send(message())
        assert len(hooks.hooks) == 1


async def test_lines_are_not_repeated_and_torn_ones_end(tmp_path: Path) -> None:
    """A line that stands there is not written again; half a line of before a kill does not spoil the next."""
    notifier = JsonlNotifier(tmp_path / "deep" / "alerts.jsonl")
    await notifier.send(message(1))
    await notifier.send(message(1))
    with (tmp_path / "deep" / "alerts.jsonl").open("ab") as file:
        file.write('{"id":"torn","text":"обор'.encode())
    await notifier.send(message(2))
    lines = (tmp_path / "deep" / "alerts.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == 3
    assert lines[2].startswith(f'{{"id":"{message(2).id}"')


async def test_a_file_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    """The path is named, and it is tried again."""
    (tmp_path / "file").write_text("")
    error = await failure(JsonlNotifier(tmp_path / "file" / "alerts.jsonl"))
    assert "file/alerts.jsonl: cannot be written" in str(error)
    assert error.is_outage
