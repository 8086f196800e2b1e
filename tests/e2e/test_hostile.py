"""A hostile feed costs its own poll and nothing else: shown through the whole service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from e2e.feed_site import FeedSite
from e2e.hostile_sites import CASES, GIVEN_UP, TAKEN, TAKEN_OR_GIVEN_UP, Site
from e2e.service import Service

pytestmark = pytest.mark.xdist_group("hostile")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, FeedSite, dict[str, str]]]:
    """Give a service that polls every hostile site beside a healthy one, and each site's address."""
    place = tmp_path_factory.mktemp("hostile")
    with ExitStack() as stack:
        healthy = stack.enter_context(FeedSite(place, feeds=1))
        healthy.change(new=3)
        sites = {name: stack.enter_context(Site(answer)).host for name, (answer, _) in CASES.items()}
        urls = {name: f"http://{host}/feed" for name, host in sites.items()}
        lines = [
            f"  - {{url: 'http://{healthy.host}/changing/0.xml', full_text: never, interval: {{min: 1s, max: 1s}}}}"
        ]
        lines += [f"  - {{url: '{url}', full_text: never, interval: {{min: 1h, max: 2h}}}}" for url in urls.values()]
        (place / "feeds.yaml").write_text("feeds:\n" + "\n".join(lines) + "\n")
        environment = {
            "RASID_FEEDS": str(place / "feeds.yaml"),
            "RASID_SAMPLE": "off",
            "RASID_FETCH_ALLOWED_HOSTS": ",".join([healthy.host, *sites.values()]),
            "RASID_HOST_PAUSE": "0",
        }
        service = stack.enter_context(Service(place / "data", environment=environment))
        yield service, healthy, urls


def _feeds(service: Service) -> dict[str, dict[str, str]]:
    return {row["url"]: row for row in service.get("/api/feeds")["feeds"]}


def test_the_healthy_feed_goes_on(desk: tuple[Service, FeedSite, dict[str, str]]) -> None:
    """While all hostile sites are being polled, new items of the healthy feed become searchable."""
    service, healthy, _ = desk
    for _ in range(4):
        healthy.change(new=2, revised=1)
        wanted = len(healthy.items)
        service.wait(lambda n=wanted: _healthy(service, healthy) >= n, seconds=90)  # type: ignore[misc]


def _healthy(service: Service, site: FeedSite) -> int:
    hits = service.get("/api/search?limit=1000")["hits"]
    return sum(site.host in (hit["url"] or "") for hit in hits)


@pytest.mark.parametrize("name", CASES)
def test_each_hostile_feed_ends_in_words_a_person_understands(
    desk: tuple[Service, FeedSite, dict[str, str]], name: str
) -> None:
    """Its row in the feeds' health says what is wrong, or its entries were taken."""
    service, _, urls = desk
    words = CASES[name][1]
    # A feed of 300,000 items is polled to its end only as fast as the steps take them: minutes on a busy machine.
    row = service.wait(lambda: (found := _feeds(service)[urls[name]])["health"] != "waiting" and found, seconds=400)
    if row["health"] == "well":
        assert words in {TAKEN, TAKEN_OR_GIVEN_UP}, row
    else:
        assert row["health"] == "failing", row
        assert (GIVEN_UP if words == TAKEN_OR_GIVEN_UP else words or "taken") in row["words"], row
