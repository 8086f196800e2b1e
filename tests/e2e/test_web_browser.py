"""The page in the real Chromium, over the real service, in Arabic, Russian and English."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import quote, urlsplit

import pytest
from e2e.chromium import chromium
from e2e.feed_site import FeedSite
from e2e.service import Service
from playwright.sync_api import Browser, BrowserContext, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

OpenWindow = Callable[..., Page]
NAMES = {"ar": "شويغو", "ru": "Шойгу", "en": "Shoigu"}
HOSTILE = """<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>&lt;script&gt;window.ran=1&lt;/script&gt;</title>
<item><title>Zarathustra &lt;script&gt;window.ran=1&lt;/script&gt;&lt;img src=x onerror=window.ran=1&gt;</title><guid>h1</guid>
<link>javascript:window.ran=1</link><author>"&gt;&lt;svg onload=window.ran=1&gt;</author><category>'&gt;&lt;script&gt;window.ran=1&lt;/script&gt;</category>
<description>&lt;p onclick="window.ran=1"&gt;Zarathustra &amp;lt;script&amp;gt;window.ran=1&amp;lt;/script&amp;gt;&lt;/p&gt;&lt;script&gt;window.ran=1&lt;/script&gt;&lt;img src="http://192.0.2.1/x.png" onerror="window.ran=1"&gt;</description></item>
<item><title>Zarathustra \u202eevil\u202c شويغو</title><guid>h2</guid><link>data:text/html,&lt;script&gt;window.ran=1&lt;/script&gt;</link><description>Zarathustra {{ 7 * 7 }}</description></item>
<item><title>Zarathustra %s</title><guid isPermaLink="false">urn:uuid:3</guid><description>&lt;div hx-get="/feeds" hx-trigger="load" style="position:fixed"&gt;Zarathustra&lt;/div&gt;</description></item>
</channel></rss>""" % ("شويغوШойгуShoigu" * 700)


class Desk:
    """The running service with the site whose feeds it polls, and a browser to look with."""

    def __init__(self, service: Service, site: FeedSite, browser: Browser) -> None:
        self.service, self.site, self.browser = service, site, browser
        self.base = f"http://127.0.0.1:{service.port}"

    def article(self, query: str) -> str:
        """Give the path of the newest article that a query finds."""
        return "/articles/" + self.service.get(f"/api/search?limit=1&q={quote(query)}")["hits"][0]["id"]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Start one service on the sample and a site of ours, and one browser."""
    directory = tmp_path_factory.mktemp("browser")
    (directory / "hostile.xml").write_text(HOSTILE, "utf-8")
    with ExitStack() as stack:
        site = stack.enter_context(FeedSite(directory, feeds=4))  # not 3: languages shall mix
        site.change(new=30)
        urls = [f"http://{site.host}/changing/{n}.xml" for n in range(site.feeds)] + [
            f"http://{site.host}/static/hostile.xml"
        ]
        lines = [
            f"  - {{url: '{url}', source: Площадка, full_text: never, interval: {{min: 1s, max: 1s}}}}" for url in urls
        ]
        (directory / "feeds.yaml").write_text("feeds:\n" + "\n".join(lines) + "\n", "utf-8")
        environment = {
            "RASID_FEEDS": str(directory / "feeds.yaml"), "RASID_FETCH_ALLOWED_HOSTS": site.host, "RASID_HOST_PAUSE": "0",
        }  # fmt: skip
        service = stack.enter_context(Service(directory / "data", environment=environment))
        browser = stack.enter_context(chromium())
        service.wait(lambda: service.get("/api/search?limit=1&q=report")["total"] > 5)
        service.wait(lambda: service.get("/api/search?limit=1&q=Zarathustra")["total"] == 3)
        ours = f"/api/search?limit=1&source={quote('Площадка')}"
        service.wait(lambda: service.get(ours)["total"] == 33)
        yield Desk(service, site, browser)


