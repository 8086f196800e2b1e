"""Suggestions, saved searches and feeds of searches, in three scripts."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree as ET

import jsonschema
import msgspec
import pytest
from makers import document
from web_site import ANALYSIS, Site

from rasid.app.web.saved_searches import FILE, MOST, SavedSearches
from rasid.domain.errors import InputError, StoreError

SHOIGU = "rasid:person/sergei-shoigu"
NAMES = {"ar": "شويغو", "en": "Shoigu", "ru": "Шойгу"}
ATOM = {"a": "http://www.w3.org/2005/Atom"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Give a page over twelve articles of four stories in three languages."""
    with Site(tmp_path) as made:
        made.write(
            *(
                document(
                    ANALYSIS,
                    n,
                    language=one,
                    minutes=n,
                    story=f"s{n % 4}",
                    text="x\x01 & <b>",
                    names=((SHOIGU, NAMES[one]),),
                )
                for n in range(1, 13)
                for one in [list(NAMES)[n % 3]]
            )
        )
        yield made


def send(site: Site, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
    """Send JSON as a program does that says where it comes from."""
    sent = {"content-type": "application/json", "origin": f"http://{site.host}", **headers}
    with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)) as connection:
        connection.request(method, path, msgspec.json.encode(body), sent)
        with connection.getresponse() as answer:
            text = answer.read()
    return answer.status, msgspec.json.decode(text) if text[:1] == b"{" else text.decode()


def described(site: Site, path: str, method: str, status: str) -> dict[str, Any]:
    """Give the schema that the description has for an answer."""
    found = site.ask("/api/openapi.json").json()["paths"][path][method]["responses"][status]
    return dict(found["content"]["application/json"]["schema"])


@pytest.mark.parametrize(
    ("typed", "part", "name"),
    [
        ("شوي", "شوي", "سيرغي شويغو"),
        ("Шой", "Шой", "Сергей Шойгу"),
        ("sho", "sho", "Sergei Shoigu"),
        ("сказал Сергей Шо", "Сергей Шо", "Сергей Шойгу"),
        ("war in sergei sho", "sergei sho", "Sergei Shoigu"),
        ("والأسد", "والأسد", ""),
        ("أسد", "أسد", "بشار الأسد"),
        ("", "", ""),
        ("%%% qqqzzz", "", ""),
    ],
)
def test_suggestions_in_any_script(site: Site, typed: str, part: str, name: str) -> None:
    """What begins like the last words typed is suggested in their script, with the id that stands for all of them."""
    answer = site.ask(f"/api/suggest?q={quote(typed)}")
    found = answer.json()
    jsonschema.validate(found, described(site, "/api/suggest", "get", "200"), jsonschema.Draft202012Validator)
    names = [one["name"] for one in found["suggestions"]]
    assert (name in names) if name else names == []
    assert found["typed"] == (part if name else "")
    assert len(names) <= 8
    assert len(set(names)) == len(names)


def test_a_suggestion_finds_its_entity_in_every_script(site: Site) -> None:
    """What the page puts into the box for a suggestion finds the person in all three languages."""
    for text in ('person:"سيرغي شويغو"', 'person:"Sergei Shoigu"', 'person:"Сергей Шойгу"'):
        assert site.ask(f"/api/search?q={quote(text)}").json()["total"] == 12


def test_stories_show_once_unless_articles_are_asked_for(site: Site) -> None:
    """The page shows stories and says how many articles tell each; the switch and the API show articles."""
    page = site.ask("/").text
    assert '<span data-count="4">4</span>' in page
    assert page.count("3 articles of this story") == 4
    assert '<span data-count="12">12</span>' in site.ask("/?show=articles").text
    assert site.ask("/?show=articles&story=s1").text.count('<li class="hit"') == 3
    assert site.ask("/api/search").json()["total"] == 12
    stories = site.ask("/api/search?show=stories&limit=3").json()
    assert (stories["total"], [hit["story_size"] for hit in stories["hits"]]) == (4, [3, 3, 3])
    rest = site.ask(f"/api/search?show=stories&limit=3&cursor={quote(stories['cursor'])}").json()
    assert {hit["story_id"] for hit in stories["hits"] + rest["hits"]} == {"s0", "s1", "s2", "s3"}
    assert rest["cursor"] is None


