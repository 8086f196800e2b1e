"""The page of a story in the real Chromium: three languages side by side, who was first, copies, what differs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from makers import NOON, document
from playwright.sync_api import Page, expect, sync_playwright
from web_site import ANALYSIS, Site

from rasid.domain.article import GroupedArticle
from rasid.domain.change import Change

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

STORY = "story-202611-1"
TITLES = {"en": "Blast in Azaz", "ar": "انفجار في أعزاز", "ru": "Взрыв в Азазе"}
HEADINGS = {"en": "English", "ar": "Arabic", "ru": "Russian"}
DIRECTIONS = {"en": "ltr", "ar": "rtl", "ru": "ltr"}
TOLLS = {"en": "12 people", "ar": "15 شخصا", "ru": "17 человек"}
PHONE = {"width": 360, "height": 740}


def report(number: int, language: str, source: str, text: str, minutes: int, **changes: object) -> GroupedArticle:
    """Make a report of the story."""
    made = document(
        ANALYSIS, number, language=language, story=STORY, title=TITLES[language], text=text, source=source,
        first_seen_at=NOON + timedelta(minutes=minutes),
    )  # fmt: skip
    return replace(made, **changes)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give a page over one story: an English original with a hostile copy, an Arabic and a changed Russian report."""
    first = report(1, "en", "Alpha", "The blast killed 12 people.", 0)
    copy = report(2, "en", "<img src=x onerror=alert(1)>", "The blast killed 12 people.", 9, copy_of=first.id)
    arabic = report(3, "ar", "باء", "مقتل 15 شخصا في انفجار", 4)
    change = Change(kind="facts", before_revision=1, text="12 → 17 погибших")
    russian = report(4, "ru", "Дельта", "Погибли 17 человек", 30, change=change, former_story_ids=("story-old",))
    with Site(tmp_path_factory.mktemp("story-browser")) as opened:
        opened.write(first, copy, arabic, russian)
        yield opened


@pytest.fixture(scope="module")
def window(site: Site) -> Iterator[Page]:
    """Give one window that complains of nothing."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert chromium, "these tests need Chromium: tools/install_chromium.sh, or apt-get install chromium"
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(base_url=f"http://{site.host}")
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda said: complaints.append(said.message))
        page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
        yield page
        context.close()
        browser.close()
    assert complaints == []


@pytest.mark.parametrize("language", TITLES)
def test_a_language_stands_under_its_heading_and_runs_its_own_way(window: Page, language: str):
    """The original of each language is under that language's name, and its title leads to the article in it."""
    window.goto(f"/stories/{STORY}")
    section = window.get_by_role("region", name=HEADINGS[language])
    title = section.locator("h3")
    expect(title).to_have_text(TITLES[language])
    assert title.get_attribute("lang") == language
    assert title.evaluate("one => getComputedStyle(one).direction") == DIRECTIONS[language]
    title.get_by_role("link").click()
    window.wait_for_url("**/articles/*")
    assert window.locator("article").get_attribute("lang") == language
    window.locator(f'main a[href$="/stories/{STORY}"]').first.click()
    window.wait_for_url(f"**/stories/{STORY}")


@pytest.mark.parametrize("language", TOLLS)
def test_each_number_is_shown_with_who_says_it(window: Page, language: str):
    """Where reports disagree on the dead, each language's number stands there in its own direction."""
    window.goto(f"/stories/{STORY}")
    said = window.get_by_role("region", name="Reports disagree").locator("strong", has_text=TOLLS[language])
    expect(said).to_be_visible()
    assert said.evaluate("one => getComputedStyle(one).direction") == DIRECTIONS[language]


def test_copies_are_folded_until_asked_for(window: Page):
    """The copy is counted under its original, and seen when that is opened; its name is text, whatever it holds."""
    window.goto(f"/stories/{STORY}")
    copy = window.get_by_role("link", name="<img src=x")
    expect(copy).to_be_hidden()
    window.get_by_text("1 copy of this text").click()
    expect(copy).to_be_visible()


def test_who_was_first_and_what_changed(window: Page):
    """The first source comes with its lead, the change with both numbers."""
    window.goto(f"/stories/{STORY}")
    about = window.get_by_role("complementary", name="About this story")
    expect(about).to_contain_text("4 min before the next source")
    expect(window.get_by_role("region", name="Changed")).to_contain_text("12 → 17 погибших")


def test_the_address_of_a_merged_story_leads_here(window: Page):
    """An old link arrives at the story that took the other in."""
    window.goto("/stories/story-old")
    window.wait_for_url(f"**/stories/{STORY}")
    expect(window.locator("h1")).to_be_visible()


def test_on_a_phone_nothing_runs_out_of_the_page(window: Page):
    """At 360 pixels there is no sideways scrolling, and the three languages are all there."""
    before = window.viewport_size
    window.set_viewport_size(PHONE)
    window.goto(f"/stories/{STORY}")
    assert window.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for heading in HEADINGS.values():
        expect(window.get_by_role("heading", name=heading)).to_be_visible()
    window.set_viewport_size(before or PHONE)
