"""Who told a story first, which claimed times are believed, and how often a source leads."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from makers import NOON, article

from rasid.domain.article import EnrichedArticle, GroupedArticle
from rasid.domain.story import doubts, promptness, stories_of, story_of, told_at

AN_HOUR_AGO = NOON - timedelta(minutes=59, seconds=13)


def report(
    number: int,
    source: str,
    minutes: float,
    *,
    language: str = "en",
    published: datetime | None = None,
    ownership: str | None = None,
    story: str = "s",
    copy_of: str | None = None,
) -> GroupedArticle:
    """Make a grouped article seen so many minutes after noon."""
    made = article(
        number, language=language, minutes=minutes, source=source, published_at=published, ownership=ownership
    )
    enriched = EnrichedArticle(article=made, language=language, language_confidence=1.0, analysis_version=1)
    return GroupedArticle(enriched=enriched, story_id=story, copy_of=copy_of)


@pytest.mark.parametrize(
    ("published", "doubt"),
    [
        (None, ("absent",)),
        (NOON + timedelta(minutes=10, seconds=5), ("future",)),
        (NOON.replace(hour=0, minute=0), ("midnight",)),
        (NOON.replace(hour=11, minute=30), ("round",)),
        (NOON - timedelta(days=3, seconds=7), ("old",)),
        (NOON + timedelta(days=1), ("future", "round")),
        (AN_HOUR_AGO, ()),
        (NOON + timedelta(seconds=40), ()),
    ],
)
def test_a_claimed_time_is_believed_only_where_it_is_credible(published: datetime | None, doubt: tuple[str, ...]):
    """Future, midnight, round and old stamps are flagged, and the time we saw the report stands instead."""
    made = article(1, published_at=published)
    assert doubts(made) == doubt
    assert told_at(made) == (made.first_seen_at if doubt else published)


def test_the_first_source_leads_by_minutes_over_all_by_language_and_by_ownership():
    """A credible earlier claim beats what we saw earlier; a round one does not."""
    story = story_of(
        [
            report(1, "Alpha", 0, ownership="state"),
            report(2, "Beta", 20, published=NOON - timedelta(minutes=10, seconds=30), ownership="private"),
            report(3, "Gamma", 5, published=NOON - timedelta(hours=2), language="ar", ownership="state"),
            report(4, "Delta", 8, language="ar", ownership="private", copy_of="x"),
        ]
    )
    assert story.lead is not None
    assert (story.lead.source, story.lead.minutes) == ("Beta", 10)
    leads = {name: (lead.source, lead.minutes) for name, lead in story.leads.items()}
    assert leads == {
        "language:en": ("Beta", 10),
        "language:ar": ("Gamma", 3),
        "ownership:private": ("Beta", 18),
        "ownership:state": ("Alpha", 5),
    }
    assert (story.copies, len(story.sources), story.languages) == (1, 4, ("ar", "en"))


def test_a_story_of_one_source_has_no_lead_in_minutes():
    """Nobody is first alone."""
    story = story_of([report(1, "Alpha", 0), report(2, "Alpha", 5)])
    assert story.lead is not None
    assert story.lead.minutes is None


def test_titles_are_those_of_the_first_originals():
    """A copy's title does not stand for its language where an original has one."""
    first = report(1, "Alpha", 0, copy_of="x")
    second = report(2, "Beta", 1)
    second = replace(
        second, enriched=replace(second.enriched, article=replace(second.enriched.article, title="An own whole title"))
    )
    assert story_of([first, second]).titles == {"en": "An own whole title"}


def test_how_often_a_source_leads_counts_shared_stories_only():
    """Alpha leads one of two shared stories; a story of its own counts for nothing."""
    stories = stories_of(
        [
            report(1, "Alpha", 0, story="a"), report(2, "Beta", 3, story="a"),
            report(3, "Beta", 0, story="b"), report(4, "Alpha", 3, story="b"), report(5, "Gamma", 4, story="b"),
            report(6, "Alpha", 0, story="c"),
        ]
    )  # fmt: skip
    assert [(one.source, one.stories, one.first) for one in promptness(stories)] == [
        ("Alpha", 2, 1),
        ("Beta", 2, 1),
        ("Gamma", 1, 0),
    ]
