"""Polls feeds for as long as it is let: every due one, many hosts at once, never two feeds of one host.

    agenda -> fetch -> parse -> compare with memory -> publish (durable) -> remember -> pages -> publish -> remember

What is published is always safe before it is remembered: a kill in between repeats, it never loses. Admission knows
repeats by their key. Decisions are in poll_decision, feed_memory and schedule; this only acts on them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Literal
from urllib.parse import urlsplit

from ingest import poll_decision
from ingest.agenda import Agenda
from ingest.feed_memory import Comparison, Page, compare, items, page_done, page_failed
from ingest.fetch import HostBlockedError, Response
from ingest.pages import FullTexts, PageJob, PageQueue
from ingest.parsing import ParsedFeed
from ingest.poll_memory import PollMemory
from ingest.poll_parts import SupportsGet, SupportsParse
from rasid.domain.article import Entry, RawEntry
from rasid.domain.errors import FailureWeight, FetchError, ParseError, RasidError, StoreError
from rasid.domain.feed import Feed, FeedState, PollRecord, Shown
from rasid.ports import Clock, FeedStore

_LOOK_EVERY = 0.5  # seconds between looks at the feed list and the clock
_STORE_PAUSE = timedelta(seconds=30)
_STOP_GRACE = 1.0
_BATCH = 100
_MANY_ENTRIES = 500
_MAX_SITEMAPS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PollEvent:
    """Something worth a line in a log: a poll's outcome, or trouble; `words` are for a person."""

    kind: Literal["polled", "page", "trouble"]
    feed: Feed | None
    record: PollRecord | None = None
    words: str | None = None


def _ignore(_: PollEvent) -> None:
    pass


async def _no_wait() -> None:
    pass


