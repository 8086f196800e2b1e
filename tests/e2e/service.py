"""Starts the real `rasid run` as a process, and asks it things as a person would."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

RASID = str(Path(sys.executable).with_name("rasid"))


def free_port() -> int:
    """Find a port nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


class Service:
    """One `rasid run` on a data directory; may be killed and started again."""

    def __init__(
        self, data_dir: Path, *, environment: Mapping[str, str] | None = None, arguments: Sequence[str] = ()
    ) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self._arguments = arguments
        # One worker: the tests run beside each other on two cores.
        self._environment = {**os.environ, "RASID_FEEDS": "sample", "RASID_WORKERS": "1", **(environment or {})}
        self.log = data_dir.parent / f"{data_dir.name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it; does not wait."""
        command = [RASID, "run", "--data-dir", str(self.data_dir), "--port", str(self.port), *self._arguments]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self._environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        return self

    def kill(self) -> None:
        """SIGKILL: no goodbye."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> float:
        """SIGTERM; give the seconds it took to end."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0, self.log.read_text()[-3000:]
        return time.monotonic() - began

    def get(self, path: str) -> Any:
        """Ask its API."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return json.loads(answer.read())

    def wait(self, condition: Any, seconds: float = 90) -> Any:
        """Wait until `condition()` gives something true; errors of a service that starts count as false."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                if found := condition():
                    return found
            except OSError:
                pass
            assert self.process is not None
            assert self.process.poll() is None, f"it ended:\n{self.log.read_text()[-3000:]}"
            time.sleep(0.2)
        raise AssertionError(f"not within {seconds} s:\n{self.log.read_text()[-3000:]}")

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it, however it stands."""
        if self.process is not None and self.process.poll() is None:
            self.kill()


def rasid(
    *arguments: str,
    data_dir: Path | None = None,
    environment: Mapping[str, str] | None = None,
    stdin: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    where = ("--data-dir", str(data_dir)) if data_dir else ()
    return subprocess.run(
        [RASID, *arguments, *where],
        capture_output=True,
        text=True,
        input=stdin,
        env={**os.environ, "RASID_FEEDS": "sample", **(environment or {})},
        timeout=120,
        check=False,
    )


def json_lines(text: str) -> list[dict[str, Any]]:
    """Read what --json printed."""
    return [json.loads(line) for line in text.splitlines() if line.strip()]
