"""What is new to a feed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ingest.feed_memory import MAX_PAGE_TRIES, compare, items, page_done, page_failed
from ingest.identity import entry_id, entry_key
from rasid.domain.article import Entry
from rasid.domain.feed import Shown

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def entry(url: str | None = None, guid: str | None = None, title: str = "شويغو في دمشق", text: str = "") -> Entry:
    """Make an entry as the parser would."""
    key = entry_key(url, guid or title, "feed")
    return Entry(id=entry_id("feed", key), feed="feed", key=key, url=url, guid=guid, title=title, text=text)


def memory(*entries: Entry, at: datetime = NOON) -> dict[str, Shown]:
    """Give what is remembered after these were shown."""
    return {shown.item: shown for shown in compare(items(entries), {}, at).remember}


def test_new_items_are_published_and_known_ones_not() -> None:
    """An item shown before with the same content is passed over, a new one comes out."""
    old, new = entry("https://a/1", "1-ar"), entry("https://a/2", "2-ru", title="Шойгу в Дамаске")
    found = compare(items([new, old]), memory(old), NOON + timedelta(hours=1))
    assert found.publish == (new,)
    assert (found.entries, found.new_entries, found.changed_entries) == (2, 1, 0)
    assert [shown.item for shown in found.remember] == ["g:2-ru"]


def test_changed_content_is_published_again_under_its_first_key() -> None:
    """A changed title and address under the same guid is the same item and keeps its key and id."""
    first = entry("https://a/1", "guid-1")
    changed = entry("https://a/1-updated", "guid-1", title="Shoigu in Damascus")
    found = compare(items([changed]), memory(first), NOON)
    assert [one.key for one in found.publish] == [first.key]
    assert [one.id for one in found.publish] == [first.id]
    assert found.publish[0].url == "https://a/1-updated"
    assert (found.new_entries, found.changed_entries) == (0, 1)


def test_a_changed_tracking_parameter_is_no_change() -> None:
    """Addresses that differ only in what says where the reader came from are the same content."""
    before, now = entry("https://a.sy/1?utm_source=rss&x=1", "g"), entry("https://www.a.sy/1?x=1&utm_source=atom", "g")
    assert compare(items([now]), memory(before), NOON).publish == ()


def test_guids_that_are_no_names_are_not_trusted() -> None:
    """A guid that repeats, or guids that only count the items, leave the address to tell items apart."""
    same = [entry("https://a/1", "сайт"), entry("https://a/2", "сайт")]
    assert list(items(same)) == ["u:https://a/1", "u:https://a/2"]
    counted = [entry("https://a/1", "1"), entry("https://a/2", "2"), entry("https://a/3", "3")]
    assert list(items(counted)) == ["u:https://a/1", "u:https://a/2", "u:https://a/3"]
    named = [entry("https://a/1", "8812"), entry("https://a/2", "8813")]
    assert list(items(named)) == ["g:8812", "g:8813"]


def test_items_without_an_address_are_told_apart_by_words() -> None:
    """Entries with one guid among them and no address keep apart, each with a key of its own."""
    found = items([entry(guid="x", title="خبر"), entry(guid="x", title="новость"), entry(guid="x", title="news")])
    assert len(found) == 3
    assert len({one.key for one in found.values()}) == 3


def test_a_repeat_in_one_document_counts_once() -> None:
    """The same article twice in a document is one item, the first."""
    first, second = entry("https://a/1", title="خبر"), entry("https://a/1#комментарии", title="خبر ٢")
    assert list(items([first, second]).values()) == [first]


def test_items_still_shown_are_seen_anew_now_and_then() -> None:
    """A known item is remembered as seen again after half a day, not at every poll."""
    known = entry("https://a/1")
    assert compare(items([known]), memory(known), NOON + timedelta(hours=11)).remember == ()
    later = NOON + timedelta(hours=12)
    assert [shown.seen_at for shown in compare(items([known]), memory(known), later).remember] == [later]


def test_a_page_is_wanted_until_it_was_read_or_failed_often() -> None:
    """A teaser's page stays wanted over polls; done or failed too often it is wanted no more."""
    teaser = entry("https://a/1", text="коротко…")
    found = compare(items([teaser]), {}, NOON, lambda _: True)
    assert [page.tries for page in found.pages] == [0]
    shown = found.remember[0]
    again = compare(items([teaser]), {shown.item: shown}, NOON, lambda _: True)
    assert again.publish == ()
    assert [page.entry for page in again.pages] == [teaser]
    assert compare(items([teaser]), {shown.item: page_done(shown)}, NOON, lambda _: True).pages == ()
    for tries in range(MAX_PAGE_TRIES):
        (page,) = compare(items([teaser]), {shown.item: shown}, NOON).pages
        assert page.tries == tries
        shown = page_failed(page)
    assert compare(items([teaser]), {shown.item: shown}, NOON).pages == ()


words = st.sampled_from(["خبر", "новость", "news", "", "1", "2"])
entries = st.lists(st.builds(entry, st.none() | words.map("https://a/{}".format), st.none() | words, words, words))


@given(entries, entries)
def test_what_was_shown_is_never_published_twice(before: list[Entry], now: list[Entry]) -> None:
    """Showing a document again right after publishes nothing, whatever its guids and addresses."""
    known = memory(*before)
    found = compare(items(now), known, NOON)
    known |= {shown.item: shown for shown in found.remember}
    assert compare(items(now), known, NOON).publish == ()
