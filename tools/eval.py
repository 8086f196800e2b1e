"""`make eval`: accuracy on labelled sets, through the commands a person uses.

    python tools/eval.py [--shared DIR] [SET ...]

With the project's shared folder beside the checkout, its scorer runs on its sets (seed relevance entities ner names
langid feeds), and the seed article is served as a feed item to the real service and searched in three scripts. Without
it, the texts that the repo may hold are taken: the sample, whose languages are known.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parent.parent
RASID = str(Path(sys.executable).with_name("rasid"))
SETS = ("seed", "relevance", "entities", "ner", "names", "langid", "feeds")
NAMES = ("شويغو", "Shoigu", "Шойгу")
_WAIT_SECONDS = 60


def main() -> None:
    """Run what is asked for, or everything there is data for."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("sets", nargs="*", default=list(SETS))
    arguments.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    options = arguments.parse_args()
    scorer = options.shared / "eval" / "score.py"
    if scorer.exists():
        rule = str(ROOT / "rules" / "russia-syria.yaml")
        for one in options.sets:
            subprocess.run([sys.executable, str(scorer), "--rasid", RASID, "--rule", rule, one], check=True)
        if "seed" in options.sets:
            served_seed(next((options.shared / "data" / "seed").glob("*.txt")).read_text("utf-8"))
    else:
        print(f"{options.shared} is not there: on the sample texts only")
    sample_languages()


def sample_languages() -> None:
    """Say how many texts of the sample come out in the language they are in."""
    for path in sorted((ROOT / "ingest" / "data" / "sample").glob("*.jsonl")):
        done = subprocess.run([RASID, "enrich", str(path), "--json"], capture_output=True, text=True, check=True)
        found = [json.loads(line)["language"] for line in done.stdout.splitlines()]
        print(f"sample.{path.stem:22} language_right           {found.count(path.stem) / len(found):.4f}")


def served_seed(text: str) -> None:
    """Serve the seed as a feed item, let the service poll it, and search it in three scripts."""
    _, title, body = (block.strip() for block in text.split("\n\n", 2))
    item = f"<item><guid>seed</guid><title>{escape(title)}</title><description>{escape(body)}</description></item>"
    rss = f'<rss version="2.0"><channel><title>Seed</title>{item}</channel></rss>'.encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
            self.end_headers()
            self.wfile.write(rss)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{server.server_address[1]}"
    with tempfile.TemporaryDirectory() as place:
        feeds = Path(place, "feeds.yaml")
        feeds.write_text(f"feeds:\n  - {{url: 'http://{host}/seed.xml', source: Seed}}\n", "utf-8")
        environment = os.environ | {
            "RASID_FEEDS": str(feeds),
            "RASID_SAMPLE": "off",
            "RASID_FETCH_ALLOWED_HOSTS": host,
            "RASID_DATA_DIR": str(Path(place, "data")),
            "RASID_WEB_PORT": "0",
        }
        service = subprocess.Popen([RASID, "run"], env=environment, stderr=subprocess.DEVNULL)
        try:
            for name in NAMES:
                print(f"{'seed.served':28} {'found_by_' + name:24} {_found(name, environment):.4f}")
        finally:
            service.terminate()
            service.wait()
            server.shutdown()


def _found(name: str, environment: dict[str, str]) -> bool:
    until = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < until:
        done = subprocess.run(
            [RASID, "search", name, "--json"], env=environment, capture_output=True, text=True, check=False
        )
        if done.stdout.strip():
            return True
        time.sleep(0.5)
    return False


if __name__ == "__main__":
    main()
