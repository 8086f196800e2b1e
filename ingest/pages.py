"""The articles' own pages, fetched behind the polls: teasers go out at once, a slow page holds up nothing but itself.

Pages of one host follow each other, hosts go side by side. The queue is bounded: what it refuses stays marked in the
feed's memory and is offered again at the next poll.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ingest.feed_memory import Page
from ingest.fetch import Fetcher
from ingest.fulltext import Extractor, full_text, in_a_thread, is_teaser
from ingest.robots import Robots
from rasid.domain.article import Entry
from rasid.domain.feed import Feed


@dataclass(frozen=True, slots=True, kw_only=True)
class FullTexts:
    """How pages are read: `is_teaser` tells entries that lack their text; `read` gives a page's text, "" for none.

    `read` raises FetchError as Fetcher.get does.
    """

    is_teaser: Callable[[Entry], bool]
    read: Callable[[Entry], Awaitable[str]]


def full_texts(fetcher: Fetcher, robots: Robots, run: Extractor = in_a_thread) -> FullTexts:
    """Read pages with ingest.fulltext; `run` is where its `extract` works."""

    async def read(entry: Entry) -> str:
        found = await full_text(entry.url or "", fetcher, robots, title=entry.title, run=run)
        return found.text if found else ""

    return FullTexts(is_teaser=lambda entry: is_teaser(entry.title, entry.text or entry.summary, entry.html), read=read)


@dataclass(frozen=True, slots=True)
class PageJob:
    """A page to fetch for a feed."""

    feed: Feed
    page: Page


class PageQueue:
    """Runs `work` for each job; one event loop. `work` deals with its errors itself."""

    def __init__(self, work: Callable[[PageJob], Awaitable[None]], *, hosts: int = 16, limit: int = 1000) -> None:
        self._work = work
        self._slots = asyncio.Semaphore(hosts)
        self._limit = limit
        self._jobs: defaultdict[str, deque[PageJob]] = defaultdict(deque)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._waiting = 0

    def add(self, host: str, job: PageJob) -> bool:
        """Take a job, or refuse it when too many wait."""
        if self._waiting >= self._limit:
            return False
        self._waiting += 1
        self._jobs[host].append(job)
        if host not in self._tasks:
            self._tasks[host] = asyncio.create_task(self._drain(host), name=f"pages of {host}")
        return True

    async def idle(self) -> None:
        """Wait until all jobs are done."""
        while self._tasks:
            await asyncio.wait(self._tasks.values())

    async def close(self) -> None:
        """Drop what waits and end what runs."""
        tasks = list(self._tasks.values())
        self._jobs.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _drain(self, host: str) -> None:
        jobs = self._jobs[host]
        try:
            while jobs:
                async with self._slots:
                    self._waiting -= 1
                    await self._work(jobs.popleft())
        finally:
            self._waiting -= len(jobs)
            self._jobs.pop(host, None)
            self._tasks.pop(host, None)
