"""The feeds to poll: the feed list as its file now stands, and the sample."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from ingest.watch import WatchedFeeds
from rasid.app.bootstrap import feeds_file
from rasid.app.sample import SampleServer
from rasid.domain.errors import FeedsFileError
from rasid.domain.feed import Feed
from rasid.settings import Settings

log = structlog.get_logger("rasid.feeds")


class FeedSource:
    """Gives the feeds in force. A list broken at the start raises FeedsFileError; a later edit cannot break it."""

    def __init__(self, settings: Settings, sample: SampleServer | None) -> None:
        self._sample: Sequence[Feed] = sample.feeds() if sample else ()
        self._listed = None if settings.feeds == "sample" else WatchedFeeds(feeds_file(settings), _report)
        self._joined: tuple[Sequence[Feed] | None, Sequence[Feed]] = (None, self._sample)

    def __call__(self) -> Sequence[Feed]:
        """Give the feeds; the same object until they change."""
        if self._listed is None:
            return self._sample
        listed = self._listed()
        if listed is not self._joined[0]:
            self._joined = (listed, (*listed, *self._sample))
        return self._joined[1]

    @property
    def error(self) -> str | None:
        """Say what is wrong with the list as it stands, if the last good one is in force instead."""
        return str(self._listed.error) if self._listed and self._listed.error else None

    async def watch(self, stop: asyncio.Event) -> None:
        """Take up edits until `stop` is set."""
        if self._listed is not None:
            await self._listed.run(stop)


def _report(error: FeedsFileError | None) -> None:
    if error is None:
        log.info("feed list taken up")
    else:
        log.error("the feed list is broken; the last good one stays in force", cause=str(error))
