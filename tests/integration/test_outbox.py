"""Alerts to a real mail server and a real webhook receiver, through kills, outages and floods."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from aiohttp import web
from alert_makers import alert
from receivers_site import SECRET, Hook, HookServer, MailServer
from standardwebhooks.webhooks import Webhook

from rasid.adapters.sqlite_alerts import SqliteAlerts
from rasid.adapters.sqlite_bus import SqliteBus
from rasid.app.delivery.replay import replay_dead
from rasid.codec import decode, encode
from rasid.domain import topics
from rasid.domain.alert import Alert
from rasid.domain.delivery import Handover, message_id

PROCESS = Path(__file__).parent.parent / "outbox_process.py"
KILLS = 10
_HOUR = timedelta(hours=1)


class Outbox:
    """The outbox as a process on a data directory, and the log it reads."""

    def __init__(self, directory: Path, notify: str, *allowed: str) -> None:
        self.directory = directory
        self._allowed = ",".join(allowed)
        directory.mkdir(exist_ok=True)
        self.write(notify)
        self.bus = SqliteBus(directory / "log.db")
        self.alerts = SqliteAlerts(directory / "alerts.db")
        self._log = (directory / "outbox.log").open("ab")
        self.process: subprocess.Popen[bytes] | None = None

    def write(self, notify: str) -> None:
        """Write notify.yaml."""
        (self.directory / "notify.yaml").write_text(notify, "utf-8")

    def publish(self, *alerts: Alert) -> None:
        """Put alerts into the log, as deciding does."""
        self.bus.publish(topics.ALERTS.name, [encode(one, key=one.id, time=one.created_at) for one in alerts])

    def start(self) -> Self:
        """Start it; does not wait."""
        command = [sys.executable, str(PROCESS), str(self.directory), self._allowed]
        self.process = subprocess.Popen(command, stdout=self._log, stderr=self._log, env={**os.environ})
        return self

    def kill(self) -> None:
        """SIGKILL: no goodbye."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def stop(self) -> float:
        """SIGTERM; give the seconds it took."""
        assert self.process
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0, self.said()
        return time.monotonic() - began

    def said(self) -> str:
        """Give its log."""
        return (self.directory / "outbox.log").read_text("utf-8")[-4000:]

    def states(self) -> dict[tuple[str, str], Handover]:
        """Give the last handover of each alert and receiver in the log."""
        records = self.bus.read(topics.DELIVERIES.name)
        found = [decode(record.message, Handover) for record in records]
        return {(one.alert_id, one.receiver): one for one in found}

    def settled(self, count: int) -> bool:
        """Tell whether so many alerts and receivers are done with."""
        return sum(one.status != "waiting" for one in self.states().values()) >= count

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it, however it stands."""
        if self.process and self.process.poll() is None:
            self.kill()
        self.bus.close()
        self.alerts.close()
        self._log.close()


def until(condition: Callable[[], Any], what: Callable[[], str] = lambda: "", seconds: float = 60) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s\n{what()}")


def notify(hooks: HookServer | None = None, mails: MailServer | None = None, extra: str = "", **more: str) -> str:
    """Write a notify.yaml with a webhook `desk` and a mail receiver `editors`."""
    lines = ["receivers:"]
    if hooks:
        lines += ["  desk:", f"    webhook: {{url: 'http://{hooks.host}/hook', secret: {SECRET}}}"]
        lines += [f"    {key}: {value}" for key, value in more.items()]
    if mails:
        lines += [
            "  editors:",
            f"    smtp: {{host: 127.0.0.1, port: {mails.port}, security: none, from: rasid@example.org{extra},",
            "           to: [a@example.org, b@example.org]}",
            "    language: ar",
        ]
    return "\n".join(lines) + "\n"


def mixed(count: int, first: int = 1) -> Sequence[Alert]:
    """Make alerts in three languages in turn."""
    return [alert(n, language=("ar", "en", "ru")[n % 3]) for n in range(first, first + count)]


def test_an_alert_goes_out_signed_and_as_a_mail(tmp_path: Path) -> None:
    """Each receiver gets it once: a webhook that verifies, and a mail in two forms that reads from the right."""
    with HookServer() as hooks, MailServer() as mails:
        with Outbox(tmp_path, notify(hooks, mails, language="ru"), hooks.host) as outbox:
            outbox.publish(alert(language="ar"))
            until(lambda: outbox.settled(2), outbox.said)
            assert outbox.stop() < 5
            (kept,) = outbox.alerts.alerts()
        (hook,), (mail,) = hooks.hooks, mails.mails
    assert {one.receiver: one.status for one in kept.deliveries} == {
        "inbox": "recorded", "desk": "delivered", "editors": "delivered",
    }  # fmt: skip
    body = Webhook(SECRET).verify(hook.body, hook.headers)
    assert hook.id == f"msg_{message_id(kept.id, 'desk')}"
    assert body["data"]["alerts"][0]["title"] == alert(language="ar").title
    assert "Правило: Russia and Syria" in body["data"]["text"]
    assert mail["Message-ID"] == f"<{message_id(kept.id, 'editors')}@example.org>"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain
    assert html
    assert alert(language="ar").title in plain.get_content()
    assert '<html lang="ar" dir="rtl">' in html.get_content()


@pytest.mark.slow
def test_ten_kills_miss_and_double_nothing(tmp_path: Path) -> None:
    """Killed 10 times at any moment: each alert reaches both receivers; a repeat, at most one a kill, has the same id."""
    pick = random.Random(7)
    alerts = mixed(KILLS * 12)
    with HookServer() as hooks, MailServer() as mails:
        outbox = Outbox(tmp_path, notify(hooks, mails), hooks.host)
        with outbox:
            for number in range(KILLS):
                outbox.publish(*alerts[number * 12 : (number + 1) * 12])
                before = len(hooks.hooks) + len(mails.mails)
                until(lambda before=before: len(hooks.hooks) + len(mails.mails) > before, outbox.said)  # type: ignore[misc]
                time.sleep(pick.uniform(0, 0.15))
                outbox.kill()
                outbox.start()
            until(lambda: outbox.settled(2 * len(alerts)), outbox.said, 120)
            outbox.stop()
            states = outbox.states()
        hook_ids, mail_ids = hooks.ids(), mails.ids()
    assert {one.status for one in states.values()} == {"delivered"}
    assert set(hook_ids) == {f"msg_{message_id(one.id, 'desk')}" for one in alerts}
    assert set(mail_ids) == {f"<{message_id(one.id, 'editors')}@example.org>" for one in alerts}
    assert hook_ids.total() - len(hook_ids) <= KILLS
    assert mail_ids.total() - len(mail_ids) <= KILLS


def test_a_hanging_or_failing_receiver_holds_up_no_other(tmp_path: Path) -> None:
    """One receiver never answers and one answers 500 all the time: the others have everything within seconds."""

    async def answer(request: web.Request, _hook: Hook) -> web.Response | None:
        if request.path == "/hangs":
            await asyncio.sleep(60)
        return web.Response(status=500, text="переезжаем") if request.path == "/broken" else None

    with HookServer(answer=answer) as hooks, MailServer() as mails:
        text = notify(hooks, mails)
        for name in ("hangs", "broken"):
            text += f"  {name}:\n    webhook: {{url: 'http://{hooks.host}/{name}', secret: {SECRET}}}\n"
        with Outbox(tmp_path, text, hooks.host) as outbox:
            outbox.publish(*mixed(30))
            until(lambda: len(hooks.ids()) == 30 and len(mails.ids()) == 30, outbox.said, 20)
            until(lambda: outbox.states()[alert(1).id, "broken"].attempts >= 2, outbox.said, 20)
            broken = outbox.states()[alert(1).id, "broken"]
            others = [
                one for one in outbox.states().values() if one.receiver == "broken" and one.alert_id != alert(1).id
            ]
            assert "500: переезжаем" in broken.cause
            assert {one.attempts for one in others} == {0}, "one that is out is asked with one message, not with all"
            assert outbox.stop() < 5


def test_an_outage_ends_and_everything_arrives_in_order(tmp_path: Path) -> None:
    """What waited for a receiver that was away arrives, oldest first, once."""
    down = [True]

    def answer(_request: web.Request, _hook: Hook) -> web.Response | None:
        return web.Response(status=503) if down[0] else None

    with HookServer(answer=answer) as hooks:
        with Outbox(tmp_path, notify(hooks), hooks.host) as outbox:
            outbox.publish(*mixed(10))
            until(lambda: any(one.attempts for one in outbox.states().values()), outbox.said)
            down[0] = False
            until(lambda: outbox.settled(10), outbox.said)
        got = [json.loads(hook.body)["data"]["alerts"][0]["id"] for hook in hooks.hooks]
    assert got == sorted(got)
    assert len(got) == 10


def test_a_refused_message_dies_with_its_cause_and_can_be_replayed(tmp_path: Path) -> None:
    """A message refused for itself is given up after some tries, others pass it by, and a person may bring it back."""
    refuse = [True]

    def answer(_request: web.Request, hook: Hook) -> web.Response | None:
        return web.Response(status=422, text="too long") if refuse[0] and alert(2).id.encode() in hook.body else None

    with HookServer(answer=answer) as hooks:
        with Outbox(tmp_path, notify(hooks, attempts="2"), hooks.host) as outbox:
            outbox.publish(*mixed(3))
            until(lambda: outbox.settled(3), outbox.said)
            state = outbox.states()[alert(2).id, "desk"]
            assert (state.status, state.attempts, state.cause) == ("dead", 2, "the webhook answered 422: too long")
            refuse[0] = False
            assert replay_dead(outbox.bus) == 1
            until(lambda: outbox.states()[alert(2).id, "desk"].status == "delivered", outbox.said)
        assert len(hooks.hooks) == 3


def test_over_its_limit_a_receiver_is_told_how_many_were_held_back(tmp_path: Path) -> None:
    """A flood is cut to the limit; what is held back is counted, and the next message says so."""
    with HookServer() as hooks:
        with Outbox(tmp_path, notify(hooks, limit="5 per minute"), hooks.host) as outbox:
            outbox.publish(*mixed(20))
            until(lambda: outbox.settled(20), outbox.said)
            states = [one.status for one in outbox.states().values()]
            assert (states.count("delivered"), states.count("suppressed")) == (5, 15)
            outbox.write(notify(hooks))  # no limit any more, and taken up while running
            time.sleep(1.5)
            outbox.publish(alert(99, language="ru"))
            until(lambda: outbox.settled(21), outbox.said)
        last = json.loads(hooks.hooks[-1].body)["data"]
    assert last["held_back"] == 15
    assert "Held back by the limit since the last message: 15" in last["text"]


def test_a_digest_gathers_several_languages_in_one_mail(tmp_path: Path) -> None:
    """Alerts wait for the digest's time and come in one mail, each paragraph in its own direction."""
    with MailServer() as mails:
        text = notify(mails=mails, extra=", digest: every 1 minute")
        with Outbox(tmp_path, text) as outbox:
            outbox.publish(*mixed(7))
            until(lambda: len(outbox.states()) == 7, outbox.said)
            assert mails.mails == []
            # The minute need not be waited for: the log says that they have waited for an hour.
            outbox.kill()
            old = [replace(one, queued_at=one.queued_at - _HOUR) for one in outbox.states().values()]
            outbox.bus.publish(topics.DELIVERIES.name, [encode(one, key=one.key, time=one.at) for one in old])
            outbox.start()
            until(lambda: outbox.settled(7), outbox.said)
        (mail,) = mails.mails
    html = mail.get_body(("html",))
    assert html
    content = html.get_content()
    assert mail["Subject"] == "ملخص راصد: 7"
    for language, direction in (("ar", "rtl"), ("en", "ltr"), ("ru", "ltr")):
        assert f'<h2 lang="{language}" dir="{direction}"' in content
        assert alert(language=language).title in content


