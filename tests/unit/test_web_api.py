"""The API: described truly, paged, and in words where it fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import jsonschema
import pytest
from makers import document
from web_site import ANALYSIS, Site

from rasid.domain.errors import StoreError
from rasid.domain.feed import Feed
from rasid.domain.search import FACETS

SHOIGU = "rasid:person/sergei-shoigu"
NAMES = {"ar": "شويغو", "en": "Shoigu", "ru": "Шойгу"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give a page over thirty articles in three languages and one feed."""
    feeds = [Feed(id="a", url="https://пример.рф/rss", title="أخبار", source="Пример", language="ar")]
    languages = list(NAMES)
    with Site(tmp_path_factory.mktemp("api"), feeds=feeds) as made:
        made.write(
            *(
                document(
                    ANALYSIS, n, language=one, minutes=n, text="Дамаск. دمشق. Damascus.", names=((SHOIGU, NAMES[one]),)
                )
                for n in range(1, 31)
                for one in [languages[n % 3]]
            )
        )
        yield made


def schema_of(site: Site, path: str, status: str) -> dict[str, Any]:
    """Give what the description says of an answer."""
    described = site.ask("/api/openapi.json").json()["paths"][path]["get"]["responses"]
    return dict(described[status]["content"]["application/json"]["schema"])


def test_the_description_is_whole(site: Site) -> None:
    """The OpenAPI document is 3.1, every reference in it leads somewhere, every schema is one, pages are left out."""
    answer = site.ask("/api/openapi.json")
    described = answer.json()
    assert described["openapi"].startswith("3.1")
    assert described["info"]["title"] == "Rasid"
    assert {"/api/search", "/api/articles/{article_id}", "/api/feeds", "/healthz", "/readyz"} <= set(described["paths"])
    assert {"/api/suggest", "/api/searches", "/api/searches/{search_id}"} <= set(described["paths"])
    for path, operations in described["paths"].items():
        for operation in operations.values():
            assert operation["summary"]
            names = [parameter["name"] for parameter in operation.get("parameters", [])]
            assert len(names) == len(set(names))
            assert all(f"{{{name}}}" in path for name in names if name == "article_id")
            for response in operation["responses"].values():
                assert response["description"]
                jsonschema.Draft202012Validator.check_schema(response["content"]["application/json"]["schema"])
    for reference in set(_references(described)):
        found = described
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from ([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
        value = list(value.values())
    for one in value if isinstance(value, list) else []:
        yield from _references(one)


@pytest.mark.parametrize(
    ("path", "described"),
    [
        ("/api/search?facets=true&q=" + quote("شويغو"), "/api/search"),
        ("/api/search?limit=1", "/api/search"),
        (f"/api/articles/202611-{1:032x}", "/api/articles/{article_id}"),
        ("/api/feeds", "/api/feeds"),
        ("/healthz", "/healthz"),
        ("/readyz", "/readyz"),
    ],
)
def test_answers_are_as_described(site: Site, path: str, described: str) -> None:
    """Real answers satisfy the schemas that the description gives."""
    answer = site.ask(path)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    jsonschema.validate(answer.json(), schema_of(site, described, "200"), jsonschema.Draft202012Validator)


@pytest.mark.parametrize("language", NAMES)
def test_a_search_gives_hits_highlights_and_facets(site: Site, language: str) -> None:
    """A name in any script finds all; each hit says where; facets count all hits and are filters by the same name."""
    found = site.ask(f"/api/search?facets=true&limit=5&q={quote(NAMES[language])}").json()
    assert found["total"] == 30
    assert len(found["hits"]) == 5
    for hit in found["hits"]:
        assert {
            hit["title"][mark["start"] : mark["end"]] for mark in hit["highlights"] if mark["field"] == "title"
        } == {NAMES[hit["language"]]}
    assert set(found["facets"]) == set(FACETS)
    assert {one["value"]: one["count"] for one in found["facets"]["language"]} == dict.fromkeys(NAMES, 10)
    narrowed = site.ask(f"/api/search?q=&language={language}&person={quote(SHOIGU)}").json()
    assert narrowed["total"] == 10


@pytest.mark.parametrize("sort", ["newest", "relevance"])
def test_cursors_lead_through_everything_once(site: Site, sort: str) -> None:
    """Following the cursor gives every hit once, also while others arrive."""
    ids: list[str] = []
    cursor = ""
    while cursor is not None:
        page = site.ask(f"/api/search?q=Syria+OR+Shoigu&limit=7&sort={sort}&cursor={quote(cursor)}").json()
        ids += [hit["id"] for hit in page["hits"]]
        cursor = page["cursor"]
    assert len(ids) == len(set(ids)) == 30


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/api/search?q=%22", 400, "quotes"),
        ("/api/search?q=colour:red", 400, "no field 'colour'"),
        ("/api/search?q=" + quote("(شويغو"), 400, "brackets"),
        ("/api/search?cursor=none", 400, "cursor"),
        ("/api/search?day=" + quote("вчера"), 400, "вчера"),
        ("/api/search?limit=0", 422, "limit"),
        ("/api/search?limit=many", 422, "limit"),
        ("/api/search?sort=best", 422, "sort"),
        ("/api/articles/" + quote("سوريا"), 404, "سوريا"),
        ("/api/nothing", 404, "nothing at this address"),
    ],
)
def test_errors_are_json_with_a_sentence(site: Site, path: str, status: int, words: str) -> None:
    """Whatever is wrong with a request is said in words, under `error`."""
    answer = site.ask(path)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/json"
    assert words in answer.json()["error"]


def test_methods_that_change_are_not_there(site: Site) -> None:
    """The API only reads."""
    answer = site.ask("/api/search", "DELETE", headers={"sec-fetch-site": "same-origin"})
    assert answer.status == 405
    assert answer.json()["error"]


def test_a_locked_database_is_said_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a store cannot be used the answer is 503 with its sentence, as JSON and as a page."""

    def locked(*_: object, **__: object) -> None:
        raise StoreError("index.db is locked by another program")

    monkeypatch.setattr(site.index, "search", locked)
    assert site.ask("/api/search").json() == {"error": "index.db is locked by another program"}
    page = site.ask("/?q=" + quote("Шойгу"))
    assert page.status == 503
    assert "index.db is locked" in page.text
