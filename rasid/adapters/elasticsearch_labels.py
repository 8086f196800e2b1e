"""What a person reads for an id in a facet: an index of its own, as SQLite has a table of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import msgspec
from elasticsearch import Elasticsearch

from rasid.adapters.elasticsearch_bulk import Action, put
from rasid.adapters.elasticsearch_documents import labels_of
from rasid.adapters.elasticsearch_templates import Names
from rasid.domain.article import GroupedArticle

_MOST_REMEMBERED = 100_000


class Labels:
    """Writes labels that are new or changed, and reads them back. Any thread may call it."""

    def __init__(self, client: Elasticsearch, names: Names) -> None:
        self._client = client
        self._index = names.labels
        self._written: dict[str, str] = {}

    def changed(self, documents: Iterable[GroupedArticle]) -> dict[str, str]:
        """Give the labels in `documents` that are not known to be there; of two for one id the last."""
        found = {value: label for document in documents for value, label in labels_of(document)}
        return {value: label for value, label in found.items() if self._written.get(value) != label}

    def actions(self, labels: dict[str, str]) -> list[Action]:
        """Give what writes labels."""
        return [
            put(self._index, _key(value), msgspec.json.encode({"value": value, "label": label}))
            for value, label in labels.items()
        ]

    def remember(self, labels: dict[str, str]) -> None:
        """Take note that these are written."""
        if len(self._written) + len(labels) > _MOST_REMEMBERED:
            self._written = {}
        self._written.update(labels)

    def read(self, values: Sequence[str]) -> dict[str, str]:
        """Give the labels of those of `values` that have one; written ones are there at once."""
        if not values:
            return {}
        answer = self._client.mget(index=self._index, ids=[_key(value) for value in values])
        found = [one["_source"] for one in answer["docs"] if one.get("found")]
        return {one["value"]: one["label"] for one in found}


def _key(value: str) -> str:
    """Elasticsearch allows an id 512 bytes."""
    return hashlib.blake2b(value.encode(), digest_size=16).hexdigest()