def test_a_webhook_may_not_reach_into_the_network(tmp_path: Path) -> None:
    """A private address is refused, also when a listed host redirects to it."""
    target = HookServer()

    def answer(request: web.Request, _hook: Hook) -> web.Response | None:
        return (
            web.Response(status=307, headers={"Location": f"http://{target.host}/"})
            if request.path == "/hook"
            else None
        )

    with target, HookServer(answer=answer) as hooks:
        text = notify(hooks, attempts="1")
        text += f"  inside:\n    webhook: {{url: 'http://{target.host}/x', secret: {SECRET}}}\n    attempts: 1\n"
        with Outbox(tmp_path, text, hooks.host) as outbox:
            outbox.publish(alert())
            until(lambda: outbox.settled(2), outbox.said)
            causes = {one.receiver: one.cause for one in outbox.states().values()}
        assert target.hooks == []
    assert "is not a public address" in causes["inside"]
    assert "is not a public address" in causes["desk"]


def test_recipients_that_refuse_are_told_and_the_others_not_twice(tmp_path: Path) -> None:
    """A server that is out for a while gets the mail later, once, under the same Message-ID."""
    answers = ["451 try later", "451 try later", ""]
    with MailServer() as mails:
        mails.answer = lambda _: answers.pop(0)
        with Outbox(tmp_path, notify(mails=mails)) as outbox:
            outbox.publish(alert(language="ru"))
            until(lambda: outbox.settled(1), outbox.said)
        assert [mail["Message-ID"] for mail in mails.mails] == [f"<{message_id(alert(1).id, 'editors')}@example.org>"]


def test_a_file_of_lines_survives_kills_without_a_repeat(tmp_path: Path) -> None:
    """JSON lines: each message once, whole, though the program was killed between writing and noting."""
    with Outbox(tmp_path, "receivers:\n  file:\n    jsonl: alerts.jsonl\n") as outbox:
        for number in range(4):
            outbox.publish(*mixed(10, first=number * 10 + 1))
            until(lambda n=number: outbox.settled(n * 10 + 2), outbox.said)  # type: ignore[misc]
            outbox.kill()
            outbox.start()
        until(lambda: outbox.settled(40), outbox.said)
    lines = [json.loads(line) for line in (tmp_path / "alerts.jsonl").read_text("utf-8").splitlines()]
    assert len(lines) == len({line["id"] for line in lines}) == 40
