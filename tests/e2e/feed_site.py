"""A site on loopback whose feeds change while they are polled: news in three languages, revised at random."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from xml.sax.saxutils import escape

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


@dataclass
class FeedSite:
    """Serves /changing/N.xml made anew each time, and /static/… from a directory of real feeds."""

    static: Path
    feeds: int = 3
    items: list[Item] = field(default_factory=list)
    seed: int = 1

    def __post_init__(self) -> None:
        """Prepare the server."""
        self._pick = random.Random(self.seed)
        self._lock = threading.Lock()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = site.document(self.path)
                self.send_response(200 if body else 404)
                self.send_header("Content-Type", "application/xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.host = f"127.0.0.1:{self._server.server_address[1]}"

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

    def __enter__(self) -> Self:
        """Listen."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
