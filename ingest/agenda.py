"""Which feed is next: the due ones in order of time, never two of one host at once. Pure; one thread."""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from datetime import datetime


class Agenda:
    """Feeds by id, each with a time and a host."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, str]] = []
        self._entries: dict[str, tuple[datetime, str]] = {}
        self._busy: set[str] = set()
        self._parked: defaultdict[str, deque[str]] = defaultdict(deque)

    def __len__(self) -> int:
        """Count the feeds that wait for their time or their host."""
        return len(self._entries)

    def put(self, feed_id: str, host: str, due: datetime) -> None:
        """Set or move the time of a feed."""
        self._entries[feed_id] = due, host
        heapq.heappush(self._heap, (due, feed_id))

    def remove(self, feed_id: str) -> None:
        """Forget a feed; one not there is fine."""
        self._entries.pop(feed_id, None)

    def take(self, now: datetime) -> tuple[str, str] | None:
        """Take out the next due feed whose host is free, as (feed, host); the host is busy until `release`."""
        while self._heap and self._heap[0][0] <= now:
            due, feed_id = heapq.heappop(self._heap)
            entry = self._entries.get(feed_id)
            if entry is None or entry[0] != due:  # removed or moved since
                continue
            host = entry[1]
            if host in self._busy:
                self._parked[host].append(feed_id)
                continue
            del self._entries[feed_id]
            self._busy.add(host)
            return feed_id, host
        return None

    def release(self, host: str) -> None:
        """Say that a host is free again; the feeds that waited for it come up."""
        self._busy.discard(host)
        for feed_id in self._parked.pop(host, ()):
            if feed_id in self._entries:
                heapq.heappush(self._heap, (self._entries[feed_id][0], feed_id))

    def next_due(self) -> datetime | None:
        """Give the earliest time at which `take` may have something; None while all wait for their hosts."""
        while self._heap:
            due, feed_id = self._heap[0]
            entry = self._entries.get(feed_id)
            if entry is not None and entry[0] == due:
                return due
            heapq.heappop(self._heap)
        return None
