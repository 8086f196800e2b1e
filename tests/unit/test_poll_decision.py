"""What follows from a poll."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ingest.feed_memory import Comparison, compare, items
from ingest.fetch import GoneError, HostBlockedError, Response
from ingest.health import health
from ingest.identity import entry_id, entry_key
from ingest.parsing import ParsedFeed
from ingest.poll_decision import Ask, ask, body_hash, changed, failed, first_state, is_unchanged, unchanged
from rasid.domain.article import Entry
from rasid.domain.errors import FailureWeight, FetchError, ParseError, RasidError
from rasid.domain.feed import Feed, FeedState

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FEED = Feed(id="sana", url="https://sana.sy/feed", title="سانا", source="САНА")
STATE = FeedState(
    feed_id="sana", url=FEED.url, etag='"1"', last_modified="Mon", body_hash=body_hash("خبر".encode()), interval=1000,
    last_full_at=NOON - timedelta(hours=1), last_success_at=NOON - timedelta(hours=1), last_polled_at=NOON,
)  # fmt: skip


def response(body: str = "خبر", status: int = 200, **fields: object) -> Response:
    """Make an answer."""
    whole = Response(
        url=FEED.url, permanent_url=None, status=status, body=b"" if status == 304 else body.encode(),
        content_type="application/rss+xml", etag='"1"', last_modified="Mon", max_age=None, seconds=0.1,
    )  # fmt: skip
    return replace(whole, **fields)  # type: ignore[arg-type]


def found(*titles: str, known: tuple[str, ...] = ()) -> Comparison:
    """Compare a document of these titles with a memory of the known ones."""
    keys = {title: entry_key(None, title, "sana") for title in (*titles, *known)}
    made = {t: Entry(id=entry_id("sana", k), feed="sana", key=k, guid=f"g-{t}", title=t) for t, k in keys.items()}
    memory = {s.item: s for s in compare(items([made[t] for t in known]), {}, NOON).remember}
    return compare(items([made[t] for t in titles]), memory, NOON)


def plain(state: FeedState = STATE) -> Ask:
    """Give the request for a state."""
    return ask(FEED, state, NOON)


def test_the_first_poll_is_unconditional_and_tells_no_rhythm() -> None:
    """A feed never polled is fetched whole; that all is new then does not shorten its interval."""
    state = first_state(FEED)
    asked = ask(FEED, state, NOON)
    assert asked == Ask(url=FEED.url, etag=None, last_modified=None, full=True)
    new = changed(FEED, state, asked, response(), ParsedFeed(kind="rss20", title="سانا"), found("a", "b"), NOON).state
    assert (new.interval, new.etag, new.title, new.last_new_at) == (900, '"1"', "سانا", NOON)


@pytest.mark.parametrize(
    ("changes", "conditional"),
    [
        ({}, True),
        ({"polls_since_full": 8}, True),
        ({"polls_since_full": 9}, False),
        ({"last_full_at": NOON - timedelta(hours=24)}, False),
        ({"last_full_at": None}, False),
        ({"conditional": False}, False),
        ({"body_hash": None}, False),
    ],
)
def test_when_a_poll_is_conditional(changes: dict[str, object], *, conditional: bool) -> None:
    """The tenth poll, one a day, one of a caught feed and one of unfinished work carry no validators."""
    asked = plain(replace(STATE, **changes))  # type: ignore[arg-type]
    assert (asked.etag, asked.last_modified) == (('"1"', "Mon") if conditional else (None, None))
    assert asked.full is not conditional


def test_a_304_keeps_what_is_known_and_slows_down() -> None:
    """An unchanged feed is asked more rarely; its hash and validators stay."""
    decision = unchanged(FEED, replace(STATE, failures=2, last_error="خطأ"), plain(), response(status=304), NOON)
    assert decision.record.outcome == "unchanged"
    assert decision.state.body_hash == STATE.body_hash
    assert (decision.state.interval, decision.state.polls_since_full) == (1500, 1)
    assert (decision.state.failures, decision.state.last_error) == (0, None)


def test_the_same_bytes_are_unchanged_but_read_once_a_day() -> None:
    """Equal bytes are not parsed, except by the first full poll of a day."""
    full = replace(plain(), full=True)
    assert is_unchanged(STATE, plain(), response(), NOON)
    assert is_unchanged(STATE, full, response(), NOON)
    assert not is_unchanged(STATE, full, response(), NOON + timedelta(hours=13))
    assert not is_unchanged(STATE, plain(), response("новость"), NOON)


@pytest.mark.parametrize(
    ("state", "answer", "news", "caught"),
    [
        ({"etag": '"1"'}, {"etag": '"1"'}, False, True),
        ({"etag": '"1"'}, {"etag": '"2"'}, True, False),
        ({"etag": 'W/"1"'}, {"etag": 'W/"1"'}, False, False),
        ({"etag": 'W/"1"'}, {"etag": 'W/"1"'}, True, True),
        ({"etag": None}, {"etag": None}, True, True),
        ({"etag": None}, {"etag": None}, False, False),
        ({"etag": None}, {"etag": None, "last_modified": "Tue"}, True, False),
        ({"etag": None, "last_modified": None}, {"etag": None, "last_modified": None}, True, False),
    ],
)
def test_a_validator_kept_over_a_change_is_caught(
    state: dict[str, object], answer: dict[str, object], *, news: bool, caught: bool
) -> None:
    """A strong ETag must change with the bytes, a weak one and a date with the items."""
    before = replace(STATE, **state)  # type: ignore[arg-type]
    seen = found("новость") if news else found("خبر", known=("خبر",))
    new = changed(FEED, before, plain(before), response("другое", **answer), ParsedFeed(kind="rss20"), seen, NOON)
    assert new.state.conditional is not caught
    assert (new.words is not None) is caught


def test_wishes_lengthen_the_interval_within_bounds() -> None:
    """A ttl and a max-age count, the larger of them, and live on when the next answer is a 304."""
    parsed = ParsedFeed(kind="rss20", ttl=7200.0, skip_hours=frozenset({3}))
    state = changed(FEED, STATE, plain(), response("x", max_age=600.0), parsed, found("a"), NOON).state
    assert state.interval == 7200
    assert state.next_poll_at is not None
    assert state.next_poll_at >= NOON + timedelta(seconds=7200)
    later = unchanged(FEED, state, plain(state), response(status=304, max_age=1e9), NOON).state
    assert later.interval == FEED.max_interval


def test_a_move_is_remembered_only_with_a_good_answer() -> None:
    """A permanent redirect is taken up when a document came of it; one that fails often is left for the listed address."""
    moved = response("x", permanent_url="https://sana.sy/ru/новости", etag=None)
    decision = changed(FEED, STATE, plain(), moved, ParsedFeed(kind="rss20"), found("a"), NOON)
    assert decision.state.url == "https://sana.sy/ru/новости"
    assert decision.words == "moved for good to https://sana.sy/ru/новости"
    lost = replace(decision.state, failures=2.0)
    assert ask(FEED, lost, NOON) == Ask(url=FEED.url, etag=None, last_modified=None, full=True)


def test_failures_add_up_and_forget_nothing() -> None:
    """Weights add up, the wait grows, and what was known of the document stays."""
    state = STATE
    for weight in (FailureWeight.HARD, FailureWeight.SOFT, FailureWeight.TEMPORARY):
        decision = failed(FEED, state, plain(), FetchError("нет ответа", url=FEED.url, weight=weight, status=500), NOON)
        assert decision.record.outcome == "failed"
        assert decision.record.status == 500
        assert decision.state.next_poll_at is not None
        state = decision.state
    assert state.failures == 1.75
    assert (state.etag, state.body_hash, state.interval) == (STATE.etag, STATE.body_hash, STATE.interval)
    assert state.last_error == "https://sana.sy/feed: нет ответа"


def test_a_broken_document_weighs_half() -> None:
    """A document that cannot be read may be the server's passing trouble."""
    assert failed(FEED, STATE, plain(), ParseError("وثيقة معطوبة"), NOON).state.failures == 0.5


