"""What the poller remembers between polls, in memory and in the store, with one thread for what waits for a disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from ingest import poll_decision
from rasid.domain.feed import Feed, FeedState, PollRecord, Shown
from rasid.ports import FeedStore

_P = ParamSpec("_P")
_T = TypeVar("_T")


class PollMemory:
    """A FeedStore as one event loop uses it. Everything may raise StoreError."""

    def __init__(self, store: FeedStore) -> None:
        self._store = store
        self._states: dict[str, FeedState] = {}
        self._records: dict[str, PollRecord] = {}
        self._unsaved: list[tuple[FeedState, PollRecord]] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="feed-memory")

    async def load(self) -> None:
        """Take in all states."""
        self._states = dict(await self._in_thread(self._store.states))

    def known(self, feed_id: str) -> FeedState | None:
        """Give a feed's state if it is at hand."""
        return self._states.get(feed_id)

    async def state_of(self, feed: Feed) -> FeedState:
        """Give a feed's state, a first one for a feed never polled."""
        state = self._states.get(feed.id) or await self._in_thread(self._store.state, feed.id)
        return state or poll_decision.first_state(feed)

    def last(self, feed_id: str) -> tuple[FeedState, PollRecord]:
        """Give what the last poll of a feed left."""
        return self._states[feed_id], self._records[feed_id]

    def correct(self, state: FeedState) -> None:
        """Set a state that the next poll will save."""
        self._states[state.feed_id] = state

    async def shown(self, feed_id: str, items: Sequence[str]) -> dict[str, Shown]:
        """Give what the feed showed last of `items`."""
        return await self._in_thread(self._store.shown, feed_id, items)

    async def save(self, state: FeedState, record: PollRecord, shown: Sequence[Shown] = ()) -> None:
        """Keep one poll; once it returns, a kill does not forget it."""
        unsaved, self._unsaved = self._unsaved, []
        await self._in_thread(self._save_all, [*unsaved, (state, record)], shown)
        self._note(state, record)

    def save_later(self, state: FeedState, record: PollRecord) -> None:
        """Keep an unchanged feed's poll with the next `flush`: what a kill loses of it is one request."""
        self._note(state, record)
        self._unsaved.append((state, record))

    async def flush(self) -> None:
        """Save what was left for later."""
        unsaved, self._unsaved = self._unsaved, []
        if unsaved:
            await self._in_thread(self._save_all, unsaved)

    def close(self) -> None:
        """End the thread; the store stays open."""
        self._thread.shutdown()

    def _note(self, state: FeedState, record: PollRecord) -> None:
        self._states[state.feed_id] = state
        self._records[state.feed_id] = record

    def _save_all(self, polls: Sequence[tuple[FeedState, PollRecord]], shown: Sequence[Shown] = ()) -> None:
        """Save polls in order; `shown` belongs to the last."""
        for number, (state, record) in enumerate(polls, start=1):
            self._store.save(state, record, shown if number == len(polls) else ())

    async def _in_thread(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(work, *args, **kwargs))
