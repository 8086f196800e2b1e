"""What every FeedStore promises. An adapter's test module subclasses FeedStoreContract and gives `open_store`."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rasid.domain.feed import FeedState, PollRecord, Shown
from rasid.ports import FeedStore

NOON = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
OpenStore = Callable[[], FeedStore]


def state(feed: str = "sana-sy-1", **changes: object) -> FeedState:
    """Make a state with every field filled."""
    whole = FeedState(
        feed_id=feed,
        url="https://sana.sy/الأخبار?лента=1",
        etag='W/"abc"',
        last_modified="Mon, 23 Nov 2026 12:00:00 GMT",
        body_hash="00ff",
        conditional=False,
        polls_since_full=3,
        last_full_at=NOON - timedelta(hours=1),
        interval=1234.5,
        next_poll_at=NOON + timedelta(minutes=20),
        last_polled_at=NOON,
        last_success_at=NOON,
        last_new_at=NOON - timedelta(minutes=5),
        failures=0.75,
        last_error="слишком долго / took too long / استغرق وقتا طويلا",
        gone=True,
        title="سانا",
        skip_hours=frozenset({0, 3, 23}),
        skip_days=frozenset({5, 6}),
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def record(feed: str = "sana-sy-1", minutes: float = 0, **changes: object) -> PollRecord:
    """Make the record of a poll some minutes after noon."""
    whole = PollRecord(
        feed_id=feed,
        at=NOON + timedelta(minutes=minutes),
        outcome="new",
        status=200,
        entries=20,
        new_entries=3,
        seconds=0.25,
        error=None,
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def shown(item: str, minutes: float = 0, content: str = "h1") -> Shown:
    """Make what a feed showed some minutes after noon."""
    return Shown(item=item, key=f"key of {item}", content_hash=content, seen_at=NOON + timedelta(minutes=minutes))


class FeedStoreContract:
    """The promises of rasid.ports.FeedStore."""

    def test_a_feed_never_polled_has_nothing(self, open_store: OpenStore) -> None:
        """An unknown feed has no state, no items and no history."""
        store = open_store()
        assert store.state("nobody") is None
        assert store.states() == {}
        assert store.shown("nobody", ["a"]) == {}
        assert store.history("nobody") == []

    def test_a_saved_poll_comes_back_whole(self, open_store: OpenStore) -> None:
        """State, record and items survive field by field, times to the microsecond."""
        store = open_store()
        items = [shown("g:سوريا"), shown("g:Syria"), shown("g:Сирия")]
        store.save(state(), record(error="ошибка"), items)
        assert store.state("sana-sy-1") == state()
        assert store.history("sana-sy-1") == [record(error="ошибка")]
        assert store.shown("sana-sy-1", [one.item for one in items]) == {one.item: one for one in items}

    def test_empty_fields_stay_empty(self, open_store: OpenStore) -> None:
        """What was None is None again, not an empty text or zero."""
        store = open_store()
        bare = FeedState(feed_id="f", url="https://example.org/")
        failed = PollRecord(feed_id="f", at=NOON, outcome="failed", error="нет ответа")
        store.save(bare, failed)
        assert store.state("f") == bare
        assert store.history("f") == [failed]

    def test_it_outlives_the_process(self, open_store: OpenStore) -> None:
        """What was saved is there after closing and opening again."""
        store = open_store()
        store.save(state(), record(), [shown("a")])
        store.close()
        again = open_store()
        assert again.states() == {"sana-sy-1": state()}
        assert again.history("sana-sy-1") == [record()]
        assert again.shown("sana-sy-1", ["a"]) == {"a": shown("a")}

    def test_the_newest_save_wins(self, open_store: OpenStore) -> None:
        """A later save replaces the state and the items it names, and leaves other items."""
        store = open_store()
        store.save(state(), record(), [shown("a"), shown("b")])
        store.save(state(interval=300.0, gone=False), record(minutes=5), [shown("a", 5, "h2")])
        assert store.state("sana-sy-1") == state(interval=300.0, gone=False)
        assert store.shown("sana-sy-1", ["a", "b"]) == {"a": shown("a", 5, "h2"), "b": shown("b")}

    def test_feeds_do_not_see_each_other(self, open_store: OpenStore) -> None:
        """The same item of two feeds is two items."""
        store = open_store()
        store.save(state("one"), record("one"), [shown("a", content="h1")])
        store.save(state("two"), record("two"), [shown("a", content="h2")])
        assert store.states() == {"one": state("one"), "two": state("two")}
        assert store.shown("one", ["a"])["a"].content_hash == "h1"
        assert store.shown("two", ["a"])["a"].content_hash == "h2"
        assert store.history("two") == [record("two")]

    def test_only_items_asked_for_come_back(self, open_store: OpenStore) -> None:
        """Items never shown are left out, and any number may be asked for at once."""
        store = open_store()
        many = [shown(f"item {number}") for number in range(2500)]
        store.save(state(), record(), many)
        asked = [f"item {number}" for number in range(0, 5000, 2)]
        found = store.shown("sana-sy-1", asked)
        assert set(found) == {f"item {number}" for number in range(0, 2500, 2)}
        assert store.shown("sana-sy-1", []) == {}

    def test_history_is_newest_first_and_limited(self, open_store: OpenStore) -> None:
        """History gives the newest polls first and no more than asked for."""
        store = open_store()
        for minute in range(30):
            store.save(state(), record(minutes=minute))
        assert [one.at for one in store.history("sana-sy-1", 3)] == [NOON + timedelta(minutes=m) for m in (29, 28, 27)]
        assert len(store.history("sana-sy-1", 1000)) == 30

    def test_a_poll_saved_twice_is_one_poll(self, open_store: OpenStore) -> None:
        """Saving a record of the same feed and time again replaces it: a poll may be saved in steps."""
        store = open_store()
        store.save(state(), record(new_entries=1))
        store.save(state(), record(new_entries=2))
        assert store.history("sana-sy-1") == [record(new_entries=2)]

    def test_history_does_not_grow_for_ever(self, open_store: OpenStore) -> None:
        """After very many polls of a feed its oldest are forgotten, its newest never."""
        store = open_store()
        for minute in range(300):
            store.save(state(), record(minutes=minute))
        history = store.history("sana-sy-1", 10_000)
        assert len(history) < 300
        assert history[0] == record(minutes=299)

    def test_retention_forgets_what_is_old(self, open_store: OpenStore) -> None:
        """Records and items from before a time go and are counted; the rest and all states stay."""
        store = open_store()
        store.save(state(), record(minutes=0), [shown("old", 0), shown("kept", 0)])
        store.save(state(), record(minutes=10), [shown("kept", 10)])
        assert store.retain(before=NOON + timedelta(minutes=10)) == 2
        assert store.history("sana-sy-1") == [record(minutes=10)]
        assert store.shown("sana-sy-1", ["old", "kept"]) == {"kept": shown("kept", 10)}
        assert store.state("sana-sy-1") == state()
        assert store.retain(before=NOON + timedelta(minutes=10)) == 0

    def test_threads_may_share_it(self, open_store: OpenStore) -> None:
        """Saves and reads from eight threads at once all come through."""
        store = open_store()

        def polls_of(number: int) -> None:
            for minute in range(20):
                feed = f"feed-{number}"
                store.save(state(feed), record(feed, minutes=minute), [shown(f"item {minute}")])
                assert store.shown(feed, [f"item {minute}"])

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(polls_of, range(8)))
        assert len(store.states()) == 8
        assert all(len(store.history(f"feed-{number}")) == 20 for number in range(8))

    def test_states_are_a_copy(self, open_store: OpenStore) -> None:
        """Changing the dict that `states` gave changes nothing in the store."""
        store = open_store()
        store.save(state(), record())
        store.states().clear()
        assert store.states() == {"sana-sy-1": state()}

    def test_a_naive_retention_time_is_refused(self, open_store: OpenStore) -> None:
        """A time without a zone is a bug of the caller's, not a guess."""
        store = open_store()
        with pytest.raises(ValueError, match="aware"):
            store.retain(before=NOON.replace(tzinfo=None))
