"""The page of a story: side by side, who was first, copies folded, differences, and the addresses of merged ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from makers import NOON, document
from web_site import ANALYSIS, Site

from rasid.domain.article import GroupedArticle
from rasid.domain.change import Change

STORY = "story-202611-1"


def report(
    number: int, language: str, source: str, title: str, text: str, minutes: int, **changes: object
) -> GroupedArticle:
    """Make a report of the story."""
    made = document(
        ANALYSIS, number, language=language, story=STORY, title=title, text=text, source=source,
        first_seen_at=NOON + timedelta(minutes=minutes),
    )  # fmt: skip
    return replace(made, **changes)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give a page with one story: an original with a copy, an Arabic report with another toll, a changed Russian one."""
    first = report(1, "en", "Alpha", "Blast in Azaz", "The blast killed 12 people.", 0)
    arabic = report(2, "ar", "باء", "انفجار في أعزاز", "مقتل 15 شخصا في انفجار", 4)
    copy = report(3, "en", "Gamma", "Blast in Azaz <b>", "The blast killed 12 people.", 9, copy_of=first.id)
    change = Change(kind="facts", before_revision=1, text="12 → 15 погибших")
    russian = report(
        4, "ru", "Дельта", "Взрыв в Азазе", "Погибли 15 человек", 30, change=change, former_story_ids=("story-old",)
    )
    with Site(tmp_path_factory.mktemp("story")) as opened:
        opened.write(first, arabic, copy, russian)
        yield opened


def test_a_story_shows_its_languages_sources_and_who_was_first(site: Site):
    """Each language has its heading, copies are folded under their original, the first source has its lead."""
    page = site.ask(f"/stories/{STORY}").text
    for heading in (
        "English",
        "Arabic",
        "Russian",
        "Who was first",
        "Alpha",
        "4 min before the next",
        "1 copy of this text",
    ):
        assert heading in page, heading
    assert "Blast in Azaz <b>" not in page


def test_reports_that_disagree_stand_side_by_side(site: Site):
    """Twelve dead here and fifteen there are shown together, and a change as before and after."""
    page = site.ask(f"/stories/{STORY}").text
    assert "Reports disagree" in page
    assert "12 people" in page
    assert "15 شخصا" in page
    assert "12 → 15 погибших" in page


def test_the_address_of_a_merged_story_leads_on(site: Site):
    """Links to a story that was merged away go on working; one that never was is not found."""
    moved = site.ask("/stories/story-old")
    assert (moved.status, moved.headers["location"]) == (307, f"/stories/{STORY}")
    assert site.ask("/stories/story-none").status == 404


def test_an_article_and_a_hit_lead_to_their_story(site: Site):
    """From the list and from the article one comes to the story."""
    assert f"/stories/{STORY}" in site.ask("/").text
    article = f"/articles/202611-{1:032x}"
    assert f"/stories/{STORY}" in site.ask(article).text
