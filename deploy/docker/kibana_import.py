# ruff: noqa: INP001 - a script beside scripts, no package
"""Import saved objects into Kibana: `kibana_import.py FILE.ndjson`, again after each upgrade. Standard library only.

KIBANA_URL names Kibana, ELASTIC_PASSWORD is that of the user `elastic`. What is there under the same ids is replaced.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import sys
import urllib.error
import urllib.request
from pathlib import Path


def main(file: str, environment: dict[str, str]) -> str:
    """Give what went wrong, nothing when all is imported."""
    url = f"{environment.get('KIBANA_URL', 'http://127.0.0.1:5601')}/api/saved_objects/_import?overwrite=true"
    boundary = secrets.token_hex(16)
    login = base64.b64encode(f"elastic:{environment['ELASTIC_PASSWORD']}".encode()).decode()
    headers = {
        "Authorization": f"Basic {login}",
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "kbn-xsrf": "rasid",
    }
    request = urllib.request.Request(url, _form(Path(file), boundary), headers)  # noqa: S310 - the operator's own
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 - as above
            found = json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return f"{url}: {error.code} {error.read(2000).decode('utf-8', 'replace')}"
    except OSError as error:
        return f"{url}: {error}"
    if not found.get("success"):
        return f"{url}: not all was imported: {json.dumps(found.get('errors', found))}"
    sys.stderr.write(f"{found['successCount']} objects imported\n")
    return ""


def _form(file: Path, boundary: str) -> bytes:
    head = f'Content-Disposition: form-data; name="file"; filename="{file.name}"\r\nContent-Type: application/ndjson'
    return f"--{boundary}\r\n{head}\r\n\r\n".encode() + file.read_bytes() + f"\r\n--{boundary}--\r\n".encode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], dict(os.environ)) or 0)