def test_a_search_is_saved_listed_and_deleted_through_the_api(site: Site) -> None:
    """Programs save searches under names; the list is paged; one of the same name is replaced."""
    for name, query in (("Шойгу", "Шойгу"), ("شويغو", "شويغو"), ("Shoigu", "Shoigu AND lang:en")):
        status, saved = send(site, "POST", "/api/searches", {"name": name, "q": query, "filters": [["language", "ar"]]})
        assert status == 201
        jsonschema.validate(saved, described(site, "/api/searches", "post", "201"), jsonschema.Draft202012Validator)
        assert site.ask(saved["page"]).status == 200
        assert site.ask(saved["atom"]).status == site.ask(saved["json_feed"]).status == 200
    again = send(site, "POST", "/api/searches", {"name": " Shoigu ", "q": "Shoigu"})[1]
    assert again["id"] == saved["id"]
    first = site.ask("/api/searches?limit=2").json()
    rest = site.ask(f"/api/searches?limit=2&after={first['next']}").json()
    assert [one["name"] for one in first["searches"] + rest["searches"]] == ["Shoigu", "Шойгу", "شويغو"]
    assert (first["total"], rest["next"]) == (3, None)
    assert send(site, "DELETE", f"/api/searches/{saved['id']}")[0] == 200
    assert send(site, "DELETE", f"/api/searches/{saved['id']}")[0] == 404
    assert site.ask("/api/searches").json()["total"] == 2


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"name": "x", "q": "lagn:ar"}, 400, "did you mean lang"),
        ({"name": "", "q": ""}, 422, "name"),
        ({"name": "  ", "q": ""}, 400, "needs a name"),
        ({"name": "x" * 101}, 422, "name"),
        ({"q": "x"}, 422, "name"),
        ({"name": "x", "query": "Шойгу"}, 422, "query"),
    ],
)
def test_what_cannot_be_saved_is_said(site: Site, body: dict[str, str], status: int, words: str) -> None:
    """A query that makes no sense and a missing name are told in a sentence, and nothing is kept."""
    found, answer = send(site, "POST", "/api/searches", body)
    assert (found, words in answer["error"]) == (status, True)
    assert site.ask("/api/searches").json()["total"] == 0


def test_another_site_saves_nothing(site: Site) -> None:
    """Neither a foreign page nor a form without our token changes the list."""
    assert send(site, "POST", "/api/searches", {"name": "x"}, origin="http://evil.example")[0] == 403
    own = {"origin": f"http://{site.host}"}
    assert site.ask("/searches", "POST", headers=own, form={"name": "x", "address": "/?q=x"}).status == 403
    assert site.ask("/searches/delete", "POST", headers=own, form={"id": "x"}).status == 403
    assert site.ask("/api/searches").json()["total"] == 0


