"""Templates and monthly indices on the server: put, made when a month begins, and looked at before they are written."""

from __future__ import annotations

import threading
from collections.abc import Set as AbstractSet

from elasticsearch import AuthorizationException, BadRequestError, Elasticsearch, NotFoundError

from rasid.adapters.elasticsearch_client import translate
from rasid.adapters.elasticsearch_templates import LABELS, SCHEMA_VERSION, Names
from rasid.domain.errors import StoreError, StoreNewerError

_EXISTS = "resource_already_exists_exception"


class Schema:
    """Keeps the indices of one prefix as the program needs them. Any thread may call it."""

    def __init__(self, client: Elasticsearch, address: str, names: Names) -> None:
        self._client = client
        self._address = address
        self._names = names
        self._fit: set[str] = set()
        self._lock = threading.Lock()

    def put(self) -> None:
        """Put the templates and make the index of labels; what is there is replaced, documents are not touched.

        Raises StoreNewerError where a newer version of the program has put its own.
        """
        with translate(self._address):
            self._check_template()
            for name, body in self._names.components().items():
                self._client.cluster.put_component_template(name=name, template=body, version=SCHEMA_VERSION)
            self._client.indices.put_index_template(name=self._names.alias, **self._names.index_template())
            self._create(self._names.labels, **LABELS)

    def ensure(self, indices: AbstractSet[str]) -> None:
        """Make the indices that are missing, and see that each fits. Raises StoreError naming one that does not."""
        with self._lock, translate(self._address):
            missing = indices - self._fit
            if not missing:
                return
            if not self._fit:
                self._put_where_allowed()
            for index in sorted(missing):
                self._create(index)
            self._check()
            self._fit |= missing

    def indices(self) -> list[str]:
        """Give the monthly indices there are, oldest month first."""
        return sorted(self._client.indices.get_alias(index=self._names.months).body)

    def drop(self, index: str) -> None:
        """Delete an index; it is made again when something is written to it."""
        self._client.indices.delete(index=index)
        with self._lock:
            self._fit.discard(index)

    def _put_where_allowed(self) -> None:
        """Put what the key may: one that only writes leaves templates to `rasid index init`."""
        try:
            self.put()
        except StoreError as error:
            if not isinstance(error.__cause__, AuthorizationException):
                raise

    def _create(self, index: str, **body: object) -> None:
        try:
            self._client.indices.create(index=index, **body)  # type: ignore[arg-type]  # settings and mappings
        except BadRequestError as error:
            if error.error != _EXISTS:
                raise

    def _check_template(self) -> None:
        try:
            found = self._client.indices.get_index_template(name=self._names.alias).body["index_templates"]
        except NotFoundError:
            return
        for template in found:
            if (version := template["index_template"].get("version", 0)) > SCHEMA_VERSION:
                raise StoreNewerError(self._newer(f"template {template['name']}", version))

    def _check(self) -> None:
        for index, held in sorted(self._client.indices.get_mapping(index=self._names.months).body.items()):
            version = held["mappings"].get("_meta", {}).get("schema_version")
            if version is None:
                raise StoreError(
                    f"index {index} in Elasticsearch at {self._address} has not rasid's mapping: delete that index,"
                    " then run `rasid index init`"
                )
            if version > SCHEMA_VERSION:
                raise StoreNewerError(self._newer(f"index {index}", version))
            if version < SCHEMA_VERSION:
                raise StoreError(
                    f"index {index} in Elasticsearch at {self._address} has mapping version {version}, this program"
                    f" writes {SCHEMA_VERSION}: run `rasid index reindex`"
                )

    def _newer(self, what: str, version: int) -> str:
        return (
            f"{what} in Elasticsearch at {self._address} was made by a newer rasid (mapping version {version}, this one"
            f" writes {SCHEMA_VERSION}): upgrade this one"
        )