class Watched:
    """A browser window of which everything is noted: what it asks for, what it complains of."""

    def __init__(self, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self.asked: list[str] = []
        self.complaints: list[str] = []
        context.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self._console(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(f"dialog {dialog.message}"))

    def _console(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(text)


@pytest.fixture
def open_window(desk: Desk) -> Iterator[OpenWindow]:
    """Give a way to open windows; at the end none may have complained, or asked beyond 127.0.0.1."""
    windows: list[Watched] = []
    with ExitStack() as stack:

        def open_one(path: str = "/", **options: object) -> Page:
            context = desk.browser.new_context(base_url=desk.base, **options)  # type: ignore[arg-type]
            context.set_default_timeout(10_000)
            stack.callback(context.close)
            windows.append(Watched(context))
            windows[-1].page.goto(path)
            return windows[-1].page

        yield open_one
        assert [one for window in windows for one in window.complaints] == []
        hosts = {urlsplit(url).netloc for window in windows for url in window.asked}
        assert hosts == {urlsplit(desk.base).netloc}


def luminance(page: Page, selector: str, name: str) -> float:
    """Give the WCAG relative luminance of a colour of an element."""
    colour = page.locator(selector).first.evaluate(f"one => getComputedStyle(one).{name}")
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(page: Page, text: str, ground: str) -> float:
    """Give the contrast of an element's text on another's ground (WCAG 2.2, 1.4.3)."""
    low, high = sorted((luminance(page, text, "color"), luminance(page, ground, "backgroundColor")))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("language", NAMES)
def test_a_search_shows_all_three_languages(desk: Desk, open_window: OpenWindow, language: str):
    """A name typed in any script finds all three, marked in each; the address is the search."""
    page = open_window("/?show=articles")
    page.fill("#q", NAMES[language])
    page.press("#q", "Enter")
    page.wait_for_url(re.compile(r"[?&]q=" + quote(NAMES[language])))
    page.wait_for_selector("mark")
    expect(page).to_have_title(f"{NAMES[language]} · Rasid")
    marked = set(page.locator("h3 mark").all_text_contents())
    assert marked >= set(NAMES.values())
    assert set(page.locator("h3").evaluate_all("all => all.map(one => one.lang)")) >= set(NAMES)
    page.go_back()
    expect(page.locator("#q")).to_have_value("")
    page.wait_for_selector("#list .hit")
    assert "q=" not in page.url
    page.go_forward()
    expect(page.locator("#q")).to_have_value(NAMES[language])
    page.wait_for_selector("mark")


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("ru", "ltr"), ("en", "ltr")])
def test_an_article_is_marked_and_runs_its_own_way(desk: Desk, open_window: OpenWindow, language: str, direction: str):
    """Entities are marked in the text, `lang` is right, Arabic runs right to left and the page around it does not."""
    page = open_window(f"/?q={quote(NAMES[language])}+AND+Assad&language={language}&show=articles")
    page.locator("#list h3 a").first.click()
    page.wait_for_url("**/articles/*")
    article = page.locator("article")
    assert article.get_attribute("lang") == language
    for selector in ("article h1", "article p:not(.meta)"):
        assert page.locator(selector).first.evaluate("one => getComputedStyle(one).direction") == direction
    assert page.locator("aside").evaluate("one => getComputedStyle(one).direction") == "ltr"
    page.locator("article .entity.per", has_text=NAMES[language]).first.click()
    page.wait_for_url(re.compile("entity="))
    page.goto(f"{page.url}&show=articles")
    assert set(page.locator("h3").evaluate_all("all => all.map(one => one.lang)")) >= set(NAMES)
    assert "rasid:" not in page.locator(".filters").inner_text(), "the filter is shown by name"


def test_facets_narrow_and_can_be_taken_away(open_window: OpenWindow):
    """A facet narrows the list, another widens it, the chip and the facet take it away again."""
    page = open_window(f"/?q={quote('Шойгу')}")
    whole = int(page.locator("[data-count]").inner_text().replace(",", ""))
    page.locator("#narrow").get_by_role("link", name="Arabic").click()
    page.wait_for_url("**language=ar*")
    arabic = int(page.locator("[data-count]").inner_text().replace(",", ""))
    assert 0 < arabic < whole
    assert set(page.locator("h3").evaluate_all("all => all.map(one => one.lang)")) == {"ar"}
    page.locator("#narrow").get_by_role("link", name="Russian").click()
    page.wait_for_url("**language=ar*language=ru*")
    assert arabic < int(page.locator("[data-count]").inner_text().replace(",", "")) < whole
    page.locator(".filters").get_by_role("link", name="Arabic").click()
    page.wait_for_url(lambda url: "language=ar" not in url)
    page.locator("#narrow").get_by_role("link", name="Russian").click()
    page.wait_for_url(lambda url: "language" not in url)
    assert int(page.locator("[data-count]").inner_text().replace(",", "")) >= whole