@pytest.mark.parametrize("language", NAMES)
def test_a_search_is_saved_and_deleted_on_the_page(site: Site, language: str) -> None:
    """The form beside a search keeps it with filters and order; the list leads back to it, and to its feeds."""
    name = NAMES[language]
    page = site.ask(f"/?q={quote(name)}&sort=relevance&language={language}")
    cookie = page.headers["set-cookie"].split(";")[0]
    token = re.search(r'name="token" value="(\w+)"', page.text)
    address = re.search(r'name="address" value="([^"]+)"', page.text)
    assert token
    assert address
    headers = {"cookie": cookie, "origin": f"http://{site.host}"}
    form = {"token": token[1], "name": name, "address": address[1].replace("&amp;", "&")}
    assert site.ask("/searches", "POST", headers=headers, form=form).status == 303
    listed = site.ask("/searches", headers={"cookie": cookie}).text
    assert f"<bdi>{name}</bdi>" in listed
    link = re.search(r'<h3><a href="([^"]+)"', listed)
    assert link
    assert site.ask(link[1].replace("&amp;", "&")).text.count('<li class="hit"') == 4
    held = SavedSearches(site.settings.data_dir).all()
    assert (held[0].sort, held[0].filters) == ("relevance", (("language", language),))
    assert (
        site.ask("/searches/delete", "POST", headers=headers, form={"token": token[1], "id": held[0].id}).status == 303
    )
    assert "No saved searches yet" in site.ask("/searches").text


@pytest.mark.parametrize("language", NAMES)
def test_any_search_is_a_feed(site: Site, language: str) -> None:
    """Atom and JSON Feed hold the newest articles of a search, are read as such, and answer 304 when nothing changed."""
    query = quote(f"{NAMES[language]} AND lang:{language}")
    atom = site.ask(f"/feeds/search.atom?q={query}")
    assert atom.headers["content-type"].startswith("application/atom+xml")
    feed = ET.fromstring(atom.text)
    entries = feed.findall("a:entry", ATOM)
    assert len(entries) == 4
    assert len({one.findtext("a:id", "", ATOM) for one in entries}) == 4
    assert all(NAMES[language] in one.findtext("a:title", "", ATOM) for one in entries)
    assert entries[0].findtext("a:summary", "", ATOM) == "x\ufffd & <b>"
    assert feed.findtext("a:updated", "", ATOM) == entries[0].findtext("a:updated", "", ATOM)
    data = site.ask(f"/feeds/search.json?q={query}")
    found = data.json()
    assert data.headers["content-type"] == "application/feed+json"
    assert found["version"] == "https://jsonfeed.org/version/1.1"
    assert [one["id"] for one in found["items"]] == [one.findtext("a:id", "", ATOM) for one in entries]
    page = urlsplit(found["home_page_url"])
    assert site.ask(f"{page.path}?{page.query}").status == 200
    again = site.ask(f"/feeds/search.atom?q={query}", headers={"if-none-match": atom.headers["etag"]})
    assert (again.status, again.text) == (304, "")
    assert len(site.ask("/feeds/search.json?show=stories").json()["items"]) == 4
    assert site.ask("/feeds/search.atom?q=lagn:ar").status == 400
    assert site.ask("/feeds/search.rss?q=x").status == 404


@pytest.mark.parametrize(("text", "place"), [("Шойгу AND lagn:ar", 10), ("شويغو (Syria", 6), ('Shoigu "Syria', 7)])
def test_an_error_is_shown_at_its_place(site: Site, text: str, place: int) -> None:
    """The page marks the character of the query that an error is about."""
    page = site.ask(f"/?q={quote(text)}")
    assert page.status == 400
    marked = re.search(r"<code[^>]*>([^<]*)<mark>([^<]+)</mark>([^<]*)</code>", page.text)
    assert marked
    assert [unescape(part) for part in marked.groups()] == [text[:place], text[place], text[place + 1 :]]


def test_the_file_of_searches_is_guarded(tmp_path: Path) -> None:
    """A broken file is told with its path and left as it is; there is a most of searches."""
    held = SavedSearches(tmp_path)
    held.save("الأسد", "x")
    (tmp_path / FILE).write_text("[{")
    with pytest.raises(StoreError, match=FILE):
        held.save("y", "y")
    assert (tmp_path / FILE).read_text() == "[{"
    (tmp_path / FILE).unlink()
    for number in range(MOST):
        held.save(f"n{number}", "")
    with pytest.raises(InputError, match="delete some"):
        held.save("one more", "")
    assert held.save("n7", "again").q == "again"
