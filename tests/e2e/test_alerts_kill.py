"""The whole service killed while alerts go out: at a real mail server and a real webhook none is missed, none doubled."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from alert_makers import alert
from e2e.service import Service, json_lines, rasid
from receivers_site import SECRET, HookServer, MailServer

from rasid.adapters.sqlite_bus import SqliteBus
from rasid.codec import encode
from rasid.domain import topics
from rasid.domain.delivery import message_id

KILLS = 10
EACH = 10


@pytest.mark.slow
def test_ten_kills_of_the_service(tmp_path: Path) -> None:
    """Killed 10 times while alerts go out, each alert reaches mail and webhook; a repeat has the id of the first."""
    pick = random.Random(11)
    alerts = [alert(n, language=("ar", "en", "ru")[n % 3]) for n in range(1, KILLS * EACH + 1)]
    data = tmp_path / "data"
    data.mkdir()
    with HookServer() as hooks, MailServer() as mails, SqliteBus(data / "log.db") as bus:
        (data / "notify.yaml").write_text(
            "receivers:\n"
            f"  desk:\n    webhook: {{url: 'http://{hooks.host}/', secret: {SECRET}}}\n    rules: [russia-syria]\n"
            f"  mail:\n    smtp: {{host: 127.0.0.1, port: {mails.port}, security: none, from: rasid@example.org,"
            " to: a@example.org}\n    rules: [russia-syria]\n    language: ar\n",
            "utf-8",
        )
        environment = {"RASID_SAMPLE": "off", "RASID_FEEDS": "sample", "RASID_FETCH_ALLOWED_HOSTS": hooks.host}
        service = Service(data, environment=environment).start()
        for number in range(KILLS):
            before = len(hooks.hooks) + len(mails.mails)
            part = alerts[number * EACH : (number + 1) * EACH]
            bus.publish(topics.ALERTS.name, [encode(one, key=one.id, time=one.created_at) for one in part])
            service.wait(lambda before=before: len(hooks.hooks) + len(mails.mails) > before)  # type: ignore[misc]
            time.sleep(pick.uniform(0, 0.2))
            service.kill()
            if number < KILLS - 1:
                service.start()
        with service:
            service.wait(lambda: len(hooks.ids()) == len(alerts) and len(mails.ids()) == len(alerts))
            time.sleep(1)
            service.stop()
        hook_ids, mail_ids = hooks.ids(), mails.ids()
    assert set(hook_ids) == {f"msg_{message_id(one.id, 'desk')}" for one in alerts}
    assert set(mail_ids) == {f"<{message_id(one.id, 'mail')}@example.org>" for one in alerts}
    assert hook_ids.total() - len(hook_ids) <= KILLS
    assert mail_ids.total() - len(mail_ids) <= KILLS
    told = json_lines(rasid("alerts", "--json", "--since", "99999d", data_dir=data).stdout)
    assert len(told) == len(alerts)
    outcomes = {(one["receiver"], one["status"]) for row in told for one in row["deliveries"]}
    assert outcomes == {("inbox", "recorded"), ("desk", "delivered"), ("mail", "delivered")}