def test_new_articles_arrive_by_themselves(desk: Desk, open_window: OpenWindow):
    """An article that is indexed while the page is open appears on top, in its story's place, and is said politely."""
    page = open_window()
    page.wait_for_selector('[data-live-state][data-on="yes"]')
    page.evaluate("window.stayed = true")
    before = int(page.locator("[data-count]").inner_text().replace(",", ""))
    number = len(desk.site.items)
    desk.site.change(new=1)
    page.wait_for_selector(f'.hit.fresh h3:has-text("{number}")', timeout=20_000)
    assert page.evaluate("window.stayed")
    assert int(page.locator("[data-count]").inner_text().replace(",", "")) >= before
    assert page.locator("#status").get_attribute("aria-live") == "polite"
    assert page.locator("#status").inner_text().startswith("New article")
    links = page.locator("#list h3 a").evaluate_all("all => all.map(one => one.href)")
    assert len(links) == len(set(links))


def test_live_goes_on_after_a_search(desk: Desk, open_window: OpenWindow):
    """Back on the newest articles after a search within the page, new ones arrive again."""
    page = open_window()
    for words, live in (("Zarathustra", "no"), ("", "yes")):
        page.fill("#q", words)
        page.press("#q", "Enter")
        page.wait_for_selector(f'#results [data-live="{live}"]')
    page.wait_for_selector('[data-live-state][data-on="yes"]')
    number = len(desk.site.items)
    desk.site.change(new=1)
    page.wait_for_selector(f'.hit.fresh h3:has-text("{number}")', timeout=20_000)


def test_a_watching_page_misses_nothing_between(desk: Desk, open_window: OpenWindow):
    """An article indexed after the page was made and before it listens is shown all the same."""
    page = open_window()
    page.wait_for_selector('[data-live-state][data-on="yes"]')
    page.locator("#list li").first.evaluate("one => one.remove()")
    first = page.locator("#list h3 a").first.get_attribute("href")
    page.evaluate("document.dispatchEvent(new Event('htmx:afterSwap'))")
    page.wait_for_selector("#list .fresh")
    assert page.locator("#list h3 a").first.get_attribute("href") != first


