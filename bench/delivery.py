"""From an alert in the log to the receiver's door, at so many alerts a second: python bench/delivery.py [RATE]."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from alert_makers import alert
from receivers_site import SECRET, Hook, HookServer

from rasid.adapters.sqlite_bus import SqliteBus
from rasid.codec import encode
from rasid.domain import topics

SECONDS = 20


def main() -> None:
    """Publish at a steady rate and see when each alert arrives."""
    rate = float(sys.argv[1]) if len(sys.argv) > 1 else 50.0
    arrived: dict[str, float] = {}

    def answer(_request: object, hook: Hook) -> None:
        arrived.setdefault(msgspec.json.decode(hook.body)["data"]["alerts"][0]["id"], time.monotonic())

    with tempfile.TemporaryDirectory() as directory, HookServer(answer=answer) as hooks:
        data = Path(directory)
        (data / "notify.yaml").write_text(
            f"receivers:\n  desk: {{webhook: {{url: 'http://{hooks.host}/', secret: {SECRET}}}}}\n", "utf-8"
        )
        program = Path(__file__).parent.parent / "tests/outbox_process.py"
        with (
            SqliteBus(data / "log.db") as bus,
            subprocess.Popen(
                [sys.executable, program, data, hooks.host], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ) as outbox,
        ):
            sent = publish(bus, rate)
            until = time.monotonic() + 60
            while len(arrived) < len(sent) and time.monotonic() < until:
                time.sleep(0.05)
            outbox.terminate()
    taken = sorted(arrived[one] - sent[one] for one in arrived)
    p50, p99 = taken[len(taken) // 2], taken[int(len(taken) * 0.99)]
    print(f"{len(sent)} alerts at {rate:.0f}/s: {len(taken)} arrived, p50 {p50:.3f} s, p99 {p99:.3f} s")


def publish(bus: SqliteBus, rate: float) -> dict[str, float]:
    """Publish one alert every 1/rate seconds; give when each was durable in the log."""
    sent: dict[str, float] = {}
    began = time.monotonic()
    for number in range(1, int(rate * SECONDS) + 1):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        made = replace(alert(number, language=("ar", "en", "ru")[number % 3]), created_at=datetime.now(UTC))
        bus.publish(topics.ALERTS.name, [encode(made, key=made.id, time=made.created_at)])
        sent[made.id] = time.monotonic()
    return sent


if __name__ == "__main__":
    main()
