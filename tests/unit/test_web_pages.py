"""What the pages show of what the index holds; whatever a feed wrote stays text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path

import msgspec
import pytest
from makers import NOON, TITLES, document
from web_site import ANALYSIS, Site

from rasid.app.web.links import own_path, shown_address, web_link
from rasid.domain.article import Carrier, Entity, GroupedArticle, Keyword, Mention, Names
from rasid.domain.feed import Feed, FeedState, PollRecord

STATIC = resources.files("rasid.app.web") / "static"
SHOIGU = "rasid:person/sergei-shoigu"
SCRIPT = "<script>alert(1)</script>"
HOSTILE = [
    SCRIPT,
    '"><img src=x onerror=alert(1)>',
    "</title></h1><svg onload=alert(1)>",
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% include '/etc/passwd' %}",
    "</template><iframe srcdoc='<script>alert(1)</script>'>",
    "\u202eevil\u202c \u2066شويغو\u2069 \u200fШойгу",
    '<div hx-get="/feeds" hx-trigger="load" data-hx-on="load: alert(1)">',
    "\x00\x08\x1b[31m\x85\u2028data: x\r\nevent: y",
    "\ud800 lone",
]
NO_LINKS = [
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>", "vbscript:x", "file:///etc/passwd", "urn:uuid:1", "tag:example.com,2026:1",
    "/relative", "//evil.example/x", "http:evil", "https://", "http://[", "", "blob:x", "view-source:http://x",
]  # fmt: skip
VOID = {"meta", "link", "input", "br", "img", "hr"}


class Page(HTMLParser):
    """A page as a browser's parser sees it: its elements, and what each lies in."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.inline: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep it."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Check the nesting."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Collect the text, and what stands inside scripts and styles."""
        self.words += data
        if self.open and self.open[-1] in {"script", "style"} and data.strip():
            self.inline.append(data)


def assert_inert(text: str) -> Page:
    """Check that a page carries no code of its own and no element that we do not write."""
    page = Page(text)
    assert not page.inline
    assert not page.open
    for tag, attributes in page.elements:
        assert tag not in {"style", "iframe", "object", "embed", "svg", "img", "base", "template"}
        assert not [name for name in attributes if name.startswith("on") or name in {"style", "srcdoc"}]
        assert not [name for name in attributes if name.startswith(("hx-", "data-hx")) and tag != "form"]
        if tag == "script":
            assert re.fullmatch(r"/static/[a-z.]+", attributes["src"])
        for name in ("href", "action"):
            if name in attributes:
                assert attributes[name].startswith(("/", "#", "http://", "https://"))
    return page


def hostile_document(number: int, words: str) -> GroupedArticle:
    """Make a document that has the words in every field that a feed, or the analysis of its text, can fill."""
    made = document(
        ANALYSIS, number, minutes=number, title=f"x {words} Syria", text=f"Syria {words}\n\n{words}", url=words,
        source=f"{words} source", source_country=words, ownership=words, authors=(words,), tags=(words,),
        carriers=(Carrier(feed=words, source=words, seen_at=NOON),), feed=words, html=words, summary=words,
    )  # fmt: skip
    mention = Mention(field="text", start=0, end=5, surface="Syria")
    entity = Entity(id=f"new:{words}", type="PER", name=Names(en=words), mentions=(mention,), known=False)
    enriched = replace(
        made.enriched, language=words, entities=(entity,), keywords=(Keyword(text=words, score=1.0),), about=(words,)
    )
    return replace(made, enriched=enriched)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, list[GroupedArticle]]]:
    """Give a page over hostile articles and feeds."""
    feeds = [
        Feed(id=f"f{n}", url=f"https://example.com/{words}", title=words, source=words)
        for n, words in enumerate(HOSTILE[:-1])
    ]
    with Site(tmp_path_factory.mktemp("hostile"), feeds=feeds) as site:
        documents = [hostile_document(n, words) for n, words in enumerate([*HOSTILE[:-1], *NO_LINKS], 1)]
        for feed in feeds:
            state = FeedState(feed_id=feed.id, url=feed.url, failures=1, last_error=feed.title, last_polled_at=NOON)
            site.feed_store.save(state, PollRecord(feed_id=feed.id, at=NOON, outcome="failed", error=feed.title))
        site.feeds_error = SCRIPT
        site.write(*documents)
        yield site, documents


