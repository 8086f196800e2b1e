"""The daemons of the cluster mode as processes of their own, as a supervisor would start them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rasid.adapters.kafka_connection import KafkaAddress

RASID = str(Path(sys.executable).with_name("rasid"))


class Daemon:
    """One daemon; its log goes to a file beside its data."""

    def __init__(self, words: Sequence[str], place: Path, environment: dict[str, str]) -> None:
        self.name = "-".join(words)
        self._command = [RASID, *words]
        self._log = place / f"{self.name}.log"
        self._environment = os.environ | environment
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        """Start it, again if need be."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, env=self._environment, stderr=log, stdout=log, stdin=subprocess.DEVNULL
            )
        return self.process

    def kill(self) -> None:
        """SIGKILL: no goodbye."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; give the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def told(self) -> str:
        """Give its log."""
        return self._log.read_text("utf-8")


def environment(address: KafkaAddress, place: Path, **more: str) -> dict[str, str]:
    """Give what a daemon needs to know."""
    return {
        "RASID_KAFKA": address.servers,
        "RASID_GROUP_PREFIX": address.prefix,
        "RASID_DATA_DIR": str(place / "data"),
        "RASID_WORKERS": "1",
        "RASID_METRICS_PORT": "0",
        "PYTHONUTF8": "1",
        **more,
    }


@contextmanager
def ended(daemons: list[Daemon]) -> Iterator[list[Daemon]]:
    """End all daemons that are in the list by then."""
    try:
        yield daemons
    finally:
        for daemon in daemons:
            daemon.kill()


def wait(daemons: Sequence[Daemon], until: Callable[[], object], seconds: float = 120, what: str = "") -> None:
    """Wait for something; a daemon that ends meanwhile, or the time being up, shows the logs."""
    end = time.monotonic() + seconds
    while not until():
        told = "\n".join(f"--- {daemon.name}\n{daemon.told()[-2500:]}" for daemon in daemons)
        assert all(daemon.process.poll() is None for daemon in daemons), told
        assert time.monotonic() < end, f"{what} did not come in {seconds:.0f} s\n{told}"
        time.sleep(0.2)
