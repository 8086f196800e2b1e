"""The real Elasticsearch that tests ask: started once, kept between runs (`make servers-stop` ends it)."""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from elasticsearch import Elasticsearch

from rasid.adapters.elasticsearch_index import ElasticsearchIndex
from rasid.ports import Analyzer

SCRIPT = Path(__file__).parents[2] / "deploy" / "local" / "elasticsearch.sh"


@functools.cache
def started(*options: str) -> dict[str, str]:
    """Give what the script prints of the server, started where it is not running; it lets one start at a time.

    Raises AssertionError with what the script says is to be done.
    """
    done = subprocess.run([SCRIPT, "start", *options], capture_output=True, text=True, timeout=400, check=False)
    found = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    if done.returncode or "RASID_ELASTICSEARCH" not in found:
        raise AssertionError(f"these tests need Elasticsearch, and it could not be started:\n{done.stderr}")
    return found


def address() -> str:
    """Give the address of the plain server."""
    return os.environ.get("RASID_ELASTICSEARCH") or started()["RASID_ELASTICSEARCH"]


@contextmanager
def fresh_index(analyzer: Analyzer, **options: object) -> Iterator[ElasticsearchIndex]:
    """Give an empty index under names of its own, and remove all of them at the end."""
    prefix = f"test-{uuid4().hex[:12]}"
    with ElasticsearchIndex(address(), analyzer, prefix=prefix, **options) as made:  # type: ignore[arg-type]
        try:
            yield made
        finally:
            remove(made._client, prefix)


def remove(client: Elasticsearch, prefix: str) -> None:
    """Delete the indices and templates of a prefix, whatever there is."""
    client = client.options(ignore_status=404)
    if names := list(client.indices.get(index=f"{prefix}-*").body):
        client.indices.delete(index=names)
    client.indices.delete_index_template(name=f"{prefix}*")
    client.cluster.delete_component_template(name=f"{prefix}@*")
