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

SEARCHES = (
    "شويغو",
    "الأسد",
    "Асад",
    "Assad",
    "Путин",
    "Putin",
    "Syria",
)  # the first that finds all three languages near the top
LANGUAGES = {"ar", "en", "ru"}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
SIZE = {"width": 1200, "height": 920}
SECONDS = 120


def main() -> None:
    """Write the picture to the path given, or to docs/screenshot.png."""
    target = Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent.parent / "docs/screenshot.png"
    with tempfile.TemporaryDirectory() as directory:
        base = f"http://127.0.0.1:{free_port()}"
        command = [str(Path(sys.executable).with_name("rasid")), "run", "--data-dir", directory]
        service = subprocess.Popen([*command, "--port", base.rpartition(":")[2]], env=environment())
        try:
            take(base + wait_for_search(base), target)
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


def wait_for_search(base: str) -> str:
    """Give the address of a search whose first hits are in all three languages."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        for order in ("relevance", "newest"):
            for text in SEARCHES:
                path = f"?q={quote(text)}&sort={order}"
                if {hit["language"] for hit in hits(f"{base}/api/search{path}&limit=5")} >= LANGUAGES:
                    return f"/{path}"
        time.sleep(2)
    raise SystemExit("no search finds all three languages in the sample")


def hits(url: str) -> list[dict[str, str]]:
    """Ask the API; nothing while it starts."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return list(msgspec.json.decode(answer.read())["hits"])
    except OSError:
        return []


def take(url: str, target: Path) -> None:
    """Photograph a page."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        page.goto(url)
        page.wait_for_selector("mark")
        page.screenshot(path=target)
        browser.close()


if __name__ == "__main__":
    main()
