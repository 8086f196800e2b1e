"""The feed list as its file now stands: edits are taken up while running, a broken file leaves the last good list.

The file is looked at, not subscribed to: that works the same on network drives and in containers, and costs one
system call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from ingest.feedlist import read_feeds
from rasid.domain.errors import FeedsFileError
from rasid.domain.feed import Feed

LOOK_EVERY = 0.3  # seconds
Stamp = tuple[int, int, int] | None


class WatchedFeeds:
    """Gives the feeds in force; the same object until they change. `report` is told of each edit: an error or None.

    The first read raises FeedsFileError: a program that starts with a broken list should say so.
    """

    def __init__(self, path: Path, report: Callable[[FeedsFileError | None], None] = lambda _: None) -> None:
        self._path = path
        self._report = report
        self._read = self._waiting = stamp_of(path)
        self._feeds: Sequence[Feed] = read_feeds(path)
        self.error: FeedsFileError | None = None

    def __call__(self) -> Sequence[Feed]:
        """Give the feeds of the last good file."""
        return self._feeds

    def look(self) -> None:
        """Read the file if it changed and has been left alone since the last look: editors write in steps."""
        stamp = stamp_of(self._path)
        steady, self._waiting = stamp == self._waiting, stamp
        if stamp == self._read or not steady:
            return
        self._read = stamp
        try:
            self._feeds = read_feeds(self._path)
            self.error = None
        except FeedsFileError as error:
            self.error = error
        self._report(self.error)

    async def run(self, stop: asyncio.Event) -> None:
        """Look at the file every so often until `stop` is set."""
        while not stop.is_set():
            await asyncio.to_thread(self.look)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_EVERY)


def stamp_of(path: Path) -> Stamp:
    """Give what tells one state of a file from another, None while it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
