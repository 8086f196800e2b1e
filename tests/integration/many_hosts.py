"""A site of many loopback hosts, each with two feeds, that notes who asked for what when."""

from __future__ import annotations

import re
import time
from http.server import BaseHTTPRequestHandler

from loopback import Loopback, send

HOSTS = [f"127.0.0.{number}" for number in range(20, 32)]
TITLES = {"ar": "خبر رقم", "en": "Report", "ru": "Сообщение"}


class Site(Loopback):
    """Answers on many loopback hosts, and notes who asked which feed when; who, by the contact in the User-Agent."""

    def __init__(self) -> None:
        """Prepare the server."""
        super().__init__(self._answer, "0.0.0.0")
        self.asked: list[tuple[float, str, str]] = []

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        if request.path == "/robots.txt":
            request.send_error(404)
            return
        feed = f"{request.headers['Host'].split(':')[0]}{request.path}"
        poller = re.search(r"; (\w+)@", request.headers["User-Agent"])
        self.asked.append((time.monotonic(), feed, poller.group(1) if poller else "?"))
        send(request, document(feed).encode(), "application/rss+xml; charset=utf-8")

    def feeds(self) -> list[str]:
        """Give the addresses: two feeds a host."""
        return [f"http://{host}:{self.port}/{name}" for host in HOSTS for name in ("a.xml", "b.xml")]

    def holders(self, since: float) -> dict[str, set[str]]:
        """Tell who has asked each host since a time."""
        found: dict[str, set[str]] = {host: set() for host in HOSTS}
        for at, feed, poller in list(self.asked):
            if at >= since:
                found[feed.partition("/")[0]].add(poller)
        return found

    def all_by(self, pollers: set[str], seconds: float) -> bool:
        """Tell whether in the last seconds each host was asked by one of the pollers alone, and each has some."""
        found = list(self.holders(time.monotonic() - seconds).values())
        return all(len(one) == 1 for one in found) and set.union(*found) == pollers


def document(feed: str) -> str:
    """Write a feed of three items, one a language."""
    items = "".join(
        f"<item><title>{title} {feed}</title><guid>{feed}/{language}</guid><link>http://{feed}/{language}</link>"
        f"<description>{title} Россия سوريا Syria {feed}</description></item>"
        for language, title in TITLES.items()
    )
    return f'<rss version="2.0"><channel><title>{feed}</title>{items}</channel></rss>'
