"""The rule editor in the real Chromium, in Arabic, Russian and English, with the keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from e2e.chromium import chromium
from makers import TITLES, document
from playwright.sync_api import Browser, Page, expect
from web_site import ANALYSIS, Site

from rasid.codec import encode
from rasid.domain import topics

expect.set_options(timeout=20_000)  # the first suggestion reads the knowledge base
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

# What is typed, the name taken from the list, and what the preview then says.
TYPED = {
    "ar": ("شويغ", "شويغو", "كانت ستنبّه 1 مرة في 7 أيام"),
    "en": ("Shoig", "Shoigu", "It would have fired 1 times in 7 days"),
    "ru": ("Шойг", "Шойгу", "Сработало бы 1 раз за 7 дней"),
}
ENTITY = "rasid:person/sergei-shoigu"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start one browser."""
    with chromium() as running:
        yield running


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Run the page over one article of today that names Shoigu in Russian letters."""
    (tmp_path / "rules").mkdir()
    with Site(tmp_path) as running:
        seen = datetime.now(UTC) - timedelta(hours=1)
        one = document(ANALYSIS, 1, language="ru", title=TITLES["ru"], first_seen_at=seen, names=((ENTITY, "Шойгу"),))
        running.index.write([one])
        running.bus.publish(topics.GROUPED.name, [encode(one, key=one.id, time=seen)])
        yield running


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """Open a window; nothing in it may have failed, and nothing asked beyond this machine."""
    context = browser.new_context(base_url=f"http://{site.host}")
    context.set_default_timeout(15_000)
    window = context.new_page()
    complaints: list[str] = []
    window.on("pageerror", lambda error: complaints.append(str(error)))
    window.on("console", lambda one: complaints.append(one.text) if one.type == "error" else None)
    yield window
    context.close()
    assert complaints == []


@pytest.mark.parametrize("language", ["ar", "en", "ru"])
def test_a_rule_is_made_with_the_keyboard_alone(page: Page, site: Site, language: str) -> None:
    """From the list by Tab and Enter: a name is taken from the suggestions, the preview counts, Ctrl+Enter saves."""
    typed, taken, told = TYPED[language]
    page.goto(f"/rules?lang={language}")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('href') || ''").startswith("/rules/edit"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("#q")).to_be_visible()
    assert page.locator("#rule-form").evaluate("one => getComputedStyle(one).direction") == (
        "rtl" if language == "ar" else "ltr"
    )
    focus(page, "id")
    page.keyboard.press("Control+a")
    page.keyboard.type("my-rule")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type(typed)
    expect(page.locator("#suggested li").first).to_contain_text(taken)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    query = page.locator("#q").input_value()
    assert query.startswith('person:"')
    expect(page.locator(".would")).to_contain_text(told)
    expect(page.locator(".samples a")).to_contain_text(TITLES["ru"])
    page.keyboard.press("Control+Enter")
    expect(page.locator(".saved")).to_contain_text("my-rule.yaml")
    saved = (site.settings.data_dir / "rules" / "my-rule.yaml").read_text("utf-8")
    assert "id: my-rule" in saved
    assert taken in saved


def focus(page: Page, wanted: str) -> None:
    """Go on by Tab until the field has the focus."""
    for _ in range(30):
        if page.evaluate("document.activeElement.id") == wanted:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {wanted}")


def test_what_is_wrong_is_said_while_typing(page: Page) -> None:
    """An unfinished query is named with its place, and the words go as they are mended."""
    page.goto("/rules/edit?lang=en")
    focus(page, "q")
    page.keyboard.type("language:ar AND (")
    expect(page.locator(".findings .error")).to_contain_text("bracket")
    page.keyboard.type("language:en)")
    expect(page.locator(".findings .warning")).to_contain_text("one language, and two are asked for")
    expect(page.locator(".findings .error")).to_have_count(0)


def test_a_broken_file_is_opened_and_mended_as_text(page: Page, site: Site) -> None:
    """The list names the line; the editor opens the file as text; a right-to-left page shows YAML left to right."""
    rules = site.settings.data_dir / "rules"
    (rules / "bad.yaml").write_text("name: سيئة\ntype: any\nfilter: [{nope: 1}]\n", "utf-8")
    page.goto("/rules?lang=ar")
    expect(page.locator(".rules .problem")).to_contain_text("bad.yaml:3")
    page.get_by_role("link", name="bad.yaml").first.click()
    text = page.locator("#text")
    assert text.evaluate("one => getComputedStyle(one).direction") == "ltr"
    text.fill("# مصلحة\nname: سوريا\ntype: any\nfilter:\n  - query_string: {query: سوريا}\n")
    page.locator("#rule-form .main").click()
    expect(page.locator(".saved")).to_contain_text("bad.yaml")
    assert (rules / "bad.yaml").read_text("utf-8").startswith("# مصلحة\n")


@pytest.mark.parametrize("language", TYPED)
def test_list_and_editor_fit_a_narrow_window(page: Page, site: Site, language: str) -> None:
    """Nothing is wider than a telephone: each rule's values stand below its name, with what they are."""
    long = "Detainees and exchanges of prisoners in Syria, and what became of them since"
    text = f"name: {long}\ntype: any\nfilter:\n  - query_string: {{query: سوريا}}\n"
    (site.settings.data_dir / "rules" / "detainees-and-exchanges-of-prisoners.yaml").write_text(text, "utf-8")
    page.set_viewport_size({"width": 390, "height": 800})
    for path in ("/rules", "/rules/edit", "/rules/edit?file=detainees-and-exchanges-of-prisoners.yaml"):
        page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.goto(f"/rules?lang={language}")
    tops = (
        page.locator(".rules tbody tr")
        .first.locator("th, td")
        .evaluate_all("all => all.map(one => one.getBoundingClientRect().top)")
    )
    assert tops == sorted(set(tops))
    assert all(page.locator(".rules tbody td").evaluate_all("all => all.map(one => one.dataset.name)"))
