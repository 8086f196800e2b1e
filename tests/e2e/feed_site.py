"""A site on loopback whose feeds change while they are polled: news in three languages, revised at random."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from xml.sax.saxutils import escape

from loopback import Loopback, send

HEADLINES = (
    "شويغو يلتقي الأسد في دمشق، التقرير رقم {n}",
    "Shoigu meets Assad in Damascus, report {n}",
    "Шойгу встретился с Асадом в Дамаске, сообщение {n}",
)
BODIES = (
    "قتل {count} شخصا في إدلب، بحسب وزارة الدفاع الروسية.",
    "{count} people were killed in Idlib, the Russian defence ministry said.",
    "В Идлибе погибли {count} человек, сообщило министерство обороны России.",
)


@dataclass
class Item:
    """One report, and how often it was revised."""

    number: int
    revisions: int = 1

    def rss(self, host: str) -> str:
        """Write it as an RSS item; the number of dead tells the revision."""
        kind = self.number % 3
        title, body = HEADLINES[kind].format(n=self.number), BODIES[kind].format(count=self.revisions * 10)
        return (
            f"<item><title>{escape(title)}</title><link>http://{host}/news/{self.number}?utm_source=rss</link>"
            f"<guid>n{self.number}</guid><description>{escape(body)}</description></item>"
        )


class FeedSite(Loopback):
    """Serves /changing/N.xml made anew each time, and /static/… from a directory of real feeds."""

    def __init__(self, static: Path, feeds: int = 3, seed: int = 1) -> None:
        """Prepare the server."""
        super().__init__(self._answer)
        self.static = static
        self.feeds = feeds
        self.items: list[Item] = []
        self._pick = random.Random(seed)
        self._lock = threading.Lock()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        body = self.document(request.path)
        send(request, body, "application/xml", 200 if body else 404)

    def document(self, path: str) -> bytes:
        """Give what stands at a path."""
        if path.startswith("/static/"):
            file = self.static / path.removeprefix("/static/")
            return file.read_bytes() if file.is_file() else b""
        number = int(path.removeprefix("/changing/").removesuffix(".xml"))
        with self._lock:
            # Feeds overlap: an item stands in its own and, every fourth, in the next too.
            mine = [
                i
                for i in self.items
                if i.number % self.feeds == number or (i.number % 4 == 0 and (i.number + 1) % self.feeds == number)
            ]
            body = "".join(item.rss(self.host) for item in mine)
        return f'<rss version="2.0"><channel><title>Changing {number}</title>{body}</channel></rss>'.encode()

    def change(self, new: int = 3, revised: int = 2) -> None:
        """Publish some items and revise some."""
        with self._lock:
            for item in self._pick.sample(self.items, min(revised, len(self.items))):
                item.revisions += 1
            start = len(self.items)
            self.items += [Item(start + n) for n in range(new)]
