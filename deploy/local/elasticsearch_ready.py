# ruff: noqa: INP001 - a script beside scripts, no package
"""Wait until a started Elasticsearch serves: `elasticsearch_ready.py URL SECONDS [CA_FILE PASSWORD_FILE]`.

The port opens before the shards of earlier runs, the users' among them, are there. Standard library only: it runs
before anything is installed.
"""

import base64
import ssl
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path


def main(url: str, seconds: str, ca: str = "", password: str = "") -> str:
    """Give what is wrong when the time is over, else nothing."""
    request = urllib.request.Request(f"{url}/_cluster/health?wait_for_status=yellow&timeout=5s")  # noqa: S310 - ours
    context = ssl.create_default_context(cafile=ca) if ca else None
    if password:
        pair = f"elastic:{Path(password).read_text(encoding='utf-8').strip()}"
        request.add_header("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())
    until = time.monotonic() + float(seconds)
    while True:
        try:
            with urllib.request.urlopen(request, timeout=15, context=context):  # noqa: S310 - the address is ours
                return ""
        except OSError as error:
            if time.monotonic() > until:
                return f"{url} does not serve: {error}"
        time.sleep(0.3)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) or 0)
