"""New articles reach the pages that watch, each once, in order, as one event."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from makers import TITLES, document
from web_events import watching
from web_site import ANALYSIS, Site


def id_of(number: int) -> str:
    """Give the id that makers.document gives."""
    return f"202611-{number:032x}"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Give a page with three articles."""
    with Site(tmp_path) as made:
        made.write(*(document(ANALYSIS, n, language=one, minutes=n) for n, one in enumerate(TITLES, 1)))
        yield made


def test_what_is_indexed_comes_in_order(site: Site) -> None:
    """Each article comes once, as the item that the list shows; what was there before does not come."""
    with watching(site, f"/events?after={id_of(3)}") as stream:
        for number, language in enumerate(TITLES, 4):
            site.write(document(ANALYSIS, number, language=language, minutes=number))
            event = next(stream)
            assert (event["event"], event["id"]) == ("article", id_of(number))
            assert TITLES[language] in event["data"]
            assert event["data"].count("<li") == 1


def test_what_came_between_is_made_up_for(site: Site) -> None:
    """A page says what it has, a browser that reconnects too: the newer articles come first, oldest of them first."""
    site.write(document(ANALYSIS, 4, minutes=4), document(ANALYSIS, 5, minutes=5))
    for path, headers in ((f"/events?after={id_of(3)}", {}), ("/events?after=x", {"last_event_id": id_of(3)})):
        with watching(site, path, **headers) as stream:
            assert [next(stream)["id"], next(stream)["id"]] == [id_of(4), id_of(5)]


def test_news_of_a_story_come_alone(site: Site) -> None:
    """A page whose newest article has a newer one in its story is sent that one, not everything again."""
    site.write(document(ANALYSIS, 4, minutes=4, language="ru", story="story-3"))
    with watching(site, f"/events?after={id_of(3)}") as stream:
        assert next(stream)["id"] == id_of(4)
        site.write(document(ANALYSIS, 5, minutes=5, language="ar", story="story-3"))
        second = next(stream)
        assert second["id"] == id_of(5)
        assert "3 articles of this story" in second["data"]


def test_a_revision_is_no_news(site: Site) -> None:
    """An article that changes is not shown as a new one."""
    with watching(site, f"/events?after={id_of(3)}") as stream:
        site.write(document(ANALYSIS, 2, minutes=2, title="Changed", revision=2, edition=2))
        site.write(document(ANALYSIS, 4, minutes=4))
        assert next(stream)["id"] == id_of(4)


def test_no_title_ends_its_event(site: Site) -> None:
    """Line breaks of every kind in a text cannot make an event of their own."""
    with watching(site, f"/events?after={id_of(3)}") as stream:
        title = "سوريا\r\n\r\nevent: evil\rdata: Сирия\n\nid: x\x85\u2028Syria\n"
        site.write(document(ANALYSIS, 4, minutes=4, title=title), document(ANALYSIS, 5, minutes=5))
        first, second = next(stream), next(stream)
        assert (first["event"], first["id"]) == ("article", id_of(4))
        assert "event: evil" in first["data"]
        assert second["id"] == id_of(5)


def test_the_service_ends_while_pages_watch(site: Site) -> None:
    """An open stream does not hold up the end: it ends with the service."""
    with watching(site) as stream:
        site.stop()
        assert list(stream) == []


def test_watchers_are_bounded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit a page is told so; when one leaves, there is room again."""
    monkeypatch.setattr("rasid.app.web.pages._MOST_WATCHERS", 1)
    with watching(site, f"/events?after={id_of(2)}") as stream:
        next(stream)
        answer = site.ask("/events")
        assert answer.status == 503
        assert "Too many" in answer.text
