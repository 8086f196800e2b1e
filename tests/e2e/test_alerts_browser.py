"""The inbox in the real Chromium, in Arabic, Russian and English, with the mouse, the keyboard alone, and no script."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from alert_makers import WORDS, alert
from e2e.chromium import chromium
from makers import TITLES, document
from playwright.sync_api import Browser, Page, expect
from web_site import ANALYSIS, Site

from rasid.codec import decode
from rasid.domain import topics
from rasid.domain.control import Control

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

UI = {
    "ar": {"heading": "التنبيهات", "ack": "اطُّلع عليه", "right": "صحيح", "mute": "اكتم القاعدة", "why": "السبب", "muted": "مكتومة"},
    "en": {"heading": "Alerts", "ack": "Acknowledge", "right": "Right", "mute": "Mute rule", "why": "Why", "muted": "muted"},
    "ru": {"heading": "Оповещения", "ack": "Принять", "right": "Верно", "mute": "Выключить правило", "why": "Почему", "muted": "выключено"},
}  # fmt: skip
OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start one browser."""
    with chromium() as made:
        yield made


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Give a page with an alert in each language, and their articles."""
    with Site(tmp_path) as made:
        made.write(*(document(ANALYSIS, n, language=one, minutes=n) for n, one in enumerate(TITLES, 1)))
        made.alerts.record([alert(n, language=one, minutes=n) for n, one in enumerate(TITLES, 1)])
        yield made


@pytest.fixture
def open_page(browser: Browser, site: Site) -> Iterator[OpenPage]:
    """Give a way to open pages; at the end none may have complained."""
    complaints: list[str] = []
    with ExitStack() as stack:

        def open_one(path: str, **options: object) -> Page:
            context = browser.new_context(base_url=f"http://{site.host}", **options)  # type: ignore[arg-type]
            context.set_default_timeout(10_000)
            stack.callback(context.close)
            page = context.new_page()
            page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(path)
            return page

        yield open_one
    assert complaints == []


def tab_to(page: Page, name: str, *, most: int = 60) -> None:
    """Press Tab until the thing of that name has the focus, as someone without a mouse does."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(document.activeElement.innerText || '').trim()") == name:
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"one cannot see that {name} has the focus"
            return
    raise AssertionError(f"Tab does not come to {name}")


@pytest.mark.parametrize("language", UI)
def test_the_page_reads_in_its_direction(open_page: OpenPage, language: str) -> None:
    """Heading and buttons stand in the reader's language, from the right in Arabic; nothing runs out of the window."""
    for width in (1280, 390):
        page = open_page(f"/alerts?lang={language}", viewport={"width": width, "height": 800})
        heading = page.get_by_role("heading", level=1)
        expect(heading).to_have_text(UI[language]["heading"])
        assert heading.evaluate("one => getComputedStyle(one).direction") == ("rtl" if language == "ar" else "ltr")
        for own, title in TITLES.items():
            shown = page.get_by_role("link", name=title)
            assert shown.evaluate("one => getComputedStyle(one).direction") == ("rtl" if own == "ar" else "ltr")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        box = heading.bounding_box()
        assert box
        if width > 1000:
            middle = box["x"] + box["width"] / 2
            assert (middle > width / 2) == (language == "ar")


@pytest.mark.parametrize("language", UI)
def test_the_keyboard_alone_does_it_all(open_page: OpenPage, site: Site, language: str) -> None:
    """With Tab and Enter: see to an alert, judge it, read why, and silence its rule."""
    words, number = UI[language], list(UI).index(language) + 1
    page = open_page(f"/alerts?lang={language}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # past the navigation
    tab_to(page, words["ack"])
    page.keyboard.press("Enter")
    page.wait_for_url("**#alert-*")
    newest = site.alerts.get(alert(3).id)
    assert newest
    assert newest.acknowledged_at
    tab_to(page, words["right"])
    page.keyboard.press("Enter")
    expect(page.locator("button[aria-pressed=true]")).to_have_count(1)
    assert len(site.alerts.precision()) == 1
    page.goto(f"/alerts?lang={language}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    tab_to(page, TITLES[list(TITLES)[number - 1]])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=words["why"])).to_be_visible()
    for one in WORDS[list(TITLES)[number - 1]]:
        expect(page.locator("article mark", has_text=one).first).to_be_visible()
    tab_to(page, words["mute"])
    page.keyboard.press("Enter")
    expect(page.locator(".badge", has_text=words["muted"])).to_be_visible()
    asked = [decode(record.message, Control) for record in site.bus.read(topics.MATCHES.name)]
    assert [(one.action, one.rule) for one in asked] == [("mute", "russia-syria")]


def test_j_and_k_walk_the_alerts(open_page: OpenPage) -> None:
    """The keys of the other lists work here too."""
    page = open_page("/alerts?lang=ar")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name=TITLES[list(TITLES)[2]])).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.get_by_role("link", name=TITLES[list(TITLES)[1]])).to_be_focused()


@pytest.mark.parametrize("language", UI)
def test_without_javascript_everything_works(open_page: OpenPage, site: Site, language: str) -> None:
    """Filters, buttons and the page of an alert need no script."""
    page = open_page(f"/alerts?lang={language}", java_script_enabled=False)
    page.locator("#alert-" + alert(1).id).get_by_role("button", name=UI[language]["ack"]).click()
    page.locator("#open").check()
    page.locator("form.search button").click()
    expect(page.locator("li.alert")).to_have_count(2)
    page.locator("#rule").select_option("russia-syria")
    page.locator("form.search button").click()
    page.get_by_role("button", name=UI[language]["mute"]).click()
    expect(page.locator(".badge.failing")).to_have_text(UI[language]["muted"])
    assert page.locator("main > div").get_attribute("lang") == language


@pytest.mark.parametrize("language", UI)
def test_new_alerts_appear_by_themselves(open_page: OpenPage, site: Site, language: str) -> None:
    """An alert that comes while the page is open appears at the top, is said to screen readers, and its buttons work."""
    page = open_page(f"/alerts?lang={language}")
    expect(page.locator("li.alert")).to_have_count(3)
    time.sleep(0.7)  # the stream is open
    site.alerts.record([alert(9, minutes=9, language=language)])
    fresh = page.locator("li.alert").first
    expect(fresh).to_have_attribute("id", f"alert-{alert(9).id}")
    expect(page.locator("#status")).to_contain_text(TITLES[language])
    fresh.get_by_role("button", name=UI[language]["ack"]).click()
    expect(page.locator(f"#alert-{alert(9).id} .badge.well")).to_be_visible()


def test_the_languages_are_a_link_away(open_page: OpenPage) -> None:
    """Each language's own name leads to the page in it, the filter kept."""
    page = open_page("/alerts?lang=en&level=normal")
    page.get_by_role("link", name="العربية").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("التنبيهات")
    expect(page.locator("#level")).to_have_value("normal")
    page.get_by_role("link", name="Русский").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Оповещения")