def test_hostile_words_stay_words(hostile: tuple[Site, list[GroupedArticle]]) -> None:
    """Titles, texts, sources, authors, tags, keywords, names and addresses run nowhere: list, article, feeds, errors."""
    site, documents = hostile
    paths = ["/", "/?q=Syria", "/?sort=relevance&q=Syria", "/feeds", "/help"]
    paths += [f"/articles/{one.id}" for one in documents]
    for path in paths:
        answer = site.ask(path)
        assert answer.status == 200, path
        page = assert_inert(answer.text)
        assert SCRIPT not in answer.text
        if path == f"/articles/{documents[0].id}":
            assert page.words.count(SCRIPT) > 5


@pytest.mark.parametrize("words", [one for one in HOSTILE if one.isprintable()])
def test_hostile_addresses_stay_words(hostile: tuple[Site, list[GroupedArticle]], words: str) -> None:
    """What stands in the address (query, filter, cursor, article id, state) is shown as text, or not at all."""
    site, _ = hostile
    quoted = "".join(f"%{byte:02x}" for byte in words.encode())
    for path in (
        "/?q={}",
        '/?q="{}"',
        "/?q=Syria&source={}",
        "/?day={}",
        "/?cursor={}",
        "/articles/{}",
        "/feeds?state={}",
    ):
        for headers in ({}, {"hx-target": "results", "hx-request": "true"}):
            answer = site.ask(path.replace('"', "%22").format(quoted), headers=headers)
            assert answer.status < 500
            assert_inert(answer.text)
            assert SCRIPT not in answer.text


@pytest.mark.parametrize("url", NO_LINKS)
def test_an_address_that_is_no_web_address_is_no_link(hostile: tuple[Site, list[GroupedArticle]], url: str) -> None:
    """Only http and https addresses with a host are linked; the others are text."""
    site, documents = hostile
    number = len(HOSTILE) - 1 + NO_LINKS.index(url)
    page = Page(site.ask(f"/articles/{documents[number].id}").text)
    targets = [attributes["href"] for tag, attributes in page.elements if tag == "a"]
    assert all(target.startswith(("/", "#")) for target in targets)
    assert web_link(url) is None
    assert not url.strip() or shown_address(url) in page.words


def test_a_web_address_is_linked() -> None:
    """Http and https stay links, Arabic and Russian hosts and paths too."""
    for url in (
        "https://example.com/a?b=c",
        "HTTP://EXAMPLE.com",
        "https://пример.рф/новости",
        "https://مثال.إختبار/سوريا",
    ):
        assert web_link(url) == url


def test_an_address_is_shown_without_tricks() -> None:
    """Bidi and other invisible characters are left out of an address as it is read, and it is cut."""
    assert shown_address("https://a.example/\u202egpj.exe\u200b\n") == "https://a.example/gpj.exe"
    assert len(shown_address("https://a.example/" + "ش" * 10_000)) == 80


def test_own_paths_only() -> None:
    """A path to go back to is ours."""
    assert own_path("/?q=Шойгу") == "/?q=Шойгу"
    assert {own_path(path) for path in ("//x", "/\\x", "http://x", "x", "", "/a\nb", "/\t/x")} == {"/"}