class Poller:
    """Polls `feeds()`, which is asked again every half second, so that edits take effect while it runs.

    `publish` returns once its entries are durable; `room` returns when the log has room (back-pressure); both may
    raise StoreError, which holds up the feed and loses nothing. Without `full_texts` no page is fetched. One event
    loop.
    """

    def __init__(  # noqa: PLR0913 - the parts that the application joins
        self,
        *,
        feeds: Callable[[], Sequence[Feed]],
        store: FeedStore,
        publish: Callable[[Sequence[RawEntry]], Awaitable[None]],
        fetcher: SupportsGet,
        pool: SupportsParse,
        clock: Clock,
        room: Callable[[], Awaitable[None]] = _no_wait,
        full_texts: FullTexts | None = None,
        on_event: Callable[[PollEvent], None] = _ignore,
        in_flight: int = 32,
    ) -> None:
        self._feeds, self._memory, self._clock = feeds, PollMemory(store), clock
        self._fetcher, self._pool, self._full_texts = fetcher, pool, full_texts
        self._publish_batch, self._room, self._on_event = publish, room, on_event
        self._in_flight = in_flight
        self._agenda = Agenda()
        self._listed: dict[str, Feed] = {}
        self._seen_list: Sequence[Feed] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._pages = PageQueue(self._fetch_page)
        self._awaited_pages: dict[str, set[str]] = {}
        self._settled: dict[str, FeedState] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until `stop` is set; what is under way then gets a moment to finish."""
        try:
            await self._memory.load()
            while not stop.is_set():
                self._read_list()
                self._start_due()
                await self._flush()
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), self._wait_seconds())
        finally:
            await self.close()

    async def close(self) -> None:
        """End what is under way. Nothing is lost: what was not remembered is polled again."""
        self._stopping = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_STOP_GRACE)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._pages.close()
        await self._flush()
        self._memory.close()

    async def pages_read(self) -> None:
        """Wait until every page that polls have asked for was fetched."""
        await self._pages.idle()

    async def poll_once(self, feed: Feed) -> PollRecord:
        """Poll one feed now. Raises StoreError when its entries could not be published or remembered."""
        record = await self._poll_feed(feed)
        await self._memory.flush()
        return record

    async def _poll_feed(self, feed: Feed) -> PollRecord:
        state = await self._memory.state_of(feed)
        asked = poll_decision.ask(feed, state, self._clock.now())
        try:
            response = await self._fetcher.get(asked.url, etag=asked.etag, last_modified=asked.last_modified)
            now = self._clock.now()
            if poll_decision.is_unchanged(state, asked, response, now):
                return self._nothing_new(feed, poll_decision.unchanged(feed, state, asked, response, now))
            parsed = await self._parse(feed, response)
        except (FetchError, ParseError) as error:
            return await self._finish(feed, poll_decision.failed(feed, state, asked, error, self._clock.now()))
        return await self._take_in(feed, state, asked, response, parsed)

    async def _take_in(
        self, feed: Feed, state: FeedState, asked: poll_decision.Ask, response: Response, parsed: ParsedFeed
    ) -> PollRecord:
        now = self._clock.now()
        found = await self._compare(feed, parsed, now)
        decision = poll_decision.changed(feed, state, asked, response, parsed, found, now)
        await self._publish(feed, found.publish, now)
        if not found.pages:
            return await self._finish(feed, decision, found.remember)
        settled = decision.state
        record = await self._finish(feed, replace(decision, state=poll_decision.withheld(settled)), found.remember)
        self._ask_for_pages(feed, found.pages, settled)
        return record

    def _nothing_new(self, feed: Feed, decision: poll_decision.Decision) -> PollRecord:
        """Remember an unchanged feed, a little later, many at once."""
        self._memory.save_later(decision.state, decision.record)
        self._on_event(PollEvent(kind="polled", feed=feed, record=decision.record, words=decision.words))
        return decision.record

    async def _flush(self) -> None:
        try:
            await self._memory.flush()
        except StoreError as error:
            self._trouble(None, error)

    async def _finish(self, feed: Feed, decision: poll_decision.Decision, shown: Sequence[Shown] = ()) -> PollRecord:
        """Remember the outcome of a poll."""
        await self._memory.save(decision.state, decision.record, shown)
        words = decision.words or decision.record.error
        self._on_event(PollEvent(kind="polled", feed=feed, record=decision.record, words=words))
        return decision.record

    async def _parse(self, feed: Feed, response: Response) -> ParsedFeed:
        """Read the document, and the first sitemaps it names where it is an index of them."""
        parsed = await self._pool.parse(
            response.body, feed=feed.id, url=response.url, content_type=response.content_type
        )
        entries = list(parsed.entries)
        last_error: RasidError | None = None
        for url in parsed.sitemaps[:_MAX_SITEMAPS]:
            try:
                child = await self._fetcher.get(url)
                read = await self._pool.parse(child.body, feed=feed.id, url=child.url, content_type=child.content_type)
            except (FetchError, ParseError) as error:
                last_error = error
            else:
                entries += read.entries
        if last_error is not None and not entries:
            raise ParseError(f"{response.url}: none of its sitemaps could be read: {last_error}") from last_error
        return replace(parsed, entries=tuple(entries))

    async def _compare(self, feed: Feed, parsed: ParsedFeed, now: datetime) -> Comparison:
        # A huge document is compared beside the event loop: the other feeds go on.
        aside = len(parsed.entries) > _MANY_ENTRIES
        named = await asyncio.to_thread(items, parsed.entries) if aside else items(parsed.entries)
        remembered = await self._memory.shown(feed.id, list(named))
        work = partial(compare, named, remembered, now, partial(self._wants_page, feed))
        return await asyncio.to_thread(work) if aside else work()

    async def _publish(self, feed: Feed, entries: Sequence[Entry], now: datetime) -> None:
        for start in range(0, len(entries), _BATCH):
            if start:  # a poll of usual size never waits behind a huge one
                await self._room()
            await self._publish_batch([_raw(feed, entry, now) for entry in entries[start : start + _BATCH]])

    # The agenda

    def _read_list(self) -> None:
        """Take in edits of the feed list."""
        feeds = self._feeds()
        if feeds is self._seen_list:
            return
        first, self._seen_list = self._seen_list is None, feeds
        wanted = {feed.id: feed for feed in feeds if feed.enabled}
        for feed_id in self._listed.keys() - wanted.keys():
            self._agenda.remove(feed_id)
        added = wanted.keys() - self._listed.keys()
        edited = {feed_id for feed_id in wanted.keys() - added if wanted[feed_id] != self._listed[feed_id]}
        self._listed = wanted
        if not first:  # a feed that its server ended is tried again when a person adds it anew
            self._revive(added)
        for feed_id in added | edited:
            self._plan(wanted[feed_id])

    def _revive(self, feed_ids: set[str]) -> None:
        for feed_id in feed_ids:
            state = self._memory.known(feed_id)
            if state is not None and state.gone:
                self._memory.correct(replace(state, gone=False, failures=0.0, next_poll_at=None))

    def _plan(self, feed: Feed, *, not_before: datetime | None = None) -> None:
        """Put a listed feed on the agenda at its time, unless its server ended it."""
        state = self._memory.known(feed.id)
        if state is not None and state.gone:
            return
        now = self._clock.now()
        due = (state.next_poll_at if state is not None else None) or now
        if state is not None and not state.failures:  # bounds that were edited count at once
            due = min(due, now + timedelta(seconds=feed.max_interval))
        if not_before is not None:
            due = max(due, not_before)
        self._agenda.put(feed.id, _host(feed.url if state is None or feed.sample else state.url), due)

    def _start_due(self) -> None:
        while not self._stopping and len(self._tasks) < self._in_flight and (taken := self._take()):
            task = asyncio.create_task(self._poll_on(*taken))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _take(self) -> tuple[Feed, str] | None:
        taken = self._agenda.take(self._clock.now())
        return (self._listed[taken[0]], taken[1]) if taken else None

    async def _poll_on(self, feed: Feed, host: str) -> None:
        """Poll one feed after the other while some are due: the first one is given."""
        while True:
            await self._poll(feed, host)
            taken = None if self._stopping else self._take()
            if taken is None:
                return
            feed, host = taken

    async def _poll(self, feed: Feed, host: str) -> None:
        """Poll a feed and put it on the agenda again, whatever happens."""
        not_before = None
        try:
            await self._poll_feed(feed)
        except StoreError as error:  # an outage of ours: the feed is asked again, nothing was remembered
            not_before = self._clock.now() + _STORE_PAUSE
            self._trouble(feed, error)
        except Exception as error:  # noqa: BLE001 - a fault in one poll must not end the others
            await self._fault(feed, error)
        finally:
            self._agenda.release(host)
            if feed.id in self._listed:
                self._plan(self._listed[feed.id], not_before=not_before)

    async def _fault(self, feed: Feed, error: Exception) -> None:
        """Count a fault of the program's as a failure of the feed that brought it out: it is slowed and shown."""
        state, now = await self._memory.state_of(feed), self._clock.now()
        shown = RasidError(f"a fault in the program: {error!r}")
        failed = poll_decision.failed(feed, state, poll_decision.ask(feed, state, now), shown, now)
        try:
            await self._finish(feed, failed)
        except StoreError as outage:
            self._memory.correct(failed.state)
            self._trouble(feed, outage)

    def _trouble(self, feed: Feed | None, error: Exception) -> None:
        words = str(error) if isinstance(error, RasidError) else f"a fault in the program: {error!r}"
        self._on_event(PollEvent(kind="trouble", feed=feed, words=words))

    def _wait_seconds(self) -> float:
        due = self._agenda.next_due()
        if due is None or len(self._tasks) >= self._in_flight:
            return _LOOK_EVERY
        return min(max((due - self._clock.now()).total_seconds(), 0.001), _LOOK_EVERY)

    # The articles' pages

    def _wants_page(self, feed: Feed, entry: Entry) -> bool:
        if self._full_texts is None or entry.url is None or feed.full_text == "never":
            return False
        return feed.full_text == "always" or self._full_texts.is_teaser(entry)

    def _ask_for_pages(self, feed: Feed, pages: Sequence[Page], settled: FeedState) -> None:
        """Have pages fetched; when the last of them is done the feed may be polled conditionally again."""
        awaited = self._awaited_pages.setdefault(feed.id, set())
        self._settled[feed.id] = settled
        for page in pages:
            if page.shown.item in awaited:
                continue
            if self._full_texts is not None and self._pages.add(_host(page.entry.url or ""), PageJob(feed, page)):
                awaited.add(page.shown.item)
            else:
                self._settled.pop(feed.id, None)

    async def _fetch_page(self, job: PageJob) -> None:
        feed, page = job.feed, job.page
        try:
            text, shown = await self._read_page(feed, page)
            if len(text) > len(page.entry.text):
                await self._publish(feed, [_with_page(page.entry, text)], self._clock.now())
            await self._page_remembered(feed, page, shown)
        except StoreError as error:
            self._settled.pop(feed.id, None)
            self._trouble(feed, error)
        finally:
            self._awaited_pages[feed.id].discard(page.shown.item)

    async def _read_page(self, feed: Feed, page: Page) -> tuple[str, Shown]:
        """Fetch one page; give its text and what is to be remembered of the try."""
        try:
            text = await self._full_texts.read(page.entry) if self._full_texts is not None else ""
        except HostBlockedError:  # nothing was sent: no try
            return "", page.shown
        except FetchError as error:
            self._on_event(PollEvent(kind="page", feed=feed, words=str(error)))
            return "", page_done(page.shown) if error.weight is FailureWeight.HARD else page_failed(page)
        except Exception as error:  # noqa: BLE001 - a fault with one page must not end the others
            self._trouble(feed, error)
            return "", page_failed(page)
        return text, page_done(page.shown)

    async def _page_remembered(self, feed: Feed, page: Page, shown: Shown) -> None:
        state, record = self._memory.last(feed.id)
        if shown.content_hash != page_done(shown).content_hash:  # it is tried again at the next poll
            self._settled.pop(feed.id, None)
        settled = self._settled.get(feed.id)
        last = self._awaited_pages[feed.id] == {page.shown.item}
        if last and settled is not None and settled.last_polled_at == state.last_polled_at:
            state = settled
        await self._memory.save(state, record, [shown])


def _raw(feed: Feed, entry: Entry, now: datetime) -> RawEntry:
    """Join an entry with what the feed list says of its feed."""
    return RawEntry(
        entry=entry,
        seen_at=now,
        source=feed.source,
        source_country=feed.country,
        ownership=feed.ownership,
        feed_tags=feed.tags,
        language_hint=feed.language,
        sample=feed.sample,
    )


def _with_page(entry: Entry, text: str) -> Entry:
    """Put the page's text in place of the teaser, which stays as the summary."""
    return replace(entry, text=text, html="", summary=entry.summary or entry.text, text_origin="page")


@lru_cache(maxsize=4096)
def _host(url: str) -> str:
    """Name the host that polls take turns at (ingest.courtesy sees to it that requests do, redirects included)."""
    try:
        parts = urlsplit(url)
        return f"{(parts.hostname or '').rstrip('.')}:{parts.port or parts.scheme}"
    except ValueError:  # no address: its poll will say so
        return url
