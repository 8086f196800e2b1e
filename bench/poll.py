"""Polling unchanged feeds: CPU seconds for 1,000 polls that answer 304, and the pace against a bare aiohttp loop.

Run as `python bench/poll.py [--feeds 1000] [--rounds 5]`. A server process on loopback stands for 1,000 hosts
(127.x.y.z), so that the rule of one request per host holds nothing up. The loop and the poller take turns; figures are
medians; on a busy machine the ratio by CPU time is the steadier one. The poller does what it does in service: its
agenda, the guarded fetcher, decisions, and a save in SQLite.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self

import aiohttp

from ingest.feedlist import feed_id
from ingest.fetch import Fetcher, FetchSettings
from ingest.parse_pool import ParsePool
from ingest.poller import Poller, PollEvent
from rasid.adapters.sqlite_feedstore import SqliteFeedStore
from rasid.domain.article import RawEntry
from rasid.domain.feed import Feed, FeedState, PollRecord

ETAG = '"unchanged"'
IN_FLIGHT = 32
ANSWER = b"HTTP/1.1 304 Not Modified\r\nETag: " + ETAG.encode() + b"\r\nDate: Mon, 23 Nov 2026 12:00:00 GMT\r\n\r\n"


class Unchanged(asyncio.Protocol):
    """Answers 304 to whatever is asked."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request; none has a body."""
        for _ in range(data.count(b"\r\n\r\n")):
            self._transport.write(ANSWER)  # type: ignore[attr-defined]


def serve(ready: Connection) -> None:
    """Run the server until the process is ended."""

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(Unchanged, "0.0.0.0", 0, backlog=4096)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall-clock and CPU seconds of one run."""

    wall: float
    cpu: float


class RealClock:
    """The time."""

    def now(self) -> datetime:
        """Give it."""
        return datetime.now(UTC)


async def bare(urls: Sequence[str]) -> Cost:
    """Ask every address conditionally with plain aiohttp, 32 at a time."""
    waiting = iter(urls)

    async def worker(session: aiohttp.ClientSession) -> None:
        for url in waiting:
            async with session.get(url, headers={"If-None-Match": ETAG}) as answer:
                assert answer.status == 304
                await answer.read()

    async with aiohttp.ClientSession() as session:
        with Meter() as meter:
            await asyncio.gather(*(worker(session) for _ in range(IN_FLIGHT)))
    return meter.cost


async def polled(urls: Sequence[str], directory: Path) -> Cost:
    """Poll every address once with the poller as it runs in service."""
    feeds = tuple(Feed(id=feed_id(url), url=url, title="خبر", source="bench") for url in urls)
    store = SqliteFeedStore(directory / f"feeds-{time.monotonic_ns()}.db")
    now = datetime.now(UTC)
    for feed in feeds:
        state = FeedState(
            feed_id=feed.id, url=feed.url, etag=ETAG, body_hash="00", last_full_at=now, last_success_at=now
        )
        store.save(state, PollRecord(feed_id=feed.id, at=now, outcome="new"))
    stop, done = asyncio.Event(), 0
    wrong: list[PollEvent] = []

    def count(event: PollEvent) -> None:
        nonlocal done
        done += 1
        if event.record is None or event.record.status != 304:
            wrong.append(event)
        if done == len(feeds) or wrong:
            stop.set()

    async def publish(_: Sequence[RawEntry]) -> None:
        raise AssertionError("an unchanged feed has nothing to publish")

    settings = FetchSettings(user_agent="Rasid-bench/0", allowed_hosts=frozenset({"127.0.0.0/8"}))
    async with Fetcher(settings) as fetcher, ParsePool() as pool:
        poller = Poller(
            feeds=lambda: feeds, store=store, publish=publish, fetcher=fetcher, pool=pool, clock=RealClock(),
            on_event=count, in_flight=IN_FLIGHT,
        )  # fmt: skip
        with Meter() as meter:
            await poller.run(stop)
    store.close()
    if wrong:
        raise SystemExit(f"a poll went wrong: {wrong[0]}")
    return meter.cost


class Meter:
    """Measures what stands in its `with`."""

    def __enter__(self) -> Self:
        """Start."""
        self._wall, self._cpu = time.perf_counter(), _cpu()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.cost = Cost(time.perf_counter() - self._wall, _cpu() - self._cpu)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print one JSON line: medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    port = ours.recv()
    hosts = (f"127.{1 + n // 62_500}.{1 + n // 250 % 250}.{1 + n % 250}" for n in range(chosen.feeds))
    urls = [f"http://{host}:{port}/rss" for host in hosts]
    loops, polls = [], []
    with tempfile.TemporaryDirectory() as directory, suppress(KeyboardInterrupt):
        for round_number in range(chosen.rounds + 1):
            loop, poll = asyncio.run(bare(urls)), asyncio.run(polled(urls, Path(directory)))
            if round_number:  # the first warms up
                loops.append(loop)
                polls.append(poll)
    server.terminate()
    loop_cpu, poll_cpu = (statistics.median(cost.cpu for cost in costs) for costs in (loops, polls))
    loop_wall, poll_wall = (statistics.median(cost.wall for cost in costs) for costs in (loops, polls))
    figures = {
        "bench": "poll",
        "feeds": chosen.feeds,
        "rounds": chosen.rounds,
        "poller_cpu_seconds": round(poll_cpu, 3),
        "loop_cpu_seconds": round(loop_cpu, 3),
        "cpu_pace_of_bare_loop": round(statistics.median(a.cpu / b.cpu for a, b in zip(loops, polls, strict=True)), 3),
        "pace_of_bare_loop": round(statistics.median(a.wall / b.wall for a, b in zip(loops, polls, strict=True)), 3),
        "polls_per_second": round(chosen.feeds / poll_wall),
        "loop_requests_per_second": round(chosen.feeds / loop_wall),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
