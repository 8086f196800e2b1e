"""The receivers in force: notify.yaml read again when it changes; a broken one leaves the last good list.

It and the secret files beside it are looked at, not subscribed to (see ingest.watch).
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from importlib import resources
from pathlib import Path

import structlog

from ingest.watch import Stamp, stamp_of
from rasid.app.delivery.notify_file import read_receivers
from rasid.app.delivery.receivers import Receivers
from rasid.domain.errors import NotifyError, StoreError

log = structlog.get_logger("rasid.notify")
NAME = "notify.yaml"
_LOOK_EVERY = 0.5
_NEVER: Stamp = (-1, -1, -1)  # not None, which is the stamp of a file that is not there


class NotifySource:
    """Gives the receivers; the same object until they change. Any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._read: Stamp = _NEVER
        self._receivers: Receivers | None = None
        self.error: NotifyError | None = None
        self.look()

    def __call__(self) -> Receivers:
        """Give the receivers in force.

        Raises StoreError where the file was broken from the start: who is to be told is not known, so alerts wait.
        """
        if self._receivers is None:
            raise StoreError(f"{self.error}; alerts are kept and wait to be sent until it is mended")
        return self._receivers

    def look(self) -> None:
        """Read the file if it changed; without it there is no receiver."""
        with self._lock:
            stamp = stamp_of(self._path)
            if stamp == self._read:
                return
            self._read = stamp
            try:
                text = self._path.read_text("utf-8") if stamp else ""
                self._receivers = found = read_receivers(text, self._path)
                self.error = None
                log.info("receivers taken up", receivers=[one.name for one in found])
            except NotifyError as error:
                self.error = error
            except (OSError, UnicodeDecodeError) as error:
                self.error = NotifyError(f"cannot be read: {error}", source=str(self._path))
            if self.error:
                log.error("notify.yaml is broken; the last good one stays in force", cause=str(self.error))

    async def watch(self, stop: asyncio.Event) -> None:
        """Take up edits until `stop` is set."""
        while not stop.is_set():
            self.look()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _LOOK_EVERY)


def example() -> str:
    """Give the commented notify.yaml that is put into a new data directory: it has no receiver."""
    return resources.files("rasid.app.delivery").joinpath("notify.example.yaml").read_text("utf-8")


def ship(path: Path) -> None:
    """Put the example there once; what is there stays."""
    if not path.exists():
        temporary = path.with_name(f"{path.name}.new")
        temporary.write_text(example(), "utf-8")
        temporary.replace(path)