def test_what_a_feed_wrote_runs_nowhere(desk: Desk, open_window: OpenWindow):
    """Scripts, handlers, addresses and markup of a hostile feed are text on every page."""
    page = open_window("/?q=Zarathustra")
    assert page.locator(".hit").count() >= 3
    paths = page.locator("#list h3 a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    for path in [*paths, "/feeds", "/"]:
        page.goto(path)
        assert page.evaluate("window.ran") is None
        assert (
            page.locator("article script, article img, article svg, [onclick], [onerror], article [style]").count() == 0
        )
        assert page.locator('a[href^="javascript:" i], a[href^="data:" i]').count() == 0
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "a long title fits"


def test_what_a_feed_wrote_runs_nowhere_when_it_arrives(desk: Desk, open_window: OpenWindow):
    """A hostile article that is put into the open page is text too."""
    page = open_window()
    page.wait_for_selector('[data-live-state][data-on="yes"]')
    more = HOSTILE.replace("Zarathustra", "Zoroaster").replace("<guid>h", "<guid>g").replace("uuid:3", "uuid:4")
    (desk.site.static / "hostile.xml").write_text(more, "utf-8")
    for number in range(3):
        page.wait_for_selector(f'.hit.fresh h3:has-text("Zoroaster") >> nth={number}', timeout=20_000)
    assert page.evaluate("window.ran") is None
    assert page.locator("#list script, #list img, #list svg, #list [hx-get], #list [style]").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(
    ("system", "chosen"), [("light", "auto"), ("dark", "auto"), ("light", "dark"), ("dark", "light")]
)
def test_dark_mode(desk: Desk, open_window: OpenWindow, system: str, chosen: str):
    """The system's wish counts until a person sets the colours; text stays readable on each ground."""
    page = open_window("/?q=Shoigu", color_scheme=system)
    if chosen != "auto":
        page.select_option("#theme", chosen)
        page.get_by_role("button", name="Set").click()
        page.wait_for_selector(f'html[data-theme="{chosen}"]')
        assert page.url.endswith("?q=Shoigu"), "the search stays"
    is_dark = (system if chosen == "auto" else chosen) == "dark"
    assert (luminance(page, "body", "backgroundColor") < 0.1) is is_dark
    pairs = [(".hit h3 a", ".hit"), (".meta", ".hit"), ("mark", "mark"), ("nav a", ".top"), (".tips", "body"),
             (".search button", ".search button"), (".number", ".facets details")]  # fmt: skip
    for text, ground in pairs:
        assert contrast(page, text, ground) >= 4.5, text
    page.goto(desk.article("language:en AND Assad"))
    for kind in (".entity.per", ".about dt"):
        assert contrast(page, kind, kind if "entity" in kind else ".about") >= 4.5, kind
    page.goto("/feeds")  # every feed has its badge there
    assert contrast(page, ".badge", "table") >= 4.5


def test_the_keyboard_is_enough(desk: Desk, open_window: OpenWindow):
    """Skip link first, then the menu; / searches, j and k walk, Enter opens; what has the focus shows it."""
    page = open_window()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["y"] >= 0
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "brand"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("شويغو /jk")
    assert page.input_value("#q") == "شويغو /jk"
    page.fill("#q", "Shoigu")
    page.keyboard.press("Enter")
    page.wait_for_selector("mark")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator(".hit h3 a").nth(1).get_attribute("href")
    assert page.evaluate("document.activeElement.getAttribute('href')") == second
    page.keyboard.press("k")
    first = page.locator(".hit h3 a").nth(0).get_attribute("href")
    assert page.evaluate("document.activeElement.getAttribute('href')") == first
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{first}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"


@pytest.mark.parametrize("language", NAMES)
def test_without_javascript(desk: Desk, open_window: OpenWindow, language: str):
    """Reading, searching, narrowing, paging and the colours work with JavaScript off."""
    page = open_window("/?show=articles", java_script_enabled=False)
    first = page.locator("#list h3 a").first.get_attribute("href")
    page.get_by_role("link", name="Older articles").click()
    page.wait_for_url("**cursor=*")
    assert page.locator("#list h3 a").first.get_attribute("href") != first
    page.fill("#q", f"{NAMES[language]} AND Assad")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**?q=*")
    assert set(page.locator("h3 mark").all_text_contents()) >= set(NAMES.values())
    page.locator("#narrow").get_by_role("link", name="Russian").click()
    page.wait_for_url("**language=ru*")
    page.locator("#list h3 a").first.click()
    page.wait_for_selector("article .entity")
    page.select_option("#theme", "dark")
    page.get_by_role("button", name="Set").click()
    page.wait_for_selector('html[data-theme="dark"]')


@pytest.mark.parametrize("width", [390, 1280])
def test_every_page_fits_and_its_targets_are_large_enough(desk: Desk, open_window: OpenWindow, width: int):
    """Nothing is wider than the window; buttons, fields and links outside of running text are at least 24 px high."""
    page = open_window(viewport={"width": width, "height": 800})
    for path in (
        "/",
        "/?q=Shoigu&language=ar",
        "/feeds",
        "/help",
        desk.article("language:ar"),
        desk.article("language:ru"),
    ):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        small = page.locator(
            "button, select, input:not([type=hidden]), summary, nav a, .filters a, .facets li a, h3 a, .named a, .more"
        )
        heights = small.evaluate_all(
            "all => all.filter(one => one.offsetParent).map(one => [one.textContent, one.getBoundingClientRect().height])"
        )
        assert [one for one in heights if one[1] < 23.9] == [], path


def test_feeds_page_tells_of_each(desk: Desk, open_window: OpenWindow):
    """Each feed of the list and of the sample has its row and its state."""
    until = time.monotonic() + 10
    page = open_window("/feeds")
    while time.monotonic() < until and page.locator(".badge.well").count() < desk.site.feeds:
        page.reload()
    assert page.locator("tbody tr").count() >= desk.site.feeds + 1
    page.get_by_role("link", name=re.compile("^well")).click()
    page.wait_for_url("**state=well")
    assert page.locator("tbody tr").count() == page.locator(".badge.well").count() > 0
