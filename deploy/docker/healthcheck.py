# ruff: noqa: INP001 - a script beside scripts, no package
"""Ask the container's own /healthz: exit 0 when it lives, else 1 and what it said. Standard library only.

A daemon answers on RASID_METRICS_PORT, the embedded service on RASID_WEB_PORT.
"""

import os
import sys
import urllib.error
import urllib.request


def main(environment: dict[str, str]) -> str:
    """Give what is wrong, nothing when all is well."""
    ports = environment.get("RASID_METRICS_PORT", "9350"), environment.get("RASID_WEB_PORT", "8350")
    said = ""
    for port in ports:
        url = f"http://127.0.0.1:{port}/healthz"
        try:
            with urllib.request.urlopen(url, timeout=4):
                return ""
        except urllib.error.HTTPError as error:
            return f"{url}: {error.code} {error.read().decode('utf-8', 'replace').strip()}"
        except OSError as error:
            said = f"{said}{url}: {error}; "
    return said


if __name__ == "__main__":
    sys.exit(main(dict(os.environ)) or 0)
