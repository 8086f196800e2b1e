"""notify.yaml: what it means, and how each mistake in it is told."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from alert_makers import alert

from rasid.adapters.smtp_notifier import SmtpTarget
from rasid.adapters.webhook_notifier import WebhookTarget
from rasid.app.delivery.notify_file import read_receivers
from rasid.app.delivery.notify_source import NotifySource, example, ship
from rasid.app.delivery.receivers import AppriseTarget, JsonlTarget, Receiver
from rasid.domain.errors import NotifyError, StoreError
from rasid.domain.pacing import Limit

DATA = Path(__file__).parent.parent / "data/notify"
SOURCE = Path("notify.yaml")
BROKEN = [
    (*block.partition("\n")[0].split(" | "), block.partition("\n")[2])
    for block in (DATA / "broken.txt").read_text("utf-8").split("=== ")[1:]
]
WHOLE = """
page: https://rasid.example.org/
receivers:
  desk:
    webhook: {url: 'https://hooks.example.org/x', secret_file: hook.secret}
    language: ar
    levels: [normal, high]
    rules: [russia-syria]
    limit: 20 per hour
  editors:
    smtp:
      host: mail.example.org
      from: Rasid <rasid@example.org>
      to: [editor@example.org]
      username: rasid
      password: пароль
      digest: daily 07:00
      timezone: Asia/Damascus
    language: ru
  chat:
    apprise: ntfy://ntfy.example.org/rasid
    only_named: true
  file: {jsonl: alerts.jsonl}
urls:
  - ntfys://ntfy.example.org/a
  - ntfys://ntfy.example.org/b:
      - tag: [desk2, ночь]
