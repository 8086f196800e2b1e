"""Making an index anew under the present mapping, while it is read and written.

The documents are copied in bulk beside the old index, under the version they have; what arrives meanwhile is copied in
further rounds by its sequence number. Only for the last round and the switch are writes refused (writers hold what they
have and come again). Then one request puts the new index in the place of the old behind the alias: a reader sees the
one or the other, whole. The old one goes when the searches that were under way in it have ended. A run that was cut
short is begun again from scratch; until the switch nothing is changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from elasticsearch import Elasticsearch

from rasid.adapters.elasticsearch_bulk import Bulk, put
from rasid.adapters.elasticsearch_client import DELAYS, translate
from rasid.adapters.elasticsearch_documents import document_of, source_of
from rasid.adapters.elasticsearch_templates import Names
from rasid.domain.errors import StoreError

Json = dict[str, Any]

_PAGE = 500
# So few that the writes of the last round are refused for a moment only.
_FEW = 200
_ROUNDS = 20
GRACE = 5.0


class Reindexer:
    """Copies and switches one index at a time. Needs a key that may manage the indices."""

    def __init__(self, client: Elasticsearch, address: str, names: Names, *, grace: float = GRACE) -> None:
        """Take how many seconds a search under way may still take in the old index."""
        self._client = client
        self._address = address
        self._names = names
        self._grace = grace
        self._bulk = Bulk(client, address, DELAYS)

    def remake(self, index: str, said: Callable[[str], None], **body: object) -> int:
        """Put a copy with the present mapping in the place of `index`; give how many documents it holds.

        `body` is the new index's own settings and mappings where no template gives them. Raises StoreError where a
        document cannot be carried over; then the old index stays as it was. Killed while writes are refused, it leaves
        the old index shut: the next run ends it.
        """
        target = self._names.copy(index)
        with translate(self._address):
            if self._client.indices.exists_alias(index=target, name=self._names.alias):  # killed within the switch
                self._replace(index, target)
                return self._count(target)
            self._client.options(ignore_status=404).indices.delete(index=target)
            self._client.indices.create(index=target, **body)  # type: ignore[arg-type]
            try:
                seen = self._rounds(index, target, said)
                self._client.indices.add_block(index=index, block="write")
                self._copy(index, target, seen)
                held = self._compared(index, target)
            except BaseException:
                self._client.indices.put_settings(index=index, settings={"index.blocks.write": None})
                raise
            self._switch(index, target)
        return held

    def _rounds(self, index: str, target: str, said: Callable[[str], None]) -> int:
        """Copy until little is left; give the sequence number up to which all is copied."""
        seen = -1
        for _ in range(_ROUNDS):
            seen, copied = self._copy(index, target, seen)
            if copied:
                said(f"{index}: {copied} documents copied to {target}")
            if copied <= _FEW:
                break
        return seen

    def _copy(self, index: str, target: str, after: int) -> tuple[int, int]:
        """Copy what was written behind the sequence number `after`; give the last one and how many there were."""
        self._client.indices.refresh(index=index)
        count = 0
        for hits in self._pages(index, after):
            refused = self._bulk.send(
                [put(target, one["_id"], self._source(one, index), version=one["_version"]) for one in hits]
            )
            if refused:
                raise StoreError(f"index {target} refused document {refused[0].id}: {refused[0].reason}")
            after, count = hits[-1]["_seq_no"], count + len(hits)
        return after, count

    def _pages(self, index: str, after: int) -> Iterator[Sequence[Json]]:
        body: Json = {
            "index": index,
            "query": {"range": {"_seq_no": {"gt": after}}},
            "sort": [{"_seq_no": "asc"}],
            "size": _PAGE,
            "version": True,
            "seq_no_primary_term": True,
            "track_total_hits": False,
        }
        while hits := self._client.search(**body)["hits"]["hits"]:
            yield hits
            body["search_after"] = hits[-1]["sort"]

    def _source(self, hit: Json, index: str) -> bytes:
        """Give the document as this program writes it today; alerts and labels as they are."""
        source = hit["_source"]
        if not index.startswith(f"{self._names.alias}-"):
            return msgspec.json.encode(source)
        return source_of(document_of(source), indexed_at=msgspec.convert(source["indexed_at"], datetime))

    def _switch(self, index: str, target: str) -> None:
        alias = self._names.alias
        if index.startswith(f"{alias}-"):
            here, there = {"index": index, "alias": alias}, {"index": target, "alias": alias}
            self._client.indices.update_aliases(actions=[{"remove": {**here, "must_exist": False}}, {"add": there}])
            time.sleep(self._grace)
        self._replace(index, target)

    def _replace(self, index: str, target: str) -> None:
        """Remove the old index and give its name to the new one, at once."""
        add = {"add": {"index": target, "alias": self._names.stable(index)}}
        self._client.indices.update_aliases(actions=[{"remove_index": {"index": index}}, add])

    def _compared(self, index: str, target: str) -> int:
        held, made = self._count(index), self._count(target)
        if made != held:
            raise StoreError(f"index {target} has {made} documents, {index} {held}: the old one stays in place")
        return held

    def _count(self, index: str) -> int:
        self._client.indices.refresh(index=index)
        return int(self._client.count(index=index)["count"])
