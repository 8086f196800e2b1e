"""The Elasticsearch index keeps the promises of Index on the real server, and its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from contract.elasticsearch_server import fresh_index
from contract.index_contract import ANALYSIS, IndexContract

from rasid.adapters.elasticsearch_index import ElasticsearchIndex


@pytest.fixture
def index() -> Iterator[ElasticsearchIndex]:
    """Give an empty index."""
    with fresh_index(ANALYSIS) as made:
        yield made


class TestElasticsearchIndex(IndexContract):
    """The contract on Elasticsearch."""
