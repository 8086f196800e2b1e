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
_NAME = "RASID_ELASTICSEARCH="


@functools.cache
def address() -> str:
    """Give the server's address, starting it where it is not running; the script lets one start at a time.

    Raises AssertionError with what the script says is to be done.
    """
    if given := os.environ.get("RASID_ELASTICSEARCH"):
        return given
    done = subprocess.run([SCRIPT, "start"], capture_output=True, text=True, timeout=400, check=False)
    found = [line.removeprefix(_NAME) for line in done.stdout.splitlines() if line.startswith(_NAME)]
    if done.returncode or not found:
        raise AssertionError(f"these tests need Elasticsearch, and it could not be started:\n{done.stderr}")
    return found[0]


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
    for index in client.indices.get(index=f"{prefix}-*").body:
        client.indices.delete(index=index)
    client.indices.delete_index_template(name=f"{prefix}*")
    client.cluster.delete_component_template(name=f"{prefix}@*")
