"""Newly indexed articles, for pages that watch."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from weakref import WeakKeyDictionary

from rasid.app.web.context import WebContext
from rasid.domain.article import GroupedArticle
from rasid.domain.query import Everything
from rasid.domain.search import Hit
from rasid.ports import Index

_LOOK_SECONDS = 0.5
_STILL_HERE = 30  # looks without news before a sign of life keeps proxies from closing the line
_MOST_AT_ONCE = 100
_looked: WeakKeyDictionary[Index, tuple[int, float, tuple[Hit, ...]]] = WeakKeyDictionary()


async def stream(
    context: WebContext, is_gone: Callable[[], Awaitable[bool]], after: str = ""
) -> AsyncIterator[Hit | None]:
    """Give the articles indexed from now on, oldest first; None now and then. Ends with the reader or the service.

    Of a burst within half a second, the newest 100: the page keeps no more. `after` is the newest article that the
    reader has: what came since then is given first.
    """
    changed, quiet = -1, 0
    newest = await _newest(context)
    missed = await _missed(context, newest, after)
    seen = {hit.document.id for hit in newest} - {hit.document.id for hit in missed}
    while not context.stop.is_set() and not await is_gone():
        if context.changed() != changed:
            changed = context.changed()
            newest = await _newest(context)
            fresh = [hit for hit in reversed(newest) if hit.document.id not in seen]
            for hit in fresh:
                yield hit
            seen |= {hit.document.id for hit in fresh}
            if len(seen) > _MOST_AT_ONCE * 10:
                seen = {hit.document.id for hit in newest}
            quiet = 0 if fresh else quiet
        quiet += 1
        if quiet >= _STILL_HERE:
            quiet = 0
            yield None
        await asyncio.sleep(_LOOK_SECONDS)


async def _missed(context: WebContext, newest: Sequence[Hit], after: str) -> list[Hit]:
    """Give what is newer than the article `after`, which may not be the newest of its story any more."""
    last = await asyncio.to_thread(context.index.get, after) if after else None
    return [] if last is None else [hit for hit in newest if _order(hit.document) > _order(last)]


def _order(document: GroupedArticle) -> tuple[datetime, str]:
    return document.enriched.article.first_seen_at, document.id


async def _newest(context: WebContext) -> tuple[Hit, ...]:
    """Give the newest stories. All watchers look at the same time, so one search answers them all."""
    number, looked_at, hits = _looked.get(context.index, (-1, 0.0, ()))
    if number != context.changed() or time.monotonic() - looked_at > _LOOK_SECONDS:
        number = context.changed()
        page = await asyncio.to_thread(context.index.search, Everything(), limit=_MOST_AT_ONCE, collapse=True)
        hits = page.hits
        _looked[context.index] = (number, time.monotonic(), hits)
    return hits
