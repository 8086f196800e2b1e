"""Suggestions, stories and saved searches in the real Chromium, in Arabic, Russian and English, with the keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from e2e.chromium import chromium
from makers import document
from playwright.sync_api import Page, expect
from web_site import ANALYSIS, Site

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SHOIGU = "rasid:person/sergei-shoigu"
NAMES = {"ar": "شويغو", "ru": "Шойгу", "en": "Shoigu"}
TYPED = {"ar": ("شوي", "سيرغي شويغو"), "ru": ("Шой", "Сергей Шойгу"), "en": ("sho", "Sergei Shoigu")}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give a page over nine articles of three stories, each told in three languages."""
    assert ANALYSIS.suggest("Шойгу")  # reads the knowledge base
    with Site(tmp_path_factory.mktemp("search")) as made:
        made.write(
            *(
                document(ANALYSIS, n, language=one, minutes=n, story=f"s{n % 3}", names=((SHOIGU, NAMES[one]),))
                for n in range(1, 10)
                for one in [list(NAMES)[n // 4]]
            )
        )
        yield made


@pytest.fixture(scope="module")
def window(site: Site) -> Iterator[Page]:
    """Give one window that complains of nothing."""
    complaints: list[str] = []
    with chromium() as browser:
        context = browser.new_context(base_url=f"http://{site.host}")
        context.set_default_timeout(15_000)
        expect.set_options(timeout=15_000)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
        yield page
        context.close()
    assert complaints == []


@pytest.mark.parametrize("language", NAMES)
def test_a_name_is_suggested_and_taken_with_the_keyboard(window: Page, language: str) -> None:
    """Typing shows names in the script typed; the arrows choose, Enter takes, and the search finds all three scripts."""
    typed, name = TYPED[language]
    window.goto("/")
    window.keyboard.press("/")
    box = window.get_by_role("combobox", name="Search")
    expect(box).to_be_focused()
    window.keyboard.type(typed)
    option = window.get_by_role("option", name=name)
    expect(option).to_be_visible()
    expect(box).to_have_attribute("aria-expanded", "true")
    for _ in range(8):
        window.keyboard.press("ArrowDown")
        if option.get_attribute("aria-selected") == "true":
            break
    chosen = option.get_attribute("id")
    expect(box).to_have_attribute("aria-activedescendant", chosen or "")
    window.keyboard.press("Enter")
    expect(box).to_have_value(f'person:"{name}" ')
    expect(box).to_have_attribute("aria-expanded", "false")
    window.keyboard.press("Enter")
    expect(window.locator("[data-count]")).to_have_text("3")
    expect(window.locator(".hit")).to_have_count(3)


def test_escape_closes_the_names_and_leaves_the_text(window: Page) -> None:
    """Escape closes the list and keeps what was typed, as do a quote and a field, where nothing is suggested."""
    window.goto("/")
    box = window.get_by_role("combobox", name="Search")
    box.click()
    window.keyboard.type("Асад AND Шой")
    expect(window.get_by_role("option", name="Сергей Шойгу")).to_be_visible()
    window.keyboard.press("Escape")
    expect(window.locator("#suggested")).to_be_hidden()
    expect(box).to_have_value("Асад AND Шой")
    expect(box).to_be_focused()
    window.keyboard.type("гу")
    window.get_by_role("option", name="Сергей Шойгу").click()
    expect(box).to_have_value('Асад AND person:"Сергей Шойгу" ')


@pytest.mark.parametrize("language", NAMES)
def test_a_search_is_kept_run_and_deleted(window: Page, language: str) -> None:
    """A search gets a name, is listed under it in its own script, is run from there, and goes when it is deleted."""
    name = NAMES[language]
    window.goto("/")
    window.get_by_role("combobox", name="Search").fill(name)
    window.keyboard.press("Enter")
    expect(window.locator("[data-count]")).to_have_text("3")
    window.get_by_text("Keep this search").click()
    window.get_by_label("Name", exact=True).fill(f"{name} 1")
    window.keyboard.press("Enter")
    window.wait_for_url("**/searches")
    link = window.get_by_role("link", name=f"{name} 1")
    link.click()
    expect(window.get_by_role("combobox", name="Search")).to_have_value(name)
    expect(window.locator(".hit")).to_have_count(3)
    window.get_by_role("link", name="Saved", exact=True).click()
    window.get_by_role("button", name=f"Delete {name} 1").press("Enter")
    expect(window.get_by_text("No saved searches yet")).to_be_visible()


def test_stories_open_into_their_articles(window: Page) -> None:
    """Each story shows once with the number of its articles, which its link shows; the switch shows every article."""
    window.goto("/")
    expect(window.locator(".hit")).to_have_count(3)
    links = window.get_by_role("link", name=re.compile("articles of this story"))
    sizes = [int(text.split()[0]) for text in links.all_text_contents()]  # another test may have added an article
    assert len(sizes) == 3
    links.first.press("Enter")
    expect(window.locator(".hit")).to_have_count(sizes[0])
    window.goto("/")
    window.get_by_label("Show", exact=True).select_option("articles")
    window.get_by_role("button", name="Search").press("Enter")
    expect(window.locator(".hit")).to_have_count(sum(sizes))


def test_new_articles_take_their_storys_place(window: Page, site: Site) -> None:
    """An article that arrives takes the place of its story's last one: no story shows twice, and the count stays."""
    window.goto("/")
    expect(window.locator('[data-live-state][data-on="yes"]')).to_be_visible()
    site.write(document(ANALYSIS, 50, language="ru", minutes=50, story="s1"))
    expect(window.locator(".hit.fresh")).to_have_count(1)
    expect(window.locator(".hit.fresh").get_by_text("4 articles of this story")).to_be_visible()
    expect(window.locator(".hit")).to_have_count(3)
    expect(window.locator("[data-count]")).to_have_text("3")
