"""What the pages need of the running program."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rasid.app.inbox import Inbox
from rasid.app.metrics import Lags
from rasid.app.rules_desk import RuleDesk
from rasid.domain.feed import Feed
from rasid.ports import Analyzer, FeedStore, Index
from rasid.settings import Settings


@dataclass(frozen=True, slots=True)
class WebContext:
    """`changed` gives a number that moves whenever something was indexed; `feeds_error` tells of a broken feed list."""

    settings: Settings
    index: Index
    feed_store: FeedStore
    analyzer: Analyzer
    feeds: Callable[[], Sequence[Feed]]
    feeds_error: Callable[[], str | None] = lambda: None
    changed: Callable[[], int] = lambda: 0
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    lags: Lags | None = None
    inbox: Inbox | None = None
    notify_error: Callable[[], str | None] = lambda: None
    rules: RuleDesk | None = None