@pytest.mark.parametrize("language", ["ar", "en", "ru"])
def test_an_endless_title_is_cut_in_the_list(tmp_path: Path, language: str) -> None:
    """A title of 10,000 characters shows its beginning in lists, and whole on its own page."""
    title = (TITLES[language] + " ") * (10_000 // len(TITLES[language]) + 1)
    with Site(tmp_path) as site:
        site.write(document(ANALYSIS, 1, language=language, title=title))
        assert len(site.ask("/?q=Shoigu").text) < 12_000
        assert title.strip() in Page(site.ask(f"/articles/202611-{1:032x}").text).words


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give a page over one article in each language and two dozen more."""
    with Site(tmp_path_factory.mktemp("three")) as site:
        names = {"ar": "شويغو", "en": "Shoigu", "ru": "Шойгу"}
        site.write(
            *(
                document(
                    ANALYSIS, n, language=one, minutes=100 + n, names=((SHOIGU, names[one]),), source_country="SY",
                    text=f"{TITLES[one]}.\n\n{TITLES[one]}.", sample=one == "ar",
                )
                for n, one in enumerate(names, 1)
            ),
            *(document(ANALYSIS, n, minutes=n, title=f"Rain {n} in Kazan", source="Пример") for n in range(4, 30)),
        )  # fmt: skip
        yield site


@pytest.mark.parametrize("query", ["شويغو", "Шойгу", "Shoigu"])
def test_a_name_finds_and_marks_every_script(three: Site, query: str) -> None:
    """Whichever script the name is written in, all three articles come, each with its own form marked."""
    quoted = "".join(f"%{byte:02x}" for byte in query.encode())
    text = three.ask(f"/?q={quoted}").text
    assert set(re.findall(r"<mark>(.*?)</mark>", text)) >= {"شويغو", "Шойгу", "Shoigu"}
    assert f'value="{query}"' in text


def test_each_item_has_its_language_and_direction(three: Site) -> None:
    """`lang` and `dir` go with each title and text: Arabic right to left within the English page."""
    text = three.ask("/?q=Shoigu").text
    assert re.search(r'<h3 lang="ar" dir="rtl">.*?شويغو', text, re.DOTALL)
    assert re.search(r'<h3 lang="ru" dir="auto">.*?Шойгу', text, re.DOTALL)
    article = three.ask(f"/articles/202611-{1:032x}").text
    assert '<article lang="ar" dir="rtl">' in article
    assert re.search(r'class="entity per" href="/\?entity=rasid%3Aperson/sergei-shoigu"', article)


def test_facets_are_words_and_links(three: Site) -> None:
    """Codes are shown as names, days as days; a filter is a link, and taking it away is one."""
    text = three.ask("/").text
    for words in ("Arabic", "Russian", "Syria", "Mon 23 Nov 2026"):
        assert f"<bdi>{words}</bdi>" in text
    narrowed = three.ask("/?language=ar")
    assert '1</span> <span data-noun="story" data-nouns="stories">story<' in narrowed.text
    assert "Language: <bdi>Arabic</bdi>" in narrowed.text
    assert '<a href="/?language=ar&amp;language=ru"' in narrowed.text, "others can be added"
    wider = three.ask("/?language=ar&language=ru")
    assert '2</span> <span data-noun="story" data-nouns="stories">stories<' in wider.text
    assert three.ask("/?language=ar&source_country=DE").text.count('<li class="hit') == 0


def test_paging_goes_on_to_the_end(three: Site) -> None:
    """The link to older articles leads through all of them once."""
    path, ids = "/", []
    while path:
        text = three.ask(path).text
        ids += re.findall(r'<h3[^>]*><a href="/articles/([^"]+)"', text)
        more = re.search(r'rel="next" href="([^"]+)"', text)
        path = more[1].replace("&amp;", "&") if more else ""
    assert len(ids) == len(set(ids)) == 29


def test_a_part_is_all_that_htmx_asks_for(three: Site) -> None:
    """With HX-Target the results come alone; an error comes with 200, for htmx to show it."""
    part = three.ask("/?q=Shoigu", headers={"hx-target": "results", "hx-request": "true"})
    assert "<html" not in part.text
    assert "HX-Target" in part.headers["vary"]
    wrong = three.ask("/?q=%22", headers={"hx-target": "results", "hx-request": "true"})
    assert wrong.status == 200
    assert 'role="alert"' in wrong.text


def test_an_error_in_the_query_is_a_sentence(three: Site) -> None:
    """A query that makes no sense says where, on a page that still has its search box."""
    answer = three.ask("/?q=%D8%B4%D9%88%D9%8A%D8%BA%D9%88+AND+(")
    assert answer.status == 400
    assert 'role="alert"' in answer.text
    assert 'id="q"' in answer.text


def test_an_empty_index_says_what_is_happening(tmp_path: Path) -> None:
    """Before the first article the page says what the feeds do, or how to add one."""
    with Site(tmp_path) as site:
        assert "feed list is empty" in site.ask("/").text
        assert "feed list is empty" in site.ask("/feeds").text
        site.feeds.append(Feed(id="a", url="https://пример.рф/rss", title="أخبار", source="Пример"))
        assert re.search(r"1 feed:\s+1 waiting for the first poll", site.ask("/").text)
        assert "Nothing found" in site.ask("/?q=Shoigu").text


def test_feed_health_is_sorted_and_filtered(tmp_path: Path) -> None:
    """Troubled feeds come first, with their error in its own direction; a state can be picked."""
    feeds = [
        Feed(id=one, url=f"https://example.com/{one}", title=one, source="x") for one in ("well", "bad", "gone", "new")
    ]
    with Site(tmp_path, feeds=feeds) as site:
        now = datetime.now(UTC)
        errors = {"bad": "الخادم لا يجيب", "gone": None, "well": None}
        for one, error in errors.items():
            state = FeedState(
                feed_id=one, url=f"https://example.com/{one}", failures=1 if error else 0, last_error=error,
                gone=one == "gone", last_polled_at=now, last_success_at=now,
            )  # fmt: skip
            site.feed_store.save(state, PollRecord(feed_id=one, at=now, outcome="new"))
        text = site.ask("/feeds").text
        assert re.findall(r"<td><bdi>(\w+)</bdi>", text) == ["gone", "bad", "new", "well"]
        assert re.search(r'dir="auto">الخادم لا يجيب \(last worked', text)
        assert re.findall(r"<td><bdi>(\w+)</bdi>", site.ask("/feeds?state=failing").text) == ["bad"]
        assert len(re.findall(r"<td><bdi>(\w+)</bdi>", site.ask("/feeds?state=none").text)) == 4


def test_every_example_of_the_help_is_a_query(three: Site) -> None:
    """Each example that the help and the search page give can be asked."""
    for page in ("/help", "/"):
        examples = re.findall(r'href="(/\?q=[^"]+)"', three.ask(page).text)
        assert len(examples) > 3
        assert {three.ask(example.replace("&amp;", "&")).status for example in examples} == {200}


def test_headings_go_in_order(three: Site) -> None:
    """Every page has one h1, and no heading leaves a level out."""
    for path in ("/", "/?q=%22", "/feeds", "/help", "/nowhere", f"/articles/202611-{1:032x}"):
        levels = [int(tag[1]) for tag, _ in Page(three.ask(path).text).elements if re.fullmatch(r"h\d", tag)]
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in zip([0, *levels], levels, strict=False)), path


def test_every_field_has_a_label(three: Site) -> None:
    """Each input that a person uses has a label of its own."""
    elements = Page(three.ask("/").text).elements
    labelled = {attributes.get("for") for tag, attributes in elements if tag == "label"}
    fields = [a for tag, a in elements if tag in {"input", "select"} and a.get("type") != "hidden"]
    assert fields
    assert all(field["id"] in labelled for field in fields)


def test_vendored_files_are_what_they_say() -> None:
    """Each vendored file is listed with version and licence, and is byte for byte the one listed."""
    listed = msgspec.json.decode((STATIC / "vendor.json").read_bytes())
    own = {"rasid.css", "rasid.js", "rules.js", "suggest.js", "icon.svg", "vendor.json"}
    assert {file.name for file in STATIC.iterdir()} - own == {one["file"] for one in listed}
    for one in listed:
        assert one["version"]
        assert one["licence"]
        assert hashlib.sha256((STATIC / one["file"]).read_bytes()).hexdigest() == one["sha256"]


def test_our_own_files_reach_nowhere_else() -> None:
    """Style and script name no other host."""
    for name in ("rasid.css", "rasid.js"):
        assert not re.search(r"(https?:)?//[\w.]+\.\w", (STATIC / name).read_text("utf-8"))
