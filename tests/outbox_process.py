"""The deliver stage and the outbox alone, as a process that a test may kill: python outbox_process.py DATA_DIR."""

from __future__ import annotations

import asyncio
import signal
import sys
from functools import partial
from pathlib import Path

from rasid.adapters.sqlite_alerts import SqliteAlerts
from rasid.adapters.sqlite_bus import SqliteBus
from rasid.alerts.announce import RulesRead
from rasid.app.bootstrap import SystemClock
from rasid.app.delivery.notify_source import NotifySource
from rasid.app.delivery.service import Delivering
from rasid.app.delivery.step import deliver_step
from rasid.app.stage import Progress, Stage, in_thread, run_stage
from rasid.domain import topics
from rasid.settings import Settings


async def serve(directory: Path, allowed: str) -> None:
    """Run until SIGTERM."""
    stop, clock = asyncio.Event(), SystemClock()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    settings = Settings(data_dir=directory, fetch_allowed_hosts=tuple(filter(None, allowed.split(","))))
    with SqliteBus(directory / "log.db") as bus, SqliteAlerts(directory / "alerts.db") as alerts:
        notify = NotifySource(directory / "notify.yaml")
        step = deliver_step(alerts, notify, partial(bus.latest, topics.DELIVERIES.name), clock)
        stage = Stage("deliver", (topics.ALERTS.name,), in_thread(step), batch=5)
        delivering = Delivering(settings, bus, alerts, notify, lambda: RulesRead((), clock.now()))
        await asyncio.gather(run_stage(stage, bus, stop, Progress()), delivering.run(stop))


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2]))