def test_a_silenced_host_is_no_fault_of_its_feeds() -> None:
    """A poll that was not sent counts nothing and comes when the host may be asked."""
    blocked = HostBlockedError("не спрошен", url=FEED.url, weight=FailureWeight.TEMPORARY, retry_after=42.0)
    state = failed(FEED, STATE, plain(), blocked, NOON).state
    assert state.failures == 0
    assert state.next_poll_at == NOON + timedelta(seconds=42)


def test_gone_ends_a_feed_in_words() -> None:
    """410 at the listed address ends the polls; at an address it had moved to it only leads back."""
    gone = GoneError("gone for good (410)", url=FEED.url, status=410, weight=FailureWeight.HARD)
    decision = failed(FEED, STATE, plain(), gone, NOON)
    assert (decision.record.outcome, decision.state.gone, decision.state.next_poll_at) == ("gone", True, None)
    assert "added anew" in health(FEED, decision.state, NOON).words
    moved = replace(STATE, url="https://sana.sy/new")
    back = failed(FEED, moved, plain(moved), gone, NOON).state
    assert (back.gone, back.url) == (False, FEED.url)


def test_an_index_of_sitemaps_is_always_fetched_whole() -> None:
    """An unchanged index says nothing of its sitemaps, so nothing makes the next poll conditional."""
    parsed = ParsedFeed(kind="sitemapindex", sitemaps=("https://sana.sy/1.xml",))
    state = changed(FEED, STATE, plain(), response("x"), parsed, found("a"), NOON).state
    assert (state.etag, state.last_modified, state.body_hash) == (None, None, None)


@pytest.mark.parametrize(
    ("feed", "state", "status", "words"),
    [
        (FEED, None, "waiting", "not polled yet"),
        (replace(FEED, enabled=False), STATE, "off", "switched off"),
        (FEED, STATE, "well", "last new items 1 hour ago"),
        (FEED, replace(STATE, url="https://new/"), "well", "moved for good to https://new/"),
        (FEED, replace(STATE, conditional=False), "well", "fetched whole each time"),
        (FEED, replace(STATE, last_new_at=NOON - timedelta(days=20)), "quiet", "nothing new for 20 days"),
        (FEED, replace(STATE, failures=1.0, last_error="нет ответа"), "failing", "нет ответа (last worked 1 hour ago"),
        (FEED, replace(STATE, failures=9.0, last_success_at=None, last_error="لا جواب"), "failing", "never worked"),
        (FEED, replace(STATE, failures=9.0, last_error="404"), "failing", "look for its new address"),
        (FEED, replace(STATE, gone=True, last_error=None), "gone", "410"),
    ],
)
def test_health_is_told_in_words(feed: Feed, state: FeedState | None, status: str, words: str) -> None:
    """Each state of a feed has a status for programs and a sentence for people."""
    told = health(feed, state, NOON)
    assert told.status == status
    assert words in told.words


def test_an_unknown_error_of_ours_counts_as_soft() -> None:
    """Any error with a sentence is a failure of the poll that brought it out."""
    assert failed(FEED, STATE, plain(), RasidError("сбой"), NOON).state.failures == 0.5
