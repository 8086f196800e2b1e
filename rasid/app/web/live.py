"""Newly indexed articles, for pages that watch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import takewhile

from rasid.app.web.context import WebContext
from rasid.domain.query import Everything
from rasid.domain.search import Hit

_LOOK_SECONDS = 0.5
_STILL_HERE = 30  # looks without news before a sign of life keeps proxies from closing the line
_MOST_AT_ONCE = 100


async def stream(
    context: WebContext, is_gone: Callable[[], Awaitable[bool]], after: str = ""
) -> AsyncIterator[Hit | None]:
    """Give the articles indexed from now on, oldest first; None now and then. Ends with the reader or the service.

    Of a burst within half a second, the newest 100: the page keeps no more. `after` is the newest article that the
    reader has: what came since then is given first.
    """
    changed, quiet = -1, 0
    newest = await _newest(context)
    missed = list(takewhile(lambda hit: hit.document.id != after, newest)) if after else []
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


async def _newest(context: WebContext) -> tuple[Hit, ...]:
    page = await asyncio.to_thread(context.index.search, Everything(), limit=_MOST_AT_ONCE)
    return page.hits
