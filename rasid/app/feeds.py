"""The feeds to poll: the feed list as its file now stands, and the sample."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path

import structlog

from ingest.feedlist import read_feeds
from rasid.app.bootstrap import feeds_file
from rasid.app.sample import SampleServer
from rasid.domain.errors import FeedsFileError
from rasid.domain.feed import Feed
from rasid.settings import Settings

log = structlog.get_logger("rasid.feeds")
_LOOK_SECONDS = 2.0


class FeedSource:
    """Gives the feeds in force; an invalid file keeps the last good set and says why."""

    def __init__(self, settings: Settings, sample: SampleServer | None) -> None:
        self._sample = sample.feeds() if sample else ()
        self._path: Path | None = None if settings.feeds == "sample" else feeds_file(settings)
        self._stamp: tuple[int, int] | None = None
        self._feeds: Sequence[Feed] = self._sample
        self.error: str | None = None
        self._read()

    def __call__(self) -> Sequence[Feed]:
        """Give the feeds; the same object until they change."""
        return self._feeds

    async def watch(self, stop: asyncio.Event) -> None:
        """Take up edits until `stop` is set."""
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _LOOK_SECONDS)
            self._read()

    def _read(self) -> None:
        if self._path is None:
            return
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._feeds = (*read_feeds(self._path), *self._sample)
            self.error = None
        except FeedsFileError as error:
            self.error = str(error)
            log.error("the feed list is broken; the last good one stays in force", cause=str(error))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
