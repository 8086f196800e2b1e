"""Takes docs/screenshot.png: starts the service on the sample alone, searches, and photographs the page in Chromium."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from urllib.parse import quote

import msgspec
from playwright.sync_api import sync_playwright

SEARCHES = ("شويغو", "الأسد", "Асад", "Assad", "Путин", "Putin", "Syria")
LANGUAGES = {"ar", "en", "ru"}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
WIDTH, TOP, A_HIT = 1100, 230, 165  # pixels
ENOUGH = 30  # articles: most of the sample
SECONDS = 120


def main() -> None:
    """Write the picture to the path given, or to docs/screenshot.png."""
    target = Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent.parent / "docs/screenshot.png"
    with tempfile.TemporaryDirectory() as directory:
        base = f"http://127.0.0.1:{free_port()}"
        command = [str(Path(sys.executable).with_name("rasid")), "run", "--data-dir", directory]
        service = subprocess.Popen([*command, "--port", base.rpartition(":")[2]], env=environment())
        try:
            path, count = wait_for_search(base)
            take(base + path, target, TOP + A_HIT * min(count, 7))
        finally:
            service.send_signal(signal.SIGTERM)
            service.wait(30)
    print(f"{target}: {target.stat().st_size:,} bytes")


def environment() -> dict[str, str]:
    """Give the settings: the sample alone, so that nothing leaves this machine."""
    return {**os.environ, "RASID_FEEDS": "sample", "RASID_SAMPLE": "on"}


def free_port() -> int:
    """Find a port nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def wait_for_search(base: str) -> tuple[str, int]:
    """Give the path of the search whose first hits show all three languages soonest, and how many hits that takes."""
    until = time.monotonic() + SECONDS
    while len(hits(f"{base}/api/search?limit={ENOUGH}")) < ENOUGH:
        if time.monotonic() > until:
            raise SystemExit("the sample did not arrive")
        time.sleep(1)
    paths = [f"/?q={quote(text)}&sort={order}" for text in SEARCHES for order in ("relevance", "newest")]
    depths = {path: depth(hits(f"{base}/api/search{path[1:]}&limit=20&show=stories")) for path in paths}
    return min(depths.items(), key=lambda pair: pair[1])


def depth(found: list[dict[str, str]]) -> int:
    """Count the hits until all languages were there."""
    for count in range(len(found) + 1):
        if {hit["language"] for hit in found[:count]} >= LANGUAGES:
            return count
    return sys.maxsize


def hits(url: str) -> list[dict[str, str]]:
    """Ask the API; nothing while it starts."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return list(msgspec.json.decode(answer.read())["hits"])
    except OSError:
        return []


def take(url: str, target: Path, height: int) -> None:
    """Photograph a page."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": WIDTH, "height": height}, color_scheme="light")
        page.goto(url)
        page.wait_for_selector("mark")
        page.screenshot(path=target)
        browser.close()


if __name__ == "__main__":
    main()
