# ruff: noqa: INP001 - a script beside scripts, no package
"""Make Kafka and Elasticsearch ready for the daemons; may be run at any time, and does what is missing.

What the desk edits (feeds.yaml, rules), topics (`rasid topics apply`), the password of Kibana's own user, a role for
people who read (`news_reader`), the daemons' API key with rights on their own indices only, templates and indices
(`rasid index init`). Reads the settings of the daemons, ELASTIC_PASSWORD and KIBANA_PASSWORD; writes
RASID_ELASTICSEARCH_API_KEY_FILE. Prints no secret.
"""

from __future__ import annotations

import base64
import binascii
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from elasticsearch import ApiError, AuthenticationException, Elasticsearch, TransportError

from ingest.feedlist import schema_text, shipped_text
from rasid import settings as settings_module
from rasid.adapters.elasticsearch_templates import Names
from rasid.app.bootstrap import shipped_rules
from rasid.app.data_dir import DataDir

_ADMIN_KEY_LIFE = "10m"


def main(environment: dict[str, str]) -> None:
    """Do all; raise SystemExit with a sentence where something is missing or refused."""
    missing = [name for name in ("ELASTIC_PASSWORD", "RASID_ELASTICSEARCH_API_KEY_FILE") if not environment.get(name)]
    if missing:
        raise SystemExit(f"setup: {missing[0]} is not set")
    _desk(environment)
    _rasid(environment, "topics", "apply")
    prefix = environment.get("RASID_ELASTICSEARCH_PREFIX") or "news"
    try:
        with _client(environment, basic_auth=("elastic", environment["ELASTIC_PASSWORD"])) as client:
            _people(client, Names(prefix), environment.get("KIBANA_PASSWORD"))
            _templates(client, environment)
            _daemons_key(client, Names(prefix), Path(environment["RASID_ELASTICSEARCH_API_KEY_FILE"]), environment)
    except AuthenticationException:
        raise SystemExit("setup: Elasticsearch does not accept ELASTIC_PASSWORD: its volume has another one") from None
    except (ApiError, TransportError) as error:
        raise SystemExit(f"setup: Elasticsearch: {error}") from error


def _desk(environment: dict[str, str]) -> None:
    """Put what people edit where the daemons look for it; what is there stays."""
    data = DataDir(settings_module.load(environment=_without_key(environment)).data_dir)
    data.make()
    data.ship(shipped_text(), schema_text(), shipped_rules())


def _without_key(environment: dict[str, str]) -> dict[str, str]:
    """Leave out the key's file: it may not be there yet."""
    return {name: value for name, value in environment.items() if name != "RASID_ELASTICSEARCH_API_KEY_FILE"}


def _rasid(environment: dict[str, str], *arguments: str) -> None:
    """Run `rasid`, which is beside this Python."""
    given = _without_key(environment)
    command = [str(Path(sys.executable).parent / "rasid"), *arguments]
    if code := subprocess.run(command, env=given, check=False).returncode:  # noqa: S603 - our own program
        raise SystemExit(f"setup: rasid {' '.join(arguments)} ended with {code}")


def _client(environment: dict[str, str], **login: Any) -> Elasticsearch:
    ca_file = environment.get("RASID_ELASTICSEARCH_CA_FILE")
    security = {"ca_certs": ca_file} if ca_file else {}
    return Elasticsearch(environment["RASID_ELASTICSEARCH"], request_timeout=60, **login, **security)


def _people(client: Elasticsearch, names: Names, kibana_password: str | None) -> None:
    if kibana_password:
        client.security.change_password(username="kibana_system", password=kibana_password)
    may_look = {"application": "kibana-.kibana", "privileges": ["read"], "resources": ["space:default"]}
    indices = names.reader_rights()["rasid"]["indices"]
    client.security.put_role(name=f"{names.prefix}_reader", indices=indices, applications=[may_look])


def _templates(client: Elasticsearch, environment: dict[str, str]) -> None:
    """Let `rasid index init` do it, with a key that ends by itself."""
    key = client.security.create_api_key(name="rasid-setup", expiration=_ADMIN_KEY_LIFE)
    try:
        _rasid({**environment, "RASID_ELASTICSEARCH_API_KEY": key["encoded"]}, "index", "init")
    finally:
        client.security.invalidate_api_key(ids=[key["id"]])


def _daemons_key(client: Elasticsearch, names: Names, file: Path, environment: dict[str, str]) -> None:
    """Keep the key that is there, with the rights of this version; make one where there is none that works."""
    held = _working_key(file, environment)
    if held:
        client.security.update_api_key(id=held, role_descriptors=names.rights())
        return
    key = client.security.create_api_key(name=f"{names.prefix}-daemons", role_descriptors=names.rights())
    part = file.with_suffix(".part")
    part.touch(mode=0o600)
    part.write_text(key["encoded"], encoding="utf-8")
    part.replace(file)


def _working_key(file: Path, environment: dict[str, str]) -> str | None:
    """Give the id of the key in the file, None where there is none that the server accepts."""
    try:
        encoded = file.read_text(encoding="utf-8").strip()
        identity = base64.b64decode(encoded, validate=True).decode().partition(":")[0]
        with _client(environment, api_key=encoded) as client:
            client.security.authenticate()
    except (FileNotFoundError, binascii.Error, UnicodeDecodeError, AuthenticationException):
        return None
    return identity


if __name__ == "__main__":
    main(dict(os.environ))
