"""What an operator does with the indices: make them, look at them, make them anew. Searching is not here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from elasticsearch import Elasticsearch

from rasid.adapters.elasticsearch_client import TIMEOUT, connect, translate
from rasid.adapters.elasticsearch_reindex import GRACE, Reindexer
from rasid.adapters.elasticsearch_schema import Schema
from rasid.adapters.elasticsearch_templates import Names
from rasid.domain.errors import InputError, StoreNewerError
from rasid.ports import Closing

_SHUT = "takes no writes: a reindex was cut short (run `rasid index reindex`), or somebody shut it"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexStatus:
    """One index: `month` (YYYY-MM) for one that holds articles, `misfit` where it cannot be written, and why."""

    index: str
    month: str | None
    documents: int
    bytes: int
    mapping_version: int | None
    misfit: str | None = None


class ElasticsearchAdmin(Closing):
    """Manages the indices of one prefix. Needs a key that may manage them; used by one thread at a time."""

    def __init__(
        self,
        address: str,
        *,
        prefix: str = "news",
        api_key: str | None = None,
        ca_certs: str | None = None,
        grace: float = GRACE,
    ) -> None:
        """Take the server's address, `prefix`, with which all names on the server begin, and how many seconds a search
        that is under way may still take in an index that was made anew.
        """
        self._grace = grace
        self._address = address
        self._client: Elasticsearch = connect(address, api_key=api_key, ca_certs=ca_certs, timeout=TIMEOUT)
        self._names = Names(prefix)
        self._schema = Schema(self._client, address, self._names)

    def prepare(self) -> None:
        """Put templates and indices, add fields that are new. Raises StoreError, StoreNewerError."""
        self._schema.put()

    def status(self) -> list[IndexStatus]:
        """Give every index of the prefix, months in order, then the others."""
        with translate(self._address):
            months = set(self._schema.indices())
            shut = dict.fromkeys(self._schema.shut(), _SHUT)
            misfits = {**shut, **{index: str(error) for index, error in self._schema.misfits().items()}}
            held = self._schema.versions()
            statistics = self._statistics(list(held))
        found = [
            IndexStatus(
                index=index,
                month=index[-7:].replace(".", "-") if index in months else None,
                documents=statistics[index][0],
                bytes=statistics[index][1],
                mapping_version=version,
                misfit=misfits.get(index),
            )
            for index, version in held.items()
        ]
        return sorted(found, key=lambda one: (one.month is None, one.month or "", one.index))

    def reindex(self, months: Sequence[str] = (), *, said: Callable[[str], None] = lambda _: None) -> dict[str, int]:
        """Make anew what does not fit, or the `months` (YYYY-MM) that are named; give documents by index.

        Raises InputError for a month that is not there, StoreError where one cannot be carried over.
        """
        self.prepare()
        with translate(self._address):
            due = self._named(months) if months else self._due()
            reindexer = Reindexer(self._client, self._address, self._names, grace=self._grace)
            return {index: reindexer.remake(index, said, **self._schema.body(index)) for index in due}

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _due(self) -> list[str]:
        found = self._schema.misfits()
        for error in found.values():
            if isinstance(error, StoreNewerError):
                raise error
        versions = self._schema.versions()
        return [index for index in dict.fromkeys([*self._schema.shut(), *found]) if versions[index] is not None]

    def _named(self, months: Sequence[str]) -> list[str]:
        there = {index[-7:].replace(".", "-"): index for index in self._schema.indices()}
        if unknown := sorted(set(months) - set(there)):
            raise InputError(f"there is no month {unknown[0]}; there are {', '.join(there) or 'none'}")
        return [there[month] for month in months]

    def _statistics(self, indices: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Give documents (the articles alone, not what is nested in them) and bytes of each index."""
        if not indices:
            return {}
        self._client.indices.refresh(index=list(indices))
        sizes = self._client.indices.stats(index=list(indices), metric="store")["indices"]
        return {
            index: (
                int(self._client.count(index=index)["count"]),
                int(sizes.get(index, {}).get("total", {}).get("store", {}).get("size_in_bytes", 0)),
            )
            for index in indices
        }
