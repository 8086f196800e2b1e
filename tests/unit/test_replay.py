"""Articles once more through the analysis: what a better one finds lands, the rest stays, live news goes first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from makers import NOON, TITLES, raw_entry

import processors.enrich
from processors.pipeline import AdmitStep, enrich_step
from rasid.adapters.sqlite_bus import SqliteBus
from rasid.adapters.sqlite_index import SqliteIndex
from rasid.app.analysis import Analysis
from rasid.app.cli.replay import moment
from rasid.app.lanes import group_step
from rasid.app.replay import replay
from rasid.app.stages import READS, index_step
from rasid.codec import TRACE, begin_trace, carried, decode, encode
from rasid.domain import topics
from rasid.domain.article import Article, GroupedArticle
from rasid.domain.errors import InputError
from rasid.ports import Step


class Way:
    """The stages up to the index, run by hand on a log."""

    def __init__(self, place: Path) -> None:
        self.bus = SqliteBus(place / "log.db")
        self.index = SqliteIndex(place / "index.db", Analysis())
        self.steps: dict[str, Step] = {
            "admit": AdmitStep(lambda keys: self.bus.latest(topics.KNOWN.name, keys)),
            "enrich": enrich_step,
            "group": group_step(self.bus)[0],
            "index": index_step(self.index),
        }

    def run(self) -> None:
        """Take everything through."""
        for name, step in self.steps.items():
            consumer = self.bus.consumer(name, READS[name])
            while records := consumer.poll(50):
                for topic, messages in carried(records, step(records)).items():
                    self.bus.publish(topic, messages)
                consumer.commit()

    def documents(self) -> dict[str, GroupedArticle]:
        """Give what the index holds, by title."""
        found = {}
        for record in self.bus.read(topics.ARTICLES.name):
            one = decode(record.message, Article)
            held = self.index.get(one.id)
            assert held is not None
            found[one.title] = held
        return found


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    """Give the stages with three articles through, an hour apart."""
    made = Way(tmp_path)
    for hour, (language, title) in enumerate(TITLES.items()):
        raw = raw_entry(f"https://example.com/{language}", title=title, minutes=60 * hour, language_claimed=language)
        made.bus.publish(topics.RAW.name, [begin_trace(encode(raw, key=raw.entry.key, time=raw.seen_at))])
    made.run()
    yield made
    made.bus.close()
    made.index.close()


def test_a_replay_changes_nothing_that_is_unchanged(way: Way) -> None:
    """With the same analysis every document stays as it was, and nothing came in by the live topics."""
    before, live = way.documents(), len(list(way.bus.read(topics.GROUPED.name)))
    assert replay(way.bus, NOON, None) == 3
    way.run()
    assert way.documents() == before
    assert len(list(way.bus.read(topics.GROUPED.name))) == live
    assert len(list(way.bus.read(topics.BACKFILL_GROUPED.name))) == 3


def test_a_better_analysis_lands_everywhere(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a new version of the analysis each document has it, and keeps its story, its origin and its revision."""
    before = way.documents()
    monkeypatch.setattr(processors.enrich, "ANALYSIS_VERSION", 7)
    assert replay(way.bus, NOON, None) == 3
    way.run()
    after = way.documents()
    assert {one.enriched.analysis_version for one in after.values()} == {7}
    for title, document in after.items():
        held = before[title]
        assert (document.story_id, document.story_epoch) == (held.story_id, held.story_epoch)
        assert document.enriched.article == held.enriched.article
    # A replay is no source of another.
    assert replay(way.bus, NOON, None) == 3


def test_a_part_of_the_log_may_be_replayed(way: Way) -> None:
    """From a time to before a time, by when an article was first seen."""
    assert replay(way.bus, NOON + timedelta(hours=1), None) == 2
    assert replay(way.bus, NOON, NOON + timedelta(hours=1)) == 1


def test_a_trace_goes_the_whole_way(way: Way) -> None:
    """Every document of the log has the trace that its entry began."""
    begun = {record.message.headers[TRACE] for record in way.bus.read(topics.RAW.name)}
    for topic in (topics.ARTICLES, topics.KNOWN, topics.ENRICHED, topics.GROUPED):
        assert {record.message.headers[TRACE] for record in way.bus.read(topic.name)} == begun, topic.name


def test_times_are_read_as_people_write_them() -> None:
    """A date, a time with a zone, or a length of time; anything else is named."""
    assert moment("2026-11-23T12:00Z", "--from") == NOON
    assert moment("2026-11-23", "--from") == NOON.replace(hour=0)
    assert moment("2h", "--from") < moment("1h", "--from")
    with pytest.raises(InputError, match="--from: 'вчера' is no time"):
        moment("вчера", "--from")
