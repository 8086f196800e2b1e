"""Which items of a document are new to its feed: what each is known by, and whether it changed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ingest.identity import canonical_url, content_hash, entry_id, entry_key
from rasid.domain.article import Entry
from rasid.domain.feed import Shown

MAX_PAGE_TRIES = 3
_REFRESH_AFTER = timedelta(hours=12)
_MAX_ITEM = 200
_PENDING = "+page"


@dataclass(frozen=True, slots=True)
class Page:
    """An entry whose article page is still to be fetched, and the memory of it with the tries made so far."""

    entry: Entry
    shown: Shown
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What a document holds against what its feed showed before. `publish` are the new and the changed entries."""

    publish: tuple[Entry, ...]
    pages: tuple[Page, ...]
    remember: tuple[Shown, ...]
    entries: int
    new_entries: int
    changed_entries: int


def items(entries: Sequence[Entry]) -> dict[str, Entry]:
    """Name each entry for its feed: by guid if that is its own in the document, else by address. Repeats go."""
    guids = Counter(entry.guid for entry in entries)
    positions = _are_positions(guids)
    named: dict[str, Entry] = {}
    for entry in entries:
        own = entry.guid is not None and guids[entry.guid] == 1 and not positions
        one = entry if own or entry.url or entry.guid is None else _known_by_words(entry)
        named.setdefault(_item(one, own=own), one)
    return named


def compare(
    named: Mapping[str, Entry],
    remembered: Mapping[str, Shown],
    now: datetime,
    wants_page: Callable[[Entry], bool] = lambda _: False,
) -> Comparison:
    """Find what is new or changed. An item keeps the key of its first showing, even if its address changes."""
    publish, pages, remember = [], [], []
    new = 0
    for item, shown_entry in named.items():
        before = remembered.get(item)
        entry = shown_entry if before is None else _with_key(shown_entry, before.key)
        shows = _content(entry)
        if before is not None and before.content_hash.partition(_PENDING)[0] == shows:
            tries = _tries(before.content_hash)
            if tries is not None:
                pages.append(Page(entry, before, tries))
            if now - before.seen_at >= _REFRESH_AFTER:  # retention counts from the last time it was seen
                remember.append(replace(before, seen_at=now))
            continue
        new += before is None
        publish.append(entry)
        shown = Shown(item=item, key=entry.key, content_hash=shows, seen_at=now)
        if wants_page(entry):
            shown = replace(shown, content_hash=f"{shows}{_PENDING}0")
            pages.append(Page(entry, shown, 0))
        remember.append(shown)
    return Comparison(
        publish=tuple(publish),
        pages=tuple(pages),
        remember=tuple(remember),
        entries=len(named),
        new_entries=new,
        changed_entries=len(publish) - new,
    )


def page_done(shown: Shown) -> Shown:
    """Remember that nothing more is to be fetched for an item."""
    return replace(shown, content_hash=shown.content_hash.partition(_PENDING)[0])


def page_failed(page: Page) -> Shown:
    """Remember a try that may go better later; after the last one the teaser has to do."""
    if page.tries + 1 >= MAX_PAGE_TRIES:
        return page_done(page.shown)
    shows = page.shown.content_hash.partition(_PENDING)[0]
    return replace(page.shown, content_hash=f"{shows}{_PENDING}{page.tries + 1}")


def _tries(content: str) -> int | None:
    _, pending, tries = content.partition(_PENDING)
    return int(tries) if pending else None


def _are_positions(guids: Counter[str | None]) -> bool:
    """Tell guids that only count the items of the document: they say nothing about which item it is."""
    named = [guid for guid in guids if guid is not None]
    return len(named) > 1 and all(_is_position(guid, len(named)) for guid in named)


def _is_position(guid: str, count: int) -> bool:
    return len(guid) <= len(str(count)) and guid.isascii() and guid.isdigit() and int(guid) <= count


def _item(entry: Entry, *, own: bool) -> str:
    if own:
        item = f"g:{entry.guid}"
    elif entry.url:
        item = f"u:{canonical_url(entry.url)}"
    else:
        item = f"k:{entry.key}"
    return item if len(item) <= _MAX_ITEM else f"{item[:2]}#{entry_key(None, item, '')}"


def _known_by_words(entry: Entry) -> Entry:
    """Give an entry without an address or a guid of its own a key from its words, lest it pass for its neighbours."""
    return _with_key(entry, entry_key(None, f"{entry.title}\n{entry.text or entry.summary}", entry.feed))


def _with_key(entry: Entry, key: str) -> Entry:
    return entry if entry.key == key else replace(entry, key=key, id=entry_id(entry.feed, key))


def _content(entry: Entry) -> str:
    """Hash what is shown; tracking parameters that change with every request are no change."""
    return content_hash(replace(entry, url=canonical_url(entry.url)) if entry.url else entry)
