"""What is killed at any moment loses nothing and doubles nothing."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import pytest
from e2e.feed_site import BODIES, FeedSite
from e2e.service import Service, json_lines, rasid

FEEDS = Path(__file__).parent.parent / "data/feeds"
KILLS = 20


def feed_list(site: FeedSite, path: Path) -> int:
    """Write the feed list of a site; give the number of its static feeds."""
    static = sorted(file for file in FEEDS.rglob("*.xml"))[:12]
    urls = [f"http://{site.host}/changing/{n}.xml" for n in range(site.feeds)]
    urls += [f"http://{site.host}/static/{file.relative_to(FEEDS)}" for file in static]
    lines = [f"  - {{url: '{url}', source: Site, full_text: never, interval: {{min: 1s, max: 2s}}}}" for url in urls]
    path.write_text("feeds:\n" + "\n".join(lines) + "\n", "utf-8")
    return len(static)


@pytest.mark.slow
def test_twenty_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    """Killed 20 times while feeds change, the service ends with every article once, each in its newest revision."""
    pick = random.Random(20)
    changing = threading.Event()
    with FeedSite(FEEDS) as site:
        feed_list(site, tmp_path / "feeds.yaml")
        environment = {
            "RASID_FEEDS": str(tmp_path / "feeds.yaml"),
            "RASID_SAMPLE": "off",
            "RASID_FETCH_ALLOWED_HOSTS": site.host,
            "RASID_HOST_PAUSE": "0",
        }
        site.change(new=30)

        def keep_changing() -> None:
            while not changing.wait(0.4):
                site.change(new=2, revised=2)

        changer = threading.Thread(target=keep_changing)
        changer.start()
        service = Service(tmp_path / "data", environment=environment)
        for _ in range(KILLS):
            service.start()
            time.sleep(pick.uniform(1.0, 5.5))
            service.kill()
        changing.set()
        changer.join()
        survived = rasid("export", data_dir=tmp_path / "data", environment=environment).stdout.count("\n")
        assert survived > 20, "the kills came before anything was done: they showed nothing"
        expected = {item.number: BODIES[item.number % 3].format(count=item.revisions * 10) for item in site.items}
        with service:
            service.wait(lambda: _texts(service) == expected, seconds=120)
            service.stop()
    exported = json_lines(rasid("export", data_dir=tmp_path / "data", environment=environment).stdout)
    ids = [row["id"] for row in exported]
    assert len(ids) == len(set(ids))
    ours = [row for row in exported if row["url"] and "/news/" in row["url"]]
    assert {_number(row["url"]): row["text"] for row in ours} == expected
    assert len(ours) == len(expected)
    shared = [row for row in ours if _number(row["url"]) % 4 == 0]
    assert all(len(row["feed"]) == 2 for row in shared)
    assert json_lines(rasid("dlq", "list", "--json", data_dir=tmp_path / "data").stdout) == []


def _texts(service: Service) -> dict[int, str]:
    found = service.get("/api/search?limit=1000&q=")["hits"]
    return {
        _number(hit["url"]): service.get(f"/api/articles/{hit['id']}")["text"]
        for hit in found
        if hit["url"] and "/news/" in hit["url"]
    }


def _number(url: str) -> int:
    return int(url.split("/news/")[1].split("?", maxsplit=1)[0])
