"""With TLS and API keys: the daemons' key has least rights, and what is wrong is said without a secret."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from contract.elasticsearch_server import remove, started
from contract.index_contract import ANALYSIS, THREE, ask
from elasticsearch import Elasticsearch
from makers import NOON

from rasid.adapters.elasticsearch_admin import ElasticsearchAdmin
from rasid.adapters.elasticsearch_index import ElasticsearchIndex
from rasid.adapters.elasticsearch_templates import Names
from rasid.domain.errors import StoreError
from rasid.domain.query import Everything

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("elasticsearch-secure")]  # one worker makes the keys


@dataclass(frozen=True)
class Site:
    """A secured server with names of its own on it, and keys that were made for them."""

    address: str
    ca: str
    prefix: str
    admin_key: str
    daemon_key: str

    def index(self, *, key: str | None, prefix: str = "", ca: bool = True) -> ElasticsearchIndex:
        """Open the index as one who has this key."""
        ca_certs = self.ca if ca else None
        return ElasticsearchIndex(
            self.address, ANALYSIS, prefix=prefix or self.prefix, api_key=key, ca_certs=ca_certs, delays=()
        )


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Start the secured server, make keys and the templates, and clean up at the end."""
    found = started("--secure")
    prefix = f"test-{uuid4().hex[:12]}"
    password = Path(found["RASID_ELASTICSEARCH_PASSWORD_FILE"]).read_text(encoding="utf-8").strip()
    url, ca = found["RASID_ELASTICSEARCH"], found["RASID_ELASTICSEARCH_CA"]
    with Elasticsearch(url, ca_certs=ca, basic_auth=("elastic", password), request_timeout=60) as client:
        admin, daemon = (
            client.security.create_api_key(name=f"{prefix}-{name}", role_descriptors=rights)
            for name, rights in (("admin", {}), ("daemon", Names(prefix).rights()))
        )
        made = Site(url, ca, prefix, admin["encoded"], daemon["encoded"])
        with made.index(key=made.admin_key) as index:
            index.prepare()
        yield made
        remove(client, prefix)
        client.security.invalidate_api_key(ids=[admin["id"], daemon["id"]])


def test_the_daemons_key_is_enough_for_all_they_do(site: Site) -> None:
    """Writing, reading, searching by relevance with facets, scanning and retention work with least rights."""
    with site.index(key=site.daemon_key) as index:
        assert index.write(THREE) == []
        index.refresh()
        assert [index.get(one.id) for one in THREE] == THREE
        assert ask(index, "Сирия OR سوريا OR Syria") == [4, 3, 2, 1]
        first = index.search(Everything(), limit=3, sort="relevance", facets=("person",))
        assert len(index.search(Everything(), limit=3, sort="relevance", cursor=first.cursor).hits) == 1
        assert ask(index, "сири* OR Syra~1 OR سوري*") == [4, 3, 2, 1]
        assert index.search(Everything(), limit=1, collapse=True, facets=("hour",)).total == 4
        assert len(list(index.scan(Everything()))) == index.count() == 4
        with ElasticsearchAdmin(site.address, prefix=site.prefix, api_key=site.daemon_key, ca_certs=site.ca) as admin:
            assert {one.month: one.documents for one in admin.status() if one.month} == {"2026-11": 4}
        assert index.retain(before=NOON + timedelta(minutes=3)) == 2
        # Everything is older than next year, so the month goes whole.
        assert index.retain(before=NOON + timedelta(days=365)) == 2


def test_the_daemons_key_opens_nothing_else(site: Site) -> None:
    """Names of another prefix are refused, naming what is missing and no key."""
    with site.index(key=site.daemon_key, prefix="other") as index, pytest.raises(StoreError, match="allow") as raised:
        index.write(THREE)
    assert site.daemon_key not in str(raised.value)


@pytest.mark.parametrize("wrong", ["d3Jvbmc6d3Jvbmc=", None])
def test_a_wrong_or_missing_key_is_said(site: Site, wrong: str | None) -> None:
    """The text says that the key is not accepted, and does not show it."""
    with site.index(key=wrong) as index:
        for act in (lambda: index.write(THREE), lambda: index.search(Everything()), index.count):
            with pytest.raises(StoreError, match="API key") as raised:
                act()
            assert str(wrong) not in str(raised.value)


def test_a_server_of_an_unknown_authority_is_not_trusted(site: Site) -> None:
    """Without the CA's certificate nothing is sent."""
    with site.index(key=site.daemon_key, ca=False) as index, pytest.raises(StoreError, match="certificate") as raised:
        index.write(THREE)
    assert site.daemon_key not in str(raised.value)