"""


def test_the_shipped_example_has_no_receiver(tmp_path: Path) -> None:
    """Nothing leaves the machine until a person asks for it; and what is there is never overwritten."""
    ship(tmp_path / "notify.yaml")
    assert (tmp_path / "notify.yaml").read_text("utf-8") == example()
    assert NotifySource(tmp_path / "notify.yaml")().receivers == ()
    (tmp_path / "notify.yaml").write_text("receivers: {}\n", "utf-8")
    ship(tmp_path / "notify.yaml")
    assert (tmp_path / "notify.yaml").read_text("utf-8") == "receivers: {}\n"


def test_the_example_without_its_comment_signs_is_valid(tmp_path: Path) -> None:
    """What the example shows can be used as it stands."""
    text = re.sub(r"(?m)^# ?(?=(page|receivers|urls|  ))", "", example())
    for name in ("webhook.secret", "smtp.password"):
        (tmp_path / name).write_text("c3lyaWEtcnVzc2lhLXJhc2lkLXRlc3Qtc2VjcmV0LTAx\n", "utf-8")
    found = read_receivers(text, tmp_path / "notify.yaml")
    assert [one.name for one in found][:4] == ["desk", "editors", "chat", "file"]


def test_receivers_are_read_whole(tmp_path: Path) -> None:
    """Each kind of receiver comes out with all that is said of it; secrets are not in its text."""
    (tmp_path / "hook.secret").write_text("whsec_c3lyaWEtcnVzc2lhLXJhc2lkLXRlc3Qtc2VjcmV0LTAx\n", "utf-8")
    found = read_receivers(WHOLE, tmp_path / "notify.yaml")
    desk, editors, chat, file, first, second = found
    assert found.page == "https://rasid.example.org"
    assert desk.target == WebhookTarget(
        "https://hooks.example.org/x", "whsec_c3lyaWEtcnVzc2lhLXJhc2lkLXRlc3Qtc2VjcmV0LTAx"
    )
    assert (desk.language, desk.levels, desk.rules, desk.manner.limit) == (
        "ar", ("normal", "high"), ("russia-syria",), Limit(20, 3600),
    )  # fmt: skip
    assert isinstance(editors.target, SmtpTarget)
    assert (editors.target.port, editors.target.security, editors.target.password) == (587, "starttls", "пароль")
    assert editors.manner.digest
    assert chat.target == AppriseTarget(("ntfy://ntfy.example.org/rasid",))
    assert file.target == JsonlTarget(tmp_path / "alerts.jsonl")
    assert first.name.startswith("ntfys-")
    assert second.tags == ("desk2", "ночь")
    assert "пароль" not in repr(found)
    assert "c3lyaWEt" not in repr(found)


@pytest.mark.parametrize(("line", "words", "text"), BROKEN, ids=[words for _, words, _ in BROKEN])
def test_a_mistake_is_named_with_its_line(line: str, words: str, text: str) -> None:
    """Each mistake comes out as a sentence with the file and the line."""
    with pytest.raises(NotifyError, match=re.escape(words)) as found:
        read_receivers(text, SOURCE)
    assert str(found.value).startswith(f"notify.yaml:{line}: ")


def test_an_endless_file_is_refused() -> None:
    """A file of megabytes is not read."""
    with pytest.raises(NotifyError, match="longer than"):
        read_receivers("# ارسال\n" * 100_000, SOURCE)


def test_a_broken_edit_keeps_the_last_good_list(tmp_path: Path) -> None:
    """The list is read again when it changes; one with a mistake changes nothing but the error."""
    path = tmp_path / "notify.yaml"
    path.write_text("receivers:\n  файл: {jsonl: a.jsonl}\n", "utf-8")
    source = NotifySource(path)
    first = source()
    path.write_text("receivers:\n  файл: {jsonl: []}\n", "utf-8")
    source.look()
    assert source() is first
    assert str(source.error).endswith("notify.yaml:2: jsonl: a word is needed here")
    path.write_text("receivers:\n  ملف: {jsonl: a.jsonl}\n", "utf-8")
    source.look()
    assert ([one.name for one in source()], source.error) == (["ملف"], None)
    path.unlink()
    source.look()
    assert list(source()) == []


def test_without_a_file_there_is_no_receiver(tmp_path: Path) -> None:
    """A list that was never written lets nothing wait; once it is written, it is taken up."""
    path = tmp_path / "notify.yaml"
    source = NotifySource(path)
    assert (list(source()), source.error) == ([], None)
    path.write_text("receivers:\n  ملف: {jsonl: a.jsonl}\n", "utf-8")
    source.look()
    assert [one.name for one in source()] == ["ملف"]


def test_a_file_broken_from_the_start_lets_alerts_wait(tmp_path: Path) -> None:
    """Nobody knows who is to be told: that is no reason to tell nobody. It goes on when the file is mended."""
    path = tmp_path / "notify.yaml"
    path.write_text("receivers: нет\n", "utf-8")
    source = NotifySource(path)
    with pytest.raises(StoreError, match=r"notify\.yaml:1: .* wait to be sent until it is mended"):
        source()
    path.write_text("receivers: {}\n", "utf-8")
    source.look()
    assert list(source()) == []


@pytest.mark.parametrize(
    ("receiver", "changes", "wanted"),
    [
        ({}, {}, True),
        ({"only_named": True}, {}, False),
        ({"only_named": True}, {"notify": ("desk",)}, True),
        ({"tags": ("ночь",)}, {"notify": ("ночь",)}, True),
        ({}, {"notify": ("other",)}, False),
        ({"levels": ("high",)}, {}, False),
        ({"levels": ("high",)}, {"level": "high"}, True),
        ({"rules": ("إدلب",)}, {}, False),
        ({"rules": ("russia-syria",)}, {}, True),
        ({"rules": ("إدلب",)}, {"kind": "service", "rule": "service:lag"}, True),
        ({"rules": ("إدلب",)}, {"notify": ("desk",)}, True),
    ],
)
def test_who_is_told_of_what(receiver: dict[str, object], changes: dict[str, object], *, wanted: bool) -> None:
    """Filters and names decide together; a rule that names a receiver is heard by it and no other."""
    made = replace(Receiver(name="desk", target=JsonlTarget(None)), **receiver)  # type: ignore[arg-type]
    assert made.wants(alert(**changes)) is wanted
