"""Alerts as JSON lines, to a file or standard output."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import msgspec

from rasid.domain.delivery import Outgoing
from rasid.domain.errors import DeliveryError

_LOOK_BACK = 1 << 20  # bytes at the end of the file in which a line of before a kill would stand


class JsonlNotifier:
    """A Notifier (rasid.ports). `path` None is standard output. A message that stands in the file is not repeated."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    async def send(self, message: Outgoing) -> None:
        """Append one line (see Notifier)."""
        line = msgspec.json.encode(
            {
                "id": message.id,
                "at": message.at,
                "subject": message.subject,
                "text": message.text,
                "language": message.language,
                "held_back": message.held_back,
                "alerts": message.alerts,
            }
        )
        try:
            if self._path is None:
                sys.stdout.buffer.write(line + b"\n")
                sys.stdout.buffer.flush()
            else:
                await asyncio.to_thread(_append, self._path, line, message.id)
        except OSError as error:
            raise DeliveryError(f"{self._path or 'standard output'}: cannot be written: {error.strerror}") from error

    async def close(self) -> None:
        """Hold nothing."""


def _append(path: Path, line: bytes, id_: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _LOOK_BACK))
        tail = file.read()
        if f'{{"id":"{id_}"'.encode() in tail:
            return
        # A kill in the middle of a line leaves a torn one: it ends here, and ours is whole.
        file.write((b"\n" if tail and not tail.endswith(b"\n") else b"") + line + b"\n")
        file.flush()
        os.fsync(file.fileno())
