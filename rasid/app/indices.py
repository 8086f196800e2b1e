"""The stores in Elasticsearch, opened as the settings say."""

from __future__ import annotations

from typing import TypedDict

from rasid.adapters.elasticsearch_admin import ElasticsearchAdmin
from rasid.adapters.elasticsearch_alerts import ElasticsearchAlerts
from rasid.adapters.elasticsearch_index import ElasticsearchIndex
from rasid.app.analysis import Analysis
from rasid.domain.errors import InputError
from rasid.settings import Settings


class _Options(TypedDict):
    prefix: str
    api_key: str | None
    ca_certs: str | None


def open_index(settings: Settings) -> ElasticsearchIndex:
    """Open the index. Raises InputError where no Elasticsearch is named."""
    return ElasticsearchIndex(_address(settings), Analysis(), **_options(settings))


def open_alerts(settings: Settings) -> ElasticsearchAlerts:
    """Open the alerts. Raises InputError where no Elasticsearch is named."""
    return ElasticsearchAlerts(_address(settings), **_options(settings))


def open_admin(settings: Settings) -> ElasticsearchAdmin:
    """Open what manages the indices. Raises InputError where no Elasticsearch is named."""
    return ElasticsearchAdmin(_address(settings), **_options(settings))


def _address(settings: Settings) -> str:
    if not settings.elasticsearch:
        raise InputError("no Elasticsearch is named: set `elasticsearch` (RASID_ELASTICSEARCH) to its URL")
    return settings.elasticsearch


def _options(settings: Settings) -> _Options:
    return {
        "prefix": settings.elasticsearch_prefix,
        "api_key": settings.elasticsearch_api_key,
        "ca_certs": settings.elasticsearch_ca_file,
    }
