"""Templates and monthly indices on the server: put, made when a month begins, and looked at before they are written."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from elasticsearch import AuthorizationException, BadRequestError, Elasticsearch, NotFoundError

from rasid.adapters.elasticsearch_alert_documents import ALERTS, DELIVERIES, JUDGEMENTS
from rasid.adapters.elasticsearch_client import translate
from rasid.adapters.elasticsearch_mapping import differences
from rasid.adapters.elasticsearch_templates import LABELS, MAPPINGS, SCHEMA_VERSION, Names
from rasid.domain.errors import StoreError, StoreNewerError

_EXISTS = "resource_already_exists_exception"

Json = dict[str, Any]


class Schema:
    """Keeps the indices of one prefix as the program needs them. Any thread may call it."""

    def __init__(self, client: Elasticsearch, address: str, names: Names) -> None:
        self._client = client
        self._address = address
        self._names = names
        self._fit: set[str] = set()
        self._lock = threading.Lock()

    def put(self) -> None:
        """Put the templates, make the indices beside the months, and add fields that are new since they were made.

        What is there is replaced, documents are not touched. Raises StoreNewerError where a newer version of the
        program has put its own templates.
        """
        with translate(self._address):
            self._check_template()
            for name, component in self._names.components().items():
                self._client.cluster.put_component_template(name=name, template=component, version=SCHEMA_VERSION)
            for name, template in self._names.index_templates().items():
                self._client.indices.put_index_template(name=name, **template)
            for name, body in self._beside().items():
                self._create(name, **body)
            self._add_fields()

    def ensure(self, indices: AbstractSet[str]) -> None:
        """Make the indices that are missing, and see that each fits. Raises StoreError naming one that does not."""
        with self._lock, translate(self._address):
            missing = indices - self._fit
            if not missing:
                return
            if not self._fit:
                self._put_where_allowed()
            for index in sorted(missing):
                self._create(index, **self._beside().get(index, {}))
            self._check()
            self._fit |= missing

    def indices(self) -> list[str]:
        """Give the monthly indices there are, copies too, oldest month first."""
        try:
            found = self._client.indices.get_alias(name=self._names.alias).body
        except NotFoundError:
            return []
        return sorted(found, key=lambda index: (index[-7:], index))

    def drop(self, index: str) -> None:
        """Delete an index; it is made again when something is written to it."""
        self._client.indices.delete(index=index)
        with self._lock:
            self._fit.discard(self._names.stable(index))

    def misfits(self) -> dict[str, StoreError]:
        """Give, by index, what keeps it from being written, with what to do; nothing where all fit."""
        return {index: error for index, held in self._held().items() if (error := self._misfit(index, held))}

    def versions(self) -> dict[str, int | None]:
        """Give the mapping version of each index of ours, by its real name; None for one that is not rasid's."""
        return {index: _version(held) for index, held in self._held().items()}

    def shut(self) -> list[str]:
        """Give the indices that take no writes because a reindex was cut short, or somebody shut them."""
        name = "index.blocks.write"
        found = self._client.indices.get_settings(
            index=self._patterns(), name=name, flat_settings=True, ignore_unavailable=True
        )
        return sorted(index for index, held in found.body.items() if held["settings"].get(name) == "true")

    def body(self, index: str) -> Mapping[str, Json]:
        """Give what makes a copy of this index; nothing for a month, which its template makes."""
        return self._beside().get(self._names.stable(index), {})

    def _put_where_allowed(self) -> None:
        """Put what the key may: one that only writes leaves templates to `rasid index init`."""
        try:
            self.put()
        except StoreError as error:
            if not isinstance(error.__cause__, AuthorizationException):
                raise

    def _create(self, index: str, **body: object) -> None:
        if self._client.indices.exists(index=index):  # an index, or the alias of a month that was made anew
            return
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
        for error in self.misfits().values():
            raise error

    def _beside(self) -> dict[str, Mapping[str, Json]]:
        """Give the indices that are no months."""
        names = self._names
        return {
            names.labels: LABELS,
            names.alerts: ALERTS,
            names.deliveries: DELIVERIES,
            names.judgements: JUDGEMENTS,
        }

    def _held(self) -> dict[str, Json]:
        """Give the mapping of every index of ours, by its real name, in order."""
        found = self._client.indices.get_mapping(index=self._patterns(), ignore_unavailable=True).body
        return {index: found[index]["mappings"] for index in sorted(found)}

    def _patterns(self) -> list[str]:
        """Name all indices of ours. An alias gives those behind it; a month made by hand is behind none."""
        return [self._names.alias, self._names.months, *self._beside()]

    def _wanted(self, index: str) -> Json:
        body = self._beside().get(self._names.stable(index))
        return body["mappings"] if body else MAPPINGS

    def _add_fields(self) -> None:
        for index, held in self._held().items():
            wanted = self._wanted(index)
            found = differences(wanted, held)
            if _version(held) == SCHEMA_VERSION and found.missing and not found.changed:
                self._client.indices.put_mapping(index=index, properties=wanted["properties"])

    def _misfit(self, index: str, held: Json) -> StoreError | None:
        where = f"index {index} in Elasticsearch at {self._address}"
        version = _version(held)
        if version is None:
            return StoreError(f"{where} has not rasid's mapping: delete that index, then run `rasid index init`")
        if version > SCHEMA_VERSION:
            return StoreNewerError(self._newer(f"index {index}", version))
        if version < SCHEMA_VERSION:
            return StoreError(
                f"{where} has mapping version {version}, this program writes {SCHEMA_VERSION}:"
                " run `rasid index reindex`"
            )
        found = differences(self._wanted(index), held)
        if found.changed:
            return StoreError(f"{where} maps {', '.join(found.changed)} in another way: run `rasid index reindex`")
        if found.missing:
            return StoreError(f"{where} has no field {', '.join(found.missing)}: run `rasid index init`, which adds it")
        return None

    def _newer(self, what: str, version: int) -> str:
        return (
            f"{what} in Elasticsearch at {self._address} was made by a newer rasid (mapping version {version}, this one"
            f" writes {SCHEMA_VERSION}): upgrade this one"
        )


def _version(held: Json) -> int | None:
    found: int | None = held.get("_meta", {}).get("schema_version")
    return found
